import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PartialJson } from '../../src/base/partial-json.ts';

function read(pieces: readonly string[], schema?: Record<string, unknown>): { parser: PartialJson; seen: unknown[] } {
  const parser = new PartialJson(schema);
  const seen = pieces.map((piece) => {
    parser.push(piece);
    return parser.broken ? 'broken' : parser.snapshot();
  });
  return { parser, seen };
}

/** True when `part` may still become `whole`. */
function startsAs(part: unknown, whole: unknown): boolean {
  if (part === undefined) return true;
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part);
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) && part.length <= whole.length && part.every((item, index) => startsAs(item, whole[index]))
    );
  }
  if (typeof part === 'object' && part !== null) {
    return Object.entries(part).every(
      ([key, value]) => Object.hasOwn(whole as object, key) && startsAs(value, (whole as Record<string, unknown>)[key]),
    );
  }
  return Object.is(part, whole);
}

test('what is certain, character by character', () => {
  const { seen } = read('{"a":"hé\\n","b":[12,true,{"c":null}]}'.split(''));
  const distinct = seen.filter((value, index) => JSON.stringify(value) !== JSON.stringify(seen[index - 1]));
  expect(distinct).toEqual([
    {},
    { a: '' },
    { a: 'h' },
    { a: 'hé' },
    { a: 'hé\n' },
    { a: 'hé\n', b: [] },
    { a: 'hé\n', b: [12] },
    { a: 'hé\n', b: [12, true] },
    { a: 'hé\n', b: [12, true, {}] },
    { a: 'hé\n', b: [12, true, { c: null }] },
  ]);
});

test('torn anywhere, the whole is the value, each part its beginning, and none changes', () => {
  const cut = fc.tuple(
    fc.jsonValue({ maxDepth: 4 }),
    fc.boolean(),
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
  );
  fc.assert(
    fc.property(cut, ([value, spaced, sizes]) => {
      const text = `${JSON.stringify(value, null, spaced ? 1 : 0)} `;
      const pieces: string[] = [];
      for (let at = 0, turn = 0; at < text.length; turn++) {
        const size = sizes[turn % sizes.length] as number;
        pieces.push(text.slice(at, at + size));
        at += size;
      }
      const parser = new PartialJson();
      const parts: { given: unknown; text: string | undefined }[] = [];
      const whole: unknown = JSON.parse(text);
      for (const piece of pieces) {
        parser.push(piece);
        const { fresh } = parser;
        const given = parser.snapshot();
        expect(parser.fresh).toBe(false);
        if (!fresh) expect(JSON.stringify(given)).toBe(parts.at(-1)?.text);
        expect(startsAs(given, whole)).toBe(true);
        parts.push({ given, text: JSON.stringify(given) });
      }
      expect(parser.over).toBe(true);
      expect(parser.snapshot()).toEqual(whole);
      for (const { given, text: before } of parts) expect(JSON.stringify(given)).toBe(before);
    }),
    { numRuns: 300 },
  );
});

test('a character in two halves is shown when it is whole', () => {
  const { seen } = read(['"a\ud83d', '\ude00"']);
  expect(seen).toEqual(['a', 'a😀']);
  expect(read(['"\\ud83', 'd\\ude', '00"']).seen).toEqual(['', '', '😀']);
});

test('keys are keys', () => {
  const { parser } = read(['{"__proto__":{"x":1},"constructor":"c"}']);
  const value = parser.snapshot() as object;
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

test('null for what the schema does not require is left out', () => {
  const inner = { type: 'object', properties: { x: {}, y: {} }, required: ['y'] };
  const schema = { type: 'object', properties: { a: {}, b: {}, c: { type: 'array', items: inner } }, required: ['b'] };
  const { parser } = read(['{"a":null,"b":null,"c":[{"x":null,"y":null}],"d":null}'], schema);
  expect(parser.snapshot()).toEqual({ b: null, c: [{ y: null }], d: null });
});

describe('what is no JSON ends it', () => {
  test.each([
    'Hello',
    '{a:1}',
    '{"a" 1}',
    '{"a":1,,',
    '[1 2]',
    '["\\x"]',
    '["\\u12g4"]',
    '{"a":tru}',
    '[}',
    '{} x',
    '01 ',
    '{"a":1]',
  ])('%s', (text) => {
    expect(read([`${text} `]).parser.broken).toBe(true);
  });
});

test('each character is read once: far cheaper than to read the text anew for each piece', () => {
  const items = Array.from({ length: 2000 }, (_, index) => ({ id: index, text: 'some words of text' }));
  const text = JSON.stringify(items);
  const cost = (read: (parser: PartialJson, at: number) => PartialJson): number => {
    const start = performance.now();
    let parser = new PartialJson();
    for (let at = 0; at < text.length; at += 500) {
      parser = read(parser, at);
      parser.snapshot();
    }
    expect(parser.snapshot()).toEqual(items);
    return performance.now() - start;
  };
  const onward = (parser: PartialJson, at: number): PartialJson => (parser.push(text.slice(at, at + 500)), parser);
  const anew = (_parser: PartialJson, at: number): PartialJson => {
    const parser = new PartialJson();
    parser.push(text.slice(0, at + 500));
    return parser;
  };
  cost(onward);
  // The least of several: something else may have run.
  const [once, often] = [Math.min(...Array.from({ length: 7 }, () => cost(onward))), cost(anew)];
  expect(once).toBeLessThan(often / 5);
});
