import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Presence, PresenceStore } from '../port/presence-store.ts';
import type { Awaitable } from '../port/log-store.ts';
import type { SqliteAccess } from './sqlite-access.ts';

export class SqlitePresence implements PresenceStore {
  readonly #access: SqliteAccess;
  readonly #sql: Record<'enter' | 'leave' | 'others' | 'beat' | 'list' | 'remove', StatementSync>;

  constructor(db: DatabaseSync, access: SqliteAccess) {
    this.#access = access;
    this.#sql = {
      enter: db.prepare('INSERT INTO reader (run, owner, beat) VALUES (?, ?, 0) ON CONFLICT DO NOTHING'),
      leave: db.prepare('DELETE FROM reader WHERE run = ? AND owner = ?'),
      others: db.prepare('SELECT 1 FROM reader WHERE run = ? LIMIT 1'),
      beat: db.prepare('UPDATE reader SET beat = beat + 1 WHERE owner = ? RETURNING run'),
      list: db.prepare('SELECT run, owner, beat FROM reader'),
      remove: db.prepare('DELETE FROM reader WHERE run = ? AND owner = ? AND beat = ?'),
    };
  }

  enter(run: string, owner: string): Awaitable<void> {
    return this.#access.together(run, `say that run '${run}' is read`, 'group', () => {
      this.#sql.enter.run(run, owner);
    });
  }

  leave(run: string, owner: string): Awaitable<boolean> {
    return this.#access.together(run, `say that run '${run}' is left`, 'stored', () => {
      this.#sql.leave.run(run, owner);
      return this.#sql.others.get(run) === undefined;
    });
  }

  beat(owner: string): string[] {
    return this.#access.write('say that its readers are there', 'group', () =>
      (this.#sql.beat.all(owner) as unknown as Presence[]).map(({ run }) => run),
    );
  }

  list(): Presence[] {
    return this.#access.read('look who reads', () =>
      this.#sql.list.all().map((row) => ({ ...row }) as unknown as Presence),
    );
  }

  take({ run, owner: from, beat }: Presence, owner: string): boolean {
    return this.#access.write(`take over the readers of run '${run}'`, 'group', () => {
      if (this.#sql.remove.run(run, from, beat).changes === 0) return false;
      this.#sql.enter.run(run, owner);
      return true;
    });
  }
}
