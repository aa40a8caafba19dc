/**
 * The calls of a run that wait, or waited, for somebody's decision.
 *
 * A1 A call that needs approval starts only after its `approval.decided` is durable. A2 The first decision about a call counts. A3 What was decided about is what
 * runs: the same step, tool and canonical arguments; anything else counts as rejected.
 */
import { sha256 } from '../base/hash.ts';
import { canonical, tryParse } from '../base/json.ts';
import { type FoldedApproval, type FoldedRun, standingKey } from '../event/fold.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { ApprovalDecided, ApprovalRequested, MailIgnored } from '../event/mail-events.ts';

/** How a call stands: it may run; it waits; or it was rejected. */
export type Verdict = 'free' | 'waiting' | { rejected: string };

export const NOT_APPROVED = 'Tool execution was not approved.';
const NOT_IN_TIME = 'Nobody approved the call in time. It was not run.';

export class Approvals {
  readonly #byCall: Map<string, FoldedApproval>;
  readonly #standing: Map<string, ApprovalDecided>;
  /** Calls that a standing decision has decided. */
  readonly #settled = new Map<string, ApprovalDecided>();

  constructor(folded: FoldedRun | undefined) {
    this.#byCall = new Map(folded?.approvals);
    this.#standing = new Map(folded?.standing);
  }

  has(step: string, callId: string): boolean {
    return this.#byCall.get(callId)?.requested.step === step;
  }

  ask(requested: ApprovalRequested): void {
    this.#byCall.set(requested.callId, { requested });
  }

  /** True when an earlier decision about the tool holds for this call, too. */
  settle(step: string, about: { agent: string; tool: string }): boolean {
    const standing = this.#standing.get(standingKey(about));
    if (standing) this.#settled.set(step, standing);
    return standing !== undefined;
  }

  verdict(step: string, call: FunctionCallItem): Verdict {
    const approval = this.#byCall.get(call.callId);
    if (approval?.requested.step !== step) return verdictOf(this.#settled.get(step));
    const { requested, decided } = approval;
    if (!decided) return 'waiting';
    const same = requested.tool === call.name && requested.argumentsHash === argumentsHash(call);
    return same ? verdictOf(decided) : { rejected: NOT_APPROVED };
  }

  /** What keeps a decision that was made at `at` from counting, if something does. */
  problem(callId: string, at: number): MailIgnored['why'] | undefined {
    const approval = this.#byCall.get(callId);
    if (!approval) return 'unknown';
    if (approval.decided) return 'decided';
    return (approval.requested.expiresAt ?? Infinity) <= at ? 'expired' : undefined;
  }

  decide(decided: ApprovalDecided): void {
    const approval = this.#byCall.get(decided.callId);
    if (!approval) return;
    this.#byCall.set(decided.callId, { ...approval, decided });
    if (decided.always) this.#standing.set(standingKey(approval.requested), decided);
  }

  /** Decides what nobody has decided in time. */
  expire(now: number): ApprovalDecided[] {
    const late = this.waiting.filter(({ expiresAt = Infinity }) => expiresAt <= now);
    const events = late.map(({ callId }): ApprovalDecided => ({
      type: 'approval.decided',
      callId,
      approved: false,
      expired: true,
    }));
    for (const event of events) this.decide(event);
    return events;
  }

  /** Calls that nothing has been decided about. */
  get waiting(): ApprovalRequested[] {
    return [...this.#byCall.values()].flatMap(({ requested, decided }) => (decided ? [] : [requested]));
  }
}

function verdictOf(decided: ApprovalDecided | undefined): Verdict {
  if (!decided || decided.approved) return 'free';
  return { rejected: decided.message ?? (decided.expired ? NOT_IN_TIME : NOT_APPROVED) };
}

export function argumentsHash(call: FunctionCallItem): string {
  const parsed = tryParse(call.arguments);
  const text = parsed === undefined ? call.arguments : canonical(parsed);
  return sha256(text);
}
