/**
 * Reads a log, live: one cursor. Nothing here touches the run (R3).
 *
 * 1. A reader holds at most one batch of what it has read, never a queue: if it lags, it reads the source again.
 * 2. `return()` is prompt in every state, also while a `next()` waits; hence no async generator, whose `return()` would queue.
 * 3. It watches the source, and listens to its signal, only while somebody waits. A reader that is dropped leaves nothing behind.
 * 4. Committed events are always delivered, then the end: done after the terminal event, or the error of a broken log.
 */
import { Queue } from '../base/queue.ts';
import { UserError } from '../event/errors.ts';
import { isTerminal, type RunEvent } from '../event/run-event.ts';
import type { RunHead } from '../port/log-store.ts';
import { lastSeq } from '../port/pruned-range.ts';
import { BatchWaiter, EventWaiter, type Waiter } from './waiter.ts';
import type { LogSource } from './source.ts';

const BATCH = 256;
const NOTHING: readonly RunEvent[] = Object.freeze([]);
const DONE: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });

/** How a reader ended: it delivered the terminal event; it left before; the log or its signal failed it; it left before it read anything. */
export type ReaderEnd = 'complete' | 'left' | 'failed' | 'unread';

export interface ReadLogOptions {
  /** The sequence number of the first event to read. 0 by default; the head waits for the next event. */
  from?: number;
  /** Ends the reader: a waiting or the next `next()` rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called once, synchronously, at the first read. What it throws is ignored. */
  onBegin?: () => void;
  /** Called once, synchronously, when the reader ends. What it throws is ignored. */
  onEnd?: (how: ReaderEnd) => void;
}

export interface LogReader extends AsyncIterableIterator<RunEvent, undefined, undefined>, AsyncDisposable {
  next(): Promise<IteratorResult<RunEvent, undefined>>;
  /** All that is there, up to a cap, or what comes next. Undefined after the end. May be mixed with `next()`. */
  nextBatch(): Promise<readonly RunEvent[] | undefined>;
  /** Leaves. Whoever waits gets `done` at once. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** The sequence number of the next event that it will deliver. */
  readonly position: number;
  [Symbol.asyncIterator](): LogReader;
}

/**
 * A reader of the log from `from` on, following it to its terminal event. Any number of them, at any time.
 * @throws {UserError} `OFFSET_INVALID` when `from` is not a whole number from 0. Where it lies beyond the head (`OFFSET_FUTURE`), or there is no such
 *   run (`RUN_NOT_FOUND`), the first `next()` rejects.
 */
export function readLog(source: LogSource, options: ReadLogOptions = {}): LogReader {
  return liveReader(source, options);
}

/** A reader that another one is built on: it can wait without a promise. */
export interface LiveReader extends LogReader {
  wait(waiter: Waiter): void;
}

export function liveReader(source: LogSource, options: ReadLogOptions): LiveReader {
  const { from = 0 } = options;
  if (!Number.isSafeInteger(from) || from < 0) {
    const message = `Cannot read run '${source.run}' from ${String(from)}. An offset is a whole number from 0.`;
    throw new UserError(message, { code: 'OFFSET_INVALID', runId: source.run });
  }
  return new CursorReader(source, from, options);
}

class CursorReader implements LiveReader {
  readonly #source: LogSource;
  readonly #signal: AbortSignal | undefined;
  readonly #onBegin: (() => void) | undefined;
  readonly #onEnd: ((how: ReaderEnd) => void) | undefined;
  #end: ReaderEnd | undefined;
  #begun = false;
  /** Where to read next: after the batch at hand. */
  #cursor: number;
  #batch: readonly RunEvent[] = NOTHING;
  #index = 0;
  /** True when the batch at hand ends with the terminal event. */
  #last = false;
  /** True until the head has been looked at, and after a wake that brought nothing. */
  #unsure = true;
  #reading = false;
  #woken = false;
  readonly #waiters: Queue<Waiter> = new Queue();
  #watch: Disposable | undefined;
  #listening = false;

  constructor(source: LogSource, from: number, { signal, onBegin, onEnd }: ReadLogOptions) {
    this.#source = source;
    this.#cursor = from;
    this.#signal = signal;
    this.#onBegin = onBegin;
    this.#onEnd = onEnd;
  }

  get position(): number {
    return this.#batch[this.#index]?.seq ?? this.#cursor;
  }

  next(): Promise<IteratorResult<RunEvent, undefined>> {
    const value = this.#batch[this.#index];
    if (value !== undefined && this.#signal?.aborted !== true) {
      this.#index++;
      if (this.#last && this.#index === this.#batch.length) this.#finish('complete');
      return Promise.resolve({ value, done: false });
    }
    return new Promise((resolve, reject) => this.wait(new EventWaiter(resolve, reject)));
  }

  nextBatch(): Promise<readonly RunEvent[] | undefined> {
    return new Promise((resolve, reject) => this.wait(new BatchWaiter(resolve, reject)));
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#finish(this.#begun ? 'left' : 'unread');
    return Promise.resolve(DONE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  wait(waiter: Waiter): void {
    if (this.#end !== undefined) return waiter.done();
    if (!this.#begun) this.#begin();
    this.#waiters.push(waiter);
    if (this.#signal?.aborted === true) this.#fail(this.#signal.reason);
    else this.#serve();
  }

  #begin(): void {
    this.#begun = true;
    try {
      this.#onBegin?.();
    } catch {
      // Whoever wants to know that a reader began cannot change it.
    }
  }

  /** Gives the waiters what there is, in order, until none waits, the log has ended, or there is nothing at hand. */
  #serve(): void {
    while (!this.#waiters.empty && !this.#reading) {
      if (this.#index < this.#batch.length) {
        this.#give(this.#waiters.first as Waiter);
        if (this.#last && this.#index === this.#batch.length) return this.#finish('complete');
      } else if (!this.#pull()) {
        break;
      }
    }
    if (this.#end !== undefined) return;
    // Whoever waits for long need not hold what was read.
    if (this.#index === this.#batch.length) this.#drop();
    if (!this.#waiters.empty) this.#listen();
    else this.#rest();
  }

  #drop(): void {
    this.#batch = NOTHING;
    this.#index = 0;
  }

  #give(waiter: Waiter): void {
    const index = this.#index;
    this.#index = waiter.takesAll ? this.#batch.length : index + 1;
    if (!waiter.give(this.#batch, index)) this.#waiters.shift();
  }

  /** One look at the source. False when there is something to wait for. */
  #pull(): boolean {
    try {
      if (this.#unsure) {
        const head = this.#source.head();
        return head instanceof Promise ? this.#later(head, this.#checkHead) : this.#checkHead(head);
      }
      const events = this.#source.read(this.#cursor, BATCH);
      return events instanceof Promise ? this.#later(events, this.#take) : this.#take(events);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #later<T>(promise: Promise<T>, use: (value: T) => boolean): false {
    this.#reading = true;
    promise
      .then((value) => {
        this.#reading = false;
        if (this.#end === undefined && use(value)) this.#serve();
      })
      .catch((error: unknown) => {
        this.#reading = false;
        this.#fail(error);
      });
    return false;
  }

  readonly #checkHead = (head: RunHead | undefined): boolean => {
    const { run } = this.#source;
    if (head === undefined) {
      throw new UserError(`There is no run '${run}'. Its id may be wrong, or it was deleted.`, {
        code: 'RUN_NOT_FOUND',
        runId: run,
      });
    }
    if (this.#cursor > head.next) {
      const message = `Cannot read run '${run}' from ${this.#cursor}: its next event will be ${head.next}.`;
      throw new UserError(message, { code: 'OFFSET_FUTURE', runId: run, data: { next: head.next } });
    }
    this.#unsure = false;
    if (head.ended && this.#cursor === head.next) {
      this.#finish('complete');
      return false;
    }
    return this.#watch === undefined || head.next > this.#cursor || this.#takeWake();
  };

  readonly #take = (events: readonly RunEvent[]): boolean => {
    const last = events.at(-1);
    if (last !== undefined) {
      this.#batch = events;
      this.#index = 0;
      this.#cursor = lastSeq(last) + 1;
      this.#last = isTerminal(last);
      return true;
    }
    if (this.#watch !== undefined) {
      // A wake that brought nothing: the run may have been deleted, or the wake came during the read. The head knows.
      this.#unsure = this.#takeWake();
      return this.#unsure;
    }
    // Look once more after the watch began: what happened between the two would wake nobody.
    this.#watch = this.#source.watch(this.#wake);
    this.#unsure = true;
    return true;
  };

  #takeWake(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  readonly #wake = (): void => {
    this.#woken = true;
    this.#serve();
  };

  #listen(): void {
    if (this.#signal === undefined || this.#listening) return;
    this.#listening = true;
    this.#signal.addEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#fail(this.#signal?.reason);

  /** Nobody waits: stop watching and listening. */
  #rest(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#woken = false;
    if (this.#listening) this.#signal?.removeEventListener('abort', this.#abort);
    this.#listening = false;
  }

  #finish(how: ReaderEnd): void {
    if (this.#end !== undefined) return;
    this.#end = how;
    this.#cursor = this.position;
    this.#drop();
    this.#rest();
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) waiter.done();
    try {
      this.#onEnd?.(how);
    } catch {
      // Whoever wants to know how a reader ended cannot change it.
    }
  }

  #fail(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#waiters.shift()?.reject(error);
    this.#finish('failed');
  }
}
