// On platforms without setImmediate, a zero timer is the next best thing.
export const soon: (callback: () => void) => unknown =
  typeof setImmediate === 'function' ? setImmediate : (callback) => setTimeout(callback, 0);

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
