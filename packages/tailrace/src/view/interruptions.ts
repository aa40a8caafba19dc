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
  readonly #asked = new Map<string, string>();
  readonly #nested = new Map<string, RunToolApprovalItem>();

  constructor(agents: AgentByKey) {
    this.#agents = agents;
  }

  /** Of nested agents. */
  get nested(): RunToolApprovalItem[] {
    return [...this.#nested.values()];
  }

  /** Gives the item, where the event asks about a call. */
  take(event: RunEvent): RunToolApprovalItem | undefined {
    const above = event.scope?.at(-1) ?? '';
    if (event.type === 'approval.requested') this.#asked.set(nameOf(above, event.callId), event.step);
    else if (event.type === 'approval.decided' && event.step !== undefined) this.#nested.delete(event.step);
    else if (event.type === 'item.added' && event.kind === 'tool_approval') {
      const item = itemOf(event, this.#agents) as RunToolApprovalItem;
      const step = this.#asked.get(nameOf(above, item.callId));
      if (step !== undefined) steps.set(item, step);
      if (step !== undefined && event.scope) this.#nested.set(step, item);
      return item;
    }
    return undefined;
  }
}

function nameOf(above: string, callId: string): string {
  return JSON.stringify([above, callId]);
}

/** Whether an item is what asks for the decision that was made. */
export function isApprovalOf(item: RunItem, { callId, step }: ApprovalDecided): boolean {
  if (item.type !== 'tool_approval_item') return false;
  return step === undefined ? item.callId === callId : stepOfItem(item) === step;
}
