import { newItemId } from '../base/id.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { Session } from '../port/session.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { storeError } from './sqlite-error.ts';
import { openDatabase } from './sqlite-open.ts';
import { checkSqliteOptions } from './sqlite-options.ts';
import { sessionsOf } from './sqlite-session.ts';

export interface SqliteSessionOptions {
  /** 1 to 256 characters without control characters; a random id by default. */
  sessionId?: string;
  /** The file, created with its directory if missing. In memory by default, gone with the session object. */
  path?: string;
  /** How long to wait for another process's lock, in milliseconds, before `STORE_BUSY`. The wait blocks this process. 5,000 by default. */
  busyTimeoutMs?: number;
}

/**
 * A session in an SQLite file, by node:sqlite: any number of sessions, and the logs of `sqlite(path)`, share one file. Takes each step of a run once, so that a run
 * that is taken up adds nothing twice. Close it, or `using` it; a process that ends without loses nothing.
 */
export class SqliteSession implements Session {
  readonly #inner: Session;
  readonly #connection: SqliteConnection;
  #closed = false;

  /** @throws UserError SESSION_ID_INVALID, OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE; SystemError STORE_VERSION, STORE_BUSY, STORE_FULL, STORE_FAILED */
  constructor(options: SqliteSessionOptions = {}) {
    checkSqliteOptions('SqliteSession', options, ['busyTimeoutMs'], ['path'], ['sessionId']);
    const { sessionId, path = ':memory:', busyTimeoutMs = 5000 } = options;
    const db = openFile(path, busyTimeoutMs);
    this.#connection = new SqliteConnection(path, db, 0);
    try {
      this.#inner = sessionsOf(db, this.#connection)(sessionId ?? newItemId('session'));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  getSessionId(): Promise<string> {
    return this.#inner.getSessionId();
  }

  getItems(limit?: number): Promise<AgentInputItem[]> {
    return this.#inner.getItems(limit);
  }

  addItems(items: AgentInputItem[]): Promise<void> {
    return this.#inner.addItems(items);
  }

  async addItemsOnce(step: string, items: AgentInputItem[], others?: number): Promise<void> {
    await this.#inner.addItemsOnce?.(step, items, others);
  }

  async stepsOfOthers(runId: string): Promise<number> {
    return (await this.#inner.stepsOfOthers?.(runId)) ?? 0;
  }

  popItem(): Promise<AgentInputItem | undefined> {
    return this.#inner.popItem();
  }

  clearSession(): Promise<void> {
    return this.#inner.clearSession();
  }

  /** Lets go of the file. Idempotent; every other call rejects from then on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function openFile(path: string, busyTimeoutMs: number): ReturnType<typeof openDatabase> {
  try {
    return openDatabase(path, { busyTimeoutMs, maxBytes: undefined });
  } catch (error) {
    throw storeError(path, 'be opened', error);
  }
}
