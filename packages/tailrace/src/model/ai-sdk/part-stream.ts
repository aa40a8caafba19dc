import { abortable } from '../../base/abort.ts';
import type { ProviderMessage, ProviderStream } from '../endpoint.ts';
import type { FailureContext } from '../failure.ts';
import { isObject } from '../provider-object.ts';
import { thrownFailure } from './failure.ts';

const SETTLE_MS = 100;

/** The parts of a streamed answer: a web stream, or anything that can be iterated. */
export class PartStream implements ProviderStream {
  readonly #next: () => Promise<{ done?: boolean | undefined; value?: unknown }>;
  readonly #leave: () => unknown;
  readonly #context: FailureContext;
  readonly #signal: AbortSignal;
  #closed = false;

  /** After an abort of `signal` nothing is waited for: not every model listens to it. */
  constructor(stream: unknown, context: FailureContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
    if (isWebStream(stream)) {
      const reader = stream.getReader();
      this.#next = () => reader.read();
      this.#leave = () => reader.cancel();
      return;
    }
    const parts = (stream as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    this.#next = () => parts.next();
    this.#leave = () => parts.return?.();
  }

  async pull(): Promise<readonly ProviderMessage[] | undefined> {
    try {
      const { done, value } = await abortable(this.#next(), this.#signal);
      if (done === true) return undefined;
      return [{ event: undefined, data: isObject(value) ? value : {} }];
    } catch (error) {
      throw thrownFailure(error, this.#context);
    }
  }

  /** Reads what is left, so that the provider's connection can be used again. */
  async settle(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<{ done: true }>((resolve) => {
      timer = setTimeout(resolve, SETTLE_MS, { done: true });
    });
    try {
      while ((await Promise.race([this.#next(), late])).done !== true);
    } catch {
      // The answer was complete.
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A reader that is busy takes the cancel later; the signal has stopped its provider by then.
    Promise.resolve(this.#leave()).catch(() => undefined);
  }
}

// By its shape: a provider may bring a stream of another make.
function isWebStream(stream: unknown): stream is ReadableStream<unknown> {
  return isObject(stream) && typeof stream['getReader'] === 'function';
}
