/** What a caller may say about a run, and its defaults. SPEC.md has the same table; a test keeps the two equal. */
import type { OnDisconnect } from '../event/run-event.ts';
import type { AnyAgent } from '../agent/agent.ts';
import type { HandoffInputFilter } from '../agent/handoff.ts';
import type { InputGuardrail, OutputGuardrail } from '../agent/guardrail.ts';
import type { AgentOutputType } from '../agent/output-type.ts';
import type { RunContext } from '../agent/run-context.ts';
import { checkOptions } from '../agent/option.ts';
import type { Method } from '../agent/tool.ts';
import { UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { LogStore } from '../port/log-store.ts';
import type { Model, ModelProvider, ModelSettings } from '../port/model.ts';
import type { Session, SessionInputCallback } from '../port/session.ts';
import { checkHandlers, type RunErrorHandlers } from './error-handler.ts';
import { checkTimeouts, type RunTimeouts } from './timeouts.ts';
import { checkToolOptions, TOOL_OPTION_NAMES, type ToolRunOptions } from './tool-options.ts';

export interface TracingConfig {
  /** False leaves out the spans of the run itself and of its turns. True by default. */
  includeTaskAndTurnSpans?: boolean;
  /** Whom `OpenAITracingExporter` exports this run's trace as. Never in a log. */
  apiKey?: string;
  /**
   * The W3C `traceparent` header of whoever asked for the run: its trace is that one's. Of no effect inside `withTrace`, beside a `traceId`, and when it is no such
   * header.
   */
  traceparent?: string;
  /** True sends a `traceparent` header with model calls. False by default: it tells a provider which calls belong together. */
  propagate?: boolean;
}

export type { RunTimeouts } from './timeouts.ts';

/** What a model is about to be given. */
export interface ModelInputData {
  input: AgentInputItem[];
  instructions?: string;
}

/** What a `callModelInputFilter` gets. */
export interface CallModelInputFilterArgs<TContext = unknown> {
  modelData: ModelInputData;
  agent: AnyAgent;
  context: TContext | undefined;
}

/**
 * Decides what a model is given, call by call. It gets copies, and what the run remembers stays as it is: `history`, `newItems` and the log have what was said. A session
 * has of the run's input what the filter made of it, and what it added in the first call; what models and tools say is stored as they said it. What it throws
 * fails the run.
 */
export type CallModelInputFilter<TContext = unknown> = Method<
  [args: CallModelInputFilterArgs<TContext>],
  ModelInputData | Promise<ModelInputData>
>;

export type ToolNotFoundBehavior = 'raise_error' | 'return_error_to_model';

export type { OnDisconnect } from '../event/run-event.ts';

/** A tool's result that came after its call was abandoned or its run had ended. */
export interface LateResult {
  runId: string;
  callId: string;
  tool: string;
  output?: unknown;
  error?: unknown;
}

/** What holds for all runs of a Runner. */
export interface RunConfig extends ToolRunOptions {
  /** For agents that name no model. */
  model?: string | Model;
  /** Turns a model's name into a model. OpenAI's by default. */
  modelProvider?: ModelProvider;
  /** An agent's own settings win, one by one; of `reasoning`, `text`, `promptCacheOptions`, `retry` and its `backoff`, one by one inside. */
  modelSettings?: ModelSettings;
  /** For handoffs that have no filter of their own. */
  handoffInputFilter?: HandoffInputFilter;
  /** Beside those of the first agent. */
  inputGuardrails?: InputGuardrail[];
  /** Beside those of the agent that ends the run. */
  outputGuardrails?: OutputGuardrail<AgentOutputType>[];
  /** True leaves out all spans. False by default. */
  tracingDisabled?: boolean;
  /** False keeps inputs, outputs and error texts out of all spans. True by default. */
  traceIncludeSensitiveData?: boolean;
  /** The trace's name. 'Agent workflow' by default. */
  workflowName?: string;
  /** The trace's id; a random one by default. */
  traceId?: string;
  /** Ties traces together, such as those of one conversation. */
  groupId?: string;
  traceMetadata?: Record<string, string>;
  tracing?: TracingConfig;
  /** When the model calls a tool that is not there: fail the run (default), or tell the model. */
  toolNotFoundBehavior?: ToolNotFoundBehavior;
  /** Decides what the model sees of a session's items and the new ones. */
  sessionInputCallback?: SessionInputCallback;
  callModelInputFilter?: CallModelInputFilter;
  /** A final output in place of some errors. */
  errorHandlers?: RunErrorHandlers;
  /** Where logs are kept. In memory, with the result, by default. */
  store?: LogStore;
  timeouts?: RunTimeouts;
  /** Handoffs in one run. 50 by default. */
  maxHandoffs?: number;
  /** Tools and handoffs that an agent may offer the model in a turn, those of MCP servers included. 1,000 by default. */
  maxTools?: number;
  /** Of a run's log, estimated: 64 MiB by default in memory, 1 GiB on disk. */
  maxLogBytes?: number;
  /** Of a run's input, in characters. 16 Mi by default. */
  maxInputLength?: number;
  /** Of what one tool call tells the model, in characters; longer output is cut with a marker. 1 Mi by default. */
  maxToolOutputLength?: number;
  /** Gets what a tool gave after its call was given up. */
  onLateResult?: (late: LateResult) => void;
  /** How long a call waits for a decision, in milliseconds; then it counts as rejected. No limit by default. */
  approvalTimeoutMs?: number;
  /** What the program says of its own version. Recorded with runs that are kept in a `store`. */
  codeVersion?: string;
}

/** What holds for one run. */
export interface SharedRunOptions<TContext = unknown> extends ToolRunOptions<TContext> {
  /** Handed to tools, guardrails, hooks and instructions; never sent to a model, never stored. */
  context?: TContext | RunContext<TContext>;
  /** Model turns. 10 by default, or, for a run that goes on, what it began with; null: no limit. */
  maxTurns?: number | null;
  /** Its abort is an immediate cancel. No listener stays on it after the run. */
  signal?: AbortSignal;
  /** The conversation that the run continues and is added to. */
  session?: Session;
  /** A conversation that the provider keeps: the model is sent only what is new. Not beside a session, output guardrails or handoff filters. */
  conversationId?: string;
  /** The same, as a chain of responses that begins with this one. */
  previousResponseId?: string;
  sessionInputCallback?: SessionInputCallback;
  callModelInputFilter?: CallModelInputFilter<TContext>;
  /** A final output in place of some errors, each kind for itself. */
  errorHandlers?: RunErrorHandlers<TContext>;
  toolNotFoundBehavior?: ToolNotFoundBehavior;
  tracing?: TracingConfig;
  timeouts?: RunTimeouts;
  /** How long a call waits for a decision, in milliseconds; then it counts as rejected. No limit by default. */
  approvalTimeoutMs?: number;
  /** The run's id. 1 to 128 of `A-Z a-z 0-9 _ -`; a random one by default. */
  runId?: string;
}

/** For a run whose result is awaited. */
export interface NonStreamRunOptions<TContext = unknown> extends SharedRunOptions<TContext> {
  stream?: false;
}

/** For a run that is read while it goes on. */
export interface StreamRunOptions<TContext = unknown> extends SharedRunOptions<TContext> {
  stream: true;
  /** What happens when the last reader that began reading leaves early. `cancel` by default. */
  onDisconnect?: OnDisconnect;
}

export type IndividualRunOptions<TContext = unknown> = NonStreamRunOptions<TContext> | StreamRunOptions<TContext>;

export const DEFAULTS: {
  maxTurns: number;
  idleMs: number;
  toolGraceMs: number;
  maxRetries: number;
  maxRetryAfterMs: number;
  maxHandoffs: number;
  maxTools: number;
  maxInputLength: number;
  maxToolOutputLength: number;
  maxUnknownToolCalls: number;
  maxNestedAgents: number;
  workflowName: string;
} = {
  maxTurns: 10,
  idleMs: 60_000,
  toolGraceMs: 5_000,
  maxRetries: 2,
  maxRetryAfterMs: 60_000,
  maxHandoffs: 50,
  maxTools: 1_000,
  maxInputLength: 16 * 1024 * 1024,
  maxToolOutputLength: 1024 * 1024,
  maxUnknownToolCalls: 3,
  maxNestedAgents: 16,
  workflowName: 'Agent workflow',
};

const CONFIG_NAMES = [
  ...TOOL_OPTION_NAMES,
  'errorHandlers',
  'model',
  'modelProvider',
  'modelSettings',
  'handoffInputFilter',
  'inputGuardrails',
  'outputGuardrails',
  'tracingDisabled',
  'traceIncludeSensitiveData',
  'workflowName',
  'traceId',
  'groupId',
  'traceMetadata',
  'tracing',
  'toolNotFoundBehavior',
  'sessionInputCallback',
  'callModelInputFilter',
  'store',
  'timeouts',
  'maxHandoffs',
  'maxTools',
  'maxLogBytes',
  'maxInputLength',
  'maxToolOutputLength',
  'onLateResult',
  'approvalTimeoutMs',
  'codeVersion',
] as const;
const ELSEWHERE = ['sandbox'] as const;

const OPTION_NAMES = [
  ...TOOL_OPTION_NAMES,
  'errorHandlers',
  'context',
  'maxTurns',
  'signal',
  'session',
  'conversationId',
  'previousResponseId',
  'sessionInputCallback',
  'callModelInputFilter',
  'toolNotFoundBehavior',
  'tracing',
  'timeouts',
  'approvalTimeoutMs',
  'runId',
  'stream',
  'onDisconnect',
] as const;

/** @throws UserError OPTION_UNKNOWN, OPTION_RANGE, OPTION_TYPE */
export function checkConfig(config: Partial<RunConfig>): void {
  checkOptions('Runner', config, CONFIG_NAMES, ELSEWHERE);
  checkToolOptions(config);
  checkHandlers(config.errorHandlers);
  checkTimeouts(config.timeouts);
  for (const name of [
    'maxHandoffs',
    'maxTools',
    'maxLogBytes',
    'maxInputLength',
    'maxToolOutputLength',
    'approvalTimeoutMs',
  ] as const)
    checkCount(name, config[name]);
  if (config.codeVersion !== undefined && typeof config.codeVersion !== 'string') {
    throw new UserError(`Runner: codeVersion must be a text, got ${typeof config.codeVersion}.`, {
      code: 'OPTION_TYPE',
    });
  }
}

/** @throws UserError OPTION_UNKNOWN, OPTION_RANGE, OPTION_TYPE, RUN_ID_INVALID */
export function checkRunOptions(options: IndividualRunOptions<unknown>): void {
  checkOptions('run()', options, OPTION_NAMES, ELSEWHERE);
  checkToolOptions(options);
  checkHandlers(options.errorHandlers);
  checkSession(options.session);
  if (options.maxTurns !== null) checkCount('maxTurns', options.maxTurns, 'Use null for no limit.');
  checkTimeouts(options.timeouts);
  checkCount('approvalTimeoutMs', options.approvalTimeoutMs);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw new UserError(`run(): signal must be an AbortSignal, got ${typeof options.signal}.`, { code: 'OPTION_TYPE' });
  }
}

function checkSession(session: unknown): void {
  if (session === undefined) return;
  const { getItems, addItems } = (session ?? {}) as { getItems?: unknown; addItems?: unknown };
  if (typeof getItems === 'function' && typeof addItems === 'function') return;
  throw new UserError(
    'run(): session must be a session, an object with getItems and addItems, such as new MemorySession().',
    { code: 'OPTION_TYPE' },
  );
}

function checkCount(name: string, value: number | undefined, hint = ''): void {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return;
  const got = typeof value === 'string' ? `the text '${String(value)}'` : String(value);
  throw new UserError(`${name} must be a whole number of 1 or more, got ${got}. ${hint}`.trim(), {
    code: 'OPTION_RANGE',
  });
}
