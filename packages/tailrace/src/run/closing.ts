/**
 * What a run has made for itself and closes at its end. C1 Made once, however many ask. C2 Closed once, the latest first, also when the run fails, is cancelled or
 * left. C3 What does not close in time, all together, is not waited for, and what it throws changes nothing.
 */
import type { Clock } from '../base/clock.ts';

interface Kept<T> {
  value: T;
  close(): Promise<unknown>;
}

export class Closing {
  readonly #kept = new Map<object, Promise<Kept<unknown>>>();

  get any(): boolean {
    return this.#kept.size > 0;
  }

  keep<T>(key: object, make: () => Promise<Kept<T>>): Promise<T> {
    let kept = this.#kept.get(key) as Promise<Kept<T>> | undefined;
    if (!kept) {
      kept = make();
      this.#kept.set(key, kept);
      // What could not be made is tried again by whoever asks next.
      kept.catch(() => this.#kept.delete(key));
    }
    return kept.then(({ value }) => value);
  }

  async close(clock: Clock, graceMs: number): Promise<void> {
    const open = [...this.#kept.values()].reverse();
    this.#kept.clear();
    const late = Promise.withResolvers<void>();
    using _timer = clock.timer(graceMs, late.resolve);
    // Once the time is over, all that is left is told to close, and nothing of it is waited for.
    for (const one of open) await Promise.race([closed(one), late.promise]);
  }
}

async function closed(one: Promise<Kept<unknown>>): Promise<void> {
  try {
    const kept = await one;
    await kept.close();
  } catch (error) {
    console.warn('tailrace: something that a run had made for itself could not be closed:', error);
  }
}
