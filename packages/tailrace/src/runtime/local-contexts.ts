/**
 * What runs that were submitted here are given as context. Held until the run has ended, wherever it was driven: what other processes have ended is looked for as more
 * is held, so that at most twice as much is held as there are runs under way, and `SWEEP_AT`.
 */
import type { LogStore } from '../port/log-store.ts';

const SWEEP_AT = 32;

export class LocalContexts {
  readonly #store: Pick<LogStore, 'head'>;
  readonly #held: Map<string, { context: unknown; stored: boolean }> = new Map();
  #sweepAt = SWEEP_AT;
  #sweeping = false;

  constructor(store: Pick<LogStore, 'head'>) {
    this.#store = store;
  }

  get size(): number {
    return this.#held.size;
  }

  has(run: string): boolean {
    return this.#held.has(run);
  }

  get(run: string): unknown {
    return this.#held.get(run)?.context;
  }

  /** False when there is one for the run already, which stays. */
  add(run: string, context: unknown): boolean {
    if (this.#held.has(run)) return false;
    this.#held.set(run, { context, stored: false });
    if (this.#held.size >= this.#sweepAt) void this.#sweep();
    return true;
  }

  /** The run is in the store: from now on that can say whether it has ended. */
  stored(run: string): void {
    const held = this.#held.get(run);
    if (held) held.stored = true;
  }

  delete(run: string): void {
    this.#held.delete(run);
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      for (const [run, { stored }] of Array.from(this.#held)) {
        if (!stored) continue;
        const head = await this.#store.head(run);
        if (head === undefined || head.ended) this.#held.delete(run);
      }
    } catch {
      // A store that does not answer now is asked again later.
    } finally {
      this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#held.size);
      this.#sweeping = false;
    }
  }
}
