/** The function calls of one turn: which are being made, which are settled, and which wait. */
import type { AnyAgent } from '../agent/agent.ts';
import { RunToolApprovalItem, RunToolCallOutputItem } from '../agent/run-item.ts';
import type { FunctionTool, FunctionToolResult } from '../agent/tool.ts';
import { NEVER } from '../agent/tool-approval.ts';
import type { AbortScope } from '../base/abort.ts';
import type { FunctionCallItem } from '../event/item.ts';
import { withLive } from '../event/live.ts';
import type { ItemAdded, RunItemKind } from '../event/run-event.ts';
import type { Verdict } from './approvals.ts';
import { callStep } from './ask-approval.ts';
import { RejectedCall } from './rejected-call.ts';
import type { RunScope } from './scope.ts';
import { ToolCallRun } from './tool-call.ts';
import type { ToolOutcome } from './tool-outcome.ts';
import { resultItem } from './tool-output.ts';
import type { AskedCall } from './tools.ts';

interface Slot {
  readonly asked: AskedCall;
  /** Undefined while it waits for a decision. */
  call: ToolCallRun | RejectedCall | undefined;
  /** How much of it the conversation has been told. */
  told: 'nothing' | 'that it waits' | 'all';
  result: FunctionToolResult | undefined;
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

  /** Calls that may go on and have not yet: all that need no decision, and those that have got one. */
  admit(): (ToolCallRun | RejectedCall)[] {
    const admitted: (ToolCallRun | RejectedCall)[] = [];
    for (const slot of this.#slots) {
      if (slot.call) continue;
      const { call, tool } = slot.asked;
      const verdict = this.#verdict(call);
      if (verdict === 'waiting') continue;
      slot.call =
        verdict === 'free'
          ? new ToolCallRun(this.#run, this.#agent, call, tool, this.#stop)
          : new RejectedCall(this.#run, call, tool, verdict.rejected);
      admitted.push(slot.call);
    }
    return admitted;
  }

  /** True when a call that waited has been decided about. */
  get admissible(): boolean {
    return this.#slots.some(({ asked, call }) => !call && this.#verdict(asked.call) !== 'waiting');
  }

  get running(): boolean {
    return this.#slots.some(({ call }) => call && !call.outcome);
  }

  /** True when there is something to report: the last call may settle while the others' outputs are being stored. */
  get unreported(): boolean {
    return this.#slots.some(({ call, told }) => (call ? call.outcome && told !== 'all' : told === 'nothing'));
  }

  get waiting(): boolean {
    return this.#slots.some(({ call }) => !call);
  }

  /** In call order, without those that were rejected. */
  get results(): FunctionToolResult[] {
    return this.#slots.flatMap(({ result }) => result ?? []);
  }

  /** What is new in the conversation, in call order. What an earlier writer reported comes first, in the order of the log. */
  report(): ItemAdded[] {
    const events: ItemAdded[] = [];
    for (const { kind, item } of this.#run.open?.added ?? []) {
      if (kind !== 'tool_output' || !('callId' in item)) continue;
      const slot = this.#slots.find(({ asked, told }) => told !== 'all' && asked.call.callId === item.callId);
      if (slot?.call?.outcome) this.#addOutput(slot, slot.call.outcome);
    }
    for (const slot of this.#slots) {
      if (slot.told === 'all') continue;
      if (slot.call && !slot.call.outcome) break;
      const added = slot.call?.outcome ? this.#addOutput(slot, slot.call.outcome) : this.#addWaiting(slot);
      if (added) events.push(added);
    }
    return events;
  }

  #verdict(call: FunctionCallItem): Verdict {
    return this.#run.approvals.verdict(callStep(this.#run, call), call);
  }

  abandon(): void {
    for (const { call } of this.#slots) call?.abandon();
  }

  // Said once, however often the run is taken up before somebody decides.
  #addWaiting(slot: Slot): ItemAdded | undefined {
    const { call } = slot.asked;
    if (slot.told !== 'nothing') return undefined;
    slot.told = 'that it waits';
    if (this.#isRecorded('tool_approval', call)) return undefined;
    return this.#added('tool_approval', new RunToolApprovalItem(call, this.#agent));
  }

  // A call that was aborted, or that ends the run, has no output to add: the conversation never sees half of it.
  #addOutput(slot: Slot, outcome: ToolOutcome): ItemAdded | undefined {
    slot.told = 'all';
    if (!outcome.told) return undefined;
    const { call, tool } = slot.asked;
    const item = new RunToolCallOutputItem(resultItem(call, outcome.told.output), this.#agent, outcome.value);
    this.#run.talk.add(item);
    if (!(slot.call instanceof RejectedCall))
      slot.result = { type: 'function_output', tool: tool ?? UNKNOWN_TOOL, output: outcome.value, runItem: item };
    return this.#isRecorded('tool_output', call) ? undefined : this.#added('tool_output', item);
  }

  #isRecorded(kind: RunItemKind, { callId }: FunctionCallItem): boolean {
    return (
      this.#run.open?.added.some(
        (added) => added.kind === kind && 'callId' in added.item && added.item.callId === callId,
      ) ?? false
    );
  }

  #added(kind: RunItemKind, item: RunToolApprovalItem | RunToolCallOutputItem): ItemAdded {
    return withLive<ItemAdded>({ type: 'item.added', kind, agent: this.#agentKey, item: item.rawItem }, item);
  }
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
