/**
 * Logs in one SQLite file, by node:sqlite. An append has been stored when it returns, or, where many runs write at the same time, when its promise resolves.
 *
 * 1. An append is in one transaction, begun as a writer, so that fence, head and events are one decision; appends to several runs may be in the same one.
 * 2. `full` appends reach the disk before they return (`synchronous=FULL`); the others survive a crash of the process (`NORMAL`).
 * 3. After an I/O error nothing is known about the file: the store refuses everything until it is opened again.
 */
import type { DatabaseSync } from 'node:sqlite';
import { Watchers } from '../base/watchers.ts';
import { UserError } from '../event/errors.ts';
import type { RunEvent } from '../event/run-event.ts';
import { refuseLateInput } from '../port/append-rules.ts';
import { clipped, lastSeq, type SeqRange } from '../port/pruned-range.ts';
import type { LeaseStore } from '../port/lease-store.ts';
import type { PresenceStore } from '../port/presence-store.ts';
import type { Session } from '../port/session.ts';
import type {
  Awaitable,
  Claim,
  Durability,
  LogStore,
  MailboxMessage,
  RunHead,
  RunQuery,
  StoredMessage,
} from '../port/log-store.ts';
import type { RunListing } from '../port/run-summary.ts';
import { eventsOf } from './event-json.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { runDeleter } from './sqlite-delete.ts';
import { storeError } from './sqlite-error.ts';
import { SqliteLeases } from './sqlite-leases.ts';
import { RunLister } from './sqlite-list.ts';
import { openDatabase } from './sqlite-open.ts';
import { checkSqliteOptions } from './sqlite-options.ts';
import { SqlitePresence } from './sqlite-presence.ts';
import { RowPruner } from './sqlite-prune.ts';
import { RunRows } from './sqlite-runs.ts';
import { sessionsOf } from './sqlite-session.ts';
import { type MailRow, prepareStatements, type RunRow, type Statements } from './sqlite-statements.ts';

const READ_CHARS = 1024 * 1024;

export { SqliteSession, type SqliteSessionOptions } from './sqlite-file-session.ts';

export interface SqliteOptions {
  /** How long deltas may wait to be stored together, in milliseconds. 5 by default; where many runs write, up to 100. */
  groupMs?: number;
  /** How long to wait for another process's lock, in milliseconds, before `STORE_BUSY`. The wait blocks this process. 5,000 by default. */
  busyTimeoutMs?: number;
  /** How often to look for what other processes wrote while somebody waits for it, in milliseconds. 4 by default: a look costs some microseconds. */
  pollMs?: number;
  /** The most that the file may grow to. Beyond it appends fail with `STORE_FULL`. No limit by default. */
  maxBytes?: number;
}

/** Logs, leases and sessions in one file. */
export interface SqliteStore extends LogStore {
  readonly leases: LeaseStore;
  readonly presence: PresenceStore;
  /** The session of this name. It is kept with the logs, and put into once by each step of a run. @throws UserError SESSION_ID_INVALID */
  session(sessionId: string): Session;
}

/**
 * A store in the SQLite file at `path`, created with its directory if missing; `:memory:` for none. Several processes may share the file.
 * @throws {UserError} `OPTION_UNKNOWN`, `OPTION_TYPE`, `OPTION_RANGE`.
 * @throws {SystemError} `STORE_VERSION`, `STORE_BUSY`, `STORE_FULL`, or `STORE_FAILED` when the file cannot be opened or is not a log.
 */
export function sqlite(path: string, options: SqliteOptions = {}): SqliteStore {
  checkSqliteOptions('sqlite()', options, ['groupMs', 'busyTimeoutMs', 'pollMs', 'maxBytes']);
  const { groupMs = 5, busyTimeoutMs = 5000, pollMs = 4, maxBytes } = options;
  try {
    return new SqliteLogStore(path, openDatabase(path, { busyTimeoutMs, maxBytes }), groupMs, pollMs);
  } catch (error) {
    throw storeError(path, 'be opened', error);
  }
}

class SqliteLogStore implements SqliteStore {
  readonly groupMs: number;
  readonly leases: LeaseStore;
  readonly presence: PresenceStore;
  readonly session: (sessionId: string) => Session;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #rows: RunRows;
  readonly #lister: RunLister;
  #pruner: RowPruner | undefined;
  #delete: ((run: string) => void) | undefined;
  readonly #pollMs: number;
  readonly #access: SqliteConnection;
  readonly #watchers: Watchers = new Watchers();
  readonly #mailWatchers: Watchers = new Watchers();
  #poll: NodeJS.Timeout | undefined;
  #dataVersion = 0;
  #closed = false;

  constructor(path: string, db: DatabaseSync, groupMs: number, pollMs: number) {
    this.#path = path;
    this.#db = db;
    this.#sql = prepareStatements(db);
    this.#rows = new RunRows(this.#sql);
    this.#lister = new RunLister(db);
    this.groupMs = groupMs;
    this.#pollMs = pollMs;
    const access = new SqliteConnection(path, db, groupMs);
    this.#access = access;
    this.leases = new SqliteLeases(db, access, {
      head: (run) => this.#rows.get(run),
      begin: (run, started) => this.#rows.begin(run, started),
      wake: (run) => this.#watchers.wake(run),
    });
    this.presence = new SqlitePresence(db, access);
    this.session = sessionsOf(db, access);
  }

  claim(run: string): Awaitable<Claim> {
    return this.#access.together(run, `claim run '${run}'`, 'full', () => this.#rows.claim(run));
  }

  append(
    run: string,
    epoch: number,
    clientSeq: number,
    events: readonly RunEvent[],
    durability: Durability,
  ): Awaitable<void> {
    const written = this.#access.together(run, `append to run '${run}'`, durability, () =>
      this.#rows.append(run, epoch, clientSeq, events),
    );
    const told = (isNew: boolean): void => void (isNew && this.#watchers.wake(run));
    return written instanceof Promise ? written.then(told) : told(written);
  }

  read(run: string, from: number, limit: number): readonly RunEvent[] {
    return this.#access.read(`read run '${run}'`, () => {
      const events: RunEvent[] = [];
      let chars = 0;
      for (const row of this.#sql.read.iterate(run, run, from)) {
        const { body } = row as unknown as { body: string };
        for (const event of eventsOf(this.#path, run, body)) {
          if (lastSeq(event) >= from && events.length < limit) events.push(clipped(event, from));
        }
        chars += body.length;
        if (events.length >= limit || chars > READ_CHARS) break;
      }
      return events;
    });
  }

  head(run: string): RunHead | undefined {
    return this.#access.read(`read run '${run}'`, () => {
      const row = this.#rows.get(run);
      return row && headOf(row);
    });
  }

  list(query: RunQuery = {}): RunListing[] {
    return this.#access.read('list its runs', () =>
      this.#lister.list(query, query.before === undefined ? undefined : this.#known(query.before).id),
    );
  }

  post(run: string, message: MailboxMessage): Awaitable<boolean> {
    const posted = this.#access.together(run, `post to run '${run}'`, 'full', () => {
      const { id, ended, mailClosed } = this.#known(run);
      const over = ended === 1 || mailClosed === 1;
      if (over && this.#sql.posted.get(id, message.id) === undefined) refuseLateInput(run, message, over);
      const body = JSON.stringify(message.body) as string | undefined;
      const { changes } = this.#sql.post.run(id, id, message.id, message.kind, body ?? 'null', Date.now());
      // With the message, so that a run that waits for it is woken though its sender dies over it.
      if (changes === 1) this.#sql.wake.run(run);
      return changes === 1;
    });
    const told = (isNew: boolean): boolean => {
      if (isNew) this.#wake(run);
      return isNew;
    };
    return posted instanceof Promise ? posted.then(told) : told(posted);
  }

  closeMail(run: string, position: number): Awaitable<boolean> {
    return this.#access.together(run, `close the mailbox of run '${run}'`, 'stored', () => {
      const { changes } = this.#sql.closeMail.run(this.#known(run).id, position);
      return changes === 1;
    });
  }

  mail(run: string, position: number): StoredMessage[] {
    return this.#access.read(`read the mail of run '${run}'`, () =>
      (this.#sql.mail.all(run, position) as unknown as MailRow[]).map(({ id, kind, body, position: place, at }) => ({
        id,
        kind,
        body: JSON.parse(body) as unknown,
        position: place,
        at,
      })),
    );
  }

  watch(run: string, wake: () => void, only?: 'mail'): Disposable {
    const watchers = only === 'mail' ? this.#mailWatchers : this.#watchers;
    const watch = watchers.add(run, wake);
    if (this.#poll === undefined && !this.#closed) {
      this.#dataVersion = this.#readDataVersion();
      this.#poll = setInterval(this.#look, this.#pollMs);
    }
    return {
      [Symbol.dispose]: () => {
        watch[Symbol.dispose]();
        if (this.#watchers.size + this.#mailWatchers.size === 0) this.#stopLooking();
      },
    };
  }

  prune(run: string, ranges: readonly SeqRange[]): void {
    this.#access.write(`prune run '${run}'`, 'group', () => {
      const id = this.#known(run).id;
      this.#pruner ??= new RowPruner(this.#db);
      for (const range of ranges) this.#pruner.prune(id, range);
    });
  }

  delete(run: string): void {
    this.#delete ??= runDeleter(this.#db);
    const taken = this.#delete;
    this.#access.write(`delete run '${run}'`, 'full', () => taken(run));
    this.#wake(run);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopLooking();
    this.#access.close();
    this.#wakeAll();
  }

  /** Whether another connection has committed since the last look. Ours do not count: they wake by themselves. */
  readonly #look = (): void => {
    let version: number;
    try {
      version = this.#readDataVersion();
    } catch {
      // Whoever reads next hears of it from the read.
      this.#wakeAll();
      return;
    }
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    this.#wakeAll();
  };

  #wake(run: string): void {
    this.#mailWatchers.wake(run);
    this.#watchers.wake(run);
  }

  #wakeAll(): void {
    this.#mailWatchers.wakeAll();
    this.#watchers.wakeAll();
  }

  #readDataVersion(): number {
    return (this.#sql.dataVersion.get() as unknown as { data_version: number }).data_version;
  }

  #stopLooking(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  #known(run: string): RunRow {
    const row = this.#rows.get(run);
    if (row !== undefined) return row;
    throw new UserError(`There is no run '${run}' in the store ${this.#path}.`, { code: 'RUN_NOT_FOUND', runId: run });
  }
}

function headOf({ run, epoch, next, ended }: RunRow): RunHead {
  return { run, epoch, next, ended: ended === 1 };
}
