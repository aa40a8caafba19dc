/** Ctrl-C: the first cancels what is under way, the second leaves at once. */
export class Interrupt implements Disposable {
  #running: AbortController | undefined;
  #exitCode: number | undefined;
  readonly #say: (text: string) => void;
  readonly #onSigint = (): void => this.press('Ctrl-C', 130);
  readonly #onSigterm = (): void => this.press('SIGTERM', 143);

  constructor(say: (text: string) => void) {
    this.#say = say;
    process.on('SIGINT', this.#onSigint);
    process.on('SIGTERM', this.#onSigterm);
  }

  /** The exit code of the signal that came, if one did. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Runs `work` with a signal that aborts when somebody interrupts it, or when `also` aborts. */
  async during<T>(also: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = new AbortController();
    const stop = (): void => running.abort('nobody reads the output');
    also.addEventListener('abort', stop, { once: true });
    if (also.aborted) stop();
    this.#running = running;
    try {
      return await work(running.signal);
    } finally {
      this.#running = undefined;
      also.removeEventListener('abort', stop);
    }
  }

  press(reason: string, exitCode: number): void {
    if (!this.#running || this.#running.signal.aborted) process.exit(exitCode);
    this.#exitCode = exitCode;
    this.#running.abort(reason);
    this.#say('\nCancelling. Once more to leave at once.\n');
  }

  /** True while something is under way that an interrupt would cancel. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onSigint);
    process.off('SIGTERM', this.#onSigterm);
  }
}
