/** The runs of a store, as lists of them say it: from what the store keeps beside their logs. */
import { checkKinds } from '../agent/option.ts';
import { UserError } from '../event/errors.ts';
import type { LogStore, RunQuery } from '../port/log-store.ts';
import type { RunAbout, RunListing, RunStatusName } from '../port/run-summary.ts';

export interface ListOptions {
  status?: RunStatusName;
  /** The name that the agent is registered by. */
  agent?: string;
  sessionId?: string;
  principal?: string;
  /** 100 by default. */
  limit?: number;
  /** The id of the last run of the page before. */
  after?: string;
}

/** One run of a list. */
export interface RunSummary extends RunAbout {
  id: string;
  status: RunStatusName;
  /** When it was last written to: wall clock, milliseconds since the epoch. */
  updatedAt: number;
}

const STATUSES: Readonly<Record<RunStatusName, true>> = {
  submitted: true,
  running: true,
  suspended: true,
  completed: true,
  failed: true,
  cancelled: true,
};

/** Newest first. @throws UserError OPTION_UNKNOWN, OPTION_RANGE, OPTION_TYPE, RUN_NOT_FOUND for `after` */
export async function listRuns(store: LogStore, options: ListOptions): Promise<RunSummary[]> {
  checkKinds('list()', options, {
    status: 'text',
    agent: 'text',
    sessionId: 'text',
    principal: 'text',
    limit: 'other',
    after: 'text',
  });
  const { after, limit = 100, ...wanted } = options;
  const { status } = wanted;
  if (!Number.isInteger(limit) || limit < 1)
    throw new UserError(`list(): limit must be a whole number of 1 or more, got ${limit}.`, { code: 'OPTION_RANGE' });
  if (status !== undefined && !Object.hasOwn(STATUSES, status))
    throw new UserError(`list(): '${String(status)}' is no status. Known are: ${Object.keys(STATUSES).join(', ')}.`, {
      code: 'OPTION_TYPE',
    });
  const found: RunSummary[] = [];
  for (let before = after; ;) {
    const query: RunQuery = { ...wanted, limit: limit - found.length, ...(before !== undefined && { before }) };
    const page = await store.list(query);
    for (const listing of page) found.push(...summaryOf(listing));
    // What was claimed and never begun is left out, and the page filled up.
    if (found.length === limit || page.length < (query.limit ?? 0)) return found;
    before = page.at(-1)?.run;
  }
}

function summaryOf({ run, status, about, updatedAt }: RunListing): RunSummary[] {
  return status && about ? [{ id: run, status, ...about, updatedAt: updatedAt ?? about.at }] : [];
}
