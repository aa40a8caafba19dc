/**
 * Abort, without leaving anything behind: every listener added to a signal here is removed when the thing it was added for is over.
 */

/** What can abort: a signal of the platform, or a scope. */
export type AbortSource = AbortSignal | AbortScope;

/** Calls back when the source aborts (at once if it has). Disposing it takes the listener off. */
export function onAbort(source: AbortSource, callback: () => void): Disposable {
  if (source.aborted) {
    callback();
    return NOTHING;
  }
  return source instanceof AbortScope ? source.listen(callback) : new SignalListener(source, callback);
}

// Classes, not literals: each turn of a run makes dozens, and a literal with a symbol for a key costs ten times as much.
class SignalListener implements Disposable {
  readonly #signal: AbortSignal;
  readonly #callback: () => void;

  constructor(signal: AbortSignal, callback: () => void) {
    this.#signal = signal;
    this.#callback = callback;
    signal.addEventListener('abort', callback, { once: true });
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#callback);
  }
}

class ScopeListener implements Disposable {
  readonly #scope: AbortScope;
  readonly callback: () => void;

  constructor(scope: AbortScope, callback: () => void) {
    this.#scope = scope;
    this.callback = callback;
  }

  [Symbol.dispose](): void {
    this.#scope.unlisten(this);
  }
}

const NOTHING: Disposable = { [Symbol.dispose]: () => undefined };

/**
 * Aborts by itself and with its parents. Disposing it detaches it; it never aborts by that.
 *
 * Scopes tell each other without the platform's signals: those look through all their listeners at each new one, which a turn of hundreds of
 * calls feels, and cost more than all the rest of a scope. One is made when somebody asks for it.
 */
export class AbortScope implements Disposable {
  readonly #links: Disposable[] = [];
  /** One or two, mostly: a set has room for more from the start. */
  #first: ScopeListener | undefined;
  #others: Set<ScopeListener> | undefined;
  #controller: AbortController | undefined;
  #aborted: { reason: unknown } | undefined;

  constructor(...parents: (AbortSource | undefined)[]) {
    for (const parent of parents) if (parent) this.#links.push(onAbort(parent, () => this.abort(parent.reason)));
  }

  /** The scope as a signal, for code that is not ours. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#aborted !== undefined;
  }

  get reason(): unknown {
    return this.#aborted?.reason;
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = { reason };
    this.#controller?.abort(reason);
    const others = this.#others;
    this.#first?.callback();
    for (const { callback } of others ?? []) callback();
    this.#first = undefined;
    this.#others = undefined;
  }

  listen(callback: () => void): Disposable {
    const listener = new ScopeListener(this, callback);
    // Behind those that came before: they are told in order.
    if (this.#first === undefined && !this.#others?.size) this.#first = listener;
    else (this.#others ??= new Set()).add(listener);
    return listener;
  }

  unlisten(listener: Disposable): void {
    if (this.#first === listener) this.#first = undefined;
    else this.#others?.delete(listener as ScopeListener);
  }

  [Symbol.dispose](): void {
    for (const link of this.#links) link[Symbol.dispose]();
  }
}

/**
 * The promise, or the source's reason if that comes first. The promise is not stopped; what it does later is no longer looked at.
 */
export function abortable<T>(promise: PromiseLike<T> | T, source: AbortSource): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const link = onAbort(source, () => reject(reasonOf(source)));
    const settle = <V>(act: (value: V) => void) => {
      return (value: V) => {
        link[Symbol.dispose]();
        act(value);
      };
    };
    Promise.resolve(promise).then(settle(resolve), settle(reject));
  });
}

function reasonOf(source: AbortSource): Error {
  const { reason } = source as { reason: unknown };
  return reason instanceof Error ? reason : new Error(String(reason), { cause: reason });
}
