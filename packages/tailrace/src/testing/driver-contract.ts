/**
 * What every `Driver` must do, as tests: for ours and for yours. Independent of any test runner.
 *
 *     driverContract(test, async () => ({ driver, another, doomed, close }))
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drive, DriveOutcome } from '../port/driver.ts';
import type { Awaitable } from '../port/log-store.ts';
import { type ContractDriver, DriverStage, type DriverTests, run, stays } from './driver-stage.ts';
import { waitTests } from './driver-waits.ts';
import type { RegisterTest } from './log-store-contract.ts';

export type { ContractDriver, DoomedDriver } from './driver-stage.ts';

/** Registers the contract's tests; each makes a driver of its own and closes it. */
export function driverContract(register: RegisterTest, makeDriver: () => Awaitable<ContractDriver>): void {
  for (const [name, body] of Object.entries({ ...tests, ...waitTests })) {
    register(name, async () => {
      const made = await makeDriver();
      const stage = new DriverStage(made);
      try {
        await body(stage);
      } finally {
        await stage.close();
      }
    });
  }
}

const tests: DriverTests = {
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

  async 'a run whose process is gone is driven by another'(stage) {
    const drives: (boolean | undefined)[] = [];
    const { driver, die } = await stage.doomed(({ abandoned }) => {
      drives.push(abandoned);
      return new Promise(() => undefined);
    });
    await driver.submit(run('r'));
    await stage.until(() => drives.length === 1, 'driven');
    await stage.serve(async ({ abandoned }) => {
      drives.push(abandoned);
      return 'ended';
    });
    await sleep(50);
    assert.equal(drives.length, 1, 'nobody else drives it while it lives');
    await die();
    await stage.until(() => drives.length === 2, 'driven on');
    assert.notEqual(drives[0], true, 'nobody had it before');
    assert.notEqual(drives[1], false, 'it was never let go of');
    await sleep(50);
    assert.equal(drives.length, 2);
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
    const drives: (boolean | undefined)[] = [];
    await stage.serve(async ({ abandoned }) => {
      drives.push(abandoned);
      if (drives.length === 1) throw new Error('not this time');
      return 'ended';
    });
    await stage.driver.submit(run('r'));
    await stage.until(() => drives.length === 2, 'driven again');
    assert.notEqual(drives[0], true, 'nobody had it before');
    assert.notEqual(drives[1], false, 'its drive has failed');
  },

  async 'one that stops asks its runs to leave, and another goes on with them'(stage) {
    const drives: string[] = [];
    let abandoned: boolean | undefined;
    const first = await stage.serve(async (drive) => {
      drives.push('first');
      return stays(drive);
    });
    await stage.driver.submit(run('r'));
    await stage.until(() => drives.length === 1, 'driven');
    await stage.serve(
      async (drive) => {
        drives.push('second');
        ({ abandoned } = drive);
        return 'ended';
      },
      10,
      await stage.another(),
    );
    await first.stop({ graceMs: 10_000 });
    await first.stop({ graceMs: 10_000 });
    await stage.until(() => drives.length === 2, 'driven on');
    assert.deepEqual(drives, ['first', 'second']);
    assert.notEqual(abandoned, true, 'it was left, and nobody died over it');
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
