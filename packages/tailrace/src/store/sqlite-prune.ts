/** Prunes ranges of a run's events in their rows. To be called inside a transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RunEvent } from '../event/run-event.ts';
import { type SeqRange, withPruned } from '../port/pruned-range.ts';

interface Row {
  seq: number;
  body: string;
}

export class RowPruner {
  readonly #holding: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #insert: StatementSync;

  constructor(db: DatabaseSync) {
    this.#holding = db.prepare('SELECT seq, body FROM events WHERE run_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1');
    this.#update = db.prepare('UPDATE events SET body = ? WHERE run_id = ? AND seq = ?');
    this.#delete = db.prepare('DELETE FROM events WHERE run_id = ? AND seq > ? AND seq <= ?');
    this.#insert = db.prepare('INSERT INTO events (run_id, seq, body) VALUES (?, ?, ?)');
  }

  prune(runId: number, range: SeqRange): void {
    const first = this.#rowOf(runId, range.from);
    const last = this.#rowOf(runId, range.to);
    if (!first || !last) return;
    const apart = last.seq !== first.seq;
    // Rows between the two lie in the range as a whole and need not be looked at.
    const events = [...eventsOf(first), ...(apart ? eventsOf(last) : [])];
    const pruned = withPruned(events, [range]);
    const behind = apart ? pruned.findIndex(({ seq }) => seq > range.to) : -1;
    const head = behind < 0 ? pruned : pruned.slice(0, behind);
    this.#update.run(JSON.stringify(head), runId, first.seq);
    if (!apart) return;
    this.#delete.run(runId, first.seq, last.seq);
    const rest = behind < 0 ? [] : pruned.slice(behind);
    if (rest[0]) this.#insert.run(runId, rest[0].seq, JSON.stringify(rest));
  }

  #rowOf(runId: number, seq: number): Row | undefined {
    return this.#holding.get(runId, seq) as unknown as Row | undefined;
  }
}

function eventsOf({ body }: Row): RunEvent[] {
  return JSON.parse(body) as RunEvent[];
}
