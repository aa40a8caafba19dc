/**
 * A reader of a log through a mapping. Written by hand for the same reason as the reader below it: leaving is prompt.
 *
 * V1 What is committed is delivered, then the end: done, or the run's error. V2 `return` settles at once, also while a `next` is pending.
 */
import type { LogReader } from '../log/reader.ts';
import type { RunEvent } from '../event/run-event.ts';

export interface MappedReaderOptions<T> {
  map: (events: readonly RunEvent[]) => readonly T[];
  /** True for the event that ends what this reader shows, where the log goes on behind it. */
  isLast?: (event: RunEvent) => boolean;
  /** The error that the end is, if it is one. Asked once, when all has been delivered. */
  failure: () => { error: unknown } | undefined;
  /** The first `next`. */
  onBegin?: () => void;
  /** Over: all was delivered, it failed, or it was left before. Called once. */
  onOver?: (how: 'finished' | 'left') => void;
  /** The log reader's own signal: its abort is leaving. */
  signal?: AbortSignal;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

export class MappedReader<T> implements AsyncIterableIterator<T, undefined> {
  readonly #log: LogReader;
  readonly #options: MappedReaderOptions<T>;
  #ready: readonly T[] = [];
  #at = 0;
  #state: 'fresh' | 'reading' | 'over' = 'fresh';
  /** Calls of next that wait, in their order. The log is asked on behalf of the first. */
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>>[] = [];
  #asking = false;
  /** True when all that is to be shown has been read. */
  #last = false;

  constructor(log: LogReader, options: MappedReaderOptions<T>) {
    this.#log = log;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#state === 'fresh') {
      this.#state = 'reading';
      this.#options.onBegin?.();
    }
    if (this.#at < this.#ready.length) return Promise.resolve({ done: false, value: this.#ready[this.#at++] as T });
    if (this.#state === 'over' && !this.#asking) return Promise.resolve(DONE);
    const waiting = Promise.withResolvers<IteratorResult<T, undefined>>();
    this.#waiting.push(waiting);
    if (!this.#asking) this.#ask();
    return waiting.promise;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#ready = [];
    this.#over('left');
    return this.#log.return().then(() => DONE);
  }

  #ask(): void {
    if (this.#last) return this.#end();
    this.#asking = true;
    this.#log.nextBatch().then(this.#arrived, this.#failed);
  }

  readonly #arrived = (events: readonly RunEvent[] | undefined): void => {
    this.#asking = false;
    if (!events || this.#state === 'over') return this.#end();
    try {
      this.#ready = this.#options.map(this.#shown(events));
    } catch (error) {
      return this.#failed(error);
    }
    this.#at = 0;
    while (this.#at < this.#ready.length) {
      const first = this.#waiting.shift();
      if (!first) return;
      first.resolve({ done: false, value: this.#ready[this.#at++] as T });
    }
    if (this.#waiting.length > 0) this.#ask();
  };

  /** What comes before the last event, and that. Nothing is read behind it. */
  #shown(events: readonly RunEvent[]): readonly RunEvent[] {
    const { isLast } = this.#options;
    const last = isLast ? events.findIndex(isLast) : -1;
    if (last < 0) return events;
    this.#last = true;
    void this.#log.return();
    return events.slice(0, last + 1);
  }

  readonly #failed = (error: unknown): void => {
    this.#asking = false;
    this.#over(this.#options.signal?.aborted === true ? 'left' : 'finished');
    this.#finish({ error });
  };

  #end(): void {
    const left = this.#state === 'over';
    this.#over('finished');
    this.#finish(left ? undefined : this.#options.failure());
  }

  /** The first who waits gets the error, if it is one; the others are done. */
  #finish(failure: { error: unknown } | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (failure) waiting.shift()?.reject(failure.error);
    for (const { resolve } of waiting) resolve(DONE);
  }

  #over(how: 'finished' | 'left'): void {
    const began = this.#state === 'reading';
    this.#state = 'over';
    if (began) this.#options.onOver?.(how);
  }
}
