/**
 * Abort, without leaving anything behind: every listener added to a signal here is removed when the thing it was added for is over.
 */

/** Calls back when the signal aborts (at once if it has). Disposing it takes the listener off. */
export function onAbort(signal: AbortSignal, callback: () => void): Disposable {
  if (signal.aborted) {
    callback();
    return { [Symbol.dispose]: () => undefined };
  }
  signal.addEventListener('abort', callback, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', callback) };
}

/** A signal of its own that also aborts with its parents. Disposing it detaches it; it never aborts by that. */
export class AbortScope implements Disposable {
  readonly #controller = new AbortController();
  readonly #links: Disposable[];

  constructor(...parents: (AbortSignal | undefined)[]) {
    this.#links = parents.flatMap((parent) => (parent ? [onAbort(parent, () => this.abort(parent.reason))] : []));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#controller.signal.aborted;
  }

  abort(reason: unknown): void {
    if (!this.aborted) this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    for (const link of this.#links) link[Symbol.dispose]();
  }
}

/**
 * The promise, or the signal's reason if that comes first. The promise is not stopped; what it does later is no longer looked at.
 */
export function abortable<T>(promise: PromiseLike<T> | T, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const link = onAbort(signal, () => reject(reasonOf(signal)));
    const settle = <V>(act: (value: V) => void) => {
      return (value: V) => {
        link[Symbol.dispose]();
        act(value);
      };
    };
    Promise.resolve(promise).then(settle(resolve), settle(reject));
  });
}

function reasonOf(signal: AbortSignal): Error {
  const { reason } = signal as { reason: unknown };
  return reason instanceof Error ? reason : new Error(String(reason), { cause: reason });
}
