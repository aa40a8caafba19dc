/**
 * A reader of a log through a mapping. Written by hand for the same reason as the reader below it: leaving is prompt.
 *
 * V1 What is committed is delivered, then the end: done, or the run's error. V2 `return` settles at once, also while a `next` is pending.
 */
import { Queue } from '../base/queue.ts';
import type { LiveReader } from '../log/reader.ts';
import type { Waiter } from '../log/waiter.ts';
import type { RunEvent } from '../event/run-event.ts';

export interface MappedReaderOptions<T> {
  map: (events: readonly RunEvent[]) => readonly T[];
  /** True for the event that ends what this reader shows, where the log goes on behind it. */
  isLast?: (event: RunEvent) => boolean;
  /** The error that the end is, if it is one. Asked once, when all has been delivered. `unread`: why the log could not be read to its end. */
  failure: (unread?: Failure) => Failure | undefined;
  /** The first `next`. */
  onBegin?: () => void;
  /** Over: all was delivered, it failed, or it was left before. Called once. */
  onOver?: (how: 'finished' | 'left') => void;
  /** The log reader's own signal: its abort is leaving. */
  signal?: AbortSignal;
}

export interface Failure {
  error: unknown;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

export class MappedReader<T> implements AsyncIterableIterator<T, undefined> {
  readonly #log: LiveReader;
  readonly #options: MappedReaderOptions<T>;
  #ready: readonly T[] = [];
  #at = 0;
  #state: 'fresh' | 'reading' | 'over' = 'fresh';
  /** Calls of next that wait, in their order. The log is asked on behalf of the first. */
  readonly #waiting: Queue<Waiting<T>> = new Queue();
  #asking = false;
  /** True when all that is to be shown has been read. */
  #last = false;

  constructor(log: LiveReader, options: MappedReaderOptions<T>) {
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
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#asking) this.#ask();
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#ready = [];
    this.#over('left');
    return this.#log.return().then(() => DONE);
  }

  #ask(): void {
    if (this.#last) return this.#end();
    this.#asking = true;
    this.#log.wait(this.#waiter);
  }

  // Promises of its own between the log's and the caller's would cost each batch a turn of the microtask queue.
  readonly #waiter: Waiter = {
    takesAll: true,
    give: (events, index) => {
      try {
        this.#serve(this.#options.map(this.#shown(index === 0 ? events : events.slice(index))));
      } catch (error) {
        this.#fail(error);
      }
      if (this.#last) this.#leaveLog();
      this.#asking = !this.#last && !this.#waiting.empty;
      return this.#asking;
    },
    done: () => {
      this.#end();
    },
    reject: (error) => {
      this.#asking = false;
      if (this.#options.signal?.aborted === true) return this.#fail(error);
      this.#over('finished');
      this.#finish(this.#options.failure({ error }));
    },
  };

  #serve(ready: readonly T[]): void {
    this.#ready = ready;
    this.#at = 0;
    while (this.#at < ready.length) {
      const first = this.#waiting.shift();
      if (!first) return;
      first.resolve({ done: false, value: ready[this.#at++] as T });
    }
  }

  /** What comes before the last event, and that. Nothing is read behind it. */
  #shown(events: readonly RunEvent[]): readonly RunEvent[] {
    const { isLast } = this.#options;
    const last = isLast ? events.findIndex(isLast) : -1;
    if (last < 0) return events;
    this.#last = true;
    return events.slice(0, last + 1);
  }

  // Not from within the log's own call.
  #leaveLog(): void {
    if (!this.#waiting.empty) this.#end();
    queueMicrotask(() => void this.#log.return());
  }

  #end(): void {
    this.#asking = false;
    const left = this.#state === 'over';
    this.#over('finished');
    this.#finish(left ? undefined : this.#options.failure());
  }

  #fail(error: unknown): void {
    this.#over(this.#options.signal?.aborted === true ? 'left' : 'finished');
    this.#finish({ error });
  }

  /** The first who waits gets the error, if it is one; the others are done. */
  #finish(failure: Failure | undefined): void {
    if (failure) this.#waiting.shift()?.reject(failure.error);
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) next.resolve(DONE);
  }

  #over(how: 'finished' | 'left'): void {
    const began = this.#state === 'reading';
    this.#state = 'over';
    if (began) this.#options.onOver?.(how);
  }
}
