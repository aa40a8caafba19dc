/** Where a reader reads: a run's committed events, whoever writes them. */
import type { RunEvent } from '../event/run-event.ts';
import type { Awaitable, LogStore, RunHead } from '../port/log-store.ts';

export interface LogSource {
  readonly run: string;
  /** Undefined when there is no such run. */
  head(): Awaitable<RunHead | undefined>;
  /** Up to `limit` committed events from `from` (inclusive). None at the head. Throws the log's error there, when it is broken. */
  read(from: number, limit: number): Awaitable<readonly RunEvent[]>;
  /** Calls `wake` after each commit and when the log breaks. Wakes may be spurious; none is lost. */
  watch(wake: () => void): Disposable;
}

/** A run as the store has it: for other processes, and after the end. */
export function openLogSource(store: LogStore, run: string): LogSource {
  return {
    run,
    head: () => store.head(run),
    read: (from, limit) => store.read(run, from, limit),
    watch: (wake) => store.watch(run, wake),
  };
}
