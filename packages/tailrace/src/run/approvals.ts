/**
 * The calls of a run that wait, or waited, for somebody's decision.
 *
 * A1 A call that needs approval starts only after its `approval.decided` is durable. A2 The first decision about a call counts. A3 What was decided about is what
 * runs: the same step, tool and canonical arguments; anything else counts as rejected.
 */
import { qualifiedName } from '../agent/tool-namespace.ts';
import { sha256 } from '../base/hash.ts';
import { canonical, tryParse } from '../base/json.ts';
import type { FoldedApproval, FoldedRun } from '../event/fold.ts';
import { approvalOf, type AskedTool, standingKey } from '../event/folded-waiting.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { ApprovalDecided, ApprovalRequested, MailIgnored } from '../event/mail-events.ts';

/** How a call stands: it may run; it waits; or it was rejected, with this text, which is `standard` where nobody said another. */
export type Verdict = 'free' | 'waiting' | { rejected: string; standard?: boolean };

export const NOT_APPROVED = 'Tool execution was not approved.';
const NOT_IN_TIME = 'Nobody approved the call in time. It was not run.';

export class Approvals {
  readonly #byStep: Map<string, FoldedApproval>;
  readonly #standing: Map<string, ApprovalDecided>;
  /** Calls that a standing decision has decided. */
  readonly #settled = new Map<string, ApprovalDecided>();

  constructor(folded: FoldedRun | undefined) {
    this.#byStep = new Map(folded?.approvals);
    this.#standing = new Map(folded?.standing);
  }

  has(step: string): boolean {
    return this.#byStep.has(step);
  }

  ask(requested: ApprovalRequested): void {
    this.#byStep.set(requested.step, { requested });
  }

  /** True when there is a decision about all calls of some tool. */
  get standing(): boolean {
    return this.#standing.size > 0;
  }

  /** True when an earlier decision about the tool holds for this call, too. */
  settle(step: string, about: AskedTool): boolean {
    const standing = this.#standing.get(standingKey(about));
    if (standing) this.#settled.set(step, standing);
    return standing !== undefined;
  }

  verdict(step: string, call: FunctionCallItem): Verdict {
    // Most runs ask nobody.
    if (this.#byStep.size + this.#settled.size === 0) return 'free';
    const approval = this.#byStep.get(step);
    if (!approval) return verdictOf(this.#settled.get(step));
    const { requested, decided } = approval;
    if (!decided) return 'waiting';
    return isAbout(requested, call) ? verdictOf(decided) : { rejected: NOT_APPROVED };
  }

  /** What whoever approved the call said. */
  reason(step: string): string | undefined {
    return (this.#byStep.get(step)?.decided ?? this.#settled.get(step))?.message;
  }

  /** What keeps a decision that was made at `at` from counting, if something does. */
  problem(callId: string, step: string | undefined, at: number): MailIgnored['why'] | undefined {
    const approval = approvalOf(this.#byStep, callId, step);
    if (!approval) return 'unknown';
    if (approval.decided) return 'decided';
    return (approval.requested.expiresAt ?? Infinity) <= at ? 'expired' : undefined;
  }

  decide(decided: ApprovalDecided): void {
    const approval = approvalOf(this.#byStep, decided.callId, decided.step);
    if (!approval) return;
    this.#byStep.set(approval.requested.step, { ...approval, decided });
    if (decided.always) this.#standing.set(standingKey(approval.requested), decided);
  }

  /** Decides what nobody has decided in time. */
  expire(now: number): ApprovalDecided[] {
    const late = this.waiting.filter(({ expiresAt = Infinity }) => expiresAt <= now);
    const events = late.map(({ callId, step }): ApprovalDecided => ({
      type: 'approval.decided',
      callId,
      step,
      approved: false,
      expired: true,
    }));
    for (const event of events) this.decide(event);
    return events;
  }

  /** Calls that nothing has been decided about. */
  get waiting(): ApprovalRequested[] {
    return [...this.#byStep.values()].flatMap(({ requested, decided }) => (decided ? [] : [requested]));
  }
}

function verdictOf(decided: ApprovalDecided | undefined): Verdict {
  if (!decided || decided.approved) return 'free';
  if (decided.message !== undefined) return { rejected: decided.message };
  return { rejected: decided.expired ? NOT_IN_TIME : NOT_APPROVED, standard: true };
}

function isAbout({ tool, namespace, argumentsHash: hash }: ApprovalRequested, call: FunctionCallItem): boolean {
  return tool === qualifiedName(call) && namespace === call.namespace && hash === argumentsHash(call);
}

export function argumentsHash(call: FunctionCallItem): string {
  const parsed = tryParse(call.arguments);
  const text = parsed === undefined ? call.arguments : canonical(parsed);
  return sha256(text);
}
