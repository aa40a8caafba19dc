import type { FetchLike, HttpAnswer, HttpBody, HttpRequest, Transport } from './transport.ts';
import { MAX_REDIRECTS } from './transport.ts';
import {
  abortReason,
  describeNetworkError,
  httpUrl,
  isRedirect,
  plainUrl,
  redirectTarget,
  TransportFault,
} from './transport-fault.ts';

/** The transport over a `fetch`, for runtimes without node:http and for callers that bring their own. */
export function createFetchTransport(fetchLike: FetchLike): Transport {
  return async (request) => {
    let url = httpUrl(request.url);
    for (let redirects = 0; ; redirects++) {
      const answer = await exchange(fetchLike, url, request);
      if (!isRedirect(answer.status)) return answer;
      answer.body.close();
      const target = redirectTarget(url, answer.header('location'), answer.status);
      if (redirects >= MAX_REDIRECTS) {
        throw new TransportFault(
          'redirect',
          `${plainUrl(request.url)} redirected more than ${MAX_REDIRECTS} times, last to ${plainUrl(target.href)}`,
        );
      }
      url = target;
    }
  };
}

async function exchange(fetchLike: FetchLike, url: URL, request: HttpRequest): Promise<HttpAnswer> {
  const { signal } = request;
  if (signal?.aborted) throw abortReason(signal);
  // An own controller: a runtime may keep its listener on the caller's signal for as long as that lives.
  const controller = new AbortController();
  const body = new FetchBody(controller, signal, plainUrl(url.href));
  try {
    const response = await body.orAborted(
      fetchLike(url.href, {
        method: request.method ?? 'POST',
        headers: request.headers,
        ...(request.method !== 'GET' && { body: request.body }),
        redirect: 'manual',
        signal: controller.signal,
      }),
    );
    if (response.type === 'opaqueredirect') {
      throw new TransportFault(
        'redirect',
        `${plainUrl(url.href)} redirects, and this runtime does not say where. Set the base URL to the final address`,
      );
    }
    body.start(response);
    return { status: response.status, header: (name) => response.headers.get(name) ?? undefined, body };
  } catch (error) {
    body.close();
    if (signal?.aborted || error instanceof TransportFault) throw error;
    throw new TransportFault('connect', `No answer from ${plainUrl(url.href)}: ${describeNetworkError(error)}`, error);
  }
}

class FetchBody implements HttpBody {
  #controller: AbortController;
  #signal: AbortSignal | undefined;
  #url: string;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #whole = false;
  #closed = false;
  #refuse: ((reason: Error) => void) | undefined;

  constructor(controller: AbortController, signal: AbortSignal | undefined, url: string) {
    this.#controller = controller;
    this.#signal = signal;
    this.#url = url;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  start(response: Response): void {
    this.#reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  }

  async pull(): Promise<Uint8Array[] | undefined> {
    if (this.#signal?.aborted && !this.#whole) throw abortReason(this.#signal);
    if (this.#reader === undefined || this.#whole) {
      this.#end();
      return undefined;
    }
    try {
      for (;;) {
        const { done, value } = await this.orAborted(this.#reader.read());
        if (done) {
          this.#end();
          return undefined;
        }
        if (value.length > 0) return [value];
      }
    } catch (error) {
      if (this.#signal?.aborted) throw abortReason(this.#signal);
      this.close();
      throw new TransportFault('cut', `The answer of ${this.#url} was cut off: ${describeNetworkError(error)}`, error);
    }
  }

  async settle(graceMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const grace = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, graceMs, undefined);
    });
    const drained = (async (): Promise<void> => {
      while ((await this.pull()) !== undefined);
    })().catch(() => undefined);
    await Promise.race([drained, grace]);
    clearTimeout(timer);
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#whole) return;
    // A runtime whose read or fetch ignores the signal must still let go of the body.
    this.#reader?.cancel().catch(() => undefined);
    this.#controller.abort();
  }

  /** Settles as `work` does, or rejects at once when the caller aborts: not every fetch heeds its signal. */
  orAborted<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#refuse = reject;
      work.then(resolve, reject);
    });
  }

  #end(): void {
    this.#whole = true;
    this.close();
  }

  readonly #onAbort = (): void => {
    const reason = abortReason(this.#signal as AbortSignal);
    this.#refuse?.(reason);
    this.close();
  };
}
