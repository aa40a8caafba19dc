import type { Awaitable, Durability } from '../port/log-store.ts';

/** How the parts of the store get at its one connection: errors in the store's codes, writes in a transaction. */
export interface SqliteAccess {
  read<T>(what: string, work: () => T): T;
  write<T>(what: string, durability: Durability, work: () => T): T;
  /**
   * Writes at once, unless something of another key was written a moment ago: then with what others write, as one transaction, what somebody waits
   * for at the end of this turn of the event loop, and the rest within `groupMs`, or what a busy store makes of it. So many runs share a commit, and one alone waits for nobody.
   */
  together<T>(key: string, what: string, durability: Durability, work: () => T): Awaitable<T>;
}
