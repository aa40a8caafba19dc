/** The results of @openai/agents, as views: what they say is folded from the log, what they do not know yet is undefined. */
import type { AgentToolInvocation } from '../agent/agent-tool-types.ts';
import type { Agent, AnyAgent } from '../agent/agent.ts';
import type { InputGuardrailResult, OutputGuardrailResult } from '../agent/guardrail.ts';
import type { AgentOutputType, ResolvedAgentOutput } from '../agent/output-type.ts';
import type { RunContext } from '../agent/run-context.ts';
import type { RunItem, RunToolApprovalItem } from '../agent/run-item.ts';
import type { ToolInputGuardrailResult, ToolOutputGuardrailResult } from '../agent/tool-guardrail.ts';
import type { AgentInputItem, AgentOutputItem } from '../event/item.ts';
import type { PendingWait } from '../event/mail-events.ts';
import { type LogReader, readLog, type ReadLogOptions } from '../log/reader.ts';
import type { LogSource } from '../log/source.ts';
import type { ModelResponse } from '../port/model.ts';
import type { StartedRun } from '../run/start.ts';
import type { RunState } from './run-state.ts';

/** What a result of an agent puts out. */
export type OutputOf<TAgent> =
  TAgent extends Agent<infer _C, infer O extends AgentOutputType> ? ResolvedAgentOutput<O> : never;

export class RunResultBase<TContext, TAgent> {
  readonly state: RunState<TContext>;
  /** The run's own log, for whoever wants more than this view of it. */
  readonly log: LogSource;
  /** The call that the run answers, in results of agents that are tools. */
  declare readonly agentToolInvocation?: AgentToolInvocation;
  protected readonly started: StartedRun;

  constructor(started: StartedRun, state: RunState<TContext>) {
    this.state = state;
    this.log = started.log;
    this.started = started;
    Object.defineProperty(this, 'started', { enumerable: false });
  }

  get runId(): string {
    return this.started.plan.runId;
  }

  get input(): string | AgentInputItem[] {
    return this.state.input;
  }

  /** Input and output as items: the input of the next run of this conversation. */
  get history(): AgentInputItem[] {
    return this.state.history;
  }

  get output(): AgentOutputItem[] {
    return this.state.output;
  }

  get newItems(): RunItem[] {
    return this.state.newItems;
  }

  get rawResponses(): ModelResponse[] {
    return this.state.rawResponses;
  }

  get lastResponseId(): string | undefined {
    return this.state.rawResponses.at(-1)?.responseId;
  }

  get lastAgent(): TAgent | undefined {
    return this.state.currentAgent as TAgent;
  }

  get activeAgent(): TAgent | undefined {
    return this.lastAgent;
  }

  get inputGuardrailResults(): InputGuardrailResult[] {
    return this.state.inputGuardrailResults;
  }

  get outputGuardrailResults(): OutputGuardrailResult[] {
    return this.state.outputGuardrailResults;
  }

  /** Verdicts on the inputs of single tools, in the order in which they came. */
  get toolInputGuardrailResults(): ToolInputGuardrailResult[] {
    return this.state.toolInputGuardrailResults;
  }

  /** Verdicts on the outputs of single tools. */
  get toolOutputGuardrailResults(): ToolOutputGuardrailResult[] {
    return this.state.toolOutputGuardrailResults;
  }

  /** Calls that wait for a decision: what `state.approve` and `state.reject` take. */
  get interruptions(): RunToolApprovalItem[] {
    return this.state.getInterruptions();
  }

  /** Calls that wait for an answer (`state.answer` takes them), or for their time. */
  get waits(): PendingWait[] {
    return this.state.getWaits();
  }

  get runContext(): RunContext<TContext> {
    return this.state.runContext;
  }

  /** Results of tools that came after their call was given up or the run had ended: dropped, counted here, and given to `onLateResult`. */
  get lateResults(): number {
    return this.started.lateResults;
  }

  get finalOutput(): OutputOf<TAgent> | undefined {
    return this.started.ending?.finalOutput as OutputOf<TAgent> | undefined;
  }

  /** The run's own events, as the log holds them: a new reader each time, from any sequence number. */
  events(options: ReadLogOptions = {}): LogReader {
    return readLog(this.log, options);
  }
}

/** A run that has completed. */
export class RunResult<TContext = unknown, TAgent = AnyAgent> extends RunResultBase<TContext, TAgent> {}
