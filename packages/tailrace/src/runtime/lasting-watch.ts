import { systemClock } from '../base/clock.ts';
import { type LogSource, openSharedSource } from '../log/source.ts';
import type { LogStore } from '../port/log-store.ts';

const LONG_MS = 2 ** 31 - 1;

/** A run in the store, for a reader that somebody waits for: the process lives as long as it waits. */
export function lastingSource(store: LogStore, run: string): LogSource {
  const source = openSharedSource(store, run);
  return {
    run,
    head: () => source.head(),
    read: (from, limit) => source.read(from, limit),
    watch: (wake) => {
      const watch = source.watch(wake);
      const alive = systemClock.timer(LONG_MS, () => undefined);
      return {
        [Symbol.dispose]: () => {
          watch[Symbol.dispose]();
          alive[Symbol.dispose]();
        },
      };
    },
  };
}
