import { UserError } from '../event/errors.ts';
import type { LogStore } from '../port/log-store.ts';
import { type RunStatus, type RunStatusName, runStatus } from './run-status.ts';

export interface ListOptions {
  status?: RunStatusName;
  /** 100 by default. */
  limit?: number;
  /** Only runs older than this one. */
  before?: string;
}

const ENDED: Record<RunStatusName, boolean> = {
  submitted: false,
  running: false,
  suspended: false,
  completed: true,
  failed: true,
  cancelled: true,
};
const PAGE = 50;

/** Newest first. @throws UserError OPTION_RANGE, OPTION_TYPE, RUN_NOT_FOUND for `before` */
export async function listRuns(store: LogStore, { status, limit = 100, before }: ListOptions): Promise<RunStatus[]> {
  if (!Number.isInteger(limit) || limit < 1)
    throw new UserError(`list(): limit must be a whole number of 1 or more, got ${limit}.`, { code: 'OPTION_RANGE' });
  if (status !== undefined && !Object.hasOwn(ENDED, status))
    throw new UserError(`list(): '${String(status)}' is no status. Known are: ${Object.keys(ENDED).join(', ')}.`, {
      code: 'OPTION_TYPE',
    });
  const found: RunStatus[] = [];
  const ended = status === undefined ? {} : { ended: ENDED[status] };
  for (let older = before; ;) {
    const page = await store.list({ limit: PAGE, ...(older !== undefined && { before: older }), ...ended });
    for (const { run, next } of page) {
      // Claimed, and never begun.
      if (next === 0) continue;
      const each = await runStatus(store, run);
      if (status === undefined || each.status === status) found.push(each);
      if (found.length === limit) return found;
    }
    older = page.at(-1)?.run;
    if (page.length < PAGE) return found;
  }
}
