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
async function worker(leases: LeaseStore): Promise<Worker> {
  const clock = new HandClock();
  const drives: Drive[] = [];
  let finish: (outcome: DriveOutcome) => void = () => undefined;
  const driver = new LocalDriver(leases, { leaseMs: LEASE_MS, clock });
  const serving = await driver.serve(
    (drive) => {
      drives.push(drive);
      return new Promise((resolve) => (finish = resolve));
    },
    { agents: ['agent'], concurrency: 10 },
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
    const store = new MemoryLogStore().leases;
    let broken = false;
    const leases = new Proxy(store, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (broken) throw new Error('no such luck');
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
    const one = await worker(leases);
    await leases.want('r', 'agent');
    await settled();
    broken = true;
    await one.clock.advance(LEASE_MS / 2);
    expect(one.drives[0]?.signal.aborted).toBe(false);
    await one.clock.advance(LEASE_MS);
    expect(one.drives[0]?.signal.aborted).toBe(true);
  });

  test('whose letting go failed does not live on by the signs of life of others', async () => {
    const store = new MemoryLogStore().leases;
    let broken = true;
    const leases = new Proxy(store, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (broken && key === 'release') throw new Error('no such luck');
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
    const one = await worker(leases);
    await leases.want('r', 'agent');
    await settled();
    one.finish('waiting');
    await settled();
    await leases.want('other', 'agent');
    await settled();
    broken = false;
    await one.clock.advance(LEASE_MS);
    expect(one.drives.map(({ id }) => id)).toEqual(['r', 'other', 'r']);
  });
});

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
