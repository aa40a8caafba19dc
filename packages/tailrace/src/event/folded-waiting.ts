/** The calls of a run that wait, or waited, for somebody: decisions about them, and answers to them. */
import type { ApprovalDecided, ApprovalRequested, WaitEnded, WaitStarted } from './mail-events.ts';
import type { OpenTurn } from './open-turn.ts';

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

/**
 * What the event asks about. Earlier versions left out the namespace of the call's tool, which the call itself says; where two calls have the id, nobody can tell
 * which one is meant, and a bare name stands for no tool that is in a namespace.
 */
export function askedAbout({ added }: OpenTurn, requested: ApprovalRequested): ApprovalRequested {
  if (requested.namespace !== undefined) return requested;
  const { callId, tool } = requested;
  const [item, other] = added.flatMap(({ kind, item: one }) =>
    kind === 'tool_call' && one.type === 'function_call' && one.callId === callId ? one : [],
  );
  if (item?.namespace === undefined || item.name !== tool || other) return requested;
  return { ...requested, tool: `${item.namespace}.${tool}`, namespace: item.namespace };
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

/** What a standing decision is about. A hosted server's tool may have the name of one in a namespace. */
export function standingKey({ agent, tool, namespace }: AskedTool): string {
  return JSON.stringify([agent, tool, namespace ?? null]);
}

/** The tool of a call, and whose it is. */
export type AskedTool = Pick<ApprovalRequested, 'agent' | 'tool' | 'namespace'>;

/** Calls that wait for an answer, or for their time. */
export function pendingWaits({ waits }: Pick<Waiting, 'waits'>): WaitStarted[] {
  return [...waits.values()].flatMap(({ started, ended }) => (ended ? [] : [started]));
}

/** Calls that wait for a decision. */
export function pendingApprovals({ approvals }: Pick<Waiting, 'approvals'>): ApprovalRequested[] {
  return [...approvals.values()].flatMap(({ requested, decided }) => (decided ? [] : [requested]));
}
