import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { copyOf } from '../../src/base/copy.ts';

test('lists and plain objects are copied all the way down', () => {
  const value = { a: [{ b: { c: 1 } }], n: null, u: undefined, t: 'text' };
  const copy = copyOf(value);
  expect(copy).toStrictEqual(value);
  expect(copy).not.toBe(value);
  expect(copy.a).not.toBe(value.a);
  expect(copy.a[0]).not.toBe(value.a[0]);
  expect(copy.a[0]?.b).not.toBe(value.a[0]?.b);
});

test('objects of a class, bytes and functions stay what they are', () => {
  const value = { at: new Date(0), bytes: new Uint8Array([1]), call: () => 1, map: new Map() };
  const copy = copyOf(value);
  for (const name of ['at', 'bytes', 'call', 'map'] as const) expect(copy[name]).toBe(value[name]);
});

test('plain objects of another realm are copied', () => {
  const value = runInNewContext('({ a: { b: 1 } })') as { a: { b: number } };
  expect(copyOf(value).a).not.toBe(value.a);
});

test('a field that is named __proto__ stays a field', () => {
  const value = JSON.parse('{"a":1,"__proto__":{"b":2}}') as object;
  const copy = copyOf(value);
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect(JSON.stringify(copy)).toBe('{"a":1,"__proto__":{"b":2}}');
});
