/** Gives a connection up that shows no sign of life: one that died without a word would be waited for for ever. */
export class Watch {
  readonly #given: AbortController = new AbortController();
  readonly #idleMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly signal: AbortSignal;

  constructor(idleMs: number, stop: AbortSignal) {
    this.#idleMs = idleMs;
    this.signal = AbortSignal.any([stop, this.#given.signal]);
    this.alive();
  }

  alive(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#given.abort(new DOMException('The connection was silent for too long.', 'TimeoutError'));
    }, this.#idleMs);
  }

  /** Nothing is asked of the connection until it is `alive` again. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  /** Closes the connection, whatever it is doing. */
  end(): void {
    clearTimeout(this.#timer);
    this.#given.abort(new DOMException('The connection is not needed any more.', 'AbortError'));
  }
}
