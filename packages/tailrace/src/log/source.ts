/** Where a reader reads: a run's committed events, whoever writes them. */
import { systemClock } from '../base/clock.ts';
import type { RunEvent } from '../event/run-event.ts';
import type { Awaitable, LogStore, RunHead } from '../port/log-store.ts';
import { liveLog } from './live-logs.ts';

export interface LogSource {
  readonly run: string;
  /** Undefined when there is no such run. */
  head(): Awaitable<RunHead | undefined>;
  /** Up to `limit` committed events from `from` (inclusive). None at the head. Throws the log's error there, when it is broken. */
  read(from: number, limit: number): Awaitable<readonly RunEvent[]>;
  /** Calls `wake` after each commit and when the log breaks. Wakes may be spurious; none is lost. */
  watch(wake: () => void): Disposable;
}

/** How long a reader waits for a writer here before the store is asked whether that is still the run's writer. */
const DOUBT_MS = 1_000;

/** A run as the store has it: for other processes, and after the end. */
export function openLogSource(store: LogStore, run: string): LogSource {
  return {
    run,
    head: () => store.head(run),
    read: (from, limit) => store.read(run, from, limit),
    watch: (wake) => store.watch(run, wake),
  };
}

/**
 * The same, but what this process has just written comes from memory: what the writer knows to be committed, and where that ends. Another process may have taken the run
 * since: the store is asked when it says that something has come, and once while a reader waits.
 */
export function openSharedSource(store: LogStore, run: string): LogSource {
  return new SharedSource(store, run);
}

class SharedSource implements LogSource {
  readonly run: string;
  readonly #store: LogStore;
  /** Where the log ended when the store was last asked. */
  #known = 0;
  /** True when the writer here is not to be believed. */
  #unsure = true;

  constructor(store: LogStore, run: string) {
    this.#store = store;
    this.run = run;
  }

  head(): Awaitable<RunHead | undefined> {
    const live = this.#unsure ? undefined : liveLog(this.#store, this.run);
    if (live && live.next >= this.#known) return live.head();
    this.#unsure = false;
    const head = this.#store.head(this.run);
    return head instanceof Promise ? head.then((late) => this.#learn(late)) : this.#learn(head);
  }

  #learn(head: RunHead | undefined): RunHead | undefined {
    this.#known = head?.next ?? 0;
    return head;
  }

  read(from: number, limit: number): Awaitable<readonly RunEvent[]> {
    const live = liveLog(this.#store, this.run);
    // Nothing is at hand: whoever reads asks for the head before it waits.
    if (live && from >= live.next && from >= this.#known) return [];
    return live && from < live.next ? live.read(from, limit) : this.#store.read(this.run, from, limit);
  }

  watch(wake: () => void): Disposable {
    const live = liveLog(this.#store, this.run);
    if (!live) return this.#store.watch(this.run, wake);
    const look = (): void => {
      this.#unsure = true;
      wake();
    };
    // Of its own commits the log tells when it has them at hand.
    const elsewhere = this.#store.watch(this.run, () => {
      if (!live.storing) look();
    });
    return new Watches(elsewhere, live.watch(wake), systemClock.timer(DOUBT_MS, look));
  }
}

class Watches implements Disposable {
  readonly #all: readonly Disposable[];

  constructor(...all: Disposable[]) {
    this.#all = all;
  }

  [Symbol.dispose](): void {
    for (const one of this.#all) one[Symbol.dispose]();
  }
}
