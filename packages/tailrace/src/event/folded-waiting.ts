/** The calls of a run that wait, or waited, for somebody: decisions about them, and answers to them. */
import type { ApprovalDecided, ApprovalRequested, WaitEnded, WaitStarted } from './mail-events.ts';

/** One call that was asked about. */
export interface FoldedApproval {
  requested: ApprovalRequested;
  decided?: ApprovalDecided;
}

/** One call whose output was still to come when its function had returned. */
export interface FoldedWait {
  started: WaitStarted;
  ended?: WaitEnded;
}

interface Waiting {
  /** By step. */
  approvals: Map<string, FoldedApproval>;
  /** By step. */
  waits: Map<string, FoldedWait>;
  /** By agent and tool. */
  standing: Map<string, ApprovalDecided>;
}

/**
 * The call that a decision is about: that of `step` where it says one, else the last one of that id, one that waits before others. A call id alone may come again,
 * in a later turn and in a nested agent. `callId` may be a step itself.
 */
export function approvalOf(
  approvals: ReadonlyMap<string, FoldedApproval>,
  callId: string,
  step: string = callId,
): FoldedApproval | undefined {
  const exact = approvals.get(step);
  if (exact) return exact;
  const same = [...approvals.values()].filter(({ requested }) => requested.callId === callId);
  return same.findLast(({ decided }) => !decided) ?? same.at(-1);
}

/** The first decision about a call counts. */
export function foldDecision({ approvals, standing }: Waiting, event: ApprovalDecided): void {
  const approval = approvalOf(approvals, event.callId, event.step);
  if (!approval || approval.decided) return;
  approval.decided = event;
  if (event.always) standing.set(standingKey(approval.requested), event);
}

export function foldAnswer({ waits }: Waiting, event: WaitEnded): void {
  const wait = waits.get(event.step);
  if (wait) wait.ended ??= event;
}

/** What a standing decision is about. */
export function standingKey({ agent, tool }: { agent: string; tool: string }): string {
  return JSON.stringify([agent, tool]);
}

/** Calls that wait for an answer, or for their time. */
export function pendingWaits({ waits }: Pick<Waiting, 'waits'>): WaitStarted[] {
  return [...waits.values()].flatMap(({ started, ended }) => (ended ? [] : [started]));
}

/** Calls that wait for a decision. */
export function pendingApprovals({ approvals }: Pick<Waiting, 'approvals'>): ApprovalRequested[] {
  return [...approvals.values()].flatMap(({ requested, decided }) => (decided ? [] : [requested]));
}
