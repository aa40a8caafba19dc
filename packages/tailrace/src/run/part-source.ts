/**
 * Pulls a model's stream, one batch at a time, so that a pull can be given up at once when the signal aborts, even if the model does not listen
 * to it. Owns the model's iterator: `close` returns it on every path.
 */
import { onAbort } from '../base/abort.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import type { Model, ModelRequest } from '../port/model.ts';

type Batch = readonly StreamEvent[];

export class PartSource {
  readonly #signal: AbortSignal;
  readonly #link: Disposable;
  readonly #pull: () => Promise<IteratorResult<Batch>>;
  readonly #leave: () => unknown;
  #reject: ((reason: unknown) => void) | undefined;
  #finished = false;

  constructor(model: Model, request: ModelRequest, signal: AbortSignal) {
    this.#signal = signal;
    const { pull, leave } = model.getStreamedBatches
      ? batched(model.getStreamedBatches(request))
      : single(model.getStreamedResponse(request));
    this.#pull = pull;
    this.#leave = leave;
    this.#link = onAbort(signal, () => this.#reject?.(signal.reason));
  }

  /** The next batch; undefined at the end. Rejects with the signal's reason when that aborts, with the model's error when that fails. */
  next(): Promise<Batch | undefined> {
    return new Promise<Batch | undefined>((resolve, reject) => {
      if (this.#signal.aborted) return reject(this.#signal.reason as Error);
      this.#reject = reject;
      this.#pull().then(
        (result) => {
          if (result.done) this.#finished = true;
          resolve(result.done ? undefined : result.value);
        },
        (error: unknown) => {
          this.#finished = true;
          reject(error);
        },
      );
    });
  }

  /** Lets the model's iterator go. It is not waited for: a model that hangs in its own cleanup holds up nobody. */
  close(): void {
    this.#link[Symbol.dispose]();
    this.#reject = undefined;
    if (this.#finished) return;
    this.#finished = true;
    void settle(this.#leave);
  }
}

interface Pulled {
  pull: () => Promise<IteratorResult<Batch>>;
  leave: () => unknown;
}

function batched(stream: AsyncIterable<Batch>): Pulled {
  const iterator = stream[Symbol.asyncIterator]();
  return { pull: () => iterator.next(), leave: () => iterator.return?.() };
}

function single(stream: AsyncIterable<StreamEvent>): Pulled {
  const iterator = stream[Symbol.asyncIterator]();
  const wrap = (result: IteratorResult<StreamEvent>): IteratorResult<Batch> =>
    result.done ? { done: true, value: undefined } : { done: false, value: [result.value] };
  return { pull: () => iterator.next().then(wrap), leave: () => iterator.return?.() };
}

async function settle(leave: () => unknown): Promise<void> {
  try {
    await leave();
  } catch {
    // The stream was given up; how the model takes that is nobody's error.
  }
}
