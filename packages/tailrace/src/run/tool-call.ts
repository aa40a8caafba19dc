/** One call of one function tool: from asked to settled, exactly once. */
import type { AnyAgent } from '../agent/agent.ts';
import { ON_FAILURE, toolCallError } from '../agent/function-tool.ts';
import type { FunctionTool, ToolCallDetails } from '../agent/tool.ts';
import { AbortScope } from '../base/abort.ts';
import { InvalidToolOutputError, ToolTimeoutError } from '../event/errors.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { RunEventBody } from '../event/run-event.ts';
import type { StepRef, ToolCalled } from '../event/step-events.ts';
import type { FunctionSpanData } from '../event/span-data.ts';
import { callStep } from './ask-approval.ts';
import { reportLate } from './late.ts';
import { DEFAULTS } from './options.ts';
import { callUser, inTrace, type RunScope } from './scope.ts';
import type { StartedSpan } from './span-book.ts';
import {
  failureFacts,
  outcomeUnknown,
  recordedOutcome,
  textOutput,
  TOLD_NOTHING,
  type ToolOutcome,
} from './tool-outcome.ts';
import { tellOutput } from './tool-output.ts';

export class ToolCallRun {
  readonly call: FunctionCallItem;
  readonly tool: FunctionTool | undefined;
  readonly ref: StepRef;
  readonly span: StartedSpan;
  /** Set once, when the call has settled or was given up. */
  outcome: ToolOutcome | undefined;
  /** Its timeout decides what it comes to; what the function still gives is late. */
  #timedOut = false;
  /** True for a call that must not be repeated and whose outcome its writer did not live to record. */
  unknown: boolean;
  /** Attempts that an earlier writer of the run began. */
  readonly #begun: number;
  readonly #run: RunScope;
  readonly #agent: AnyAgent;
  /** Of all calls of the turn. */
  readonly #stop: AbortScope;

  constructor(
    run: RunScope,
    agent: AnyAgent,
    call: FunctionCallItem,
    tool: FunctionTool | undefined,
    stop: AbortScope,
  ) {
    this.#run = run;
    this.#agent = agent;
    this.#stop = stop;
    this.call = call;
    this.tool = tool;
    const record = run.open?.calls.get(call.callId);
    this.#begun = record?.called.attempt ?? 0;
    this.ref = { step: callStep(run, call), attempt: this.#begun + 1 };
    this.outcome = record?.returned && recordedOutcome(record.returned);
    this.unknown = record !== undefined && !record.returned && record.called.effects === 'once';
    this.span =
      tool && !this.outcome
        ? run.spans.start(this.#spanData(''), run.turnSpan ?? run.agentSpan)
        : { id: undefined, events: [] };
  }

  /** What to say before anything is done about the call. */
  openingEvents(): RunEventBody[] {
    if (this.outcome) return [];
    if (!this.unknown) return [...this.span.events];
    const { callId, name: tool } = this.call;
    return [...this.span.events, { type: 'tool.outcome_unknown', ...this.ref, callId, tool }];
  }

  /** What has to be durable before the function is called. */
  calledEvents(): RunEventBody[] {
    const { tool, call, ref } = this;
    if (!tool || this.outcome) return [];
    const called: ToolCalled = {
      type: 'tool.called',
      ...ref,
      callId: call.callId,
      tool: tool.name,
      arguments: call.arguments,
      effects: tool.effects ?? 'once',
      idempotencyKey: idempotencyKey(this.#run, ref),
    };
    if (this.#begun === 0) return [called];
    return [{ type: 'step.attempt', of: 'tool', ...ref, supersedes: this.#begun, delayMs: 0 }, called];
  }

  async perform(): Promise<void> {
    const { tool } = this;
    if (!tool) {
      const value = `Tool '${this.call.name}' not found.`;
      return this.#settle({ ...TOLD_NOTHING, value, told: textOutput(value) });
    }
    using scope = new AbortScope(this.#stop);
    const { timeoutMs } = tool;
    using _timer =
      timeoutMs === undefined
        ? undefined
        : this.#run.clock.timer(timeoutMs, () => void this.#timeOut(tool, timeoutMs, scope));
    this.#tellHooks('agent_tool_start', tool);
    let failure: { error: unknown } | undefined;
    try {
      const details = this.#details(scope, (error) => (failure = { error }));
      const value = await inTrace(this.#run, this.span.id, () =>
        tool.invoke(this.#run.context, this.call.arguments, details),
      );
      if (this.outcome || this.#timedOut) return this.#late({ output: value });
      await this.#returned(tool, value, failure?.error);
    } catch (error) {
      if (this.outcome || this.#timedOut) return this.#late({ error });
      if (scope.aborted) return this.#aborted();
      this.#fail(tool, toolCallError(error));
    }
  }

  /** Does what the declared policy says of a call whose outcome a crash took: it is settled, or free to be made again. */
  async clearUp(): Promise<void> {
    const { tool } = this;
    if (!tool || !this.unknown) return;
    const policy = tool.unknownOutcome ?? 'tell_model';
    const error = outcomeUnknown(this.#run, tool.name, this.call.callId);
    if (policy === 'fail') return this.#fail(tool, error);
    if (policy === 'tell_model') {
      const facts = failureFacts(this.#run, tool.name, error, false);
      return this.#settle({ ...facts, value: error.message, told: textOutput(error.message) });
    }
    try {
      const checked = await callUser(this.#run, this.span.id, () =>
        policy(this.#run.context, this.#details(this.#stop)),
      );
      if (checked.happened) await this.#returned(tool, checked.output, undefined);
      else this.unknown = false;
    } catch (thrown) {
      if (this.#stop.aborted) return this.#aborted();
      this.#fail(tool, toolCallError(thrown));
    }
  }

  /** Gives the call up: it had its time. */
  abandon(): void {
    if (!this.outcome) this.#aborted();
  }

  async #returned(tool: FunctionTool, value: unknown, failure: unknown): Promise<void> {
    const facts = failure === undefined ? TOLD_NOTHING : failureFacts(this.#run, tool.name, failure, false);
    try {
      this.#settle({ ...facts, value, told: tellOutput(value, tool.name, this.#maxLength) });
    } catch (error) {
      if (!(error instanceof InvalidToolOutputError)) throw error;
      const text = tool.errorFunction ? await tool.errorFunction(this.#run.context, error) : undefined;
      if (text === undefined) return this.#fail(tool, toolCallError(error));
      this.#settle({
        ...failureFacts(this.#run, tool.name, error, false),
        value: text,
        told: tellOutput(text, tool.name, this.#maxLength),
      });
    }
  }

  async #timeOut(tool: FunctionTool, timeoutMs: number, scope: AbortScope): Promise<void> {
    if (this.outcome) return;
    const error = new ToolTimeoutError({ toolName: tool.name, timeoutMs, runId: this.#run.plan.runId });
    this.#timedOut = true;
    scope.abort(error);
    if (tool.timeoutBehavior === 'raise_exception') this.#fail(tool, error);
    else await this.#tellTimeout(tool, error);
  }

  async #tellTimeout(tool: FunctionTool, error: ToolTimeoutError): Promise<void> {
    const facts = failureFacts(this.#run, tool.name, error, false);
    if (!tool.timeoutErrorFunction)
      return this.#settle({ ...facts, value: error.message, told: textOutput(error.message) });
    try {
      const text = await tool.timeoutErrorFunction(this.#run.context, error, this.#details(this.#stop));
      this.#settle({ ...facts, value: text, told: tellOutput(text, tool.name, this.#maxLength) });
    } catch (thrown) {
      this.#fail(tool, toolCallError(thrown));
    }
  }

  #fail(tool: FunctionTool, error: Error): void {
    const cause = error.cause ?? error;
    this.#settle(failureFacts(this.#run, tool.name, cause, true));
    // It ends the run: the calls beside it stop.
    this.#stop.abort(error);
  }

  #aborted(): void {
    this.#settle(failureFacts(this.#run, this.call.name, this.#stop.reason, true));
  }

  #settle(outcome: ToolOutcome): void {
    if (this.outcome) return;
    this.outcome = outcome;
    const { tool, call } = this;
    const told = outcome.told;
    const text = told?.text ?? '';
    if (tool) {
      const { serialized: error } = outcome;
      const returned = {
        type: 'tool.returned',
        step: this.ref.step,
        attempt: this.ref.attempt,
        callId: call.callId,
        tool: tool.name,
        ...(told && { output: told.text }),
        ...(Array.isArray(told?.output) && { content: told.output }),
        ...(error && { error }),
      } as const;
      const ended = this.#run.spans.end(this.span.id, { data: this.#spanData(text), error: outcome.spanError });
      this.#run.inbox.push(...ended, returned);
      if (outcome.told) this.#tellHooks('agent_tool_end', tool, text);
    }
    this.#run.inbox.ring();
  }

  #late(result: { output: unknown } | { error: unknown }): void {
    reportLate(this.#run, {
      runId: this.#run.plan.runId,
      callId: this.call.callId,
      tool: this.call.name,
      ...result,
    });
  }

  #details(scope: AbortScope, onFailure?: (error: unknown) => void): ToolCallDetails {
    const { runId } = this.#run.plan;
    const { callId } = this.call;
    const details: ToolCallDetails & { [ON_FAILURE]?: (error: unknown) => void } = {
      toolCall: this.call,
      // Most functions never look at it.
      get signal() {
        return scope.signal;
      },
      runId,
      callId,
      attempt: this.ref.attempt,
      idempotencyKey: idempotencyKey(this.#run, this.ref),
    };
    if (onFailure) details[ON_FAILURE] = onFailure;
    return details;
  }

  #spanData(output: string): FunctionSpanData {
    const { sensitive } = this.#run.plan.trace;
    return {
      type: 'function',
      name: this.call.name,
      input: sensitive ? this.call.arguments : '',
      output: sensitive ? output : '',
    };
  }

  #tellHooks(name: 'agent_tool_start' | 'agent_tool_end', tool: FunctionTool, result = ''): void {
    const { context, plan } = this.#run;
    const details = { toolCall: this.call };
    if (name === 'agent_tool_start') {
      plan.hooks.emit(name, context, this.#agent, tool, details);
      this.#agent.emit(name, context, tool, details);
    } else {
      plan.hooks.emit(name, context, this.#agent, tool, result, details);
      this.#agent.emit(name, context, tool, result, details);
    }
  }

  get #maxLength(): number {
    return this.#run.plan.config.maxToolOutputLength ?? DEFAULTS.maxToolOutputLength;
  }
}

/** The same for every attempt at a call. */
function idempotencyKey({ plan }: RunScope, { step }: StepRef): string {
  return `${plan.runId}:${step}`;
}
