import type { RunEventBody } from '../event/run-event.ts';

/**
 * Where what runs beside the loop (tools, parallel guardrails, spans of user code) leaves its events. Only drive takes them out, at the moment of
 * writing, and puts them before what the loop has yielded: a loop that took them itself would let later ones overtake.
 */
export class Inbox {
  #events: RunEventBody[] = [];
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
