/**
 * What every `Driver` must do, as tests: for ours and for yours. Independent of any test runner.
 *
 *     driverContract(test, async () => ({ driver, another, close }))
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drive, DriveOutcome, Driver, DriveRun, Serving } from '../port/driver.ts';
import type { Awaitable } from '../port/log-store.ts';
import type { RegisterTest } from './log-store-contract.ts';

/** A driver under test, to which nothing has been submitted. */
export interface ContractDriver {
  driver: Driver;
  /** A driver on the same runs, as another process would have it. */
  another: () => Awaitable<Driver>;
  close?: () => Awaitable<void>;
  /** How long a run may take to be picked up, in milliseconds. 5,000 by default. */
  withinMs?: number;
}

/** Registers the contract's tests; each makes a driver of its own and closes it. */
export function driverContract(register: RegisterTest, makeDriver: () => Awaitable<ContractDriver>): void {
  for (const [name, body] of Object.entries(tests)) {
    register(name, async () => {
      const made = await makeDriver();
      const stage = new Stage(made);
      try {
        await body(stage);
      } finally {
        await stage.close();
      }
    });
  }
}

class Stage {
  readonly driver: Driver;
  readonly #made: ContractDriver;
  readonly #serving: Serving[] = [];

  constructor(made: ContractDriver) {
    this.#made = made;
    this.driver = made.driver;
  }

  another(): Awaitable<Driver> {
    return this.#made.another();
  }

  async serve(drive: DriveRun, concurrency = 10, driver: Driver = this.driver): Promise<Serving> {
    const serving = await driver.serve(drive, { agents: ['agent'], concurrency });
    this.#serving.push(serving);
    return serving;
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const start = performance.now();
    while (!condition()) {
      assert.ok(performance.now() - start < (this.#made.withinMs ?? 5_000), `in time: ${what}`);
      await sleep(2);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#serving.map(async (serving) => serving.stop({ graceMs: 0 })));
    await this.#made.close?.();
  }
}

const run = (id: string): { id: string; agent: string } => ({ id, agent: 'agent' });

/** Stays until it is asked to leave, or made to. */
function stays({ signal, leave }: Drive): Promise<DriveOutcome> {
  return new Promise((resolve) => {
    for (const each of [signal, leave]) {
      if (each.aborted) resolve('left');
      each.addEventListener('abort', () => resolve('left'), { once: true });
    }
  });
}

/** Calls back at each drive, and waits after the first: in the same call or in another one, as the engine likes. */
function waitsOnce(until: number | undefined, driven: () => void | Promise<void>): DriveRun {
  let waited = false;
  return async (drive) => {
    await driven();
    if (!waited) {
      waited = true;
      if (!(await drive.wait(until))) return 'waiting';
      await driven();
    }
    return 'ended';
  };
}

const tests: Record<string, (stage: Stage) => Promise<void>> = {
  async 'what is submitted before and after it serves is driven, once'(stage) {
    const driven: string[] = [];
    await stage.driver.submit(run('before'));
    await stage.serve(async ({ id, agent }) => {
      assert.equal(agent, 'agent');
      driven.push(id);
      return 'ended';
    });
    await stage.driver.submit(run('after'));
    await stage.until(() => driven.length === 2, 'both driven');
    await sleep(50);
    assert.deepEqual(driven.sort(), ['after', 'before']);
  },

  async 'of two that serve, one drives a run'(stage) {
    const driving = new Set<string>();
    let drives = 0;
    const drive = async ({ id }: Drive): Promise<DriveOutcome> => {
      assert.ok(!driving.has(id), 'nobody else drives it');
      driving.add(id);
      drives += 1;
      await sleep(5);
      driving.delete(id);
      return 'ended';
    };
    await stage.serve(drive);
    await stage.serve(drive, 10, await stage.another());
    for (let index = 0; index < 20; index++) await stage.driver.submit(run(`r${index}`));
    await stage.until(() => drives >= 20 && driving.size === 0, 'all driven');
    await sleep(50);
    assert.equal(drives, 20);
  },

  async 'no more runs at a time than it was told'(stage) {
    let now = 0;
    let most = 0;
    let all = 0;
    for (let index = 0; index < 9; index++) await stage.driver.submit(run(`r${index}`));
    await stage.serve(async () => {
      most = Math.max(most, ++now);
      await sleep(10);
      now -= 1;
      all += 1;
      return 'ended';
    }, 3);
    await stage.until(() => all === 9, 'all driven');
    assert.equal(most, 3);
  },

  async 'runs of agents that it does not have are left to others'(stage) {
    const driven: string[] = [];
    await stage.driver.submit({ id: 'foreign', agent: 'other' });
    await stage.driver.submit(run('own'));
    await stage.serve(async ({ id }) => {
      driven.push(id);
      return 'ended';
    });
    await stage.until(() => driven.length === 1, 'own driven');
    await sleep(50);
    assert.deepEqual(driven, ['own']);
  },

  async 'a run whose drive fails is driven again'(stage) {
    let drives = 0;
    await stage.serve(async () => {
      if (++drives === 1) throw new Error('not this time');
      return 'ended';
    });
    await stage.driver.submit(run('r'));
    await stage.until(() => drives === 2, 'driven again');
  },

  async 'a run that waits is driven when it is submitted again'(stage) {
    let drives = 0;
    await stage.serve(
      waitsOnce(undefined, () => {
        drives += 1;
      }),
    );
    await stage.driver.submit(run('r'));
    await stage.until(() => drives === 1, 'driven');
    await sleep(50);
    assert.equal(drives, 1);
    await stage.driver.submit(run('r'));
    await stage.until(() => drives === 2, 'driven again');
  },

  async 'a run that waits for a time is driven when it has come'(stage) {
    const at: number[] = [];
    const until = Date.now() + 120;
    await stage.serve(
      waitsOnce(until, () => {
        at.push(Date.now());
      }),
    );
    await stage.driver.submit(run('r'));
    await stage.until(() => at.length === 2, 'driven again');
    assert.ok((at[1] ?? 0) >= until);
  },

  async 'what is submitted while it is driven is not lost when it comes to wait'(stage) {
    let drives = 0;
    await stage.serve(
      waitsOnce(undefined, async () => {
        if (++drives === 1) await stage.driver.submit(run('r'));
      }),
    );
    await stage.driver.submit(run('r'));
    await stage.until(() => drives >= 2, 'driven again');
  },

  async 'one that stops asks its runs to leave, and another goes on with them'(stage) {
    const drives: string[] = [];
    const first = await stage.serve(async (drive) => {
      drives.push('first');
      return stays(drive);
    });
    await stage.driver.submit(run('r'));
    await stage.until(() => drives.length === 1, 'driven');
    await stage.serve(
      async () => {
        drives.push('second');
        return 'ended';
      },
      10,
      await stage.another(),
    );
    await first.stop({ graceMs: 10_000 });
    await first.stop({ graceMs: 10_000 });
    await stage.until(() => drives.length === 2, 'driven on');
    assert.deepEqual(drives, ['first', 'second']);
  },

  async 'a run that does not leave in time is made to'(stage) {
    let made = false;
    let asked = false;
    const serving = await stage.serve(async ({ leave, signal }) => {
      leave.addEventListener('abort', () => (asked = true), { once: true });
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      made = true;
      return 'left';
    });
    let driven = false;
    await stage.driver.submit(run('r'));
    await sleep(50);
    await serving.stop({ graceMs: 30 });
    assert.ok(asked && made);
    await stage.serve(
      async () => {
        driven = true;
        return 'ended';
      },
      10,
      await stage.another(),
    );
    await stage.until(() => driven, 'driven on');
  },

  async 'one that has stopped takes nothing more'(stage) {
    let drives = 0;
    const serving = await stage.serve(async () => {
      drives += 1;
      return 'ended';
    });
    await serving.stop({ graceMs: 0 });
    await stage.driver.submit(run('r'));
    await sleep(100);
    assert.equal(drives, 0);
  },
};
