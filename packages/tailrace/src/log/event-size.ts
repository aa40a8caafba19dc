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
// With more objects than this, or deeper ones, the walk remembers where it was: a custom model's objects may refer to themselves.
const MAX_UNTRACKED = 10_000;

/** Estimated bytes of heap that the event holds. */
export function eventBytes(event: RunEvent): number {
  if (event.type !== 'model.delta') return EVENT_BYTES + bytesOf(event);
  const text = event.text === undefined ? 0 : stringBytes(event.text);
  return EVENT_BYTES + text + (event.raw === undefined ? 0 : bytesOf(event.raw));
}

function bytesOf(value: unknown): number {
  // An object of its own would be one more for each of ten thousand deltas.
  untracked = MAX_UNTRACKED;
  const bytes = weigh(value, 0, undefined);
  return untracked < 0 ? trackedBytes(value) : bytes;
}

/** How many objects the walk that is under way may still come to without a track. Below zero it has given up. */
let untracked = 0;

interface Track {
  readonly seen: Set<object>;
  /** What lies too deep for the stack, still to be weighed. */
  readonly deep: object[];
}

function trackedBytes(value: unknown): number {
  const track: Track = { seen: new Set(), deep: [] };
  let bytes = weigh(value, 0, track);
  for (let next = track.deep.pop(); next !== undefined; next = track.deep.pop()) bytes += weigh(next, 0, track);
  return bytes;
}

function weigh(value: unknown, depth: number, track: Track | undefined): number {
  if (typeof value === 'string') return stringBytes(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (track) {
    if (track.seen.has(value)) return 0;
    if (depth === MAX_DEPTH) {
      track.deep.push(value);
      return 0;
    }
    track.seen.add(value);
  } else {
    if (depth === MAX_DEPTH) untracked = 0;
    untracked -= 1;
    if (untracked < 0) return 0;
  }
  if (ArrayBuffer.isView(value)) return OBJECT_BYTES + value.byteLength;
  let bytes = OBJECT_BYTES;
  if (Array.isArray(value)) {
    for (const child of value) bytes += FIELD_BYTES + weigh(child, depth + 1, track);
    return bytes;
  }
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    bytes += FIELD_BYTES + weigh(fields[key], depth + 1, track);
    // Usual keys are shared between events; a peer's endless ones are not.
    if (key.length > SHARED_KEY_CHARS) bytes += stringBytes(key);
  }
  return bytes;
}

function stringBytes(text: string): number {
  return 16 + 2 * text.length;
}
