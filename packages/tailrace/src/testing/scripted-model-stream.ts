/**
 * The stream of one scripted call, as an iterator written by hand: a test that cancels must not wait for the source's next event,
 * and a benchmark must not pay for a generator.
 *
 * 1. Once the signal has aborted, no event is given: the iterator throws, also a `next()` that was already waiting.
 * 2. At its end, however it comes, the source is closed and no listener is left on the signal.
 */
import type { StreamEvent } from '../event/stream-event.ts';
import { ScriptedModelRequestAbortedError } from './scripted-model-errors.ts';
import type { ScriptedModelStream } from './scripted-model-steps.ts';

type Source = Iterator<StreamEvent> | AsyncIterator<StreamEvent>;
type Result = IteratorResult<StreamEvent, undefined>;

const DONE: Result = { done: true, value: undefined };

export class ScriptedStream implements AsyncIterableIterator<StreamEvent, undefined> {
  readonly #callIndex: number | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #open: () => ScriptedModelStream | Promise<ScriptedModelStream>;
  #source: Source | undefined;
  #ended = false;

  constructor(
    callIndex: number | undefined,
    signal: AbortSignal | undefined,
    open: () => ScriptedModelStream | Promise<ScriptedModelStream>,
  ) {
    this.#callIndex = callIndex;
    this.#signal = signal;
    this.#open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#ended) return Promise.resolve(DONE);
    if (this.#signal?.aborted) return this.#fail(new ScriptedModelRequestAbortedError(this.#callIndex));
    try {
      const step = this.#source ? this.#source.next() : this.#begin();
      if (step instanceof Promise) return this.#whenReady(step);
      if (step.done) this.#ended = true;
      return Promise.resolve(step.done ? DONE : step);
    } catch (error) {
      return this.#fail(error);
    }
  }

  return(): Promise<Result> {
    this.#close();
    return Promise.resolve(DONE);
  }

  #begin(): IteratorResult<StreamEvent> | Promise<IteratorResult<StreamEvent>> {
    const stream = this.#open();
    return stream instanceof Promise ? stream.then((opened) => this.#enter(opened).next()) : this.#enter(stream).next();
  }

  #enter(stream: ScriptedModelStream): Source {
    const source = Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
    // The signal aborted while the responder was still making the stream.
    if (this.#ended) closeQuietly(source);
    return (this.#source = source);
  }

  #whenReady(step: Promise<IteratorResult<StreamEvent>>): Promise<Result> {
    return untilAborted(step, this.#signal, this.#callIndex).then(
      (result) => {
        if (result.done) this.#ended = true;
        return result.done ? DONE : result;
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): Promise<never> {
    this.#close();
    // A script may fail with anything, and the test wants to see just that.
    return Promise.reject(error);
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#source) closeQuietly(this.#source);
  }
}

/** A source that is busy closes when it is ready; nobody waits for it. */
function closeQuietly(source: Source): void {
  void Promise.resolve(source.return?.()).catch(() => undefined);
}

/** The value of `promise`, or the abort of `signal`, whichever comes first. Leaves no listener. */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  callIndex: number | undefined,
): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(new ScriptedModelRequestAbortedError(callIndex));
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
}

/** Gives `events`, then waits for ever: the stream around it ends the wait. */
export async function* stalling(events: readonly StreamEvent[]): AsyncGenerator<StreamEvent, void> {
  yield* events;
  await new Promise<never>(() => undefined);
}

/** Gives `events`, then throws `error`. */
export function* failing(events: readonly StreamEvent[], error: unknown): Generator<StreamEvent, void> {
  yield* events;
  throw error;
}
