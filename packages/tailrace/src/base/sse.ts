import { createParser } from 'eventsource-parser';

/** One server-sent event; `event` and `id` are undefined when the sender did not give them. */
export interface SseMessage {
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Turns bytes into server-sent events, wherever the network cut them.
 * LF, CRLF and CR endings, a byte order mark, comments and invalid UTF-8 (replaced by U+FFFD) are all accepted.
 */
export interface SseReader {
  /** Returns the events that `chunk` completed, in order; throws `SseOverflow` when one event outgrows the limit. */
  push(chunk: Uint8Array): SseMessage[];
  /** Returns what an end of stream leaves complete: an event whose closing blank line is missing. */
  end(): SseMessage[];
}

/** An event was longer than `limit` characters. */
export class SseOverflow extends Error {
  override readonly name = 'SseOverflow';
  readonly limit: number;
  constructor(limit: number) {
    super(`A server-sent event is longer than ${limit} characters`);
    this.limit = limit;
  }
}

const EMPTY: SseMessage[] = [];

/** Creates a reader; `maxEventChars` (16 Mi characters) bounds what it holds of one event. */
export function createSseReader(maxEventChars: number = 16 * 1024 * 1024): SseReader {
  const decode = utf8Pieces();
  let messages: SseMessage[] = EMPTY;
  let overflow = false;
  const parser = createParser({
    maxBufferSize: maxEventChars,
    onEvent(message) {
      if (message.data.length > maxEventChars) overflow = true;
      else messages.push(message as SseMessage);
    },
    onError(error) {
      // Unknown fields and odd retry values are ignored, as the standard asks.
      if (error.type === 'max-buffer-size-exceeded') overflow = true;
    },
  });
  const feed = (text: string): SseMessage[] => {
    if (text === '') return EMPTY;
    messages = [];
    parser.feed(text);
    if (overflow) throw new SseOverflow(maxEventChars);
    const complete = messages;
    // A stream may be silent for long: what was given is not held, nor the text that it was cut from.
    messages = EMPTY;
    return complete;
  };
  return {
    push: (chunk) => feed(decode(chunk)),
    // The standard drops an event without its blank line. Some servers forget it after the last one, and
    // the JSON inside tells a whole event from a torn one, so that the caller can decide.
    end: () => feed(`${decode(undefined)}\n\n`),
  };
}

/**
 * A streaming UTF-8 decoder. TextDecoder's own streaming mode costs several times a plain decode, and nearly
 * every chunk of a stream ends on a character boundary.
 */
function utf8Pieces(): (chunk: Uint8Array | undefined) => string {
  // Without ignoreBOM each decode would eat a U+FEFF at the start of its chunk; the parser strips the first.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let carry: Uint8Array | undefined;
  return (chunk) => {
    if (chunk === undefined) {
      const rest = carry;
      carry = undefined;
      return rest === undefined ? '' : decoder.decode(rest);
    }
    let bytes = chunk;
    if (carry !== undefined) {
      bytes = new Uint8Array(carry.length + chunk.length);
      bytes.set(carry, 0);
      bytes.set(chunk, carry.length);
      carry = undefined;
    }
    const cut = openTail(bytes);
    if (cut === bytes.length) return decoder.decode(bytes);
    carry = bytes.slice(cut);
    return decoder.decode(bytes.subarray(0, cut));
  };
}

/** Where the unfinished character at the end of `bytes` begins; their length when there is none. */
function openTail(bytes: Uint8Array): number {
  const end = bytes.length;
  for (let back = 1; back <= 3 && back <= end; back++) {
    const byte = bytes[end - back] as number;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) {
      const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return width > back ? end - back : end;
    }
  }
  return end;
}
