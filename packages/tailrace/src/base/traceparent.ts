/**
 * W3C trace context, and how ids of ours become its ids: a trace id is its 32 hexadecimal digits, a span id the first 16 of its 24.
 * Ids of another form, which a caller may choose, are hashed: the same id always gives the same one.
 */

/** What a `traceparent` header says. */
export interface Traceparent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const HEADER = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Undefined for a header that is none: the standard then begins a new trace. */
export function parseTraceparent(header: string | undefined): Traceparent | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] = HEADER.exec(header?.trim() ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The header for a call made below the span. */
export function traceparentOf(traceId: string, spanId: string): string {
  return `00-${w3cTraceId(traceId)}-${w3cSpanId(spanId)}-01`;
}

/** 32 hexadecimal digits, never all zero. */
export function w3cTraceId(traceId: string): string {
  return digitsOf(traceId, 'trace_', 32);
}

/** 16 hexadecimal digits, never all zero. */
export function w3cSpanId(spanId: string): string {
  return digitsOf(spanId, 'span_', 16);
}

function digitsOf(id: string, prefix: string, count: number): string {
  const own = id.startsWith(prefix) ? id.slice(prefix.length) : '';
  const digits = /^[0-9a-f]+$/.test(own) ? own.slice(0, count) : '';
  if (digits.length === count && !/^0+$/.test(digits)) return digits;
  let hashed = '';
  for (let seed = 0; hashed.length < count; seed++) hashed += hash32(id, seed);
  return /^0+$/.test(hashed) ? `${'0'.repeat(count - 1)}1` : hashed;
}

// FNV-1a with a final mix: an id must only be spread, nobody gains by finding two that meet.
function hash32(text: string, seed: number): string {
  let hash = 0x811c9dc5 ^ Math.imul(seed + 1, 0x9e3779b1);
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0).toString(16).padStart(8, '0');
}
