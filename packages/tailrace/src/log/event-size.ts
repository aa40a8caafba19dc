/**
 * What an event weighs in memory, estimated: cheap enough for every delta, and rather too much than too little, because it bounds memory.
 */
import type { RunEvent } from '../event/run-event.ts';

const EVENT_BYTES = 160;
const OBJECT_BYTES = 32;
const FIELD_BYTES = 8;
const SHARED_KEY_CHARS = 40;
// Below this depth the walk goes on from a list: a peer chooses how deep its JSON is, and our stack is not.
const MAX_DEPTH = 100;

/** Estimated bytes of heap that the event holds. */
export function eventBytes(event: RunEvent): number {
  if (event.type !== 'model.delta') return EVENT_BYTES + bytesOf(event);
  const text = event.text === undefined ? 0 : stringBytes(event.text);
  return EVENT_BYTES + text + (event.raw === undefined ? 0 : bytesOf(event.raw));
}

function bytesOf(value: unknown): number {
  const deep: object[] = [];
  let bytes = weigh(value, 0, deep);
  for (let next = deep.pop(); next !== undefined; next = deep.pop()) bytes += weigh(next, 0, deep);
  return bytes;
}

function weigh(value: unknown, depth: number, deep: object[]): number {
  if (typeof value === 'string') return stringBytes(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === MAX_DEPTH) {
    deep.push(value);
    return 0;
  }
  if (ArrayBuffer.isView(value)) return OBJECT_BYTES + value.byteLength;
  let bytes = OBJECT_BYTES;
  if (Array.isArray(value)) {
    for (const child of value) bytes += FIELD_BYTES + weigh(child, depth + 1, deep);
    return bytes;
  }
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    bytes += FIELD_BYTES + weigh(fields[key], depth + 1, deep);
    // Usual keys are shared between events; a peer's endless ones are not.
    if (key.length > SHARED_KEY_CHARS) bytes += stringBytes(key);
  }
  return bytes;
}

function stringBytes(text: string): number {
  return 16 + 2 * text.length;
}
