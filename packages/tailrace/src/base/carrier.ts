/**
 * The one ambient value: what user code inside a run may look up (its trace and span). It is only ever entered through
 * `.run()`, so there is nothing to reset, and nothing here reads it to decide what a run does.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** A typed slot that code called from `run` can read. */
export class Carrier<T> {
  #storage: AsyncLocalStorage<T | undefined> = new AsyncLocalStorage<T | undefined>();

  /** Calls `callback` with `value` current in it and in all that it awaits. */
  run<R>(value: T, callback: () => R): R {
    return this.#storage.run(value, callback);
  }

  /** Calls `callback` with no value current in it and in all that it awaits. */
  outside<R>(callback: () => R): R {
    return this.#storage.run(undefined, callback);
  }

  /** The value of the innermost `run` around the caller, if any. */
  get current(): T | undefined {
    return this.#storage.getStore();
  }
}

/** Calls `callback` outside of every `run`: for what is shared, and outlives whoever happened to ask for it first. */
export const outsideOfRuns: <R>(callback: () => R) => R = AsyncLocalStorage.snapshot();
