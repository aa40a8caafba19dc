/**
 * Time, injectable. Durations are measured by `monotonic`, which no clock jump moves; `now` only stamps events.
 */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Monotonic milliseconds; only differences mean anything. */
  monotonic(): number;
  /** Calls back once after `delayMs`. Disposing it cancels it. */
  timer(delayMs: number, callback: () => void): Disposable;
}

// setTimeout turns a longer delay into 1 ms, and warns of a negative one.
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The clock of the process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(delayMs, callback) {
    return new Timer(delayMs, callback);
  },
};

class Timer implements Disposable {
  readonly #id: ReturnType<typeof setTimeout>;

  constructor(delayMs: number, callback: () => void) {
    this.#id = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMEOUT_MS));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#id);
  }
}
