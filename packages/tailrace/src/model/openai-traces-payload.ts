/** Traces and spans as OpenAI's traces endpoint takes them: its limits, kept on copies. */
import { tryStringify } from '../base/json.ts';
import type { SpanRecord, TraceRecord } from '../port/tracing.ts';
import { isObject, type ProviderObject } from './provider-object.ts';

/** The endpoint refuses a span whose `input` or `output` is longer, in bytes of JSON. */
export const MAX_FIELD_BYTES = 100_000;
const PREVIEW_BYTES = 2_000;
const CAPPED = ['input', 'output'] as const;

/** Undefined for what has no JSON: a trace that is off, or data that no JSON can hold. */
export function payloadItem(item: TraceRecord | SpanRecord): string | undefined {
  const json: unknown = parsed(item);
  if (!isObject(json)) return undefined;
  const data = json['span_data'];
  return JSON.stringify(isObject(data) ? { ...json, span_data: spanData(data) } : json);
}

function parsed(item: TraceRecord | SpanRecord): unknown {
  const text = tryStringify(item);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

function spanData(data: ProviderObject): ProviderObject {
  const sent: Record<string, unknown> = { ...data };
  for (const field of CAPPED) if (field in sent) sent[field] = capped(sent[field]);
  if (data['type'] === 'generation' && isObject(data['usage'])) sent['usage'] = usageOf(data['usage']);
  return sent;
}

/** A text keeps its beginning; anything else becomes a text that says what it was. */
function capped(value: unknown): unknown {
  const text = JSON.stringify(value) ?? '';
  const bytes = byteLength(text);
  if (bytes <= MAX_FIELD_BYTES) return value;
  if (typeof value === 'string') {
    const mark = `… [cut: ${bytes} bytes]`;
    return beginning(value, MAX_FIELD_BYTES - byteLength(mark) - 2) + mark;
  }
  const what = Array.isArray(value) ? { truncated: true, original_type: 'array', length: value.length } : undefined;
  const about = what ?? { truncated: true, original_type: 'object', keys: Object.keys(value as object).length };
  const summary = { ...about, bytes, preview: beginning(text, PREVIEW_BYTES) };
  // The endpoint wants lists where a model's input and output are, and an object elsewhere.
  return Array.isArray(value) ? [summary] : summary;
}

/** As much of the text as fits once JSON has escaped it. Never half a character. */
function beginning(text: string, bytes: number): string {
  let low = 0;
  let high = Math.min(text.length, bytes);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (byteLength(JSON.stringify(text.slice(0, middle))) <= bytes) low = middle;
    else high = middle - 1;
  }
  const last = text.charCodeAt(low - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? low - 1 : low);
}

const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** The endpoint knows two counts; the rest goes below `details`. */
function usageOf(usage: ProviderObject): ProviderObject {
  const { input_tokens, output_tokens, details, ...rest } = usage;
  const more = { ...rest, ...(isObject(details) ? details : {}) };
  return {
    ...(typeof input_tokens === 'number' && { input_tokens }),
    ...(typeof output_tokens === 'number' && { output_tokens }),
    ...(Object.keys(more).length > 0 && { details: more }),
  };
}
