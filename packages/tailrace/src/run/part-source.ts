/**
 * Pulls a model's stream, one batch at a time, so that a pull can be given up at once when the signal aborts, even if the model does not listen
 * to it. Owns the model's iterator: `close` returns it on every path.
 */
import { onAbort } from '../base/abort.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import type { Model, ModelRequest } from '../port/model.ts';

type Parts = readonly StreamEvent[];

export class PartSource {
  readonly #signal: AbortSignal;
  readonly #link: Disposable;
  readonly #iterator: AsyncIterator<unknown>;
  /** Whether the iterator gives batches, not events. */
  readonly #batched: boolean;
  // The pull under way; a settled one is deaf to what comes later.
  #resolve: ((parts: Parts | undefined) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #finished = false;

  constructor(model: Model, request: ModelRequest, signal: AbortSignal) {
    this.#signal = signal;
    this.#batched = model.getStreamedBatches !== undefined;
    const stream = model.getStreamedBatches?.(request) ?? model.getStreamedResponse(request);
    this.#iterator = stream[Symbol.asyncIterator]();
    this.#link = onAbort(signal, () => this.#reject?.(signal.reason));
  }

  /** The next batch; undefined at the end. Rejects with the signal's reason when that aborts, with the model's error when that fails. */
  next(): Promise<Parts | undefined> {
    return new Promise<Parts | undefined>((resolve, reject) => {
      if (this.#signal.aborted) return reject(this.#signal.reason as Error);
      this.#resolve = resolve;
      this.#reject = reject;
      this.#iterator.next().then(this.#arrived, this.#failed);
    });
  }

  readonly #arrived = ({ done, value }: IteratorResult<unknown>): void => {
    if (done) this.#finished = true;
    this.#resolve?.(done ? undefined : this.#batched ? (value as Parts) : [value as StreamEvent]);
  };

  readonly #failed = (error: unknown): void => {
    this.#finished = true;
    this.#reject?.(error);
  };

  /** Lets the model's iterator go. It is not waited for: a model that hangs in its own cleanup holds up nobody. */
  close(): void {
    this.#link[Symbol.dispose]();
    this.#reject = undefined;
    if (this.#finished) return;
    this.#finished = true;
    void settle(() => this.#iterator.return?.());
  }
}

async function settle(leave: () => unknown): Promise<void> {
  try {
    await leave();
  } catch {
    // The stream was given up; how the model takes that is nobody's error.
  }
}
