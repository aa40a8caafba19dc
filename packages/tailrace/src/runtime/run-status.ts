/** How a run stands, from its log. */
import { UserError } from '../event/errors.ts';
import type { SerializedError } from '../event/errors.ts';
import { type FoldedRun, foldRun, pendingApprovals, pendingWaits } from '../event/fold.ts';
import { type ApprovalRequested, type PendingWait, pendingWaitOf } from '../event/mail-events.ts';
import type { RunSuspended } from '../event/run-event.ts';
import type { UsageData } from '../event/usage.ts';
import type { Json } from '../base/json.ts';
import { readRun } from '../log/read-run.ts';
import type { LogStore } from '../port/log-store.ts';
import { aboutRun, type RunAbout, type RunStatusName, statusAt } from '../port/run-summary.ts';

export interface RunStatus {
  id: string;
  status: RunStatusName;
  /** The name that its agent is registered by; the agent's own for a run that no runtime was given. */
  agent: string;
  sessionId?: string;
  metadata?: Json;
  principal?: string;
  /** When it was submitted: wall clock, milliseconds since the epoch. */
  at: number;
  traceId?: string;
  /** The final output as text. */
  output?: string;
  /** How a failed run failed. */
  error?: SerializedError;
  /** Why a cancelled run was cancelled. */
  reason?: string;
  usage: UsageData;
  /** What a suspended run waits for. */
  waitsFor?: RunSuspended['waitsFor'];
  wakeAt?: number;
  /** Calls that wait for a decision. */
  approvals: PendingApproval[];
  /** Calls that wait for an answer, or for their time. */
  waits: PendingWait[];
}

export type PendingApproval = Pick<ApprovalRequested, 'callId' | 'step' | 'tool' | 'agent' | 'arguments' | 'expiresAt'>;

/** @throws UserError RUN_NOT_FOUND */
export async function runStatus(store: LogStore, id: string): Promise<RunStatus> {
  const events = await readRun((from, limit) => store.read(id, from, limit));
  const folded = foldRun(events);
  const about = aboutRun(events[0]);
  const last = events.at(-1);
  if (last && about && folded) return statusOf(id, { ...about, status: statusAt(last) }, folded);
  throw new UserError(`There is no run '${id}' in this store.`, { code: 'RUN_NOT_FOUND', runId: id });
}

function statusOf(id: string, about: RunAbout & { status: RunStatusName }, folded: FoldedRun): RunStatus {
  const { started, ended } = folded;
  const waits = ended ? undefined : folded.suspended;
  return {
    id,
    ...about,
    ...(started.traceId !== undefined && { traceId: started.traceId }),
    ...(ended?.type === 'run.completed' && { output: ended.output }),
    ...(ended?.type === 'run.failed' && { error: ended.error }),
    ...(ended?.type === 'run.cancelled' && { reason: ended.reason }),
    ...(waits && { waitsFor: waits.waitsFor }),
    ...(waits?.wakeAt !== undefined && { wakeAt: waits.wakeAt }),
    usage: ended?.usage ?? folded.usage.toData(),
    approvals: ended ? [] : pendingApprovals(folded).map(approvalOf),
    waits: ended ? [] : pendingWaits(folded).map(pendingWaitOf),
  };
}

function approvalOf({ callId, step, tool, agent, arguments: args, expiresAt }: ApprovalRequested): PendingApproval {
  return { callId, step, tool, agent, arguments: args, ...(expiresAt !== undefined && { expiresAt }) };
}
