/** Calls of a turn that are no functions', and what the conversation is told of them. */
import type { AnyAgent } from '../agent/agent.ts';
import { type RunItem, RunToolCallItem } from '../agent/run-item.ts';
import type { AbortScope } from '../base/abort.ts';
import type { FunctionCallItem } from '../event/item.ts';
import { searchCallId } from '../event/local-items.ts';
import type { RunEventBody, FilteredItem, RunItemKind } from '../event/run-event.ts';
import type { Verdict } from './approvals.ts';
import { callStep } from './ask-approval.ts';
import type { LocalCall } from './local-call.ts';
import { LocalCallRun, toldItems } from './local-call-run.ts';
import { mcpAnswer } from './mcp-approval.ts';
import type { RunScope } from './scope.ts';
import { textOutput, TOLD_NOTHING, type ToolOutcome } from './tool-outcome.ts';
import { tellError } from './tool-error.ts';
import { SearchCall } from './tool-search.ts';
import type { AskedCall } from './tools.ts';

/** Something that the conversation is told. */
export interface AddedItem {
  kind: RunItemKind;
  item: RunItem;
}

/** A call that has settled from the start: nothing is called for it. */
export class SettledCall {
  readonly call: FunctionCallItem;
  readonly outcome: ToolOutcome;
  readonly unknown = false;
  readonly parked = false;
  readonly #items: AddedItem[];

  constructor(call: FunctionCallItem, text: string, items: AddedItem[]) {
    this.call = call;
    this.outcome = { ...TOLD_NOTHING, value: text, told: textOutput(text) };
    this.#items = items;
  }

  items(): AddedItem[] {
    return this.#items;
  }

  openingEvents(): RunEventBody[] {
    return [];
  }

  calledEvents(): RunEventBody[] {
    return [];
  }

  async clearUp(): Promise<void> {
    // Nothing was begun.
  }

  async perform(): Promise<void> {
    // Nothing is to be done.
  }

  abandon(): void {
    // Nothing is under way.
  }
}

/** A call that somebody rejected, in a run that has its own words for that. */
export class RewordedCall {
  readonly call: FunctionCallItem;
  outcome: ToolOutcome | undefined;
  phase: 'ready' | 'called' = 'ready';
  readonly unknown = false;
  readonly parked = false;
  readonly #run: RunScope;
  readonly #agent: AnyAgent;
  readonly #local: LocalCall;
  #text: string;

  constructor(run: RunScope, agent: AnyAgent, call: FunctionCallItem, local: LocalCall, text: string) {
    this.#run = run;
    this.#agent = agent;
    this.call = call;
    this.#local = local;
    this.#text = text;
  }

  items(): AddedItem[] {
    return toldItems(this.#local, this.#text, this.#agent);
  }

  openingEvents(): RunEventBody[] {
    return [];
  }

  calledEvents(): RunEventBody[] {
    return [];
  }

  async clearUp(): Promise<void> {
    // Nothing was begun.
  }

  async perform(): Promise<void> {
    this.phase = 'called';
    const { type } = this.#local.tool;
    const kind = type === 'computer' || type === 'shell' || type === 'apply_patch' ? type : 'function';
    const text = await tellError(this.#run, 'approval_rejected', this.call, this.#text, kind);
    if (this.outcome) return;
    this.#text = text;
    this.abandon();
    this.#run.inbox.ring();
  }

  abandon(): void {
    this.outcome ??= { ...TOLD_NOTHING, value: this.#text, told: textOutput(this.#text) };
  }
}

export type LocalTurnCall = LocalCallRun | SettledCall | RewordedCall | SearchCall;

/** Begins a call that is no function's. Undefined for those of functions. */
export function beginLocal(
  run: RunScope,
  agent: AnyAgent,
  asked: AskedCall,
  verdict: Exclude<Verdict, 'waiting'>,
  stop: AbortScope,
): LocalTurnCall | undefined {
  const { call, local, search } = asked;
  if (search) return new SearchCall(run, agent, call, search, stop);
  if (!local) return undefined;
  const rejected = verdict === 'free' ? undefined : verdict.rejected;
  if (local.mcp) {
    const reason = rejected ?? run.approvals.reason(callStep(run, call));
    const item = mcpAnswer(call.callId, rejected === undefined, reason);
    return new SettledCall(call, '', [{ kind: 'tool_call', item: new RunToolCallItem(item, agent) }]);
  }
  if (verdict !== 'free' && verdict.standard === true && run.plan.toolErrorFormatter)
    return new RewordedCall(run, agent, call, local, verdict.rejected);
  if (rejected !== undefined) return new SettledCall(call, rejected, toldItems(local, rejected, agent));
  return new LocalCallRun(run, agent, asked, local, stop);
}

/** The id of the call that an item of the log is the output of. */
export function answeredCall({ kind, item }: FilteredItem): string | undefined {
  if (kind === 'tool_output') return 'callId' in item && item.callId ? item.callId : undefined;
  if (item.type === 'tool_search_output') return searchCallId(item);
  if (item.type !== 'hosted_tool_call' || item.name !== 'mcp_approval_response') return undefined;
  const id = item.providerData?.['approval_request_id'];
  return typeof id === 'string' ? id : undefined;
}

/** True for what an earlier writer has added of a call. */
export function isAdded(added: readonly FilteredItem[], callId: string, { kind, item }: AddedItem): boolean {
  const at = added.findIndex((one) => answeredCall(one) === callId);
  if (kind !== 'message') return at >= 0;
  // What follows an output in place of its words is in the same append.
  return at >= 0 && added[at + 1]?.kind === 'message' && item.type === 'message_output_item';
}
