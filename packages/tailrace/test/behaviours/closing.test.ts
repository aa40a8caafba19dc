import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { Closing } from '../../src/run/closing.ts';

test('what a run has made is closed, the latest first, and what hangs is waited for once, however many hang', async () => {
  const closing = new Closing();
  const told: string[] = [];
  for (const name of ['first', 'second', 'third', 'fourth']) {
    const close = (): Promise<void> => {
      told.push(name);
      return name === 'fourth' ? Promise.resolve() : new Promise(() => undefined);
    };
    await closing.keep({}, async () => ({ value: name, close }));
  }
  const began = performance.now();
  await closing.close(systemClock, 800);
  const tookMs = performance.now() - began;
  expect(told).toEqual(['fourth', 'third', 'second', 'first']);
  expect(tookMs).toBeGreaterThan(790);
  // Each of the three by itself would be 2,400.
  expect(tookMs).toBeLessThan(2_000);
  expect(closing.any).toBe(false);
});
