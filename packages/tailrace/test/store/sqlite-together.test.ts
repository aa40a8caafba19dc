import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { StaleEpoch } from '../../src/event/errors.ts';
import { readLog } from '../../src/log/reader.ts';
import { RunLog } from '../../src/log/run-log.ts';
import { openSharedSource } from '../../src/log/source.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { deltaEvent } from '../../src/testing/log-store-contract-events.ts';
import { called, delta, end } from '../log/bodies.ts';

const directory = mkdtempSync(join(tmpdir(), 'sqlite-together-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const newPath = (): string => join(directory, `${files++}.db`);
const RUNS = Array.from({ length: 50 }, (_, index) => `r${index}`);

describe('many runs that write at the same time', () => {
  test('share a commit: nothing of it is seen before, all of it after', async () => {
    const store = sqlite(newPath());
    await Promise.all(RUNS.map(async (run) => store.claim(run)));
    const stored = RUNS.map((run) => store.append(run, 1, 1, [deltaEvent(run, 0)], 'full'));
    const waiting = stored.filter((one) => one instanceof Promise);
    // One that nobody was before, a moment ago, does not wait.
    expect(waiting.length).toBeGreaterThan(RUNS.length / 2);
    const seen = (): number => RUNS.filter((run) => [...(store.read(run, 0, 1) as unknown[])].length === 1).length;
    expect(seen()).toBe(RUNS.length - waiting.length);
    await waiting[0];
    expect(seen()).toBe(RUNS.length);
    for (const one of stored) await one;
    await store.close();
  });

  test('fail each for itself', async () => {
    const store = sqlite(newPath());
    await Promise.all(RUNS.map(async (run) => store.claim(run)));
    await store.claim('r7');
    const stored = RUNS.map(async (run) => store.append(run, 1, 1, [deltaEvent(run, 0)], 'group'));
    const failed = (await Promise.allSettled(stored)).flatMap((one, index) =>
      one.status === 'rejected' ? [[RUNS[index], (one.reason as Error).constructor]] : [],
    );
    expect(failed).toEqual([['r7', StaleEpoch]]);
    await store.close();
  });

  test('lose nothing when the store is closed', async () => {
    const path = newPath();
    const store = sqlite(path);
    await Promise.all(RUNS.map(async (run) => store.claim(run)));
    const stored = RUNS.map((run) => store.append(run, 1, 1, [deltaEvent(run, 0)], 'group'));
    await store.close();
    for (const one of stored) await one;
    const again = sqlite(path);
    for (const run of RUNS) expect(await again.head(run)).toMatchObject({ next: 1 });
    await again.close();
  });
});

describe('a reader in the process that writes', () => {
  test('is given what was committed, from memory', async () => {
    const store = sqlite(newPath());
    const log = await RunLog.open(store, 'r');
    const read = vi.spyOn(store, 'read');
    await using reader = readLog(openSharedSource(store, 'r'));
    for (let round = 0; round < 20; round++) {
      const next = reader.nextBatch();
      await log.append([delta(`word ${round}`), called(`c${round}`)]);
      const events = await next;
      expect(events?.at(-1)?.seq).toBe(2 * round + 1);
    }
    expect(read).not.toHaveBeenCalled();
    await log.append([end()]);
    expect((await reader.nextBatch())?.at(-1)).toMatchObject({ type: 'run.completed' });
    await store.close();
  });

  test('follows the run to another process that takes it, though the writer here knows nothing of it', async () => {
    const path = newPath();
    const store = sqlite(path);
    const log = await RunLog.open(store, 'r');
    await log.append([called('c0')]);
    await using reader = readLog(openSharedSource(store, 'r'));
    expect(await reader.nextBatch()).toHaveLength(1);
    const elsewhere = sqlite(path);
    const other = await RunLog.open(elsewhere, 'r');
    await other.append([called('c1')]);
    expect(await reader.nextBatch()).toMatchObject([{ seq: 1, epoch: 2 }]);
    const next = reader.nextBatch();
    await other.append([end()]);
    expect(await next).toMatchObject([{ seq: 2, epoch: 2, type: 'run.completed' }]);
    expect(log.next).toBe(1);
    await elsewhere.close();
    await store.close();
  });
});
