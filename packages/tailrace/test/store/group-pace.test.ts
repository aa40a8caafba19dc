import { expect, test } from 'vitest';
import { GroupPace, MAX_GROUP_MS } from '../../src/store/group-pace.ts';

/** Counts writes that come at an even rate, as often as the pace lets them be made. */
function atRate(pace: GroupPace, writesASecond: number, from: number, forMs: number): number {
  let now = from;
  while (now < from + forMs) {
    const wait = pace.ms;
    now += wait;
    pace.count((writesASecond * wait) / 1_000, now);
  }
  return now;
}

test('a quiet store waits as long as it was told', () => {
  const pace = new GroupPace(5);
  const now = atRate(pace, 100, 0, 1_000);
  expect(pace.ms).toBe(5);
  // Many in one moment are no rate.
  for (let write = 0; write < 50; write++) pace.count(1, now + write / 100);
  expect(pace.ms).toBe(5);
});

test('a busy one waits longer, up to a limit, and less again when it is quiet', () => {
  const pace = new GroupPace(5);
  let now = atRate(pace, 3_750, 0, 1_000);
  expect(pace.ms).toBeCloseTo(MAX_GROUP_MS / 2, 0);
  now = atRate(pace, 100_000, now, 1_000);
  expect(pace.ms).toBe(MAX_GROUP_MS);
  now = atRate(pace, 10, now, 1_000);
  expect(pace.ms).toBe(5);
  expect(new GroupPace(250).ms).toBe(250);
  const slow = new GroupPace(250);
  atRate(slow, 100_000, now, 2_000);
  expect(slow.ms).toBe(250);
});
