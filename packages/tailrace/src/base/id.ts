/**
 * Ids. Run ids carry 128 random bits and match RUN_ID; they are names, not secrets: whoever serves runs authorises each access.
 */
export const RUN_ID: RegExp = /^[A-Za-z0-9_-]{1,128}$/;

// Random bytes are asked for many at a time: a call costs as much as a hundred of them.
const pool = new Uint8Array(1024);
let used = pool.length;

function hex(digits: number): string {
  const bytes = digits >> 1;
  if (used + bytes > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  let text = '';
  for (const end = used + bytes; used < end; used++) text += HEX[pool[used] as number];
  return text;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A new run id: `run_` and 32 hexadecimal digits. */
export function newRunId(): string {
  return `run_${hex(32)}`;
}

/** A new trace id, in the form the OpenAI tracing API expects: `trace_` and 32 hexadecimal digits. */
export function newTraceId(): string {
  return `trace_${hex(32)}`;
}

/** A new span id, in the form the OpenAI tracing API expects: `span_` and 24 hexadecimal digits. */
export function newSpanId(): string {
  return `span_${hex(24)}`;
}

/** A new item id with the given prefix, for output that a provider left unnamed. */
export function newItemId(prefix: string): string {
  return `${prefix}_${hex(24)}`;
}
