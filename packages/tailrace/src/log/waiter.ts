import type { RunEvent } from '../event/run-event.ts';

/** Who waits for events, told while they are committed: it must be quick. */
export interface Waiter {
  /** Whether it takes all that is there, or one event. */
  readonly takesAll: boolean;
  /** Takes from `events`, from `index` on. True when it goes on waiting. */
  give(events: readonly RunEvent[], index: number): boolean;
  /** The reader is at its end. */
  done(): void;
  reject(error: unknown): void;
}

// Classes, not literals with closures: a live reader makes one each time it waits.
export class EventWaiter implements Waiter {
  readonly takesAll = false;
  readonly #resolve: (result: IteratorResult<RunEvent, undefined>) => void;
  readonly reject: (error: unknown) => void;

  constructor(resolve: (result: IteratorResult<RunEvent, undefined>) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.reject = reject;
  }

  give(events: readonly RunEvent[], index: number): boolean {
    this.#resolve({ value: events[index] as RunEvent, done: false });
    return false;
  }

  done(): void {
    this.#resolve({ value: undefined, done: true });
  }
}

export class BatchWaiter implements Waiter {
  readonly takesAll = true;
  readonly #resolve: (events: readonly RunEvent[] | undefined) => void;
  readonly reject: (error: unknown) => void;

  constructor(resolve: (events: readonly RunEvent[] | undefined) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.reject = reject;
  }

  give(events: readonly RunEvent[], index: number): boolean {
    this.#resolve(index === 0 ? events : events.slice(index));
    return false;
  }

  done(): void {
    this.#resolve(undefined);
  }
}
