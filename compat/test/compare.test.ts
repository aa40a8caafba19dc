import { expect, it } from 'vitest';
import { compare } from '../src/compare.ts';
import { toJson } from '../src/json.ts';

it('finds the leaf that differs, and what one side lacks', () => {
  const expected = { events: [{ type: 'a' }, { type: 'b' }], usage: { requests: 1 } };
  const got = { events: [{ type: 'a' }], usage: { requests: 2 }, session: [] };
  expect(compare(expected, got)).toEqual([
    { path: 'events.1', expected: { type: 'b' }, got: undefined },
    { path: 'usage.requests', expected: 1, got: 2 },
    { path: 'session', expected: undefined, got: [] },
  ]);
});

it('tells an array from an object and null from absence', () => {
  expect(compare({ a: [], b: null }, { a: {} })).toHaveLength(2);
});

it('leaves out undefined members and sorts keys, so that only data counts', () => {
  expect(JSON.stringify(toJson({ b: undefined, c: 1, a: [undefined, new TypeError('x')] }))).toBe(
    '{"a":[null,{"error":"TypeError","message":"x"}],"c":1}',
  );
});
