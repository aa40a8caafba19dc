const LONGEST_MS = 10_000;
/** A server that asks for more is asked again after that. */
const LONGEST_ASKED_MS = 60_000;

/** How long to wait before the next try: grows while nothing comes, starts again when something has. */
export class Patience {
  readonly #most: number;
  readonly #delayMs: (tries: number) => number;
  #tries = 0;

  constructor(most: number, delayMs: (tries: number) => number = grown) {
    this.#most = most;
    this.#delayMs = delayMs;
  }

  /** Something came: what follows is a new failure. */
  progress(): void {
    this.#tries = 0;
  }

  /** Milliseconds, or undefined when it has been tried often enough. */
  next(askedMs: number | undefined): number | undefined {
    if (this.#tries >= this.#most) return undefined;
    this.#tries += 1;
    return Math.max(Math.min(askedMs ?? 0, LONGEST_ASKED_MS), this.#delayMs(this.#tries));
  }
}

/** Spread, so that the readers of a server that went down do not all come back at once. */
function grown(tries: number): number {
  return Math.min(LONGEST_MS, 250 * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
}

type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Resolves after `ms`, or when a browser that was offline is online again; rejects with the signal's reason. */
export const pause: Sleep = (ms, signal) =>
  new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      window.removeEventListener?.('online', done);
    };
    const done = (): void => {
      over();
      resolve();
    };
    const abort = (): void => {
      over();
      reject(signal.reason as Error);
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', abort);
    window.addEventListener?.('online', done);
    if (signal.aborted) abort();
  });

/** True in a browser that knows that it has no network. */
export function isOffline(): boolean {
  return window.navigator?.onLine === false;
}

/** What only browsers have. */
const window = globalThis as {
  navigator?: { onLine?: boolean };
  addEventListener?: (type: 'online', listener: () => void) => void;
  removeEventListener?: (type: 'online', listener: () => void) => void;
};
