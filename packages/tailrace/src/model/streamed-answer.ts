/**
 * Reads one streamed answer: pulls a chunk, folds all of its events, hands them over as one batch.
 *
 * S1 The request is sent at the first `next()`, never before.
 * S2 Leaving (`return()`), an abort of the caller's signal, an error and the end all close the connection and take our
 *    listener off the signal; after each nothing of the answer is held.
 * S3 Events that were folded before a failure are delivered before it is thrown.
 * S4 `return()` does not wait for a pending `next()`; that one ends as done.
 */
import type { StreamEvent } from '../event/stream-event.ts';
import type { ProviderMessage, ProviderStream } from './endpoint.ts';
import type { EventFold } from './event-fold.ts';
import { isObject } from './provider-object.ts';

/** How long a complete answer is waited on for what may still follow it. */
const AFTERWORD_MS = 2_000;

/** One attempt, as its model prepares it. */
export interface StreamedAttempt {
  readonly fold: EventFold;
  /** Sends the request. */
  open(signal: AbortSignal): Promise<{ readonly stream: ProviderStream } | { readonly json: unknown }>;
  /** The provider answered in one piece although it was asked to stream. */
  foldWhole(json: unknown, out: StreamEvent[]): void;
  /** Data that is not JSON. */
  malformed(text: string): Error;
  /** What a failure of the open stream means for the run. */
  failure(error: unknown): Error;
}

type Batch = readonly StreamEvent[];
const END: IteratorResult<Batch, undefined> = { done: true, value: undefined };

export class StreamedAnswer implements AsyncIterableIterator<Batch, undefined> {
  #attempt: StreamedAttempt;
  #caller: AbortSignal | undefined;
  #stop = new AbortController();
  #stream: ProviderStream | undefined;
  #state: 'new' | 'open' | 'settling' | 'failed' | 'closed' = 'new';
  #failure: Error | undefined;
  #leave: (() => void) | undefined;

  constructor(attempt: StreamedAttempt, caller: AbortSignal | undefined) {
    this.#attempt = attempt;
    this.#caller = caller;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Batch, undefined>> {
    if (this.#state === 'closed') return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      this.#leave = () => resolve(END);
      this.#advance().then(
        (batch) => resolve(batch === undefined ? END : { done: false, value: batch }),
        (error: unknown) => reject(error as Error),
      );
    });
  }

  return(): Promise<IteratorResult<Batch, undefined>> {
    this.#leave?.();
    this.#close();
    return Promise.resolve(END);
  }

  async #advance(): Promise<Batch | undefined> {
    if (this.#state === 'failed') {
      this.#close();
      throw this.#failure as Error;
    }
    const out: StreamEvent[] = [];
    try {
      if (this.#state === 'new' && (await this.#open(out))) return out;
      while (this.#state === 'open') {
        const messages = await this.#pull();
        this.#fold(messages, out);
        if (out.length > 0) return out;
      }
      if (this.#state === 'settling') await this.#stream?.settle();
      this.#close();
      return undefined;
    } catch (error) {
      return this.#fail(error, out);
    }
  }

  /** True when the whole answer came at once. */
  async #open(out: StreamEvent[]): Promise<boolean> {
    const caller = this.#caller;
    if (caller?.aborted === true) throw caller.reason as Error;
    caller?.addEventListener('abort', this.#onAbort, { once: true });
    this.#state = 'open';
    const opened = await this.#attempt.open(this.#stop.signal);
    if (this.#stop.signal.aborted) {
      if ('stream' in opened) opened.stream.close();
      throw this.#stop.signal.reason as Error;
    }
    if ('json' in opened) {
      this.#attempt.foldWhole(opened.json, out);
      this.#state = 'settling';
      return true;
    }
    this.#stream = opened.stream;
    return false;
  }

  #pull(): Promise<readonly ProviderMessage[] | undefined> {
    const pulled = (this.#stream as ProviderStream).pull();
    return this.#attempt.fold.isComplete ? within(pulled, AFTERWORD_MS) : pulled;
  }

  #fold(messages: readonly ProviderMessage[] | undefined, out: StreamEvent[]): void {
    const { fold } = this.#attempt;
    if (messages === undefined) {
      fold.end(out);
      this.#state = 'settling';
      return;
    }
    for (const { event, data } of messages) {
      if (typeof data !== 'string') fold.take(isObject(data) ? data : {}, event, out);
      else if (data === '[DONE]') fold.done(out);
      else this.#foldText(data, event, out);
      if (fold.isOver) {
        this.#state = 'settling';
        return;
      }
    }
  }

  #foldText(data: string, event: string | undefined, out: StreamEvent[]): void {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      if (event !== 'error') throw this.#attempt.malformed(data);
      value = data;
    }
    // An error may be told in plain text; any other JSON that is not an object says nothing.
    if (isObject(value)) this.#attempt.fold.take(value, event, out);
    else if (event === 'error') this.#attempt.fold.take({ error: value }, event, out);
  }

  #fail(error: unknown, out: StreamEvent[]): Batch | undefined {
    if (this.#state === 'closed') return undefined;
    if (this.#caller?.aborted === true) {
      this.#close();
      throw this.#caller.reason;
    }
    let failure: Error | undefined = this.#attempt.failure(error);
    const { fold } = this.#attempt;
    if (fold.isComplete && !fold.isOver) {
      // The connection broke after the answer was complete: nothing is missing but the goodbye.
      try {
        fold.end(out);
        failure = undefined;
      } catch (incomplete) {
        failure = incomplete as Error;
      }
    }
    this.#close();
    if (failure === undefined) return out.length > 0 ? out : undefined;
    if (out.length === 0) throw failure;
    this.#failure = failure;
    this.#state = 'failed';
    return out;
  }

  #close(): void {
    if (this.#state === 'closed') return;
    const settled = this.#state === 'settling';
    this.#state = 'closed';
    this.#caller?.removeEventListener('abort', this.#onAbort);
    this.#stream?.close();
    this.#stream = undefined;
    // A request that has settled has nobody to tell, and an abort makes an error with its stack.
    if (!settled) this.#stop.abort();
  }

  readonly #onAbort = (): void => this.#stop.abort(this.#caller?.reason);
}

/** The events of batches one by one. */
export class StreamedEvents implements AsyncIterableIterator<StreamEvent, undefined> {
  #answer: StreamedAnswer;
  #batch: Batch = [];
  #at = 0;

  constructor(answer: StreamedAnswer) {
    this.#answer = answer;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<StreamEvent, undefined>> {
    while (this.#at >= this.#batch.length) {
      const next = await this.#answer.next();
      if (next.done === true) return { done: true, value: undefined };
      this.#batch = next.value;
      this.#at = 0;
    }
    return { done: false, value: this.#batch[this.#at++] as StreamEvent };
  }

  async return(): Promise<IteratorResult<StreamEvent, undefined>> {
    this.#batch = [];
    await this.#answer.return();
    return { done: true, value: undefined };
  }
}

/** `work`, or undefined after `ms`. */
async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Whatever becomes of it after the limit is nobody's concern.
    work.catch(() => undefined);
  }
}
