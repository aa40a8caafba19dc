import type { Json } from './program.ts';

/**
 * Copies a value to plain JSON with sorted keys. Properties that are `undefined` are left out: an absent
 * property and an undefined one are the same to a user. Functions, signals and live objects become a word.
 */
export function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'function') return '[function]';
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (value instanceof AbortSignal) return '[signal]';
  if (value instanceof Error) return { error: value.name, message: value.message };
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map(toJson);
  const out: Record<string, Json> = {};
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) out[key] = toJson(member);
  }
  return out;
}
