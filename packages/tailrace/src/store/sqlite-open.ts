/** Opens the store's file: finds node:sqlite, makes the directory, sets what a log needs, and brings the schema to this version. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as sqlite from 'node:sqlite';
import { SystemError } from '../event/errors.ts';

/** `migrations[n]` brings a file of version n to n + 1. Files of released versions live on: append, never edit. */
const migrations: readonly string[] = [
  `CREATE TABLE runs (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     run TEXT NOT NULL UNIQUE,
     epoch INTEGER NOT NULL,
     next INTEGER NOT NULL,
     ended INTEGER NOT NULL,
     client_seq INTEGER NOT NULL,
     created_at INTEGER NOT NULL
   ) STRICT;
   -- A row holds the events of one append, as a JSON array: seq is the first one's. A row per delta would cost twice the time.
   CREATE TABLE events (
     run_id INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (run_id, seq)
   ) STRICT;
   CREATE TABLE mailbox (
     run_id INTEGER NOT NULL,
     position INTEGER NOT NULL,
     id TEXT NOT NULL,
     kind TEXT NOT NULL,
     body TEXT NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (run_id, position),
     UNIQUE (run_id, id)
   ) STRICT;
   -- For people with a SQL shell: one row an event.
   CREATE VIEW event AS
     SELECT runs.run, each.value ->> 'seq' AS seq, each.value ->> 'type' AS type, each.value AS body
     FROM runs JOIN events ON events.run_id = runs.id, json_each(events.body) AS each;`,
  `CREATE TABLE lease (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     run TEXT NOT NULL UNIQUE,
     agent TEXT NOT NULL,
     owner TEXT,
     beat INTEGER NOT NULL,
     wanted INTEGER NOT NULL,
     wake_at INTEGER
   ) STRICT;
   CREATE TABLE session_item (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     session TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE INDEX session_item_of ON session_item (session, id);
   -- Which steps of which runs have put their items into a session.
   CREATE TABLE session_step (
     session TEXT NOT NULL,
     step TEXT NOT NULL,
     PRIMARY KEY (session, step)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE session_hold (
     session TEXT PRIMARY KEY,
     run TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // How runs stand, beside their heads: a list reads no logs.
  `ALTER TABLE runs ADD COLUMN status TEXT;
   ALTER TABLE runs ADD COLUMN agent TEXT;
   ALTER TABLE runs ADD COLUMN session TEXT;
   ALTER TABLE runs ADD COLUMN principal TEXT;
   ALTER TABLE runs ADD COLUMN updated_at INTEGER;
   UPDATE runs SET (agent, session, principal) = (
     SELECT coalesce(body ->> '$[0].registered', body ->> '$[0].agent'), body ->> '$[0].sessionId', body ->> '$[0].principal'
     FROM events WHERE run_id = runs.id AND seq = 0
   );
   UPDATE runs SET (status, updated_at) = (
     SELECT CASE body ->> '$[#-1].type'
         WHEN 'run.completed' THEN 'completed'
         WHEN 'run.failed' THEN 'failed'
         WHEN 'run.cancelled' THEN 'cancelled'
         WHEN 'run.suspended' THEN 'suspended'
         WHEN 'run.started' THEN CASE WHEN body ->> '$[#-1].registered' IS NULL THEN 'running' ELSE 'submitted' END
         ELSE 'running'
       END,
       body ->> '$[#-1].at'
     FROM events WHERE run_id = runs.id ORDER BY seq DESC LIMIT 1
   );
   CREATE INDEX runs_status ON runs (status, id);
   CREATE INDEX runs_agent ON runs (agent, id);
   CREATE INDEX runs_session ON runs (session, id) WHERE session IS NOT NULL;
   CREATE INDEX runs_principal ON runs (principal, id) WHERE principal IS NOT NULL;`,
  // Which processes have readers of a run.
  `CREATE TABLE reader (
     run TEXT NOT NULL,
     owner TEXT NOT NULL,
     beat INTEGER NOT NULL,
     PRIMARY KEY (run, owner)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX reader_owner ON reader (owner);`,
  // How many runs of a principal are under way, asked before each new one.
  `CREATE INDEX runs_open ON runs (principal, id) WHERE ended = 0 AND principal IS NOT NULL;`,
  // Runs that take no more input.
  `ALTER TABLE runs ADD COLUMN mail_closed INTEGER NOT NULL DEFAULT 0;`,
];

export interface OpenOptions {
  busyTimeoutMs: number;
  maxBytes: number | undefined;
}

export function openDatabase(path: string, { busyTimeoutMs, maxBytes }: OpenOptions): sqlite.DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  if (path !== ':memory:') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Logs hold prompts and answers: a new file is its owner's only. SQLite gives its side files the same mode.
    closeSync(openSync(path, 'a', 0o600));
  }
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA busy_timeout = ${Math.trunc(busyTimeoutMs)}`);
    db.exec('PRAGMA trusted_schema = OFF');
    migrate(db, path);
    db.exec('PRAGMA journal_mode = WAL');
    // 16 MiB before it is copied into the file: a page that many commits change is copied once.
    db.exec('PRAGMA wal_autocheckpoint = 4096');
    db.exec('PRAGMA cache_size = -8192');
    db.exec('PRAGMA synchronous = FULL');
    if (maxBytes !== undefined) {
      const { page_size: pageSize } = db.prepare('PRAGMA page_size').get() as { page_size: number };
      db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.trunc(maxBytes / pageSize))}`);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function loadSqlite(): typeof sqlite {
  // Node 22 and 24 announce at the first use that the module is experimental. That is for us to know, not for the program's stderr.
  const shown = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  Object.defineProperty(process, 'emitWarning', { value: () => undefined, configurable: true, writable: true });
  try {
    const found = process.getBuiltinModule('node:sqlite') as typeof sqlite | undefined;
    if (found !== undefined) return found;
  } finally {
    if (shown !== undefined) Object.defineProperty(process, 'emitWarning', shown);
  }
  const message = `This Node (${process.version}) has no node:sqlite. Use Node 22.13 or newer, or another store.`;
  throw new SystemError(message, { code: 'STORE_FAILED' });
}

function migrate(db: sqlite.DatabaseSync, path: string): void {
  if (versionOf(db) === migrations.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Again, under the lock: another process may have been here.
    const version = versionOf(db);
    if (version > migrations.length) {
      const message =
        `The store ${path} has a schema that this version does not know: found ${version}, supports <= ${migrations.length}. ` +
        `Upgrade tailrace, or give another path.`;
      throw new SystemError(message, {
        code: 'STORE_VERSION',
        data: { path, found: version, supports: migrations.length },
      });
    }
    if (version === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined) {
      throw new SystemError(
        `${path} is a database of something else: it has tables, but not a log's. Give another path.`,
        {
          code: 'STORE_FAILED',
          data: { path },
        },
      );
    }
    for (const migration of migrations.slice(version)) db.exec(migration);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(db: sqlite.DatabaseSync): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}
