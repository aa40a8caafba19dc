/** Clears the tails of logs that nothing is written to: one timer for all of them, and only while there are any. */

/** Readers that are no further behind than this need not ask the store. */
const IDLE_MS = 200;

export interface ClearedTail {
  /** True when something was put into it since this was last asked. */
  takeTouched(): boolean;
  clear(): void;
}

const filled = new Set<ClearedTail>();
let waiting = false;

/** Call it when something is put into an empty tail. */
export function watchTail(tail: ClearedTail): void {
  filled.add(tail);
  wait();
}

function wait(): void {
  if (waiting) return;
  waiting = true;
  const timer: unknown = setTimeout(look, IDLE_MS);
  // It must not keep a process alive that has nothing else to do.
  (timer as { unref?: () => void }).unref?.();
}

function look(): void {
  waiting = false;
  for (const tail of filled) {
    if (tail.takeTouched()) continue;
    tail.clear();
    filled.delete(tail);
  }
  if (filled.size > 0) wait();
}
