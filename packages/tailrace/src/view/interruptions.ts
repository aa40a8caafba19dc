/** Calls that wait for a decision, those of nested agents among them, and which step of the run each item is about. */
import { type AgentByKey, itemOf } from '../agent/item-of.ts';
import type { RunItem, RunToolApprovalItem } from '../agent/run-item.ts';
import type { ApprovalDecided } from '../event/mail-events.ts';
import type { RunEvent } from '../event/run-event.ts';

/** What a decision about an item is about: a call id alone may come again in a nested agent. */
const steps = new WeakMap<RunToolApprovalItem, string>();

export function stepOfItem(item: RunToolApprovalItem): string | undefined {
  return steps.get(item);
}

export class Interruptions {
  readonly #agents: AgentByKey;
  /** Steps of the last calls that were asked about, by where and by call id. */
  #asked: Map<string, string> | undefined;
  #nested: Map<string, RunToolApprovalItem> | undefined;

  constructor(agents: AgentByKey) {
    this.#agents = agents;
  }

  /** Of nested agents. */
  get nested(): RunToolApprovalItem[] {
    return this.#nested ? [...this.#nested.values()] : [];
  }

  /** Gives the item, where the event asks about a call. */
  take(event: RunEvent): RunToolApprovalItem | undefined {
    if (event.type === 'approval.requested') (this.#asked ??= new Map()).set(nameOf(event), event.step);
    else if (event.type === 'approval.decided' && event.step !== undefined) this.#nested?.delete(event.step);
    else if (event.type === 'item.added' && event.kind === 'tool_approval') {
      const item = itemOf(event, this.#agents) as RunToolApprovalItem;
      const step = this.#asked?.get(nameOf({ scope: event.scope, callId: item.callId }));
      if (step !== undefined) steps.set(item, step);
      if (step !== undefined && event.scope) (this.#nested ??= new Map()).set(step, item);
      return item;
    }
    return undefined;
  }
}

function nameOf({ scope, callId }: { scope?: readonly string[] | undefined; callId: string | undefined }): string {
  return JSON.stringify([scope?.at(-1) ?? '', callId]);
}

/** Whether an item is what asks for the decision that was made. */
export function isApprovalOf(item: RunItem, { callId, step }: ApprovalDecided): boolean {
  if (item.type !== 'tool_approval_item') return false;
  return step === undefined ? item.callId === callId : stepOfItem(item) === step;
}
