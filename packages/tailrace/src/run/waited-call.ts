import type { AnyAgent } from '../agent/agent.ts';
import type { FunctionTool, ToolCallDetails } from '../agent/tool.ts';
import type { AbortScope } from '../base/abort.ts';
import type { FoldedWait } from '../event/fold.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { WaitEnded } from '../event/mail-events.ts';
import type { RunEventBody } from '../event/run-event.ts';
import type { StepRef, ToolChecked } from '../event/step-events.ts';
import { DEFAULTS } from './options.ts';
import type { RunScope } from './scope.ts';
import type { StartedSpan } from './span-book.ts';
import { callDetails, spanData, tellToolEnd } from './tool-call-parts.ts';
import { conclude, type Conclusion } from './tool-conclusion.ts';
import { failureFacts, recordedOutcome, returnedEvent, TOLD_NOTHING, type ToolOutcome } from './tool-outcome.ts';
import { tellOutput } from './tool-output.ts';

export type EndedWait = FoldedWait & { ended: WaitEnded };

/** A call that waited, and whose output has come. Its function returned long ago; what came is checked as if the function had given it. */
export class WaitedCall {
  readonly call: FunctionCallItem;
  readonly tool: FunctionTool | undefined;
  /** Set once. */
  outcome: ToolOutcome | undefined;
  readonly unknown = false;
  readonly parked = false;
  phase: 'ready' | 'called' = 'ready';
  readonly #wait: EndedWait;
  readonly #ref: StepRef;
  readonly #run: RunScope;
  readonly #agent: AnyAgent;
  /** Of all calls of the turn. */
  readonly #stop: AbortScope;
  /** One of its own: that of the function ended when it returned. */
  readonly #span: StartedSpan;

  constructor(
    run: RunScope,
    agent: AnyAgent,
    { call, tool }: { call: FunctionCallItem; tool: FunctionTool | undefined },
    wait: EndedWait,
    stop: AbortScope,
  ) {
    this.#run = run;
    this.#agent = agent;
    this.#stop = stop;
    this.#wait = wait;
    this.call = call;
    this.tool = tool;
    const { step, attempt } = wait.started;
    this.#ref = { step, attempt };
    const returned = run.open?.calls.get(call.callId)?.returned;
    this.outcome = returned && recordedOutcome(returned);
    this.#span = returned
      ? { id: undefined, events: [] }
      : run.spans.start(spanData(run, call, tool, ''), run.turnSpan ?? run.agentSpan);
  }

  openingEvents(): RunEventBody[] {
    return [...this.#span.events];
  }

  calledEvents(): RunEventBody[] {
    return [];
  }

  async clearUp(): Promise<void> {
    // What it came to is known.
  }

  async perform(): Promise<void> {
    this.phase = 'called';
    const { tool, call } = this;
    const { started, ended } = this.#wait;
    const run = this.#run;
    if (!tool) {
      const limit = run.plan.config.maxToolOutputLength ?? DEFAULTS.maxToolOutputLength;
      return this.#settle({ ...TOLD_NOTHING, value: ended.output, told: tellOutput(ended.output, call.name, limit) });
    }
    const checked = { agent: this.#agent, call, tool, ref: this.#ref, span: this.#span.id };
    // What we say ourselves of a time that is over fits no schema.
    const given = { value: ended.output, failure: undefined, asIs: ended.how !== 'answered' && !('output' in started) };
    const details = (): ToolCallDetails =>
      callDetails(run, { call, ref: this.#ref, stop: this.#stop, span: undefined }, () => undefined);
    try {
      this.#conclude(await conclude(run, checked, given, details, this.#stop));
    } catch {
      this.abandon();
    }
  }

  abandon(): void {
    if (!this.outcome) this.#settle(failureFacts(this.#run, this.call.name, this.#stop.reason, true));
  }

  #conclude(conclusion: Conclusion): void {
    if (!('failure' in conclusion)) return this.#settle(conclusion.outcome, conclusion.checks);
    const { failure, checks } = conclusion;
    this.#settle(failureFacts(this.#run, this.call.name, failure.cause ?? failure, true), checks);
    // It ends the run: the calls beside it stop.
    this.#stop.abort(failure);
  }

  #settle(outcome: ToolOutcome, checks: readonly ToolChecked[] = []): void {
    if (this.outcome) return;
    this.outcome = outcome;
    const { tool, call } = this;
    const run = this.#run;
    const text = outcome.told?.text ?? '';
    const data = spanData(run, call, tool, text);
    const ended = run.spans.end(this.#span.id, { data, error: outcome.spanError });
    run.inbox.push(...ended, ...checks, returnedEvent(this.#ref, call.callId, call.name, outcome));
    if (tool && outcome.told) tellToolEnd(run, this.#agent, tool, call, text);
    run.inbox.ring();
  }
}
