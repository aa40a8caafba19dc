/** Lists of runs: how they stand is kept beside their heads, and no log is read but for its first event. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Json } from '../base/json.ts';
import type { RunQuery } from '../port/log-store.ts';
import type { RunListing, RunStatusName } from '../port/run-summary.ts';

interface ListRow {
  run: string;
  epoch: number;
  next: number;
  ended: number;
  status: RunStatusName | null;
  agent: string | null;
  session: string | null;
  principal: string | null;
  updatedAt: number | null;
  metadata: string | null;
  at: number | null;
}

// One row that is no JSON must not hide all others.
const SELECT = `
  SELECT runs.run, runs.epoch, runs.next, runs.ended, runs.status, runs.agent, runs.session, runs.principal, runs.updated_at AS updatedAt,
    first.body -> '$[0].metadata' AS metadata, first.body ->> '$[0].at' AS at
  FROM runs LEFT JOIN events AS first ON first.run_id = runs.id AND first.seq = 0 AND json_valid(first.body)`;

export class RunLister {
  readonly #db: DatabaseSync;
  /** By their conditions: each has an index of its own. */
  readonly #prepared: Map<string, StatementSync> = new Map();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Newest first. `below`: only runs with a smaller row id. */
  list({ limit = 100, ended, status, agent, sessionId, principal }: RunQuery, below: number | undefined): RunListing[] {
    const wanted: [column: string, value: SQLInputValue | undefined][] = [
      ['id <', below],
      ['ended =', ended === true ? 1 : undefined],
      ['status =', status],
      ['agent =', agent],
      ['session =', sessionId],
      ['principal =', principal],
    ];
    // Written out, and not bound: an index of open runs serves no other.
    const open = ended === false ? ['runs.ended = 0'] : [];
    const given = wanted.filter((each): each is [string, SQLInputValue] => each[1] !== undefined);
    const statement = this.#statement([...open, ...given.map(([column]) => `runs.${column} ?`)]);
    return (statement.all(...given.map(([, value]) => value), limit) as unknown as ListRow[]).map(listingOf);
  }

  #statement(conditions: readonly string[]): StatementSync {
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const known = this.#prepared.get(where);
    if (known) return known;
    const made = this.#db.prepare(`${SELECT} ${where} ORDER BY runs.id DESC LIMIT ?`);
    this.#prepared.set(where, made);
    return made;
  }
}

function listingOf({
  run,
  epoch,
  next,
  ended,
  status,
  agent,
  session,
  principal,
  updatedAt,
  ...first
}: ListRow): RunListing {
  const head = { run, epoch, next, ended: ended === 1 };
  if (status === null) return head;
  const about = agent !== null && {
    agent,
    ...(session !== null && { sessionId: session }),
    ...(first.metadata !== null && { metadata: JSON.parse(first.metadata) as Json }),
    ...(principal !== null && { principal }),
    at: first.at ?? 0,
  };
  return { ...head, status, ...(about && { about }), ...(updatedAt !== null && { updatedAt }) };
}
