// The local driver's leases, on a clock that is told how time passes.
import { describe, expect, test } from 'vitest';
import {
  type Drive,
  type DriveOutcome,
  LocalDriver,
  type LeaseStore,
  MemoryLogStore,
  type Serving,
} from '../../src/index.ts';
import { HandClock, settled } from './hand-clock.ts';

const LEASE_MS = 3_000;
const HOUR_MS = 3_600_000;

interface Worker {
  clock: HandClock;
  drives: Drive[];
  /** Lets the last drive come back. */
  finish: (outcome: DriveOutcome) => void;
  serving: Serving;
}

/** A process of its own: its own clock, its own driver, on shared leases. Its drives stay until they are let go. */
async function worker(leases: LeaseStore, onOutage?: (error: unknown) => void): Promise<Worker> {
  const clock = new HandClock();
  const drives: Drive[] = [];
  let finish: (outcome: DriveOutcome) => void = () => undefined;
  const driver = new LocalDriver(leases, { leaseMs: LEASE_MS, clock });
  const serving = await driver.serve(
    (drive) => {
      drives.push(drive);
      return new Promise((resolve) => (finish = resolve));
    },
    { agents: ['agent'], concurrency: 10, ...(onOutage && { onOutage }) },
  );
  await settled();
  return { clock, drives, finish: (outcome) => finish(outcome), serving };
}

async function both(leases: LeaseStore): Promise<[Worker, Worker]> {
  const one = await worker(leases);
  await leases.want('r', 'agent');
  await settled();
  const two = await worker(leases);
  expect([one.drives.length, two.drives.length]).toEqual([1, 0]);
  return [one, two];
}

async function together(ms: number, ...workers: Worker[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) for (const { clock } of workers) await clock.advance(50);
}

describe('a lease', () => {
  test('is kept by signs of life, however long its run takes', async () => {
    const [one, two] = await both(new MemoryLogStore().leases);
    await together(10 * LEASE_MS, one, two);
    expect(two.drives).toHaveLength(0);
    expect(one.drives[0]?.signal.aborted).toBe(false);
  });

  test('dies when its owner gives no sign of life for as long as it lasts, and no sooner', async () => {
    const [one, two] = await both(new MemoryLogStore().leases);
    await together(LEASE_MS, one, two);
    await two.clock.advance(LEASE_MS - 600);
    expect(two.drives).toHaveLength(0);
    await two.clock.advance(1_200);
    expect(two.drives).toHaveLength(1);
  });

  test('whose owner comes back from the dead is not its owner’s any more', async () => {
    const leases = new MemoryLogStore().leases;
    const [one, two] = await both(leases);
    await two.clock.advance(LEASE_MS + 1_000);
    expect(two.drives).toHaveLength(1);
    expect(one.drives[0]?.signal.aborted).toBe(false);
    await one.clock.advance(LEASE_MS / 3 + 300);
    expect(one.drives[0]?.signal.aborted).toBe(true);
    // What it says of the run counts for nothing.
    one.finish('ended');
    await settled();
    expect((await leases.due(0)).map(({ run }) => run)).toEqual(['r']);
    await together(4 * LEASE_MS, one, two);
    expect([one.drives.length, two.drives.length]).toEqual([1, 1]);
  });

  test.each([HOUR_MS, -HOUR_MS])('is neither stolen nor blocked by a wall clock that jumps by %d ms', async (jump) => {
    const leases = new MemoryLogStore().leases;
    const [one, two] = await both(leases);
    for (const who of [one, two]) {
      who.clock.jump(jump);
      await together(2 * LEASE_MS, one, two);
      expect(two.drives).toHaveLength(0);
      expect(one.drives[0]?.signal.aborted).toBe(false);
    }
    one.clock.jump(-3 * jump);
    await two.clock.advance(LEASE_MS + 1_000);
    expect(two.drives).toHaveLength(1);
  });

  test.each([HOUR_MS, -HOUR_MS])('that was let go of is taken at once, after a jump by %d ms, too', async (jump) => {
    const [one, two] = await both(new MemoryLogStore().leases);
    one.clock.jump(jump);
    one.finish('left');
    await settled();
    await two.clock.advance(300);
    expect(one.drives.length + two.drives.length).toBe(2);
  });

  test('is not taken by a process that was itself stopped in between', async () => {
    const [one, two] = await both(new MemoryLogStore().leases);
    await together(LEASE_MS / 2, one, two);
    // Both stand still, as on a machine that sleeps, and only the second one wakes in time to look.
    two.clock.sleep(100 * LEASE_MS);
    await two.clock.advance(LEASE_MS / 3);
    expect(two.drives).toHaveLength(0);
  });

  test('that could not be renewed for as long as it lasts is given up by its owner', async () => {
    const { leases, fail } = failing(new MemoryLogStore().leases);
    const one = await worker(leases);
    await leases.want('r', 'agent');
    await settled();
    fail('before');
    await one.clock.advance(LEASE_MS / 2);
    expect(one.drives[0]?.signal.aborted).toBe(false);
    await one.clock.advance(LEASE_MS);
    expect(one.drives[0]?.signal.aborted).toBe(true);
  });

  for (const when of ['before', 'after'] as const) {
    test.each([0, 1])(
      `whose letting go failed ${when} it was stored is let go of later, with %d others held`,
      async (others) => {
        const { leases, fail } = failing(new MemoryLogStore().leases);
        const one = await worker(leases);
        await leases.want('r', 'agent');
        await settled();
        fail(when, 'release');
        one.finish('waiting');
        await settled();
        if (others > 0) await leases.want('other', 'agent');
        await one.clock.advance(LEASE_MS);
        fail(undefined);
        await one.clock.advance(200);
        const rows = await leases.due(0);
        expect(rows.map(({ run }) => run)).toEqual(others > 0 ? ['other'] : []);
        // It waits, as it said.
        expect(one.drives.map(({ id }) => id)).toEqual(others > 0 ? ['r', 'other'] : ['r']);
        await leases.want('r', 'agent');
        await settled();
        expect(one.drives.at(-1)?.id).toBe('r');
      },
    );
  }

  test('whose letting go failed, and that is wanted meanwhile, is taken again', async () => {
    const { leases, fail } = failing(new MemoryLogStore().leases);
    const one = await worker(leases);
    await leases.want('r', 'agent');
    await settled();
    fail('before', 'release');
    one.finish('waiting');
    await settled();
    await leases.want('r', 'agent');
    await one.clock.advance(LEASE_MS);
    expect(one.drives).toHaveLength(1);
    fail(undefined);
    await one.clock.advance(200);
    expect(one.drives).toHaveLength(2);
  });

  test('whose letting go fails slowly is tried again after as much time as that took', async () => {
    const { leases, fail } = failing(new MemoryLogStore().leases);
    const one = await worker(leases);
    await leases.want('r', 'agent');
    await settled();
    let tries = 0;
    fail(() => {
      tries += 1;
      one.clock.sleep(2_000);
      return 'before';
    }, 'release');
    one.finish('waiting');
    await settled();
    await one.clock.advance(1_900);
    // When it came back, and at the look after that.
    expect(tries).toBe(2);
    await one.clock.advance(300);
    expect(tries).toBe(3);
  });

  test('that is let go of in vain is let go of by a stop, within its grace', async () => {
    const { leases, fail } = failing(new MemoryLogStore().leases);
    const one = await worker(leases);
    await leases.want('r', 'agent');
    await settled();
    fail('before', 'release');
    one.finish('waiting');
    await settled();
    const stopped = one.serving.stop({ graceMs: 1_000 });
    await one.clock.advance(500);
    fail(undefined);
    await one.clock.advance(200);
    await stopped;
    expect(await leases.due(0)).toEqual([]);
  });

  test.each(['before', 'after'] as const)('whose taking failed %s it was stored is taken', async (when) => {
    const { leases, fail } = failing(new MemoryLogStore().leases);
    const one = await worker(leases);
    fail(when, 'take');
    await leases.want('r', 'agent');
    await one.clock.advance(LEASE_MS);
    expect(one.drives).toHaveLength(0);
    fail(undefined);
    await one.clock.advance(200);
    expect(one.drives.map(({ id, abandoned }) => ({ id, abandoned }))).toEqual([{ id: 'r', abandoned: false }]);
    expect(await leases.due(0)).toHaveLength(1);
  });

  test('whose taking from the dead was stored, and not said to be, is still known to be of the dead', async () => {
    const { leases, fail } = failing(new MemoryLogStore().leases);
    await leases.want('r', 'agent');
    const [lease] = await leases.due(0);
    expect(lease && (await leases.take(lease, 'somebody'))).toBe(true);
    const heir = await worker(leases);
    fail('after', 'take');
    await heir.clock.advance(2 * LEASE_MS);
    fail(undefined);
    await heir.clock.advance(200);
    expect(heir.drives.map(({ abandoned }) => abandoned)).toEqual([true]);
  });

  test('a process that cannot look for runs says so, once until it can', async () => {
    const { leases, fail } = failing(new MemoryLogStore().leases);
    const told: unknown[] = [];
    const one = await worker(leases, (error) => told.push(error));
    for (let outage = 1; outage <= 2; outage++) {
      fail('before');
      await one.clock.advance(LEASE_MS);
      expect(told).toHaveLength(outage);
      fail(undefined);
      await one.clock.advance(200);
    }
    expect(told[0]).toMatchObject({ code: 'STORE_FAILED', cause: { message: 'no such luck' } });
    expect((told[0] as Error).message).toMatch(/cannot look for runs.*no such luck.*tries again/);
  });
});

interface Failing {
  leases: LeaseStore;
  /** What fails from now on, if anything: all, or one operation, before or after it is done. */
  fail: (when: When | (() => When), operation?: keyof LeaseStore) => void;
}

type When = 'before' | 'after' | undefined;

function failing(inner: LeaseStore): Failing {
  let failsWhen: () => When = () => undefined;
  let failing: keyof LeaseStore | undefined;
  const leases = new Proxy(inner, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const fails = failing === undefined || failing === key ? failsWhen() : undefined;
        if (fails === 'before') throw new Error('no such luck');
        const result = Reflect.apply(value, target, args) as unknown;
        if (fails === 'after') throw new Error('no such luck');
        return result;
      };
    },
  });
  const fail: Failing['fail'] = (when, operation) => {
    failsWhen = typeof when === 'function' ? when : () => when;
    failing = operation;
  };
  return { leases, fail };
}

test('a run that one process cannot drive is left to the others at once, and tried again here less and less often', async () => {
  const { leases } = new MemoryLogStore();
  const clock = new HandClock();
  const driver = new LocalDriver(leases, { leaseMs: LEASE_MS, clock });
  let tries = 0;
  const serving = await driver.serve(
    async () => {
      tries += 1;
      throw new Error('other code');
    },
    { agents: ['agent'], concurrency: 10 },
  );
  await leases.want('r', 'agent');
  await settled();
  expect(tries).toBe(1);
  expect((await leases.due(0))[0]).toMatchObject({ owner: undefined, wanted: true });
  await clock.advance(900);
  expect(tries).toBe(1);
  await clock.advance(400);
  expect(tries).toBe(2);
  await clock.advance(60_000, 50);
  expect(tries).toBeLessThan(10);
  await serving.stop({ graceMs: 0 });
});

test('a run is said to be abandoned when its owner died or its drive failed, and not when it was left', async () => {
  const { leases } = new MemoryLogStore();
  const clock = new HandClock();
  const seen: (boolean | undefined)[] = [];
  const outcomes: (DriveOutcome | Error)[] = ['left', new Error('store'), 'left', 'ended'];
  const driver = new LocalDriver(leases, { leaseMs: LEASE_MS, clock });
  const serving = await driver.serve(
    async ({ abandoned }) => {
      seen.push(abandoned);
      const outcome = outcomes[seen.length - 1] ?? 'ended';
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    { agents: ['agent'], concurrency: 1 },
  );
  await leases.want('r', 'agent');
  await settled();
  await clock.advance(5_000);
  expect(seen).toEqual([false, false, true, false]);
  await serving.stop({ graceMs: 0 });

  await leases.want('dead', 'agent');
  const [lease] = await leases.due(0);
  expect(lease && (await leases.take(lease, 'somebody'))).toBe(true);
  const heir = await worker(leases);
  await heir.clock.advance(2 * LEASE_MS);
  expect(heir.drives.map(({ abandoned }) => abandoned)).toEqual([true]);
  heir.finish('ended');
  await heir.serving.stop({ graceMs: 0 });
});
