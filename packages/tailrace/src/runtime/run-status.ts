/** How a run stands, from its log. */
import { UserError } from '../event/errors.ts';
import type { SerializedError } from '../event/errors.ts';
import { type FoldedRun, foldRun, pendingApprovals } from '../event/fold.ts';
import type { ApprovalRequested } from '../event/mail-events.ts';
import type { RunEvent, RunSuspended } from '../event/run-event.ts';
import type { UsageData } from '../event/usage.ts';
import type { Json } from '../base/json.ts';
import { readRun } from '../log/read-run.ts';
import type { LogStore } from '../port/log-store.ts';

/** `submitted`: nobody has begun it yet. `suspended`: it waits for a decision, for input, or for a time, and holds nothing. */
export type RunStatusName = 'submitted' | 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

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
}

export type PendingApproval = Pick<ApprovalRequested, 'callId' | 'tool' | 'agent' | 'arguments' | 'expiresAt'>;

/** @throws UserError RUN_NOT_FOUND */
export async function runStatus(store: LogStore, id: string): Promise<RunStatus> {
  const events = await readRun((from, limit) => store.read(id, from, limit));
  const folded = foldRun(events);
  const [first] = events;
  if (first && folded) return statusOf(id, first.at, folded, folded.suspended ? waitOf(events) : undefined);
  throw new UserError(`There is no run '${id}' in this store.`, { code: 'RUN_NOT_FOUND', runId: id });
}

function waitOf(events: readonly RunEvent[]): RunSuspended | undefined {
  return events.findLast((event) => event.type === 'run.suspended');
}

function statusOf(id: string, at: number, folded: FoldedRun, waits: RunSuspended | undefined): RunStatus {
  const { started, ended } = folded;
  return {
    id,
    status: nameOf(folded),
    agent: started.registered ?? started.agent,
    at,
    ...(started.sessionId !== undefined && { sessionId: started.sessionId }),
    ...(started.metadata !== undefined && { metadata: started.metadata }),
    ...(started.principal !== undefined && { principal: started.principal }),
    ...(started.traceId !== undefined && { traceId: started.traceId }),
    ...(ended?.type === 'run.completed' && { output: ended.output }),
    ...(ended?.type === 'run.failed' && { error: ended.error }),
    ...(ended?.type === 'run.cancelled' && { reason: ended.reason }),
    ...(waits && !ended && { waitsFor: waits.waitsFor }),
    ...(waits?.wakeAt !== undefined && !ended && { wakeAt: waits.wakeAt }),
    usage: ended?.usage ?? folded.usage.toData(),
    approvals: ended ? [] : pendingApprovals(folded).map(approvalOf),
  };
}

function nameOf({ ended, suspended, next }: FoldedRun): RunStatusName {
  if (ended) return ended.type === 'run.completed' ? 'completed' : ended.type === 'run.failed' ? 'failed' : 'cancelled';
  if (suspended) return 'suspended';
  return next === 1 ? 'submitted' : 'running';
}

function approvalOf({ callId, tool, agent, arguments: args, expiresAt }: ApprovalRequested): PendingApproval {
  return { callId, tool, agent, arguments: args, ...(expiresAt !== undefined && { expiresAt }) };
}
