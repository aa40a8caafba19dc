/** The logs that are being written in this process, by their store: a reader here need not ask the database for what was just put into it. */
import type { RunEvent } from '../event/run-event.ts';
import type { Awaitable, LogStore, RunHead } from '../port/log-store.ts';

export interface LiveLog {
  readonly run: string;
  /** The sequence number after the last event that is known to be committed. */
  readonly next: number;
  /** True while a commit is under way: whoever watches is woken when it is over. */
  readonly storing: boolean;
  /** Committed events: from memory, or from the store where they are no longer at hand. */
  read(from: number, limit: number): Awaitable<readonly RunEvent[]>;
  head(): Awaitable<RunHead | undefined>;
  watch(wake: () => void): Disposable;
}

const byStore = new WeakMap<LogStore, Map<string, LiveLog>>();

export function enterLive(store: LogStore, log: LiveLog): void {
  let logs = byStore.get(store);
  if (!logs) byStore.set(store, (logs = new Map<string, LiveLog>()));
  logs.set(log.run, log);
}

/** Unless another writer has come since. */
export function leaveLive(store: LogStore, log: LiveLog): void {
  const logs = byStore.get(store);
  if (logs?.get(log.run) === log) logs.delete(log.run);
}

export function liveLog(store: LogStore, run: string): LiveLog | undefined {
  return byStore.get(store)?.get(run);
}
