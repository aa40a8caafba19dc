/**
 * What is kept, and for how long. Safe at any time, beside writers and readers: only deltas go, which nobody needs to go on with a run, and a reader that
 * comes to where they were gets one `log.pruned` for them and goes on behind it.
 */
import { UserError } from '../event/errors.ts';
import type { LogStore } from '../port/log-store.ts';
import { lastSeq, type SeqRange } from '../port/pruned-range.ts';
import { PruneSearch } from './prune.ts';

const PAGE = 1_000;
// A writer waits for one transaction of the pruner's at most.
const RANGES_AT_ONCE = 32;

export interface PruneOptions {
  /**
   * How far: over the whole log, or up to this sequence number (exclusive). Either way only deltas of completed steps and of superseded attempts go, which
   * other events of the log say in full.
   */
  before?: 'completed-steps' | number;
}

export interface Pruned {
  /** Sequence numbers that a `log.pruned` stands for since this call, or stood for before and were joined. */
  events: number;
  ranges: SeqRange[];
}

/**
 * Prunes a run's log, ended or not.
 * @throws {UserError} `RUN_NOT_FOUND`, `OFFSET_INVALID`
 */
export async function prune(store: LogStore, run: string, { before }: PruneOptions = {}): Promise<Pruned> {
  const limit = before === 'completed-steps' || before === undefined ? Number.POSITIVE_INFINITY : before;
  if (!(limit >= 0)) {
    throw new UserError(`Cannot prune run '${run}' before ${String(before)}. Give a sequence number from 0.`, {
      code: 'OFFSET_INVALID',
      runId: run,
    });
  }
  const head = await store.head(run);
  if (head === undefined)
    throw new UserError(`There is no run '${run}' in this store.`, { code: 'RUN_NOT_FOUND', runId: run });
  const search = new PruneSearch(limit);
  for (let from = 0; from < head.next;) {
    const page = await store.read(run, from, PAGE);
    const last = page.at(-1);
    if (!last) break;
    search.take(page);
    from = lastSeq(last) + 1;
  }
  const ranges = search.ranges();
  for (let index = 0; index < ranges.length; index += RANGES_AT_ONCE)
    await store.prune(run, ranges.slice(index, index + RANGES_AT_ONCE));
  return { events: ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0), ranges };
}

export interface PruneStoreOptions {
  /** Runs that ended longer ago than this, by the wall clock, in milliseconds. 0 by default: every ended run. */
  olderThanMs?: number;
  /** How many of the newest ended runs stay, however old. 0 by default. */
  keep?: number;
}

/** Deletes whole runs that have ended, with their mailboxes. Runs that have not ended stay, however old. Gives the deleted runs' ids, newest first. */
export async function pruneStore(store: LogStore, options: PruneStoreOptions = {}): Promise<string[]> {
  const { olderThanMs = 0, keep = 0 } = options;
  for (const [name, value] of Object.entries({ olderThanMs, keep })) {
    if (value >= 0) continue;
    throw new UserError(`${name} must be a number of 0 or more, got ${String(value)}.`, { code: 'OPTION_RANGE' });
  }
  const limit = Date.now() - olderThanMs;
  // Named first and deleted then: a page begins behind a run that must still be there.
  const doomed: string[] = [];
  let seen = 0;
  for (let before: string | undefined; ;) {
    const page = await store.list({ ended: true, limit: PAGE, ...(before !== undefined && { before }) });
    for (const { run, next } of page) {
      seen++;
      if (seen <= keep) continue;
      const [last] = await store.read(run, next - 1, 1);
      if (last && last.at <= limit) doomed.push(run);
    }
    before = page.at(-1)?.run;
    if (before === undefined) break;
  }
  for (const run of doomed) await store.delete(run);
  return doomed;
}
