/** Who hears of a commit: observers first, in the order they came, then waiting readers. Neither can fail the writer (I10, R3). */
import type { RunEvent } from '../event/run-event.ts';

export type LogObserver = (events: readonly RunEvent[]) => void;

// A class, not a literal with a closure: one is made each time a live reader waits.
class Waiting {
  readonly wake: () => void;
  readonly #among: Set<Waiting>;
  /** Once the writer has closed: the watch in the store. */
  elsewhere: Disposable | undefined;

  constructor(wake: () => void, among: Set<Waiting>) {
    this.wake = wake;
    this.#among = among;
    among.add(this);
  }

  [Symbol.dispose](): void {
    this.#among.delete(this);
    this.elsewhere?.[Symbol.dispose]();
  }
}

export class Audience {
  readonly #observers: Set<{ observer: LogObserver }> = new Set();
  readonly #waiting: Set<Waiting> = new Set();
  readonly #unannounced: (readonly RunEvent[])[] = [];
  #announcing = false;
  #dismissed = false;

  /** How many readers wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  observe(observer: LogObserver): Disposable {
    const entry = { observer };
    if (!this.#dismissed) this.#observers.add(entry);
    return { [Symbol.dispose]: () => void this.#observers.delete(entry) };
  }

  watch(wake: () => void): Disposable {
    return new Waiting(wake, this.#waiting);
  }

  /** Tells of committed events. An observer that appends gets its events announced after these. */
  announce(events: readonly RunEvent[]): void {
    if (this.#announcing) {
      this.#unannounced.push(events);
      return;
    }
    this.#announcing = true;
    for (let group: readonly RunEvent[] | undefined = events; group !== undefined; group = this.#unannounced.shift()) {
      for (const entry of this.#observers) tell(entry.observer, group);
      this.wake();
    }
    this.#announcing = false;
    if (this.#dismissed) this.#observers.clear();
  }

  wake(): void {
    if (this.#waiting.size === 0) return;
    // Only as many as wait now: one that is woken, reads and waits again comes last in the set, and is not to be woken twice.
    let left = this.#waiting.size;
    for (const { wake } of this.#waiting) {
      if (left-- === 0) break;
      try {
        wake();
      } catch {
        // A reader keeps its errors to itself.
      }
    }
  }

  /** Lets the observers go, once they have heard of all that was announced. */
  dismissObservers(): void {
    this.#dismissed = true;
    if (!this.#announcing) this.#observers.clear();
  }

  /** Whoever waits goes on waiting there. */
  moveTo(watchElsewhere: (wake: () => void) => Disposable): void {
    for (const entry of Array.from(this.#waiting)) {
      entry.elsewhere = watchElsewhere(entry.wake);
      entry.wake();
    }
  }
}

function tell(observer: LogObserver, events: readonly RunEvent[]): void {
  try {
    observer(events);
  } catch {
    // An observer looks; it does not hold the wheel.
  }
}
