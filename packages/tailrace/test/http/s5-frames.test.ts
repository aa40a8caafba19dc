// S5: no text of a run can pass for an event of its stream.
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sseText } from '../../src/http/frame.ts';

/** What a client makes of a stream, by somebody else's parser. */
function parsed(stream: string): EventSourceMessage[] {
  const messages: EventSourceMessage[] = [];
  createParser({ onEvent: (message) => void messages.push(message) }).feed(stream);
  return messages;
}

const oneLineEnd = (text: string): string => text.replaceAll(/\r\n|\r/g, '\n');

describe('S5: frames', () => {
  it('S5 data with line ends and fields in it is one event, and the same text', () => {
    const data = 'a\rb\r\n\nevent: admin\ndata: x\nid: 9\nretry: 1\n\n: comment';
    expect(parsed(sseText({ event: 'e', data, id: '1.1' }))).toEqual([
      { event: 'e', data: oneLineEnd(data), id: '1.1' },
    ]);
  });

  it('S5 any data comes back as one event', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\n',
        '\r',
        '\r\n',
        '\n\n',
        'event: x',
        'data:',
        'id: 1',
        'retry: 5',
        ':',
        '\0',
        '\u2028',
        '\uFEFF',
        ' ',
      ),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const data = pieces.join('');
        const [only, ...others] = parsed(sseText({ event: 'told', data }));
        expect(others).toEqual([]);
        expect(only?.event).toBe('told');
        expect(only?.data).toBe(oneLineEnd(data));
      }),
      { numRuns: 100 },
    );
  });

  it.each(['\n', '\r', '\0', '\r\n'])('S5 an event name or an id with %j is refused', (end) => {
    expect(() => sseText({ event: `a${end}data: x`, data: '' })).toThrow(TypeError);
    expect(() => sseText({ id: `1${end}event: x`, data: '' })).toThrow(TypeError);
  });
});
