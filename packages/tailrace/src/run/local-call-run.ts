/**
 * One call of the computer, the shell or an editor: from asked to settled, exactly once.
 *
 * L1 It begins after its `tool.called` is durable. L2 A `once` call that a crash left without its outcome is not made again; the model is told.
 */
import type { AnyAgent } from '../agent/agent.ts';
import { toolCallError } from '../agent/function-tool.ts';
import { RunMessageOutputItem, RunToolCallOutputItem } from '../agent/run-item.ts';
import type { ToolCallDetails } from '../agent/tool.ts';
import { AbortScope } from '../base/abort.ts';
import { ToolTimeoutError } from '../event/errors.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { RunEventBody } from '../event/run-event.ts';
import type { FunctionSpanData } from '../event/span-data.ts';
import type { StepRef } from '../event/step-events.ts';
import { callStep } from './ask-approval.ts';
import { reportLate } from './late.ts';
import type { LocalCall } from './local-call.ts';
import { rejectionOf } from './local-computer.ts';
import type { LocalOutput } from './local-output.ts';
import { checkedCustomData } from './custom-data.ts';
import { callUser, inTrace, type RunScope } from './scope.ts';
import type { StartedSpan } from './span-book.ts';
import {
  failureFacts,
  outcomeUnknown,
  recordedOutcome,
  returnedEvent,
  textOutput,
  TOLD_NOTHING,
  type ToolOutcome,
} from './tool-outcome.ts';
import type { AskedCall } from './tools.ts';
import type { AddedItem } from './turn-call.ts';

export class LocalCallRun {
  readonly ref: StepRef;
  outcome: ToolOutcome | undefined;
  unknown: boolean;
  readonly parked = false;
  phase: 'ready' | 'called' = 'ready';
  readonly span: StartedSpan;
  readonly #begun: number;
  readonly #run: RunScope;
  readonly #agent: AnyAgent;
  readonly #asked: AskedCall;
  readonly #local: LocalCall;
  readonly #stop: AbortScope;

  constructor(run: RunScope, agent: AnyAgent, asked: AskedCall, local: LocalCall, stop: AbortScope) {
    this.#run = run;
    this.#agent = agent;
    this.#asked = asked;
    this.#local = local;
    this.#stop = stop;
    const record = run.open?.calls.get(this.call.callId);
    this.#begun = record?.called.attempt ?? 0;
    this.ref = { step: callStep(run, this.call), attempt: this.#begun + 1 };
    this.outcome = record?.returned && recordedOutcome(record.returned);
    this.unknown = record !== undefined && !record.returned && record.called.effects === 'once';
    this.span = this.outcome
      ? { id: undefined, events: [] }
      : run.spans.start(this.#spanData(''), run.turnSpan ?? run.agentSpan);
  }

  get call(): FunctionCallItem {
    return this.#asked.call;
  }

  /** What the conversation is told. */
  items(outcome: ToolOutcome): AddedItem[] {
    if (!outcome.told) return [];
    const { item, value, told, customData } = outcome;
    const text = item ? rejectionOf(item) : told.text;
    if (text !== undefined) return toldItems(this.#local, text, this.#agent);
    return item ? [{ kind: 'tool_output', item: new RunToolCallOutputItem(item, this.#agent, value, customData) }] : [];
  }

  openingEvents(): RunEventBody[] {
    if (this.outcome) return [];
    if (!this.unknown) return [...this.span.events];
    const { callId, name: tool } = this.call;
    return [...this.span.events, { type: 'tool.outcome_unknown', ...this.ref, callId, tool }];
  }

  calledEvents(): RunEventBody[] {
    if (this.outcome) return [];
    const { call, ref } = this;
    const called = {
      type: 'tool.called',
      ...ref,
      callId: call.callId,
      tool: call.name,
      arguments: call.arguments,
      effects: this.#asked.tool?.effects ?? 'once',
      idempotencyKey: this.#idempotencyKey,
    } as const;
    if (this.#begun === 0) return [called];
    return [{ type: 'step.attempt', of: 'tool', ...ref, supersedes: this.#begun, delayMs: 0 }, called];
  }

  async clearUp(): Promise<void> {
    if (!this.unknown) return;
    const { name, callId } = this.call;
    const error = outcomeUnknown(this.#run, name, callId);
    const policy = this.#asked.tool?.unknownOutcome ?? 'tell_model';
    if (policy === 'fail') return this.#fail(error);
    if (policy === 'tell_model') return this.#tell(error);
    try {
      const checked = await callUser(this.#run, this.span.id, () =>
        policy(this.#run.context, this.#details(this.#stop)),
      );
      if (!checked.happened) this.unknown = false;
      else if (this.#local.gave) await this.#returned(this.#local.gave(checked.output));
    } catch (thrown) {
      if (this.#stop.aborted) return this.#aborted();
      this.#fail(toolCallError(thrown));
    }
  }

  async perform(): Promise<void> {
    this.phase = 'called';

    const { tool } = this.#asked;
    using scope = new AbortScope(this.#stop);
    using _timer = this.#timer(scope);
    this.#tellHooks('agent_tool_start');
    try {
      const details = this.#details(scope);
      const output: unknown = await inTrace(this.#run, this.span.id, () =>
        tool?.invoke(this.#run.context, this.call.arguments, details),
      );
      if (this.outcome) return this.#late({ output });
      await this.#returned(output as LocalOutput);
    } catch (error) {
      if (this.outcome) return this.#late({ error });
      if (scope.aborted) return this.#aborted();
      this.#fail(toolCallError(error));
    }
  }

  abandon(): void {
    if (!this.outcome) this.#aborted();
  }

  async #returned(output: LocalOutput): Promise<void> {
    const { item, value, text, said, failure } = output;
    const facts = failure ? failureFacts(this.#run, this.call.name, failure.error, true) : TOLD_NOTHING;
    const { context } = this.#run;
    const given = await callUser(this.#run, this.span.id, () => this.#local.customData?.(context, output));
    const customData = checkedCustomData(this.call.name, given);
    this.#settle({ ...facts, item, value, told: textOutput(text), ...(customData && { customData }) }, said);
  }

  /** Gives up a call that takes too long. */
  #timer(scope: AbortScope): Disposable | undefined {
    const { tool } = this.#asked;
    const timeoutMs = tool?.timeoutMs;
    if (!tool || timeoutMs === undefined) return undefined;
    const { plan, clock } = this.#run;
    return clock.timer(timeoutMs, () => {
      const error = new ToolTimeoutError({ toolName: tool.name, timeoutMs, runId: plan.runId });
      this.#tell(error);
      scope.abort(error);
    });
  }

  #details(stop: AbortScope): ToolCallDetails {
    return {
      get signal() {
        return stop.signal;
      },
      runId: this.#run.plan.runId,
      callId: this.call.callId,
      attempt: this.ref.attempt,
      idempotencyKey: this.#idempotencyKey,
    };
  }

  // In place of an output.
  #tell(error: Error): void {
    const facts = failureFacts(this.#run, this.call.name, error, false);
    this.#settle({ ...facts, value: error.message, told: textOutput(error.message) });
  }

  #fail(error: Error): void {
    this.#settle(failureFacts(this.#run, this.call.name, error.cause ?? error, true));
    this.#stop.abort(error);
  }

  #aborted(): void {
    this.#settle(failureFacts(this.#run, this.call.name, this.#stop.reason, true));
  }

  #settle(outcome: ToolOutcome, said?: string): void {
    if (this.outcome) return;
    this.outcome = outcome;
    const text = outcome.told?.text ?? '';
    const { callId, name } = this.call;
    const ended = this.#run.spans.end(this.span.id, { data: this.#spanData(text), error: outcome.spanError });
    this.#run.inbox.push(...ended, returnedEvent(this.ref, callId, name, outcome));
    if (outcome.told) this.#tellHooks('agent_tool_end', said ?? text);
    this.#run.inbox.ring();
  }

  #late(result: { output: unknown } | { error: unknown }): void {
    const { callId, name } = this.call;
    reportLate(this.#run, { runId: this.#run.plan.runId, callId, tool: name, ...result });
  }

  #tellHooks(name: 'agent_tool_start' | 'agent_tool_end', result = ''): void {
    const { context, plan } = this.#run;
    const { tool, item } = this.#local;
    const details = { toolCall: item };
    if (name === 'agent_tool_start') {
      plan.hooks.emit(name, context, this.#agent, tool, details);
      this.#agent.emit(name, context, tool, details);
    } else {
      plan.hooks.emit(name, context, this.#agent, tool, result, details);
      this.#agent.emit(name, context, tool, result, details);
    }
  }

  #spanData(output: string): FunctionSpanData {
    const { sensitive } = this.#run.plan.trace;
    const input = sensitive ? this.call.arguments : '';
    return { type: 'function', name: this.#local.spanName, input, output: sensitive ? output : '' };
  }

  get #idempotencyKey(): string {
    return `${this.#run.plan.runId}:${this.ref.step}`;
  }
}

/** The items of a call that gave nothing but a text. */
export function toldItems(local: LocalCall, text: string, agent: AnyAgent): AddedItem[] {
  const { item, message } = local.told(text);
  const value = item.type === 'computer_call_result' ? item.output.data : text;
  const output: AddedItem = { kind: 'tool_output', item: new RunToolCallOutputItem(item, agent, value) };
  return message ? [output, { kind: 'message', item: new RunMessageOutputItem(message, agent) }] : [output];
}
