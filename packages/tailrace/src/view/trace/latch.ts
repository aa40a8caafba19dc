/** Calls `release` once: when it has been closed and nobody holds it any more. */
export class Latch {
  readonly #release: () => void;
  #holds = 0;
  #closed = false;
  #released = false;

  constructor(release: () => void) {
    this.#release = release;
  }

  get released(): boolean {
    return this.#released;
  }

  /** Puts the release off until the hold is disposed. Of no effect once released. */
  hold(): Disposable {
    let held = true;
    this.#holds += 1;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#holds -= 1;
        this.#settle();
      },
    };
  }

  close(): void {
    this.#closed = true;
    this.#settle();
  }

  #settle(): void {
    if (!this.#closed || this.#holds > 0 || this.#released) return;
    this.#released = true;
    this.#release();
  }
}
