/** A run as it was asked for, checked and with its defaults filled in. Nothing here changes while it runs. */
import type { AnyAgent } from '../agent/agent.ts';
import { isAgent } from '../agent/agent-parts.ts';
import type { InputGuardrail, OutputGuardrail } from '../agent/guardrail.ts';
import type { AgentOutputType } from '../agent/output-type.ts';
import type { RunHooks } from '../agent/lifecycle.ts';
import { RunContext } from '../agent/run-context.ts';
import { newRunId, RUN_ID } from '../base/id.ts';
import { tracingIds } from '../base/tracing-ids.ts';
import { parseTraceparent } from '../base/traceparent.ts';
import { UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { EventEnvelope, RunStarted } from '../event/run-event.ts';
import type { LogStore } from '../port/log-store.ts';
import type { Session, SessionInputCallback } from '../port/session.ts';
import type { TraceScope } from '../port/trace-scope.ts';
import type { RunErrorData, RunErrorHandlers } from './error-handler.ts';
import { checkInput, checkPairs } from './input.ts';
import {
  refuseUnkeepable,
  type ServerConversation,
  serverConversationOf,
  serverConversationOfRun,
} from './server-history.ts';
import {
  type CallModelInputFilter,
  checkRunOptions,
  DEFAULTS,
  type IndividualRunOptions,
  type RunConfig,
  type RunTimeouts,
  type ToolNotFoundBehavior,
  type TracingConfig,
} from './options.ts';
import { type ToolPlan, toolPlan } from './tool-options.ts';

export interface TracePlan {
  /** Undefined: no spans. */
  id: string | undefined;
  joined: boolean;
  /** The span of the caller's that the run hangs below. */
  parent: string | undefined;
  workflowName: string;
  groupId?: string;
  metadata?: Record<string, string>;
  sensitive: boolean;
  taskAndTurns: boolean;
  /** Model calls carry a `traceparent` header. */
  propagate: boolean;
  apiKey: string | undefined;
  /** Keeps the caller's trace open until the run has ended. */
  hold?: () => Disposable;
}

/** Timeouts with their defaults; only those without one may be missing. */
export type PlannedTimeouts = Required<RunTimeouts> & { idleMs: number; toolGraceMs: number };

/** What the beginning of a submitted run's log says beside its plan. `registered`: the name of its agent in a runtime. */
export type Submitted = Required<Pick<RunStarted, 'registered'>> &
  Pick<RunStarted, 'metadata' | 'principal' | 'onDisconnect' | 'sessionId'>;

export interface RunPlan extends ToolPlan {
  runId: string;
  /** True when the caller chose the id. */
  named: boolean;
  /** Why a run that is taken up goes on, where its log does not say so. After a `handover` everybody was told all that the log holds. */
  resumedBy: 'handover' | 'takeover';
  agent: AnyAgent;
  input: string | AgentInputItem[];
  stream: boolean;
  config: Partial<RunConfig>;
  context: RunContext;
  maxTurns: number | null;
  signal: AbortSignal | undefined;
  session: Session | undefined;
  /** The conversation that the provider keeps, where it is the one that does. */
  server: ServerConversation | undefined;
  sessionInputCallback: SessionInputCallback | undefined;
  callModelInputFilter: CallModelInputFilter | undefined;
  toolNotFoundBehavior: ToolNotFoundBehavior;
  errorHandlers: RunErrorHandlers | undefined;
  /** What error handlers are told of the run so far. Set by whoever keeps it. */
  runData?: () => RunErrorData;
  inputGuardrails: readonly InputGuardrail[];
  outputGuardrails: readonly OutputGuardrail<AgentOutputType>[];
  timeouts: PlannedTimeouts;
  /** How long a call waits for a decision, where its tool does not say. */
  approvalTimeoutMs: number | undefined;
  trace: TracePlan;
  hooks: RunHooks;
  store: LogStore;
  /** The name of the agent in a runtime, and what was said about the run when it was submitted to it. */
  submitted?: Submitted;
  /**
   * Brings what is not data into a run that was taken up: fills in `session` and the context's own. Called once that is recorded, so that it counts who dies of
   * it. What it throws ends the run.
   */
  prepare?: () => Promise<void>;
  /** True when somebody drives the run again: that its session's store has no room or no time for a step is not its end. */
  redriven?: boolean;
  /** How many processes in a row may die on the run without completing a step of it. No limit by default. */
  maxTakeovers?: number;
}

/** What the composition root brings into each run. */
export interface Surroundings {
  hooks: RunHooks;
  store: LogStore;
  tracingDisabled: boolean;
  /** The scope of `withTrace` that the caller stands in, if any. */
  caller: TraceScope | undefined;
}

/** @throws UserError for whatever in agent, input, config or options cannot work */
export function planRun(
  agent: AnyAgent,
  input: unknown,
  options: IndividualRunOptions<unknown>,
  config: Partial<RunConfig>,
  around: Surroundings,
): RunPlan {
  if (!isAgent(agent)) {
    const got: unknown = agent;
    throw new UserError(
      `run() takes an agent first, got ${got === null ? 'null' : typeof got}. Make one: new Agent({ name: "Support", … }).`,
      { code: 'OPTION_TYPE' },
    );
  }
  checkRunOptions(options);
  const checked = checkInput(input, config.maxInputLength ?? DEFAULTS.maxInputLength);
  const server = serverConversationOf(options, options.session !== undefined);
  // The server may have the calls that these outputs are of.
  if (typeof checked !== 'string' && !options.session && !server) checkPairs(checked);
  const plan: RunPlan = {
    runId: runIdOf(options.runId),
    named: options.runId !== undefined,
    resumedBy: 'takeover',
    agent,
    input: checked,
    stream: options.stream === true,
    config,
    context: options.context instanceof RunContext ? options.context : new RunContext(options.context),
    maxTurns: options.maxTurns === undefined ? DEFAULTS.maxTurns : options.maxTurns,
    signal: options.signal,
    session: options.session,
    server,
    sessionInputCallback: options.sessionInputCallback ?? config.sessionInputCallback,
    callModelInputFilter: options.callModelInputFilter ?? config.callModelInputFilter,
    errorHandlers: options.errorHandlers ?? config.errorHandlers,
    toolNotFoundBehavior: options.toolNotFoundBehavior ?? config.toolNotFoundBehavior ?? 'raise_error',
    inputGuardrails: [...(config.inputGuardrails ?? []), ...agent.inputGuardrails],
    outputGuardrails: config.outputGuardrails ?? [],
    approvalTimeoutMs: options.approvalTimeoutMs ?? config.approvalTimeoutMs,
    timeouts: timeoutsOf({ ...config.timeouts, ...options.timeouts }),
    trace: tracePlan(options, config, around),
    hooks: around.hooks,
    store: around.store,
    // Last: V8 calls its runtime for each property that a literal has behind a spread.
    ...toolPlan(options, config),
  };
  refuseUnkeepable(plan);
  return plan;
}

/**
 * The plan of a run that is taken up: what the log says of its beginning, and what this process brings.
 *
 * @throws UserError as planRun does
 */
export function planResume(
  agent: AnyAgent,
  started: RunStarted & EventEnvelope,
  options: IndividualRunOptions<unknown>,
  config: Partial<RunConfig>,
  around: Surroundings,
): RunPlan {
  const { input, traceId, groupId, traceMetadata, workflowName } = started;
  const maxTurns = options.maxTurns === undefined ? started.maxTurns : options.maxTurns;
  // The input was checked when the run began, together with a session that is not at hand yet.
  const conversation = serverConversationOfRun(started, options);
  const asked = { ...options, ...conversation, maxTurns, runId: started.run };
  const plan = planRun(agent, '', asked, config, { ...around, caller: undefined });
  const trace: TracePlan = {
    ...plan.trace,
    // Where tracing is off, whoever goes on with a traced run only closes what is open.
    id: plan.trace.id === undefined ? undefined : traceId,
    joined: started.traceJoined === true,
    workflowName,
    ...(groupId !== undefined && { groupId }),
    ...(traceMetadata && { metadata: traceMetadata }),
  };
  return { ...plan, input, trace };
}

function runIdOf(given: string | undefined): string {
  if (given === undefined) return newRunId();
  if (RUN_ID.test(given) && given !== '__proto__') return given;
  throw new UserError(
    `runId must be 1 to 128 letters, digits, underscores or hyphens, got ${JSON.stringify(given.slice(0, 40))}.`,
    { code: 'RUN_ID_INVALID' },
  );
}

function timeoutsOf(given: RunTimeouts): PlannedTimeouts {
  return {
    runMs: given.runMs,
    turnMs: given.turnMs,
    attemptMs: given.attemptMs,
    firstTokenMs: given.firstTokenMs,
    idleMs: given.idleMs ?? DEFAULTS.idleMs,
    toolGraceMs: given.toolGraceMs ?? DEFAULTS.toolGraceMs,
  };
}

const NO_TRACING: TracingConfig = {};

function tracePlan(
  options: IndividualRunOptions<unknown>,
  config: Partial<RunConfig>,
  around: Surroundings,
): TracePlan {
  const { caller } = around;
  const off =
    around.tracingDisabled || config.tracingDisabled === true || (caller !== undefined && caller.traceId === undefined);
  const groupId = config.groupId ?? caller?.groupId;
  const tracing = config.tracing || options.tracing ? { ...config.tracing, ...options.tracing } : NO_TRACING;
  const own = caller?.traceId ?? config.traceId;
  const from = own === undefined ? parseTraceparent(tracing.traceparent) : undefined;
  const given = config.traceMetadata ?? caller?.metadata;
  // Recorded with the metadata: whoever takes the run up, and every processor, finds it there.
  const metadata = from && tracing.traceparent ? { ...given, traceparent: tracing.traceparent.trim() } : given;
  return {
    id: off ? undefined : (own ?? (from ? `trace_${from.traceId}` : tracingIds.generateTraceId())),
    joined: caller?.traceId !== undefined,
    parent: caller?.spanId,
    workflowName: config.workflowName ?? DEFAULTS.workflowName,
    sensitive: config.traceIncludeSensitiveData ?? true,
    taskAndTurns: tracing.includeTaskAndTurnSpans ?? true,
    propagate: tracing.propagate === true,
    apiKey: tracing.apiKey,
    ...(groupId !== undefined && { groupId }),
    ...(metadata && { metadata }),
    ...(caller?.hold && { hold: caller.hold }),
  };
}
