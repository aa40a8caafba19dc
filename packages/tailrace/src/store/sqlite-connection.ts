/** The one connection of a store: writes in transactions, errors in the store's codes, nothing after an error that leaves the file unknown. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { SystemError } from '../event/errors.ts';
import type { Durability } from '../port/log-store.ts';
import type { SqliteAccess } from './sqlite-access.ts';
import { isFatal, storeError } from './sqlite-error.ts';

export class SqliteConnection implements SqliteAccess {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  #synchronous: Durability = 'full';
  /** Why nothing is answered any more. */
  #refusal: Error | undefined;

  constructor(path: string, db: DatabaseSync) {
    this.#path = path;
    this.#db = db;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  read<T>(what: string, work: () => T): T {
    if (this.#refusal !== undefined) throw this.#refusal;
    try {
      return work();
    } catch (error) {
      const failure = storeError(this.#path, what, error);
      if (isFatal(error)) this.#refusal = failure;
      throw failure;
    }
  }

  write<T>(what: string, durability: Durability, work: () => T): T {
    return this.read(what, () => {
      if (durability !== this.#synchronous) {
        // Not a prepared statement: this pragma acts when it is compiled.
        this.#db.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
        this.#synchronous = durability;
      }
      this.#begin.run();
      try {
        const result = work();
        this.#commit.run();
        return result;
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    });
  }

  close(): void {
    this.#refusal ??= new SystemError(`The store ${this.#path} is closed.`, { code: 'STORE_FAILED' });
    this.#db.close();
  }

  #rollBack(): void {
    try {
      this.#rollback.run();
    } catch {
      // SQLite rolls back by itself after a full disk and the like, and then there is nothing to roll back.
    }
  }
}
