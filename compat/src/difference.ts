import type { Json, Observation } from './program.ts';

/**
 * One row of "what is different, and why": for the programs it applies to, what Tailrace shows in place of what the
 * reference shows. A row says the whole new value, so that it cannot hide a second difference.
 */
export interface Difference {
  readonly id: string;
  readonly reference: string;
  readonly tailrace: string;
  readonly why: string;
  /** `seen` is what the reference shows. */
  applies(program: string, seen: Observation): boolean;
  /** The aspects that change, each with its value on Tailrace, from what the rows before this one made of it. */
  readonly aspects: { readonly [aspect: string]: (value: Json, so: Situation) => Json };
}

/** What a row can look at: the program, what the reference shows, and what is expected of Tailrace so far. */
export interface Situation {
  readonly program: string;
  readonly seen: Observation;
  readonly expected: Observation;
}

/** What Tailrace shows beyond the reference, in every program: it is taken away before the two are compared. */
export interface Addition {
  readonly id: string;
  readonly tailrace: string;
  readonly why: string;
  readonly aspects: { readonly [aspect: string]: (value: Json) => Json };
}

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

/** The name of the error that a run ended with, if it did. */
export function errorName(seen: Observation): string | undefined {
  const error = seen['error'];
  return isObject(error) && typeof error['name'] === 'string' ? error['name'] : undefined;
}

export function isStreamed(seen: Observation): boolean {
  return seen['events'] !== undefined;
}

/** A user's message as plain text, the way a text input is stored. */
export function userMessage(content: string): Json {
  return { content, role: 'user', type: 'message' };
}

/** A call of a tool without arguments, as a session stores it, and its output. */
export function storedCall(name: string, callId: string, text: string): Json[] {
  return [
    { arguments: '{}', callId, name, status: 'completed', type: 'function_call' },
    { callId, name, output: { text, type: 'text' }, status: 'completed', type: 'function_call_result' },
  ];
}
