/** One call of one function tool: from asked to settled, exactly once. */
import type { AnyAgent } from '../agent/agent.ts';
import { agentToolSpec, NESTED, type NestedRuns, STILL_WAITING } from '../agent/agent-tool.ts';
import { toolCallError } from '../agent/function-tool.ts';
import { checkToolOutput, ON_FAILURE } from '../agent/tool-invoke.ts';
import type { FunctionTool, ToolCallDetails } from '../agent/tool.ts';
import { type WaitRequest, waitRequestOf } from '../agent/wait.ts';
import { AbortScope } from '../base/abort.ts';
import { errorText } from '../base/error-text.ts';
import { ToolCallError, ToolTimeoutError } from '../event/errors.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { RunEventBody } from '../event/run-event.ts';
import type { StepRef, ToolChecked } from '../event/step-events.ts';
import { callStep } from './ask-approval.ts';
import { reportLate } from './late.ts';
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
import { callDetails, calledEvents, spanData, tellToolEnd, tellToolStart } from './tool-call-parts.ts';
import { type CheckedCall, checkInput } from './tool-checks.ts';
import { type Conclusion, conclude, concludeRefused } from './tool-conclusion.ts';
import { tellMissing } from './tool-error.ts';
import { nestedRuns } from './nested-call.ts';
import type { Parking } from './parking.ts';
import { ProgressMeter } from './tool-progress.ts';
import { beginWait } from './waits.ts';

export class ToolCallRun {
  readonly call: FunctionCallItem;
  readonly tool: FunctionTool | undefined;
  readonly ref: StepRef;
  readonly span: StartedSpan;
  /** Set once, when the call has settled or was given up. */
  outcome: ToolOutcome | undefined;
  /** True while it waits: its function has returned and left the outcome to others, or its nested agent waits. */
  parked = false;
  /** The run of the agent that it calls. */
  nested: Parking | undefined;
  /** How far it has come: its guardrails are asked, it may be called, its function is at work. */
  phase: 'asked' | 'checking' | 'ready' | 'called';
  /** Its timeout decides what it comes to; what the function still gives is late. */
  #timedOut = false;
  /** True for a call that must not be repeated and whose outcome its writer did not live to record. */
  unknown: boolean;
  #progress: ProgressMeter | undefined;
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
    // The run of a nested agent goes on where it was: that is no new attempt.
    const reenters = this.#begun > 0 && tool !== undefined && agentToolSpec(tool) !== undefined;
    this.ref = { step: callStep(run, call), attempt: reenters ? this.#begun : this.#begun + 1 };
    this.outcome = record?.returned && recordedOutcome(record.returned);
    this.unknown = record !== undefined && !record.returned && record.called.effects === 'once';
    // A call that was made had passed them.
    this.phase = !tool || record || !tool.inputGuardrails?.length ? 'ready' : 'asked';
    this.span =
      tool && !this.outcome
        ? run.spans.start(spanData(run, call, tool, ''), run.turnSpan ?? run.agentSpan)
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
    if (!tool || this.outcome || ref.attempt === this.#begun) return [];
    return calledEvents(this.#run, { tool, call, ref, begun: this.#begun });
  }

  /** Asks the guardrails that come before the call. */
  async check(): Promise<void> {
    const { tool } = this;
    if (!tool || this.phase !== 'asked') return;
    this.phase = 'checking';
    const checked = this.#checked(tool);
    try {
      const before = await checkInput(this.#run, checked, 'approval', this.#stop, 'recorded');
      const verdict = before.type === 'allow' ? await checkInput(this.#run, checked, 'call', this.#stop) : before;
      if (verdict.type === 'allow') this.phase = 'ready';
      else {
        tellToolStart(this.#run, this.#agent, tool, this.call);
        this.#conclude(tool, await concludeRefused(this.#run, checked, verdict.message, this.#details(this.#stop)));
      }
    } catch (error) {
      if (this.#stop.aborted) return this.#aborted();
      this.#fail(tool, error instanceof ToolCallError ? error : toolCallError(error));
    }
    this.#run.inbox.ring();
  }

  async perform(): Promise<void> {
    this.phase = 'called';
    const { tool } = this;
    if (!tool) {
      const value = await tellMissing(this.#run, this.call);
      return this.#settle({ ...TOLD_NOTHING, value, told: textOutput(value) });
    }
    const returned = await this.#invoked(tool);
    if (returned) await this.#returned(tool, returned.value, returned.failure);
  }

  /** What the function gave, unless that does not count any more. */
  async #invoked(tool: FunctionTool): Promise<{ value: unknown; failure: unknown } | undefined> {
    using scope = new AbortScope(this.#stop);
    const { timeoutMs } = tool;
    using _timer =
      timeoutMs === undefined
        ? undefined
        : this.#run.clock.timer(timeoutMs, () => void this.#timeOut(tool, timeoutMs, scope));
    tellToolStart(this.#run, this.#agent, tool, this.call);
    let failure: unknown;
    try {
      const details = this.#details(scope, (error) => (failure = error));
      const value = await inTrace(this.#run, this.span.id, () =>
        tool.invoke(this.#run.context, this.call.arguments, details),
      );
      if (!this.outcome && !this.#timedOut) return { value, failure };
      this.#late({ output: value });
    } catch (error) {
      if (this.outcome || this.#timedOut) this.#late({ error });
      else if (scope.aborted) this.#aborted();
      else this.#fail(tool, toolCallError(error));
    }
    return undefined;
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
    if (value === STILL_WAITING) return;
    const request = waitRequestOf(value);
    if (request) return this.#park(request);
    const details = (): ToolCallDetails => this.#details(this.#stop);
    try {
      this.#conclude(tool, await conclude(this.#run, this.#checked(tool), { value, failure }, details, this.#stop));
    } catch {
      this.#aborted();
    }
  }

  #conclude(tool: FunctionTool, conclusion: Conclusion): void {
    if ('failure' in conclusion) this.#fail(tool, conclusion.failure, conclusion.checks);
    else this.#settle(conclusion.outcome, conclusion.checks);
  }

  // Its function is over, and its outcome still to come: from outside, or with time.
  #park(request: WaitRequest): void {
    if (this.#stop.aborted) return this.#aborted();
    this.parked = true;
    beginWait(this.#run, this.#agent, this, request);
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
    try {
      const own = tool.timeoutErrorFunction;
      const value = own ? await own(this.#run.context, error, this.#details(this.#stop)) : error.message;
      await this.#returned(tool, own ? await checkToolOutput(tool, value) : value, error);
    } catch (thrown) {
      this.#fail(tool, toolCallError(thrown));
    }
  }

  #fail(tool: FunctionTool, error: Error, checks: ToolChecked[] = []): void {
    const cause = error.cause ?? error;
    const first = !this.outcome;
    this.#settle(failureFacts(this.#run, tool.name, cause, true), checks);
    if (first) tellToolEnd(this.#run, this.#agent, tool, this.call, errorText(cause));
    // It ends the run: the calls beside it stop.
    this.#stop.abort(error);
  }

  #aborted(): void {
    this.#settle(failureFacts(this.#run, this.call.name, this.#stop.reason, true));
  }

  #settle(outcome: ToolOutcome, checks: readonly ToolChecked[] = []): void {
    if (this.outcome) return;
    this.#progress?.flush();
    this.outcome = outcome;
    const { tool, call } = this;
    const told = outcome.told;
    const text = told?.text ?? '';
    if (tool) {
      const returned = returnedEvent(this.ref, call.callId, tool.name, outcome);
      const ended = this.#run.spans.end(this.span.id, {
        data: spanData(this.#run, call, tool, text),
        error: outcome.spanError,
      });
      // A call that was never made has not returned.
      this.#run.inbox.push(...ended, ...checks, ...(this.phase === 'called' || this.#begun > 0 ? [returned] : []));
      if (outcome.told) tellToolEnd(this.#run, this.#agent, tool, call, text);
    }
    this.#run.inbox.ring();
  }

  #late(result: { output: unknown } | { error: unknown }): void {
    const { callId, name: tool } = this.call;
    reportLate(this.#run, { runId: this.#run.plan.runId, callId, tool, ...result });
  }

  #checked(tool: FunctionTool): CheckedCall {
    return { agent: this.#agent, call: this.call, tool, ref: this.ref, span: this.span.id };
  }

  #details(stop: AbortScope, onFailure?: (error: unknown) => void): ToolCallDetails {
    const about = { call: this.call, ref: this.ref, stop, span: this.span.id };
    const details = callDetails(this.#run, about, (data) => this.#tellProgress(data));
    if (onFailure) details[ON_FAILURE] = onFailure;
    return this.tool && agentToolSpec(this.tool)
      ? Object.assign(details, { [NESTED]: this.#nestedRuns(stop) })
      : details;
  }

  #nestedRuns(stop: AbortScope): NestedRuns {
    return nestedRuns(this.#run, {
      call: this.call,
      step: this.ref.step,
      spanId: this.span.id,
      stop,
      onParking: (parking) => (this.nested = parking),
      onParked: (parked) => (this.parked = parked),
    });
  }

  #tellProgress(data: unknown): void {
    if (this.outcome || this.#timedOut) return;
    this.#progress ??= new ProgressMeter(this.#run, this.ref, this.call, this.#run.agents.keyOf(this.#agent));
    this.#progress.tell(data);
  }
}
