/** Protocols in which a client names a conversation, not a run: which run of it is the latest, and what that one waits for. */
import type { FoldedRun } from '../event/fold.ts';
import { foldRun, pendingWaits } from '../event/fold.ts';
import { pendingApprovals } from '../event/folded-waiting.ts';
import type { ApprovalRequested, WaitStarted } from '../event/mail-events.ts';
import { isTerminal, type RunEvent } from '../event/run-event.ts';
import { readRun } from '../log/read-run.ts';
import type { RunSummary } from '../runtime/run-list.ts';
import type { StartedRun } from './access.ts';
import type { Action, Principal } from './options.ts';
import type { Call } from './route.ts';

export interface LatestRun {
  principal: Principal;
  started: StartedRun;
  ended: boolean;
  /** How often it has come to wait. */
  waits: number;
  /** True while it waits. */
  suspended: boolean;
  /** What the stretch that it is in begins with: the event after it came to wait last, where it waits now, else after its last event. */
  from: number;
  approvals: ApprovalRequested[];
  inputs: WaitStarted[];
  folded: FoldedRun;
  events: readonly RunEvent[];
}

/** The latest run of a session, if it has any that this principal may act on. `key` is the store's id of the session. */
export async function latestRun(
  call: Call,
  action: Action,
  principal: Principal,
  key: string,
): Promise<LatestRun | undefined> {
  const { service, request } = call;
  const { runtime, access } = service;
  const found = await latestSummary(call, principal, key);
  if (!found) return undefined;
  const { started } = await access.run(request, action, found.id);
  const events = await readRun((from, limit) => runtime.store.read(found.id, from, limit));
  const folded = foldRun(events);
  const last = events.at(-1);
  if (!folded || !last) return undefined;
  const { waits, suspended, at } = waitsOf(events);
  return {
    principal,
    started,
    ended: isTerminal(last),
    waits,
    suspended,
    from: (suspended ? at : last.seq) + 1,
    approvals: pendingApprovals(folded),
    inputs: pendingWaits(folded).filter((wait) => wait.for === 'input'),
    folded,
    events,
  };
}

/** The latest run of a session, if it has any that are this principal's. */
export async function latestSummary(
  { service }: Call,
  principal: Principal,
  key: string,
): Promise<RunSummary | undefined> {
  const [found] = await service.runtime.list({
    sessionId: key,
    limit: 1,
    ...(principal.allRuns !== true && { principal: principal.id }),
  });
  return found;
}

/** How often a run has come to wait, before an event where one is given; whether it waits now, and since which event. */
export function waitsOf(
  events: readonly RunEvent[],
  before: number = Infinity,
): { waits: number; suspended: boolean; at: number } {
  const turns = events.filter(({ type, scope }) => !scope && (type === 'run.suspended' || type === 'run.resumed'));
  const last = turns.at(-1);
  return {
    waits: turns.filter(({ type, seq }) => type === 'run.suspended' && seq < before).length,
    suspended: last?.type === 'run.suspended',
    at: last?.seq ?? 0,
  };
}
