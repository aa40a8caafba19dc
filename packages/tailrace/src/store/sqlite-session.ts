/** A session in the store's file. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { SystemError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { Session } from '../port/session.ts';
import { checkSessionId } from '../port/session-id.ts';
import type { SqliteAccess } from './sqlite-access.ts';

/**
 * How many steps deleted runs have put into a session, in one row: none of them can come again, and whoever has counted steps must not find fewer. No run's step
 * begins with it.
 */
export const GONE_STEPS = ':';

type SessionStatements = Record<
  'items' | 'add' | 'pop' | 'clear' | 'begin' | 'forget' | 'others' | 'holder',
  StatementSync
>;

/** Opens sessions by their names. */
export function sessionsOf(db: DatabaseSync, access: SqliteAccess): (sessionId: string) => Session {
  const sql: SessionStatements = {
    items: db.prepare('SELECT body FROM session_item WHERE session = ? ORDER BY id DESC LIMIT ?'),
    add: db.prepare('INSERT INTO session_item (session, body) VALUES (?, ?)'),
    pop: db.prepare(
      'DELETE FROM session_item WHERE id = (SELECT max(id) FROM session_item WHERE session = ?) RETURNING body',
    ),
    clear: db.prepare('DELETE FROM session_item WHERE session = ?'),
    begin: db.prepare('INSERT OR IGNORE INTO session_step (session, step) VALUES (?, ?)'),
    forget: db.prepare('DELETE FROM session_step WHERE session = ?'),
    others: db.prepare(
      `SELECT coalesce(sum(CASE WHEN step GLOB '${GONE_STEPS}[0-9]*' THEN CAST(substr(step, 2) AS INTEGER) ELSE 1 END), 0) AS steps
       FROM session_step WHERE session = ? AND substr(step, 1, length(?)) <> ?`,
    ),
    holder: db.prepare(
      `SELECT session_hold.run FROM session_hold JOIN runs ON runs.run = session_hold.run
       WHERE session_hold.session = ? AND session_hold.run <> ? AND runs.ended = 0`,
    ),
  };
  return (sessionId) => new StoredSession(sessionId, sql, access);
}

class StoredSession implements Session {
  readonly #id: string;
  readonly #sql: SessionStatements;
  readonly #access: SqliteAccess;

  /** @throws UserError SESSION_ID_INVALID */
  constructor(id: string, sql: SessionStatements, access: SqliteAccess) {
    this.#id = checkSessionId(id);
    this.#sql = sql;
    this.#access = access;
  }

  async getSessionId(): Promise<string> {
    return this.#id;
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    const most = limit === undefined ? -1 : Math.max(0, Math.trunc(limit));
    return this.#access.read(`read session '${this.#id}'`, () =>
      (this.#sql.items.all(this.#id, most) as { body: string }[]).reverse().map(itemOf),
    );
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    this.#write('add to', () => this.#add(items));
  }

  async addItemsOnce(step: string, items: AgentInputItem[], others?: number): Promise<void> {
    this.#write('add to', () => {
      if (this.#sql.begin.run(this.#id, step).changes !== 1) return;
      if (others !== undefined) this.#refuseBusy(step.split(':', 1)[0] ?? '', others);
      this.#add(items);
    });
  }

  async stepsOfOthers(runId: string): Promise<number> {
    return this.#access.read(`read session '${this.#id}'`, () => this.#others(runId));
  }

  #others(runId: string): number {
    return (this.#sql.others.get(this.#id, `${runId}:`, `${runId}:`) as { steps: number }).steps;
  }

  #refuseBusy(runId: string, others: number): void {
    const held = this.#sql.holder.get(this.#id, runId) as { run: string } | undefined;
    if (!held && this.#others(runId) <= others) return;
    const by = held ? `run ${held.run}` : 'another run, which has added to it since this one has read it';
    throw new SystemError(
      `Session '${this.#id}' is in use by ${by}. Wait for it to end, or cancel it, and try again.`,
      {
        code: 'SESSION_BUSY',
        runId,
        data: held ? { holder: held.run } : {},
      },
    );
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    const row = this.#write('take from', () => this.#sql.pop.get(this.#id)) as { body: string } | undefined;
    return row && itemOf(row);
  }

  async clearSession(): Promise<void> {
    this.#write('clear', () => {
      this.#sql.clear.run(this.#id);
      this.#sql.forget.run(this.#id);
    });
  }

  #add(items: AgentInputItem[]): void {
    for (const item of items) this.#sql.add.run(this.#id, JSON.stringify(item));
  }

  #write<T>(what: string, work: () => T): T {
    return this.#access.write(`${what} session '${this.#id}'`, 'full', work);
  }
}

function itemOf({ body }: { body: string }): AgentInputItem {
  return JSON.parse(body) as AgentInputItem;
}
