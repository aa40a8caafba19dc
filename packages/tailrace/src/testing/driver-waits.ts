/** What every `Driver` must do with runs that wait. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DriverTests, run, waitsOnce } from './driver-stage.ts';

export const waitTests: DriverTests = {
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

  async 'who is told to go on has waited until then, and is not called a second time for it'(stage) {
    const until = Date.now() + 100;
    const calls: { over: boolean; at: number }[] = [];
    await stage.serve(async (drive) => {
      if (Date.now() >= until) return 'ended';
      const over = await drive.wait(until);
      calls.push({ over, at: Date.now() });
      return over ? 'ended' : 'waiting';
    });
    await stage.driver.submit(run('r'));
    await stage.until(() => calls.length > 0, 'driven');
    await sleep(150);
    const over = calls.filter((call) => call.over);
    assert.ok(over.every(({ at }) => at >= until));
    if (over.length > 0) assert.equal(calls.length, 1);
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

  async 'a run that waits outlives the process that drove it'(stage) {
    let waits = 0;
    const { driver, die } = await stage.doomed(async (drive) => {
      waits += 1;
      return (await drive.wait(undefined)) ? 'ended' : 'waiting';
    });
    await driver.submit(run('r'));
    await stage.until(() => waits === 1, 'it waits');
    await sleep(50);
    await die();
    let driven = false;
    await stage.serve(async () => {
      driven = true;
      return 'ended';
    });
    await stage.driver.submit(run('r'));
    await stage.until(() => driven, 'driven on');
  },

  async 'one that stops does not wait for what its runs wait for'(stage) {
    let waits = 0;
    const serving = await stage.serve(async (drive) => {
      waits += 1;
      return (await drive.wait(undefined)) ? 'ended' : 'waiting';
    });
    await stage.driver.submit(run('r'));
    await stage.until(() => waits === 1, 'it waits');
    const stopped = await Promise.race([serving.stop({ graceMs: 60_000 }).then(() => true), sleep(5_000, false)]);
    assert.ok(stopped, 'in time: stopped');
    let driven = false;
    await stage.serve(
      async () => {
        driven = true;
        return 'ended';
      },
      10,
      await stage.another(),
    );
    await stage.driver.submit(run('r'));
    await stage.until(() => driven, 'driven on');
  },
};
