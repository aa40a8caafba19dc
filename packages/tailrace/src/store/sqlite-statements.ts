/** The SQL of the store, prepared once. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredMessage } from '../port/log-store.ts';

export interface Statements {
  dataVersion: StatementSync;
  claim: StatementSync;
  run: StatementSync;
  insert: StatementSync;
  advance: StatementSync;
  follow: StatementSync;
  read: StatementSync;
  settle: StatementSync;
  describe: StatementSync;
  post: StatementSync;
  wake: StatementSync;
  posted: StatementSync;
  closeMail: StatementSync;
  mail: StatementSync;
}

export interface RunRow {
  id: number;
  run: string;
  epoch: number;
  next: number;
  ended: number;
  clientSeq: number;
  status: string | null;
  mailClosed: number;
}

export interface MailRow {
  position: number;
  id: string;
  kind: StoredMessage['kind'];
  body: string;
  at: number;
}

export function prepareStatements(db: DatabaseSync): Statements {
  const sql = (text: string): StatementSync => db.prepare(text);
  // Unnumbered parameters only: Node 22.13 takes ?1 for a named one.
  const idOf = '(SELECT id FROM runs WHERE run = ?)';
  return {
    dataVersion: sql('PRAGMA data_version'),
    claim: sql(
      `INSERT INTO runs (run, epoch, next, ended, client_seq, created_at) VALUES (?, 1, 0, 0, 0, ?)
       ON CONFLICT (run) DO UPDATE SET epoch = epoch + 1, client_seq = 0 RETURNING epoch, next, ended`,
    ),
    run: sql(
      'SELECT id, run, epoch, next, ended, client_seq AS clientSeq, status, mail_closed AS mailClosed FROM runs WHERE run = ?',
    ),
    insert: sql('INSERT INTO events (run_id, seq, body) VALUES (?, ?, ?)'),
    advance: sql('UPDATE runs SET next = ?, ended = ?, client_seq = ?, updated_at = ? WHERE id = ?'),
    follow: sql(
      `UPDATE runs SET next = ?, client_seq = ?, updated_at = ?
       WHERE id = ? AND run = ? AND epoch = ? AND next = ? AND client_seq < ? AND ended = 0 AND status = 'running'`,
    ),
    read: sql(
      `SELECT body FROM events WHERE run_id = ${idOf}
       AND seq >= (SELECT max(seq) FROM events WHERE run_id = ${idOf} AND seq <= ?) ORDER BY seq`,
    ),
    settle: sql('UPDATE runs SET status = ? WHERE id = ?'),
    describe: sql('UPDATE runs SET agent = ?, session = ?, principal = ? WHERE id = ?'),
    post: sql(
      `INSERT OR IGNORE INTO mailbox (run_id, position, id, kind, body, at)
       VALUES (?, 1 + (SELECT coalesce(max(position), 0) FROM mailbox WHERE run_id = ?), ?, ?, ?, ?)`,
    ),
    wake: sql('UPDATE lease SET wanted = 1 WHERE run = ?'),
    posted: sql('SELECT 1 FROM mailbox WHERE run_id = ? AND id = ?'),
    closeMail: sql(
      `UPDATE runs SET mail_closed = 1
       WHERE id = ? AND NOT EXISTS (SELECT 1 FROM mailbox WHERE run_id = runs.id AND position > ?)`,
    ),
    mail: sql(
      `SELECT position, id, kind, body, at FROM mailbox WHERE run_id = ${idOf} AND position > ? ORDER BY position`,
    ),
  };
}
