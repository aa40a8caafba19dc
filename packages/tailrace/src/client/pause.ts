/** How long to wait before the next try: grows while nothing comes, starts again when something has. */
export class Patience {
  readonly #most: number;
  #tries = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Something came: what follows is a new failure. */
  progress(): void {
    this.#tries = 0;
  }

  /** Milliseconds, or undefined when it has been tried often enough. */
  next(askedMs: number | undefined): number | undefined {
    if (this.#tries >= this.#most) return undefined;
    this.#tries += 1;
    const grown = Math.min(10_000, 250 * 2 ** (this.#tries - 1));
    // Spread, so that the readers of a server that went down do not all come back at once.
    return Math.max(askedMs ?? 0, grown * (0.5 + Math.random() / 2));
  }
}

/** Resolves after `ms`; rejects with the signal's reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      over();
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      over();
      resolve();
    }, ms);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}
