import type { Durability } from '../port/log-store.ts';

/** How the parts of the store get at its one connection: errors in the store's codes, writes in a transaction. */
export interface SqliteAccess {
  read<T>(what: string, work: () => T): T;
  write<T>(what: string, durability: Durability, work: () => T): T;
}
