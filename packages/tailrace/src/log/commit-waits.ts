/** Who waits for which part of a log to be committed. */
interface Wait {
  /** Over when the head is here. */
  upTo: number;
  resolve(): void;
  reject(error: unknown): void;
}

export class CommitWaits {
  #waits: Wait[] = [];

  until(upTo: number): Promise<void> {
    return new Promise((resolve, reject) => void this.#waits.push({ upTo, resolve, reject }));
  }

  /** All before `head` is committed. */
  reached(head: number): void {
    if (this.#waits.length === 0) return;
    for (const wait of this.#take(head)) wait.resolve();
  }

  /** Nothing more will be committed. */
  fail(error: unknown): void {
    for (const wait of this.#take(Number.POSITIVE_INFINITY)) wait.reject(error);
  }

  /** The `count` events from `head` on are given up, and what follows moves up. True when somebody was told. */
  skip(head: number, count: number, error: unknown): boolean {
    const told = this.#take(head + count);
    for (const wait of this.#waits) wait.upTo -= count;
    for (const wait of told) wait.reject(error);
    return told.length > 0;
  }

  #take(head: number): Wait[] {
    const over = this.#waits.filter(({ upTo }) => upTo <= head);
    this.#waits = this.#waits.filter(({ upTo }) => upTo > head);
    return over;
  }
}
