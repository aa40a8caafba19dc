import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSseReader, SseOverflow, type SseMessage } from '../../src/base/sse.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function readAll(chunks: Uint8Array[], limit?: number): SseMessage[] {
  const reader = createSseReader(limit);
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
}

const STREAM =
  ': hello\n\nevent: a\nid: 7\ndata: {"t":"grüße 漢字 🚣🏽"}\n\ndata: one\ndata: two\n\nretry: 100\nunknown: x\ndata: \uFEFFbom inside\n\n:\n\ndata: [DONE]\n\n';

describe.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('a stream with %s endings', (_, ending) => {
  const whole = bytes(STREAM.replaceAll('\n', ending));
  const expected = readAll([whole]);

  test('holds the events as sent', () => {
    expect(expected.map((m) => m.data)).toEqual(['{"t":"grüße 漢字 🚣🏽"}', 'one\ntwo', '\uFEFFbom inside', '[DONE]']);
    expect(expected[0]).toMatchObject({ event: 'a', id: '7' });
  });

  test('gives the same events torn at every position', () => {
    for (let cut = 0; cut <= whole.length; cut++) {
      expect(readAll([whole.subarray(0, cut), whole.subarray(cut)])).toEqual(expected);
    }
  });

  test('gives the same events in pieces of every small size', () => {
    for (let size = 1; size <= 9; size++) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size));
      expect(readAll(pieces)).toEqual(expected);
    }
  });

  test('gives the same events torn at random', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const pieces = at.slice(1).map((end, i) => whole.subarray(at[i] as number, end));
        expect(readAll(pieces)).toEqual(expected);
      }),
    );
  });
});

test('any text survives the trip, whatever the cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(), (text, where) => {
      const frame = bytes(`data: ${JSON.stringify(text)}\n\n`);
      const cut = where % (frame.length + 1);
      const [message] = readAll([frame.subarray(0, cut), frame.subarray(cut)]);
      expect(JSON.parse(message?.data ?? '')).toBe(text);
    }),
  );
});

test('a leading byte order mark is dropped', () => {
  expect(readAll([bytes('\uFEFFdata: x\n\n')])).toMatchObject([{ data: 'x' }]);
});

test('invalid UTF-8 is replaced, not fatal', () => {
  const chunk = new Uint8Array([...bytes('data: a'), 0xff, 0xc3, ...bytes('b\n\n')]);
  expect(readAll([chunk])).toMatchObject([{ data: 'a\uFFFD\uFFFDb' }]);
  expect(readAll([new Uint8Array([...bytes('data: a'), 0xf0, 0x9f])])).toMatchObject([{ data: 'a\uFFFD' }]);
});

test('an event without its blank line is given at the end', () => {
  expect(readAll([bytes('data: a\n\ndata: [DONE]')])).toMatchObject([{ data: 'a' }, { data: '[DONE]' }]);
});

test('an event longer than the limit throws, in one chunk or many', () => {
  const long = bytes(`data: ${'x'.repeat(2000)}\n\n`);
  expect(() => readAll([long], 1000)).toThrow(SseOverflow);
  const pieces = Array.from({ length: 40 }, (_, i) => long.subarray(i * 51, (i + 1) * 51));
  expect(() => readAll(pieces, 1000)).toThrow(SseOverflow);
  expect(readAll(pieces, 3000)).toHaveLength(1);
});
