/**
 * A reader of a log through a mapping. Written by hand for the same reason as the reader below it: leaving is prompt.
 *
 * V1 What is committed is delivered, then the end: done, or the run's error. V2 `return` settles at once, also while a `next` is pending.
 */
import type { LogReader } from '../log/reader.ts';
import type { RunEvent } from '../event/run-event.ts';

export interface MappedReaderOptions<T> {
  map: (events: readonly RunEvent[]) => readonly T[];
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
  #tail: Promise<unknown> | undefined;

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
    if (this.#tail) return this.#queued();
    if (this.#at < this.#ready.length) return Promise.resolve({ done: false, value: this.#ready[this.#at++] as T });
    return this.#queued();
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#ready = [];
    this.#over('left');
    return this.#log.return().then(() => DONE);
  }

  // Calls of next that come before the last one has settled wait their turn.
  #queued(): Promise<IteratorResult<T, undefined>> {
    const result = this.#tail ? this.#tail.then(() => this.#pull()) : this.#pull();
    const settled = result.then(noop, noop);
    this.#tail = settled;
    void settled.then(() => {
      if (this.#tail === settled) this.#tail = undefined;
    });
    return result;
  }

  async #pull(): Promise<IteratorResult<T, undefined>> {
    while (this.#at >= this.#ready.length) {
      if (this.#state === 'over') return DONE;
      try {
        const events = await this.#log.nextBatch();
        if (!events) return this.#end();
        this.#ready = this.#options.map(events);
      } catch (error) {
        this.#over(this.#options.signal?.aborted === true ? 'left' : 'finished');
        throw error;
      }
      this.#at = 0;
    }
    return { done: false, value: this.#ready[this.#at++] as T };
  }

  #end(): IteratorReturnResult<undefined> {
    const left = this.#state === 'over';
    this.#over('finished');
    const failure = left ? undefined : this.#options.failure();
    if (failure) throw failure.error;
    return DONE;
  }

  #over(how: 'finished' | 'left'): void {
    const began = this.#state === 'reading';
    this.#state = 'over';
    if (began) this.#options.onOver?.(how);
  }
}

function noop(): void {
  // Whoever called next gets the outcome.
}
