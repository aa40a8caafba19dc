import { systemClock } from '../base/clock.ts';
import { type LogSource, openSharedSource } from '../log/source.ts';
import type { LogStore } from '../port/log-store.ts';

const LONG_MS = 2 ** 31 - 1;

/** Readers that wait in this process: one timer keeps it alive for all of them. */
let waiting = 0;
let alive: Disposable | undefined;

/** A run in the store, for a reader that somebody waits for: the process lives as long as it waits. */
export function lastingSource(store: LogStore, run: string): LogSource {
  const source = openSharedSource(store, run);
  return {
    run,
    head: () => source.head(),
    read: (from, limit) => source.read(from, limit),
    watch: (wake) => new LastingWatch(source.watch(wake)),
  };
}

class LastingWatch implements Disposable {
  #watch: Disposable | undefined;

  constructor(watch: Disposable) {
    this.#watch = watch;
    waiting += 1;
    alive ??= systemClock.timer(LONG_MS, () => undefined);
  }

  [Symbol.dispose](): void {
    if (!this.#watch) return;
    this.#watch[Symbol.dispose]();
    this.#watch = undefined;
    waiting -= 1;
    if (waiting > 0) return;
    alive?.[Symbol.dispose]();
    alive = undefined;
  }
}
