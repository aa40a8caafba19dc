/** What a tool returns in place of its output when that is still to come. Data only: nothing of the function lives on. */
import type { Json } from '../base/json.ts';
import { UserError } from '../event/errors.ts';
import { checkJson } from './option.ts';

export interface WaitForInputOptions {
  /** What is asked, for whoever answers: a text, or JSON for a form. Not told to the model. */
  prompt?: Json;
  /** How long somebody may take to answer, in milliseconds. No limit by default. */
  expiresInMs?: number;
  /** The call's output when nobody has answered by then. A text that says so by default. */
  expired?: Json;
}

/** A time, or a number of milliseconds from now. */
export type WaitTime = Date | { ms: number };

const WAIT: unique symbol = Symbol.for('tailrace.callWait');

/** Made by `waitForInput` and `waitUntil`, for a tool's `execute` to return. */
export interface CallWait {
  readonly [WAIT]: WaitRequest;
}

export type WaitRequest =
  | { for: 'input'; prompt?: Json; afterMs?: number; output?: Json }
  | { for: 'timer'; at: number; output?: Json }
  | { for: 'timer'; afterMs: number; output?: Json };

/**
 * Returned by a tool: the call's output is what somebody answers, whenever that is. The other calls of the turn are made, and then the run is suspended: it holds nothing, and outlives its process
 * where it is in a store. The function is over; it is not called again.
 *
 * @throws UserError OPTION_RANGE, OPTION_TYPE
 */
export function waitForInput({ prompt, expiresInMs, expired }: WaitForInputOptions = {}): CallWait {
  checkJson('waitForInput(): prompt', prompt);
  checkJson('waitForInput(): expired', expired);
  if (expiresInMs !== undefined && !(expiresInMs > 0 && Number.isFinite(expiresInMs)))
    throw new UserError(`waitForInput(): expiresInMs must be a number over 0, got ${expiresInMs}.`, {
      code: 'OPTION_RANGE',
    });
  return {
    [WAIT]: {
      for: 'input',
      ...(prompt !== undefined && { prompt }),
      ...(expiresInMs !== undefined && { afterMs: expiresInMs }),
      ...(expired !== undefined && { output: expired }),
    },
  };
}

/**
 * Returned by a tool: the call's output is given at that time, not before. Until then the run holds nothing, as with `waitForInput`; a runtime wakes it. One that is past is over at once.
 *
 * @throws UserError OPTION_RANGE, OPTION_TYPE
 */
export function waitUntil(when: WaitTime, output?: Json): CallWait {
  checkJson('waitUntil(): output', output);
  const given = output !== undefined && { output };
  const time = when instanceof Date ? when.getTime() : when.ms;
  if (!Number.isFinite(time) || time < 0)
    throw new UserError('waitUntil() takes a Date, or { ms } with a number of 0 or more.', { code: 'OPTION_RANGE' });
  return { [WAIT]: { for: 'timer', ...(when instanceof Date ? { at: time } : { afterMs: time }), ...given } };
}

/** What a function asked to wait for, when that is what it returned. */
export function waitRequestOf(value: unknown): WaitRequest | undefined {
  return typeof value === 'object' && value !== null ? (value as Partial<CallWait>)[WAIT] : undefined;
}
