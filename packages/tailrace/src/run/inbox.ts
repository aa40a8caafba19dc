import type { RunEventBody } from '../event/run-event.ts';

/**
 * Where what runs beside the loop (tools, parallel guardrails, spans of user code) leaves its events. Only drive takes them out, at the moment of
 * writing, and puts them before what the loop has yielded: a loop that took them itself would let later ones overtake.
 */
export class Inbox {
  #events: RunEventBody[] = [];
  /** Who waits until what is in here, or what was taken last, is stored. */
  #waiting: Waiter[] = [];
  #taken: Waiter[] = [];
  #nested: Set<Inbox> | undefined;
  #wake: (() => void) | undefined;
  #rung = false;
  #closed = false;

  push(...events: RunEventBody[]): void {
    if (!this.#closed) this.#events.push(...events);
    this.ring();
  }

  /** True when nobody takes events out any more: what comes now is dropped. */
  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#events = [];
    // An error with its stack costs more than all the rest of this, and mostly nobody waits.
    for (const { reject } of [...this.#taken.splice(0), ...this.#waiting.splice(0)]) reject(over());
  }

  /** Pushes the events, and resolves when they and all before them are stored. */
  store(events: readonly RunEventBody[]): Promise<void> {
    this.push(...events);
    if (this.#closed) return Promise.reject(over());
    if (this.empty) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** What was taken last is stored. */
  kept(): void {
    if (this.#taken.length > 0) for (const { resolve } of this.#taken.splice(0)) resolve();
  }

  /** What was taken last could not be stored. */
  refused(error: unknown): void {
    for (const { reject } of this.#taken.splice(0)) reject(error);
  }

  /** Takes in the inbox of a nested agent's run, until that is disposed of. */
  enter(nested: Inbox): Disposable {
    const all = (this.#nested ??= new Set());
    all.add(nested);
    return { [Symbol.dispose]: () => void all.delete(nested) };
  }

  /** Wakes the loop and those of all nested agents' runs: something that they share has changed. */
  ringAll(): void {
    this.ring();
    for (const nested of this.#nested ?? []) nested.ring();
  }

  /** Wakes the loop without an event: something it waits for has changed. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  get empty(): boolean {
    return this.#events.length === 0;
  }

  /** All that has come since the last take, as an array that is the caller's own. */
  take(): RunEventBody[] {
    const events = this.#events;
    this.#events = [];
    if (this.#waiting.length > 0) this.#taken.push(...this.#waiting.splice(0));
    return events;
  }

  /** Resolves at the next push or ring, at once if there was one since the last wait. */
  wait(): Promise<void> {
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve();
    }
    return new Promise<void>((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        this.#rung = false;
        resolve();
      };
    });
  }
}

function over(): Error {
  return new Error('The run is over: its log takes no more of this.');
}

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
}
