/** Leases in the store's file: any number of processes share them. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RunStarted } from '../event/run-event.ts';
import type { BeginHolds, BeginOutcome, Lease, LeaseNext, LeaseStore } from '../port/lease-store.ts';
import type { Awaitable } from '../port/log-store.ts';
import type { SqliteAccess } from './sqlite-access.ts';

interface LeaseRow {
  run: string;
  agent: string;
  owner: string | null;
  beat: number;
  wanted: number;
  wakeAt: number | null;
}

/** The logs beside the leases. Inside of a transaction. */
export interface LogsOfLeases {
  head(run: string): { next: number; ended: number } | undefined;
  begin(run: string, started: RunStarted): void;
  /** After the transaction. */
  wake(run: string): void;
}

export class SqliteLeases implements LeaseStore {
  readonly #access: SqliteAccess;
  readonly #sql: Record<'want' | 'due' | 'take' | 'beat' | 'done' | 'free' | 'holder' | 'hold' | 'drop', StatementSync>;
  readonly #logs: LogsOfLeases;
  readonly #watchers: Set<() => void> = new Set();

  constructor(db: DatabaseSync, access: SqliteAccess, logs: LogsOfLeases) {
    this.#access = access;
    this.#logs = logs;
    this.#sql = {
      want: db.prepare(
        `INSERT INTO lease (run, agent, owner, beat, wanted, wake_at) VALUES (?, ?, NULL, 0, 1, NULL)
         ON CONFLICT (run) DO UPDATE SET wanted = 1`,
      ),
      due: db.prepare(
        `SELECT run, agent, owner, beat, wanted, wake_at AS wakeAt FROM lease
         WHERE owner <> ? OR (owner IS NULL AND (wanted = 1 OR wake_at <= ?)) ORDER BY id`,
      ),
      take: db.prepare(
        `UPDATE lease SET owner = ?, beat = beat + 1, wanted = 0, wake_at = NULL WHERE run = ? AND owner IS ? AND beat = ?`,
      ),
      beat: db.prepare('UPDATE lease SET beat = beat + 1 WHERE owner = ? RETURNING run'),
      done: db.prepare('DELETE FROM lease WHERE run = ? AND owner = ?'),
      free: db.prepare(
        'UPDATE lease SET owner = NULL, beat = beat + 1, wanted = max(wanted, ?), wake_at = ? WHERE run = ? AND owner = ?',
      ),
      holder: db.prepare('SELECT run FROM session_hold WHERE session = ?'),
      hold: db.prepare(
        `INSERT INTO session_hold (session, run) VALUES (?, ?)
         ON CONFLICT (session) DO UPDATE SET run = CASE WHEN run = ? THEN excluded.run ELSE run END RETURNING run`,
      ),
      drop: db.prepare('DELETE FROM session_hold WHERE session = ? AND run = ?'),
    };
  }

  begin(run: string, started: RunStarted, { agent, session }: BeginHolds): Awaitable<BeginOutcome> {
    const outcome = this.#access.together<BeginOutcome>(run, `begin run '${run}'`, 'full', () => {
      if ((this.#logs.head(run)?.next ?? 0) > 0) return 'exists';
      const holder = session === undefined ? undefined : this.#holder(session);
      if (holder !== undefined && holder !== run && this.#logs.head(holder)?.ended === 0) return { busy: holder };
      this.#logs.begin(run, started);
      if (session !== undefined) this.#sql.hold.get(session, run, holder ?? null);
      if (agent !== undefined) this.#sql.want.run(run, agent);
      return 'begun';
    });
    return outcome instanceof Promise ? outcome.then((late) => this.#begun(run, late)) : this.#begun(run, outcome);
  }

  #begun(run: string, outcome: BeginOutcome): BeginOutcome {
    if (outcome === 'begun') {
      this.#logs.wake(run);
      this.#wake();
    }
    return outcome;
  }

  #holder(session: string): string | undefined {
    return (this.#sql.holder.get(session) as { run: string } | undefined)?.run;
  }

  want(run: string, agent: string): Awaitable<void> {
    const wanted = this.#access.together(run, `ask for run '${run}' to be driven`, 'full', () => {
      this.#sql.want.run(run, agent);
    });
    return wanted instanceof Promise ? wanted.then(() => this.#wake()) : this.#wake();
  }

  due(now: number, except = ''): Lease[] {
    return this.#access.read('look for runs to drive', () =>
      (this.#sql.due.all(except, now) as unknown as LeaseRow[]).map((row) => ({
        ...row,
        owner: row.owner ?? undefined,
        wanted: row.wanted === 1,
        wakeAt: row.wakeAt ?? undefined,
      })),
    );
  }

  take({ run, owner: from, beat }: Pick<Lease, 'run' | 'owner' | 'beat'>, owner: string): boolean {
    const { changes } = this.#access.write(`lease run '${run}'`, 'group', () =>
      this.#sql.take.run(owner, run, from ?? null, beat),
    );
    return changes === 1;
  }

  beat(owner: string): string[] {
    return this.#access.write('renew its leases', 'group', () =>
      (this.#sql.beat.all(owner) as unknown as Pick<LeaseRow, 'run'>[]).map(({ run }) => run),
    );
  }

  release(run: string, owner: string, next: LeaseNext): Awaitable<void> {
    // Not synced: whoever finds a lease of a process that is gone takes it, and sees in the log how the run stands.
    const released = this.#access.together(run, `let go of run '${run}'`, 'group', () => {
      if (next === 'done') this.#sql.done.run(run, owner);
      else if (next === 'wanted') this.#sql.free.run(1, null, run, owner);
      else this.#sql.free.run(0, next.wakeAt ?? null, run, owner);
    });
    return released instanceof Promise ? released.then(() => this.#wake()) : this.#wake();
  }

  holdSession(session: string, run: string, instead?: string): string {
    const { run: holder } = this.#access.write(`hold session '${session}'`, 'full', () =>
      this.#sql.hold.get(session, run, instead ?? null),
    ) as unknown as Pick<LeaseRow, 'run'>;
    return holder;
  }

  dropSession(session: string, run: string): void {
    this.#access.write(`let go of session '${session}'`, 'full', () => this.#sql.drop.run(session, run));
  }

  watchLeases(wake: () => void): Disposable {
    this.#watchers.add(wake);
    return { [Symbol.dispose]: () => void this.#watchers.delete(wake) };
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
  }
}
