/**
 * Pulls a model's stream, one batch at a time, so that a pull can be given up at once when the run stops, even if the model does not listen
 * to it. Owns the model's iterator: `close` returns it on every path.
 */
import { type AbortSource, onAbort } from '../base/abort.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import type { Model, ModelRequest } from '../port/model.ts';

type Parts = readonly StreamEvent[];

/** Gives what `take` makes of each batch. */
export class PartSource<T> {
  readonly #stop: AbortSource;
  readonly #take: (parts: Parts) => T;
  readonly #link: Disposable;
  readonly #iterator: AsyncIterator<unknown>;
  /** Whether the iterator gives batches, not events. */
  readonly #batched: boolean;
  /** The pull under way. One that was given up is deaf to what still comes. */
  #resolve: ((taken: T | undefined) => void) | undefined;
  #finished = false;
  #failure: { error: unknown } | undefined;

  constructor(model: Model, request: ModelRequest, stop: AbortSource, take: (parts: Parts) => T) {
    this.#stop = stop;
    this.#take = take;
    this.#batched = model.getStreamedBatches !== undefined;
    const stream = model.getStreamedBatches?.(request) ?? model.getStreamedResponse(request);
    this.#iterator = stream[Symbol.asyncIterator]();
    this.#link = onAbort(stop, () => this.#fail(stop.reason));
  }

  /** The next batch; undefined at the end, and when there is a failure. */
  next(): Promise<T | undefined> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#stop.aborted) return this.#fail(this.#stop.reason);
      try {
        this.#iterator.next().then(this.#arrived, this.#broke);
      } catch (error) {
        this.#broke(error);
      }
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

  readonly #arrived = ({ done, value }: IteratorResult<unknown>): void => {
    if (done) this.#finished = true;
    const resolve = this.#resolve;
    if (!resolve) return;
    try {
      const taken = done ? undefined : this.#take(this.#batched ? (value as Parts) : [value as StreamEvent]);
      this.#resolve = undefined;
      resolve(taken);
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #broke = (error: unknown): void => {
    this.#finished = true;
    this.#fail(error);
  };

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
