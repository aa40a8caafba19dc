import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SystemError, UserError } from '../../src/event/errors.ts';
import { Readership } from '../../src/http/readership.ts';
import { sqlite } from '../../src/store/sqlite.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const busy = new SystemError('Locked.', { code: 'STORE_BUSY' });
const gone = new UserError('No such run.', { code: 'RUN_NOT_FOUND' });

const readersOf = ({ presence }: ReturnType<typeof sqlite>, cancel: () => Promise<void>): Readership =>
  new Readership({ presence, leaseMs: 60_000, policyOf: async () => 'cancel', cancel });

test.each([
  ['is tried again until the store takes it', [busy, busy], 3],
  ['of a run that is no more is not', [gone], 1],
])('a cancel that fails when the last reader has left %s', async (_, failures, tries) => {
  const store = sqlite(':memory:');
  let cancels = 0;
  const readership = readersOf(store, async () => {
    const failure = failures[cancels++];
    if (failure) throw failure;
  });
  readership.enter('r', 'cancel')(true);
  await vi.advanceTimersByTimeAsync(100);
  expect(cancels).toBe(1);
  // Whoever finds this process dead finds the run by its row.
  expect(await store.presence.list()).toHaveLength(tries > 1 ? 1 : 0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([cancels, readership.size]).toEqual([tries, 0]);
  expect(await store.presence.list()).toEqual([]);
  readership.close();
  expect(vi.getTimerCount()).toBe(0);
  await store.close();
});

test('whoever comes back before the store took the cancel reads on', async () => {
  const store = sqlite(':memory:');
  let cancels = 0;
  const readership = readersOf(store, async () => {
    cancels += 1;
    throw busy;
  });
  readership.enter('r', 'cancel')(true);
  await vi.advanceTimersByTimeAsync(100);
  readership.enter('r', 'cancel');
  await vi.advanceTimersByTimeAsync(10_000);
  expect([cancels, readership.size]).toEqual([1, 1]);
  readership.close();
  await store.close();
});
