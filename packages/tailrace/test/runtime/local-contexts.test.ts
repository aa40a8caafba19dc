import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LocalContexts } from '../../src/runtime/local-contexts.ts';

it('contexts of runs that ended in other processes are let go of, those of open runs never', async () => {
  const ended = new Set<string>();
  const head = (run: string) => ({ run, epoch: 1, next: 1, ended: ended.has(run) });
  const contexts = new LocalContexts({ head });
  const open = Array.from({ length: 10 }, (_, index) => `open${index}`);
  for (const run of open) {
    contexts.add(run, run);
    contexts.stored(run);
  }
  let most = 0;
  for (let index = 0; index < 5_000; index++) {
    const run = `r${index}`;
    expect(contexts.add(run, run)).toBe(true);
    expect(contexts.add(run, 'another')).toBe(false);
    contexts.stored(run);
    expect(contexts.get(run)).toBe(run);
    // It ends, and nobody tells this process.
    ended.add(run);
    await turn();
    most = Math.max(most, contexts.size);
  }
  expect(most).toBeLessThan(64);
  for (const run of open) expect(contexts.get(run)).toBe(run);
});

it('a context whose run is about to be stored is kept', async () => {
  const contexts = new LocalContexts({ head: () => undefined });
  for (let index = 0; index < 100; index++) contexts.add(`r${index}`, index);
  await turn();
  expect(contexts.size).toBe(100);
  for (let index = 0; index < 100; index++) contexts.stored(`r${index}`);
  for (let index = 100; index < 250; index++) contexts.add(`r${index}`, index);
  await turn();
  expect(contexts.size).toBe(150);
});
