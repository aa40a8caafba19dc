import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compare } from '../src/compare.ts';
import type { Json, Observation } from '../src/program.ts';
import { programs } from '../src/programs/index.ts';
import { tailrace, type Side } from '../src/sides.ts';

/** Each program that is run both ways. */
const pairs = Object.entries(programs).flatMap(([name, whole]) => {
  const streamed = programs[name.replace(/, whole$/, ', streamed')];
  return name.endsWith(', whole') && streamed ? [[name.slice(0, -7), whole, streamed] as const] : [];
});

let ours: Side;

beforeAll(async () => {
  for (const method of ['warn', 'error'] as const) vi.spyOn(console, method).mockImplementation(() => {});
  ours = await tailrace();
});

afterAll(() => ours.sdk.setTraceProcessors([]));

describe('a run is the same streamed and not streamed (I11)', () => {
  it.each(pairs)('%s', async (_name, whole, streamed) => {
    const one = comparable(await whole(ours.sdk, ours.testing));
    const other = comparable(await streamed(ours.sdk, ours.testing));
    // A whole run that fails gives no result; what it threw, its session and its trace are all there is of it.
    const shared = Object.fromEntries(Object.entries(other).filter(([aspect]) => aspect in one));
    expect(Object.keys(one).filter((aspect) => !(aspect in other))).toEqual([]);
    expect(compare(one, shared)).toEqual([]);
  });
});

/** Leaves out the stream itself, and the one word by which a model sees the difference. */
function comparable(seen: Observation): Observation {
  const { events: _events, ending: _ending, error = null, ...rest } = withoutMode(seen) as { [key: string]: Json };
  const cancelled = isCancelled(seen) ? { name: 'AbortError', agentsError: true } : error;
  return { ...rest, error: cancelled };
}

function isCancelled(seen: Observation): boolean {
  return JSON.stringify(seen['ending'] ?? null).includes('"cancelled":true');
}

function withoutMode(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutMode);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !['streamed', 'events', 'ending'].includes(key));
  return Object.fromEntries(entries.map(([key, child]) => [key, withoutMode(child)]));
}
