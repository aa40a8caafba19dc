import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { jsonProblem, plainJsonProblem } from '../../src/base/json.ts';

class Money {
  readonly cents: number = 5;
  toJSON(): string {
    return '0.05';
  }
}
const loop: Record<string, unknown> = {};
loop['self'] = loop;

describe('what JSON carries unchanged', () => {
  test.each([
    ['a text', 'text'],
    ['null', null],
    ['nothing', undefined],
    ['fields and lists', { a: [1, 'b', null, { c: true }], d: undefined }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['an object of another realm', runInNewContext('({ a: [1, { b: 2 }] })') as unknown],
  ])('%s', (_name, value) => {
    expect(plainJsonProblem(value)).toBeUndefined();
    if (value !== undefined) expect(JSON.parse(JSON.stringify(value))).toEqual(value);
  });

  test('one object in two places is no loop', () => {
    const shared = { a: 1 };
    expect(plainJsonProblem({ x: shared, y: [shared] })).toBeUndefined();
  });

  test.each<[string, unknown, string]>([
    ['a Date', new Date(0), '$ is of class Date, which JSON would change'],
    ['a Map', { m: new Map([[1, 2]]) }, '$.m is of class Map, which JSON would change'],
    ['a Set', { a: [0, new Set([1])] }, '$.a[1] is of class Set, which JSON would change'],
    ['bytes', { a: new Uint8Array(2) }, '$.a is of class Uint8Array, which JSON would change'],
    ['an error', { e: new TypeError('no') }, '$.e is of class TypeError, which JSON would change'],
    ['a regular expression', [/x/], '$[0] is of class RegExp, which JSON would change'],
    ['a promise', { p: Promise.resolve(1) }, '$.p is of class Promise, which JSON would change'],
    ['an object of a class', { price: new Money() }, '$.price is of class Money, which JSON would change'],
    ['an object of a class without a name', new (class {})(), '$ is an object of a class, which JSON would change'],
    ['toJSON', { toJSON: () => 1 }, '$.toJSON is a function'],
    ['a function', { a: { b: () => 1 } }, '$.a.b is a function'],
    ['a symbol', [Symbol('s')], '$[0] is a symbol'],
    ['a BigInt', { a: 1n }, '$.a is a bigint'],
    ['no number', { a: Number.NaN }, '$.a is NaN'],
    ['without end', { a: [Infinity] }, '$.a[0] is Infinity'],
    ['undefined in a list', { a: [1, undefined] }, '$.a[1] is undefined'],
    // oxlint-disable-next-line no-sparse-arrays
    ['a gap in a list', { a: [1, , 3] }, '$.a[1] is undefined'],
    ['a loop', loop, '$.self refers to itself'],
  ])('is not %s', (_name, value, problem) => {
    expect(plainJsonProblem(value)).toBe(problem);
  });
});

test('what has a JSON text, be it of another value', () => {
  for (const value of [new Date(0), { m: new Map() }, new Money(), [undefined]]) {
    expect(jsonProblem(value)).toBeUndefined();
    expect(JSON.stringify(value)).toBeTypeOf('string');
  }
  for (const value of [1n, loop, { a: () => 1 }]) expect(jsonProblem(value)).toBeDefined();
});
