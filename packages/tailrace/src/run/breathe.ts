import { soon } from '../base/soon.ts';

/** Calls back when all that was settled so far, and what follows from it, has been handled, but before anything new comes in. */
export const afterMicrotasks: (callback: () => void) => void =
  typeof process === 'object' && typeof process.nextTick === 'function'
    ? (callback) => process.nextTick(callback)
    : queueMicrotask;

const TURNS_OF_THE_EVENT_LOOP = 4;

/** Lets the rest of the process run for a bounded number of event-loop turns. Not a wait for anybody. */
export function breathe(turns: number = TURNS_OF_THE_EVENT_LOOP): Promise<void> {
  return new Promise((resolve) => {
    let left = turns;
    const again = (): void => {
      left -= 1;
      if (left === 0) resolve();
      else soon(again);
    };
    soon(again);
  });
}
