import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { MemoryLogStore, Runner } from '../../src/index.ts';
import { assistantMessage, logViolations } from '../../src/testing/index.ts';
import { scripted } from './cast.ts';
import { failure } from './stage.ts';

test('a run whose store cannot be watched ends with that, and leaves no listener behind', async () => {
  const store = new (class extends MemoryLogStore {
    override watch(): Disposable {
      throw new Error('cannot be watched');
    }
  })();
  const { signal } = new AbortController();
  const run = new Runner({ store }).run(scripted([[assistantMessage('Done.')]]), 'Hi', { runId: 'run_1', signal });
  expect(await failure(run)).toMatchObject({ message: 'cannot be watched' });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  const log = store.read('run_1', 0, 100);
  expect(log.map(({ type }) => type).at(-1)).toBe('run.failed');
  expect(logViolations([...log])).toEqual([]);
});
