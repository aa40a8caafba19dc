/** The composition root: a plan, a log, the loop, and the views that a caller gets of them. */
import type { Agent, AnyAgent } from './agent/agent.ts';
import { setLoneRun } from './agent/agent-tool.ts';
import { RunHooks } from './agent/lifecycle.ts';
import type { AgentOutputType } from './agent/output-type.ts';
import { RunContext } from './agent/run-context.ts';
import { UserError } from './event/errors.ts';
import type { FoldedRun } from './event/fold.ts';
import type { AgentInputItem } from './event/item.ts';
import type { RunEvent } from './event/run-event.ts';
import { MemoryLogStore } from './log/memory-store.ts';
import { getDefaultModelProvider } from './model/default-provider.ts';
import { traceCarrier } from './port/trace-scope.ts';
import {
  checkConfig,
  type IndividualRunOptions,
  type NonStreamRunOptions,
  type RunConfig,
  type StreamRunOptions,
} from './run/options.ts';
import type { RunErrorData } from './run/error-handler.ts';
import { planResume, planRun, type RunPlan, type Surroundings } from './run/plan.ts';
import type { AgentRegistry } from './run/agent-registry.ts';
import { startRun, type StartedRun } from './run/start.ts';
import { attachState } from './view/error-state.ts';
import { agentsOf } from './agent/item-of.ts';
import { completedRun, continuationOf, foldOfEnded } from './view/ended-state.ts';
import { RunResult } from './view/result.ts';
import { nestedResult } from './view/nested-result.ts';
import { nestedStreams } from './view/nested-streams.ts';
import { RunState } from './view/run-state.ts';
import { decisionsOf, homeOf } from './view/state-home.ts';
import { StreamedRunResult } from './view/streamed-result.ts';
import { getGlobalTraceProvider } from './view/trace/provider.ts';
import { Trace } from './view/trace/trace.ts';
import { type TraceView, traceView } from './view/trace/trace-view.ts';

/** A text, or items: the history of earlier runs among them. */
export type RunInput = string | AgentInputItem[];

/**
 * Runs agents with a configuration, and tells listeners of all of them.
 *
 * @throws UserError OPTION_UNKNOWN, OPTION_RANGE
 */
export class Runner extends RunHooks<unknown> {
  readonly config: Partial<RunConfig>;

  constructor(config: Partial<RunConfig> = {}) {
    super();
    checkConfig(config);
    this.config = config;
  }

  /**
   * Runs the agent to its final output. Resolves with the result, or rejects with the error of a failed or cancelled run.
   *
   * @throws UserError for input and options that cannot work, before the run starts
   */
  run<TAgent extends Agent<TContext, AgentOutputType>, TContext = unknown>(
    agent: TAgent,
    input: RunInput | RunState<TContext>,
    options?: NonStreamRunOptions<TContext>,
  ): Promise<RunResult<TContext, TAgent>>;
  /** Starts a streamed run and resolves at once, with a result whose iterators read the run as it goes. */
  run<TAgent extends Agent<TContext, AgentOutputType>, TContext = unknown>(
    agent: TAgent,
    input: RunInput | RunState<TContext>,
    options: StreamRunOptions<TContext>,
  ): Promise<StreamedRunResult<TContext, TAgent>>;
  async run(
    agent: AnyAgent,
    input: RunInput | RunState,
    options: IndividualRunOptions = {},
  ): Promise<RunResult | StreamedRunResult> {
    if (input instanceof RunState) return this.#goOn(agent, input, options);
    return this.#conclude(
      await beginSegment(this, agent, (around) => planRun(agent, input, options, this.config, around)),
      options,
    );
  }

  /**
   * Takes up a run that the runner's store has and nobody drives any more: finished model calls and tools are not repeated, and what was cut off begins a new
   * attempt. Whoever still writes to the run is fenced off.
   *
   * @throws UserError RUN_NOT_FOUND, RUN_ENDED
   */
  async resume(
    agent: AnyAgent,
    runId: string,
    options: IndividualRunOptions = {},
  ): Promise<RunResult | StreamedRunResult> {
    const [first] = (await this.config.store?.read(runId, 0, 1)) ?? [];
    if (first?.type !== 'run.started') throw notInStore(runId);
    return this.#conclude(
      await beginSegment(this, agent, (around) => planResume(agent, first, options, this.config, around), true),
      options,
    );
  }

  /** Goes on with an interrupted run, in the store that it is in; with one that has ended, by a run of its own. */
  async #goOn(agent: AnyAgent, state: RunState, options: IndividualRunOptions): Promise<RunResult | StreamedRunResult> {
    const { store, runId, session, agents } = homeOf(state);
    const ended = foldOfEnded(state);
    if (ended) return this.#goOnAfter(ended, state, options);
    await decisionsOf(state);
    const [first] = await store.read(runId, 0, 1);
    if (first?.type !== 'run.started') throw notInStore(runId);
    const { context } = state.runContext;
    // The state that was given goes on saying what it said: the run gets a context, and a state, of its own.
    const asked = { context, ...(session && { session }), ...options };
    const known = agents.has(agent) ? { agents } : {};
    const planned = (around: Surroundings): RunPlan =>
      planResume(agent, first, asked, this.config, { ...around, store });
    return this.#conclude(await beginSegment(this, agent, planned, true, known), options);
  }

  async #goOnAfter(
    folded: FoldedRun,
    state: RunState,
    options: IndividualRunOptions,
  ): Promise<RunResult | StreamedRunResult> {
    const { currentAgent } = state;
    if (folded.ended?.type !== 'run.completed') {
      const policy = options.reasoningItemIdPolicy ?? this.config.reasoningItemIdPolicy;
      const { input, options: asked, maxTurns } = await continuationOf(state, folded, options, policy);
      const planned = (around: Surroundings): RunPlan => {
        const plan = planRun(currentAgent, input, asked, this.config, around);
        return { ...plan, maxTurns };
      };
      return this.#conclude(await beginSegment(this, currentAgent, planned), options);
    }
    const tracing = { hooks: this, store: homeOf(state).store, tracingDisabled: true, caller: undefined };
    const started = { ...folded.started, run: homeOf(state).runId, seq: 0, epoch: 0, at: 0 };
    const plan = planResume(currentAgent, started, options, this.config, tracing);
    return this.#conclude({ started: await completedRun(state, folded, plan), state }, options);
  }

  async #conclude({ started, state }: Begun, options: IndividualRunOptions): Promise<RunResult | StreamedRunResult> {
    if (options.stream === true) return new StreamedRunResult(started, state, options.onDisconnect ?? 'cancel');
    const { event, error } = await started.ended;
    if (event?.type !== 'run.completed' && event?.type !== 'run.suspended') throw error;
    return new RunResult(started, state);
  }
}

function notInStore(runId: string): UserError {
  return new UserError(`There is no run ${runId} in this store to take up.`, { code: 'RUN_NOT_FOUND', runId });
}

/** A segment under way, and what its result is made of. */
export interface Begun {
  started: StartedRun;
  state: RunState;
}

/** Begins a segment of a run, or with `resume` the next one of a run that the store has. */
export async function beginSegment(
  runner: Runner,
  agent: AnyAgent,
  planned: (around: Surroundings) => RunPlan,
  resume = false,
  known: { agents?: AgentRegistry } = {},
): Promise<Begun> {
  const caller = traceCarrier.current;
  const tracing = getGlobalTraceProvider();
  const store = runner.config.store ?? new MemoryLogStore();
  const around = { hooks: runner, store, tracingDisabled: tracing.disabled, caller };
  const plan = planned(around);
  const outer = caller?.trace instanceof Trace ? { trace: caller.trace } : {};
  const options = { ...outer, tracingApiKey: plan.trace.apiKey };
  const trace = traceView(() => (plan.trace.id === undefined ? [] : tracing.processors), options);
  let state: RunState | undefined;
  const started = await startRun(plan, {
    resume,
    ...known,
    live: {
      get trace() {
        return trace.trace;
      },
      spanOf: (id) => trace.spanOf(id),
    },
    defaultProvider: getDefaultModelProvider,
    resultOf: nestedResult,
    observers: (scope) => {
      const { agents } = scope;
      const home = { store: plan.store, runId: plan.runId, agents, session: plan.session };
      const fold = new RunState(plan.context, plan.input, agent, agentsOf(agents), {
        home,
        reasoningIds: plan.reasoningItemIdPolicy,
      });
      state = fold;
      plan.runData = () => runDataOf(fold);
      return [
        { take: trace, restore: (events) => restoreTrace(trace, events, plan.resumedBy) },
        { take: (events) => fold.take(events), restore: (events) => fold.take(events) },
        nestedStreams(scope),
      ];
    },
    onEnding: ({ error }) => state && attachState(error, state),
  });
  return { started, state: state as RunState };
}

/** Whoever has left a run has told all that it wrote. */
function restoreTrace(trace: TraceView, events: readonly RunEvent[], by: RunPlan['resumedBy']): void {
  if (by === 'handover') trace.restore(events, events.length);
  else trace.restore(events);
}

/** The run so far, for its error handlers. */
function runDataOf(state: RunState): RunErrorData {
  const { input, newItems, history, output, rawResponses, currentAgent: lastAgent } = state;
  return { input, newItems: [...newItems], history, output, rawResponses: [...rawResponses], lastAgent, state };
}

let defaultRunner: Runner | undefined;

/**
 * Runs the agent to its final output, with a Runner of default configuration. Resolves with the result, or rejects with the error of a failed or cancelled run;
 * a run that waits for an approval resolves with `interruptions`.
 *
 * @throws UserError for input and options that cannot work, before the run starts
 */
export function run<TAgent extends Agent<TContext, AgentOutputType>, TContext = unknown>(
  agent: TAgent,
  input: RunInput | RunState<TContext>,
  options?: NonStreamRunOptions<TContext>,
): Promise<RunResult<TContext, TAgent>>;
/**
 * Starts a streamed run and resolves at once. Iterate the result for its events; what failed is thrown after the last one. When its last reader leaves early the run
 * is cancelled, unless `onDisconnect` says otherwise.
 *
 * @throws UserError for input and options that cannot work, before the run starts
 */
export function run<TAgent extends Agent<TContext, AgentOutputType>, TContext = unknown>(
  agent: TAgent,
  input: RunInput | RunState<TContext>,
  options: StreamRunOptions<TContext>,
): Promise<StreamedRunResult<TContext, TAgent>>;
export function run(
  agent: AnyAgent,
  input: RunInput | RunState,
  options?: IndividualRunOptions,
): Promise<RunResult | StreamedRunResult> {
  defaultRunner ??= new Runner();
  return defaultRunner.run(agent, input, options as StreamRunOptions);
}

/** `run(agent, input, { stream: true, … })`, by the name that it has in Python. */
export function runStreamed<TAgent extends Agent<TContext, AgentOutputType>, TContext = unknown>(
  agent: TAgent,
  input: RunInput | RunState<TContext>,
  options: Omit<StreamRunOptions<TContext>, 'stream'> = {},
): Promise<StreamedRunResult<TContext, TAgent>> {
  return run<TAgent, TContext>(agent, input, { ...options, stream: true });
}

setLoneRun(async (spec, input, { runContext, toolInput, details }) => {
  const { runConfig, runOptions } = spec as unknown as { runConfig: Partial<RunConfig>; runOptions: StreamRunOptions };
  const context = new RunContext(runOptions.context ?? runContext.context);
  context.usage = runContext.usage;
  if (toolInput !== undefined) context.toolInput = toolInput;
  const { signal } = details ?? {};
  const options = { ...(signal && { signal }), ...runOptions, context, stream: false } as const;
  const result = await new Runner(runConfig).run(spec.agent, input, options);
  if (result.interruptions.length > 0)
    throw new UserError(
      `Agent tool '${spec.toolName}' was called outside of a run, and its agent waits for an approval. Call it in a run, which can wait.`,
      { code: 'USER_ERROR' },
    );
  const { finalOutput } = result;
  const { toolCall } = details ?? {};
  const call = {
    toolName: spec.toolName,
    ...(toolCall && { toolCallId: toolCall.callId, toolArguments: toolCall.arguments }),
  };
  return {
    text: typeof finalOutput === 'string' ? finalOutput : JSON.stringify(finalOutput),
    result: async () => Object.assign(result, { agentToolInvocation: Object.freeze(call) }),
  };
});
