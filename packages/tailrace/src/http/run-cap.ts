/** How many unfinished runs a principal may have: counted in the store, so that it holds for all processes that share it. */
import type { LogStore } from '../port/log-store.ts';
import { HttpError } from './http-error.ts';

export class RunCap {
  readonly #store: LogStore;
  readonly #most: number;
  /** The last beginning of each principal's. They go one after the other: two that count at the same time would both be let through. */
  readonly #beginning: Map<string, Promise<unknown>> = new Map();

  constructor(store: LogStore, { runsPerPrincipal }: { runsPerPrincipal: number }) {
    this.#store = store;
    this.#most = runsPerPrincipal;
  }

  /** Calls `begin` unless the principal has as many runs as it may. A run that is there already is none more. @throws HttpError LIMIT_REACHED, and what `begin` throws */
  async admit<T>(principal: string, run: string | undefined, begin: () => Promise<T>): Promise<T> {
    const before = this.#beginning.get(principal) ?? Promise.resolve();
    const own = before.then(async () => {
      await this.#check(principal, run);
      return begin();
    });
    const over = own.then(
      () => undefined,
      () => undefined,
    );
    this.#beginning.set(principal, over);
    try {
      return await own;
    } finally {
      if (this.#beginning.get(principal) === over) this.#beginning.delete(principal);
    }
  }

  async #check(principal: string, run: string | undefined): Promise<void> {
    const open = await this.#store.list({ principal, ended: false, limit: this.#most });
    if (open.length < this.#most || (run !== undefined && (await this.#store.head(run)))) return;
    throw new HttpError('LIMIT_REACHED', `${this.#most} runs have not ended yet. Cancel one, or wait.`, {
      headers: { 'retry-after': '5' },
    });
  }
}
