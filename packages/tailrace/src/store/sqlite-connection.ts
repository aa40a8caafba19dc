/** The one connection of a store: writes in transactions, errors in the store's codes, nothing after an error that leaves the file unknown. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { SystemError } from '../event/errors.ts';
import type { Awaitable, Durability } from '../port/log-store.ts';
import type { SqliteAccess } from './sqlite-access.ts';
import { GroupPace } from './group-pace.ts';
import { isFatal, storeError } from './sqlite-error.ts';

interface Waiting {
  what: string;
  durability: Durability;
  work: () => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

export class SqliteConnection implements SqliteAccess {
  readonly #path: string;
  readonly #db: DatabaseSync;
  /** How long writes that nobody waits for may wait for others' writes. */
  readonly #pace: GroupPace;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  #synced = true;
  /** Why nothing is answered any more. */
  #refusal: Error | undefined;
  /** Who wrote last, and when, on the monotonic clock. */
  #writer: string | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(path: string, db: DatabaseSync, groupMs: number) {
    this.#path = path;
    this.#db = db;
    this.#pace = new GroupPace(groupMs);
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
      const synced = durability === 'full';
      if (synced !== this.#synced) {
        // Not a prepared statement: this pragma acts when it is compiled.
        this.#db.exec(`PRAGMA synchronous = ${synced ? 'FULL' : 'NORMAL'}`);
        this.#synced = synced;
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

  together<T>(key: string, what: string, durability: Durability, work: () => T): Awaitable<T> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const now = performance.now();
    const left = this.#pace.ms - (now - this.#writtenAt);
    if (this.#waiting.length === 0 && (left <= 0 || this.#writer === key)) {
      this.#writtenAt = now;
      this.#writer = key;
      this.#pace.count(1, now);
      return this.write(what, durability, work);
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ what, durability, work, resolve: resolve as Waiting['resolve'], reject });
      if (durability !== 'group') this.#immediate ??= setImmediate(this.#writeWaiting);
      else this.#timer ??= setTimeout(this.#writeWaiting, Math.max(0, left));
    });
  }

  readonly #writeWaiting = (): void => {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#writer = undefined;
    this.#writtenAt = performance.now();
    this.#pace.count(waiting.length, this.#writtenAt);
    const durability = waiting.some((one) => one.durability === 'full') ? 'full' : 'group';
    let results: unknown[];
    try {
      results = this.write('write', durability, () => waiting.map(({ work }) => work()));
    } catch (error) {
      // Nothing of it was written. Each has a chance of its own, but not to wait once more for another process.
      const busy = (error as { code?: unknown }).code === 'STORE_BUSY';
      for (const one of waiting)
        if (busy) one.reject(error);
        else this.#writeAlone(one);
      return;
    }
    for (const [index, { resolve }] of waiting.entries()) resolve(results[index]);
  };

  #writeAlone({ what, durability, work, resolve, reject }: Waiting): void {
    try {
      resolve(this.write(what, durability, work));
    } catch (error) {
      reject(error);
    }
  }

  close(): void {
    this.#writeWaiting();
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
