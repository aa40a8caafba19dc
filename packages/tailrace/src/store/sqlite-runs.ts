/** Runs and their events as rows. To be called inside a transaction, but for `get`. */
import { isTerminal, type RunEvent, type RunStarted } from '../event/run-event.ts';
import { admitsAppend, refuseDisorder } from '../port/append-rules.ts';
import type { Claim } from '../port/log-store.ts';
import { aboutRun, statusAt } from '../port/run-summary.ts';
import { jsonOf } from './event-json.ts';
import type { RunRow, Statements } from './sqlite-statements.ts';

// A row is parsed as a whole, whatever part of it is asked for.
const ROW_EVENTS = 64;
// Runs that are written to here, by their rows.
const MAX_KNOWN = 4_096;

export class RunRows {
  readonly #sql: Statements;
  /** Where to look for a run's row first. A transaction that was rolled back may have put another run there. */
  readonly #ids: Map<string, number> = new Map();

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  get(run: string): RunRow | undefined {
    return this.#sql.run.get(run) as unknown as RunRow | undefined;
  }

  claim(run: string): Claim {
    const { epoch, next, ended } = this.#sql.claim.get(run, Date.now()) as unknown as RunRow;
    return { epoch, next, ended: ended === 1 };
  }

  /** False when the events are there already. */
  append(run: string, epoch: number, clientSeq: number, events: readonly RunEvent[]): boolean {
    if (this.#appendNext(run, epoch, clientSeq, events)) return true;
    const sql = this.#sql;
    const row = this.get(run);
    const state = row && { ...row, ended: row.ended === 1 };
    if (!admitsAppend(run, state, epoch, clientSeq, events) || row === undefined) return false;
    this.#insert(row.id, run, events);
    const last = events[events.length - 1] as RunEvent;
    sql.advance.run(row.next + events.length, isTerminal(last) ? 1 : 0, clientSeq, last.at, row.id);
    const about = row.next === 0 ? aboutRun(events[0]) : undefined;
    if (about) sql.describe.run(about.agent, about.sessionId ?? null, about.principal ?? null, row.id);
    const status = statusAt(last);
    // An index hangs on it: written only when it changes.
    if (status !== row.status) sql.settle.run(status, row.id);
    this.#ids.delete(run);
    if (this.#ids.size >= MAX_KNOWN) this.#ids.clear();
    if (status === 'running') this.#ids.set(run, row.id);
    return true;
  }

  /** What nearly every append is: the next events of a run that goes on as it did. False for any other, and nothing is written. */
  #appendNext(run: string, epoch: number, clientSeq: number, events: readonly RunEvent[]): boolean {
    const id = this.#ids.get(run);
    const first = events[0];
    const last = events[events.length - 1];
    if (id === undefined || !first || !last || statusAt(last) !== 'running') return false;
    const { seq } = first;
    const { changes } = this.#sql.follow.run(seq + events.length, clientSeq, last.at, id, run, epoch, seq, clientSeq);
    if (changes === 0) return false;
    refuseDisorder(run, seq, events);
    this.#insert(id, run, events);
    return true;
  }

  #insert(id: number, run: string, events: readonly RunEvent[]): void {
    for (let index = 0; index < events.length; index += ROW_EVENTS) {
      const chunk = events.length > ROW_EVENTS ? events.slice(index, index + ROW_EVENTS) : events;
      this.#sql.insert.run(id, (chunk[0] as RunEvent).seq, jsonOf(run, chunk));
    }
  }

  /** A run that nothing was written to gets its first event. */
  begin(run: string, started: RunStarted): void {
    const { epoch } = this.claim(run);
    this.append(run, epoch, 1, [{ ...started, run, seq: 0, epoch, at: Date.now() }]);
  }
}
