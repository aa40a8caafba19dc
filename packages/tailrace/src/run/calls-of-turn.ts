/** The function calls of one turn: which are being made, which are settled, and which wait. */
import type { AnyAgent } from '../agent/agent.ts';
import { type RunItem, RunToolApprovalItem, RunToolCallOutputItem } from '../agent/run-item.ts';
import type { FunctionTool } from '../agent/tool.ts';
import type { FunctionToolOutput } from '../agent/tool-result.ts';
import { NEVER } from '../agent/tool-approval.ts';
import type { AbortScope } from '../base/abort.ts';
import type { FoldedWait } from '../event/fold.ts';
import type { FunctionCallItem } from '../event/item.ts';
import { withLive } from '../event/live.ts';
import type { ItemAdded, RunItemKind } from '../event/run-event.ts';
import type { Verdict } from './approvals.ts';
import { callStep } from './ask-approval.ts';
import type { Parking } from './parking.ts';
import type { LocalCallRun } from './local-call-run.ts';
import { RejectedCall } from './rejected-call.ts';
import type { RunScope } from './scope.ts';
import { ToolCallRun } from './tool-call.ts';
import type { ToolOutcome } from './tool-outcome.ts';
import { resultItem } from './tool-output.ts';
import type { AskedCall } from './tools.ts';
import type { SearchCall } from './tool-search.ts';
import {
  type AddedItem,
  answeredCall,
  beginLocal,
  isAdded,
  type LocalTurnCall,
  type RewordedCall,
} from './turn-call.ts';
import { type EndedWait, WaitedCall } from './waited-call.ts';

type Call = ToolCallRun | RejectedCall | WaitedCall | LocalTurnCall;
type ReadyCall = ToolCallRun | RejectedCall | WaitedCall | LocalCallRun | RewordedCall | SearchCall;

interface Slot {
  readonly asked: AskedCall;
  /** Undefined while it waits for a decision; parked while its output is still to come. */
  call: Call | undefined;
  /** How much of it the conversation has been told. */
  told: 'nothing' | 'that it waits' | 'all';
  result: FunctionToolOutput | undefined;
}

export class CallsOfTurn {
  readonly #run: RunScope;
  readonly #agent: AnyAgent;
  readonly #agentKey: string;
  readonly #stop: AbortScope;
  readonly #slots: readonly Slot[];

  constructor(run: RunScope, agent: AnyAgent, asked: readonly AskedCall[], stop: AbortScope) {
    this.#run = run;
    this.#agent = agent;
    this.#agentKey = run.agents.keyOf(agent);
    this.#stop = stop;
    this.#slots = asked.map((one) => ({ asked: one, call: undefined, told: 'nothing', result: undefined }));
  }

  /** Calls that may go on and have not yet: all that need no decision, and those that have got one; no more than `limit` at a time. */
  admit(limit: number): Call[] {
    const admitted: Call[] = [];
    let busy = 0;
    for (const slot of this.#slots) if (active(slot)?.outcome === undefined && active(slot)) busy += 1;
    for (const slot of this.#slots) {
      if (active(slot) || parkedAgent(slot)) continue;
      if (busy >= limit) break;
      const verdict = this.#verdict(slot.asked.call);
      if (verdict === 'waiting') continue;
      slot.call = this.#begin(slot.asked, verdict);
      admitted.push(slot.call);
      if (!slot.call.outcome) busy += 1;
    }
    return admitted;
  }

  /** Calls whose functions may be called now. */
  takeReady(): ReadyCall[] {
    const ready: ReadyCall[] = [];
    let busy: Set<object> | undefined;
    for (const { asked, call } of this.#slots) {
      if (!call || call.outcome || call.parked || !('phase' in call)) continue;
      const { local } = asked;
      // The calls of one such tool are made one after the other, each recorded when it begins: they share a screen, or files.
      if (local && busy?.has(local.tool)) continue;
      if (local) (busy ??= new Set()).add(local.tool);
      if (call.phase === 'ready') ready.push(call);
    }
    return ready;
  }

  #begin(asked: AskedCall, verdict: Exclude<CallVerdict, 'waiting'>): Call {
    const { call, tool } = asked;
    const local =
      verdict === 'free' || 'rejected' in verdict
        ? beginLocal(this.#run, this.#agent, asked, verdict, this.#stop)
        : undefined;
    if (local) return local;
    if (verdict === 'free') return new ToolCallRun(this.#run, this.#agent, call, tool, this.#stop);
    if ('ended' in verdict) return new WaitedCall(this.#run, this.#agent, asked, verdict, this.#stop);
    return new RejectedCall(this.#run, call, tool, verdict);
  }

  /** True when a call that waited has been decided about, or answered. */
  get admissible(): boolean {
    return this.#slots.some((slot) => this.#queued(slot));
  }

  get running(): boolean {
    return this.#slots.some(
      (slot) => (active(slot)?.outcome === undefined && active(slot)) || parkedAgent(slot)?.ready,
    );
  }

  /** True when there is something to report: the last call may settle while the others' outputs are being stored. */
  get unreported(): boolean {
    return this.#slots.some((slot) => {
      const call = active(slot);
      return call ? call.outcome && slot.told !== 'all' : slot.told === 'nothing' && !this.#queued(slot);
    });
  }

  get waiting(): boolean {
    return this.#slots.some((slot) => !active(slot));
  }

  /** In call order, without those that were rejected. */
  get results(): FunctionToolOutput[] {
    return this.#slots.flatMap(({ result }) => result ?? []);
  }

  /** What is new in the conversation, in call order. What an earlier writer reported comes first, in the order of the log. */
  report(): ItemAdded[] {
    const events: ItemAdded[] = [];
    for (const recorded of this.#run.open?.added ?? []) {
      const callId = answeredCall(recorded);
      if (callId === undefined) continue;
      const slot = this.#slots.find(({ asked, told }) => told !== 'all' && asked.call.callId === callId);
      if (slot?.call?.outcome) this.#addOutput(slot, slot.call.outcome);
    }
    for (const slot of this.#slots) {
      if (slot.told === 'all') continue;
      const call = active(slot);
      if ((call && !call.outcome) || this.#queued(slot)) break;
      events.push(...(call?.outcome ? this.#addOutput(slot, call.outcome) : this.#addWaiting(slot)));
    }
    return events;
  }

  // A call that waits for its output was made: whether it may be made is no question any more.
  #verdict(call: FunctionCallItem): CallVerdict {
    const step = callStep(this.#run, call);
    const wait = this.#run.waits.at(step);
    if (!wait) return this.#run.approvals.verdict(step, call);
    return hasEnded(wait) ? wait : 'waiting';
  }

  // It waits for nothing but its turn.
  #queued(slot: Slot): boolean {
    const parked = parkedAgent(slot);
    if (parked) return parked.ready;
    return !active(slot) && this.#verdict(slot.asked.call) !== 'waiting';
  }

  /** Leaves nested agents that wait as they are: the run is about to say that it waits. */
  async leaveNested(): Promise<void> {
    await Promise.all(this.#slots.map(async (slot) => parkedAgent(slot)?.leave()));
  }

  abandon(): void {
    for (const slot of this.#slots) active(slot)?.abandon();
  }

  // Said once, however often the run is taken up before somebody decides.
  #addWaiting(slot: Slot): ItemAdded[] {
    const { call, local } = slot.asked;
    if (slot.told !== 'nothing') return [];
    slot.told = 'that it waits';
    // A call that waits for its output needs no decision: the log says what it waits for.
    if (slot.call || this.#run.waits.at(callStep(this.#run, call))) return [];
    if (this.#isRecorded('tool_approval', call)) return [];
    if (!local) return [this.#added('tool_approval', new RunToolApprovalItem(call, this.#agent))];
    const item = new RunToolApprovalItem(local.asking, this.#agent, local.name);
    return [withLive({ ...this.#added('tool_approval', item), target: local.name }, item)];
  }

  // A call that was aborted, or that ends the run, has no output to add: the conversation never sees half of it.
  #addOutput(slot: Slot, outcome: ToolOutcome): ItemAdded[] {
    slot.told = 'all';
    if (!outcome.told) return [];
    if (slot.call && 'items' in slot.call)
      return slot.call.items(outcome).flatMap((added) => this.#addItem(slot, outcome, added));
    const { call, tool } = slot.asked;
    const { customData } = outcome;
    const raw = resultItem(call, outcome.told.output);
    const item = new RunToolCallOutputItem(raw, this.#agent, outcome.value, customData);
    this.#run.talk.add(item);
    if (!(slot.call instanceof RejectedCall))
      slot.result = { type: 'function_output', tool: tool ?? UNKNOWN_TOOL, output: outcome.value, runItem: item };
    if (this.#isRecorded('tool_output', call)) return [];
    const added = this.#added('tool_output', item);
    return [customData ? withLive({ ...added, customData }, item) : added];
  }

  #addItem(slot: Slot, outcome: ToolOutcome, added: AddedItem): ItemAdded[] {
    this.#run.talk.add(added.item);
    if (isAdded(this.#run.open?.added ?? [], slot.asked.call.callId, added)) return [];
    const event = this.#added(added.kind, added.item);
    const { customData } = outcome;
    return [customData && added.kind === 'tool_output' ? withLive({ ...event, customData }, added.item) : event];
  }

  #isRecorded(kind: RunItemKind, { callId }: FunctionCallItem): boolean {
    return (
      this.#run.open?.added.some(
        ({ kind: one, item }) => one === kind && ('callId' in item ? item.callId : item.id) === callId,
      ) ?? false
    );
  }

  #added(kind: RunItemKind, item: RunItem): ItemAdded {
    return withLive<ItemAdded>({ type: 'item.added', kind, agent: this.#agentKey, item: item.rawItem }, item);
  }
}

type CallVerdict = Verdict | EndedWait;

function hasEnded(wait: FoldedWait): wait is EndedWait {
  return wait.ended !== undefined;
}

/** The call that is being made, or has settled: not one that waits. */
function active({ call }: Slot): Call | undefined {
  return call?.parked ? undefined : call;
}

/** The nested agent that a call waits with. */
function parkedAgent({ call }: Slot): Parking | undefined {
  return call?.parked && call instanceof ToolCallRun ? call.nested : undefined;
}

const UNKNOWN_TOOL: FunctionTool = {
  type: 'function',
  name: 'unknown',
  description: '',
  parameters: { type: 'object', properties: {} },
  strict: false,
  invoke: async () => '',
  isEnabled: async () => false,
  needsApproval: NEVER,
};
