/**
 * Pulls a model's stream, one batch at a time, so that a pull can be given up at once when the run stops, even if the model does not listen
 * to it. Owns the model's iterator: `close` returns it on every path.
 *
 * P1 One pull at a time, and none before the last batch was taken and asked for more. P2 What a model gives without waiting for anything in between is one
 * batch, up to a cap: a log entry each would cost it more than the model itself. P3 What came before a failure is given before it.
 */
import { type AbortSource, onAbort } from '../base/abort.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import type { Model, ModelRequest } from '../port/model.ts';
import { afterMicrotasks } from './breathe.ts';
import { kindOf, malformed, openStream } from './model-answer.ts';

type Parts = readonly StreamEvent[];

const MAX_PARTS = 32;

/** Gives what `take` makes of each batch. */
export class PartSource<T> {
  readonly #model: Model;
  readonly #stop: AbortSource;
  readonly #take: (parts: Parts) => T;
  readonly #link: Disposable;
  readonly #iterator: AsyncIterator<unknown>;
  /** Whether the iterator gives batches, not events. */
  readonly #batched: boolean;
  #parts: StreamEvent[] = [];
  #pulling = false;
  /** Whoever waits. One that was given up is deaf to what still comes. */
  #resolve: ((taken: T | undefined) => void) | undefined;
  #finished = false;
  #failure: { error: unknown } | undefined;

  constructor(model: Model, request: ModelRequest, stop: AbortSource, take: (parts: Parts) => T) {
    this.#stop = stop;
    this.#take = take;
    this.#model = model;
    ({ iterator: this.#iterator, batched: this.#batched } = openStream(model, request));
    this.#link = onAbort(stop, () => this.#fail(stop.reason));
  }

  /** The next batch; undefined at the end, and when there is a failure. */
  next(): Promise<T | undefined> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#stop.aborted) this.#fail(this.#stop.reason);
      else if (this.#finished || this.#parts.length > 0) this.#flush();
      else if (!this.#pulling) this.#pull();
    });
  }

  /** Why it ended before its end: the reason to stop when there was one, the model's error when that failed. */
  get failure(): { error: unknown } | undefined {
    return this.#failure;
  }

  /** Lets the model's iterator go. It is not waited for: a model that hangs in its own cleanup holds up nobody. */
  close(): void {
    this.#link[Symbol.dispose]();
    this.#resolve = undefined;
    if (this.#finished) return;
    this.#finished = true;
    void settle(() => this.#iterator.return?.());
  }

  #pull(): void {
    this.#pulling = true;
    try {
      const step: unknown = this.#iterator.next();
      // One that was written by hand may give its steps at once.
      void (step instanceof Promise ? step : Promise.resolve(step)).then(this.#arrived, this.#broke);
    } catch (error) {
      this.#broke(error);
    }
  }

  readonly #arrived = (step: IteratorResult<unknown, unknown> | null | undefined): void => {
    this.#pulling = false;
    if (typeof step !== 'object' || step === null) {
      return this.#broke(malformed(this.#model, `a stream whose next() gave ${kindOf(step)}, not { done, value }`));
    }
    const { done, value } = step;
    if (done) {
      this.#finished = true;
      this.#flush();
    } else if (this.#batched) {
      this.#give(value as Parts);
    } else {
      this.#parts.push(value as StreamEvent);
      if (!this.#resolve || this.#parts.length === MAX_PARTS) return this.#flush();
      if (this.#parts.length === 1) afterMicrotasks(this.#flush);
      this.#pull();
    }
  };

  readonly #broke = (error: unknown): void => {
    this.#pulling = false;
    this.#finished = true;
    this.#failure ??= { error };
    this.#flush();
  };

  readonly #flush = (): void => {
    if (!this.#resolve) return;
    const parts = this.#parts;
    if (parts.length === 0) return this.#finished ? this.#give(undefined) : undefined;
    this.#parts = [];
    this.#give(parts);
  };

  #give(parts: Parts | undefined): void {
    const resolve = this.#resolve;
    if (!resolve) return;
    try {
      const taken = parts && this.#take(parts);
      this.#resolve = undefined;
      resolve(taken);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const resolve = this.#resolve;
    if (!resolve) return;
    this.#resolve = undefined;
    this.#failure = { error };
    resolve(undefined);
  }
}

async function settle(leave: () => unknown): Promise<void> {
  try {
    await leave();
  } catch {
    // The stream was given up; how the model takes that is nobody's error.
  }
}
