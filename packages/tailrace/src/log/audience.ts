/** Who hears of a commit: observers first, in the order they came, then waiting readers. Neither can fail the writer (I10, R3). */
import type { RunEvent } from '../event/run-event.ts';

export type LogObserver = (events: readonly RunEvent[]) => void;

interface Waiting {
  wake: () => void;
  /** Once the writer has closed: the watch in the store. */
  elsewhere?: Disposable;
}

export class Audience {
  readonly #observers: Set<{ observer: LogObserver }> = new Set();
  readonly #waiting: Set<Waiting> = new Set();
  readonly #unannounced: (readonly RunEvent[])[] = [];
  #announcing = false;

  /** How many readers wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  observe(observer: LogObserver): Disposable {
    const entry = { observer };
    this.#observers.add(entry);
    return { [Symbol.dispose]: () => void this.#observers.delete(entry) };
  }

  watch(wake: () => void): Disposable {
    const entry: Waiting = { wake };
    this.#waiting.add(entry);
    return {
      [Symbol.dispose]: () => {
        this.#waiting.delete(entry);
        entry.elsewhere?.[Symbol.dispose]();
      },
    };
  }

  /** Tells of committed events. An observer that appends gets its events announced after these. */
  announce(events: readonly RunEvent[]): void {
    if (this.#observers.size === 0) {
      this.wake();
      return;
    }
    this.#unannounced.push(events);
    if (this.#announcing) return;
    this.#announcing = true;
    for (let group = this.#unannounced.shift(); group !== undefined; group = this.#unannounced.shift()) {
      for (const { observer } of this.#observers) {
        try {
          observer(group);
        } catch {
          // An observer looks; it does not hold the wheel.
        }
      }
      this.wake();
    }
    this.#announcing = false;
  }

  wake(): void {
    if (this.#waiting.size === 0) return;
    // A copy: a reader that is woken, reads and waits again is not to be woken twice.
    for (const { wake } of Array.from(this.#waiting)) {
      try {
        wake();
      } catch {
        // A reader keeps its errors to itself.
      }
    }
  }

  /** No observer hears of anything more. */
  dismissObservers(): void {
    this.#observers.clear();
  }

  /** Whoever waits goes on waiting there. */
  moveTo(watchElsewhere: (wake: () => void) => Disposable): void {
    for (const entry of Array.from(this.#waiting)) {
      entry.elsewhere = watchElsewhere(entry.wake);
      entry.wake();
    }
  }
}
