import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/event/run-event.ts';
import { Tail } from '../../src/log/tail.ts';

function event(seq: number): RunEvent {
  return { type: 'turn.started', turn: seq, agent: 'a', run: 'run_tail', seq, epoch: 1, at: 0 };
}

test('a log that is silent holds no events, and goes on with the next', async () => {
  const tail = new Tail(3, 1024 * 1024);
  tail.push([event(3), event(4)], 200);
  expect(tail.read(3, 10)?.map(({ seq }) => seq)).toEqual([3, 4]);
  await expect.poll(() => tail.read(3, 10)).toBeUndefined();
  expect(tail.read(5, 10)).toEqual([]);
  tail.push([event(5)], 100);
  expect(tail.read(4, 10)).toBeUndefined();
  expect(tail.read(5, 10)?.map(({ seq }) => seq)).toEqual([5]);
});

test('a log that is written to keeps its last events', async () => {
  const tail = new Tail(0, 1024 * 1024);
  for (let seq = 0; seq < 12; seq++) {
    tail.push([event(seq)], 100);
    await sleep(50);
  }
  expect(tail.read(0, 100)).toHaveLength(12);
});
