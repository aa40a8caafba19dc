/** Tools: functions a model may ask to have called, and hosted tools that the provider runs. */
import type { FunctionCallItem, FunctionCallResultItem, ProviderData } from '../event/item.ts';
import type { ToolEffects } from '../event/step-events.ts';
import type { SchemaOutput, StandardSchemaWithJSON } from '../base/schema.ts';
import type { ToolTimeoutError } from '../event/errors.ts';
import type { JsonObjectSchema } from '../port/model.ts';
import type { AnyAgent } from './agent.ts';
import type { ApplyPatchTool } from './apply-patch-tool.ts';
import type { ComputerTool } from './computer-tool.ts';
import type { RunContext } from './run-context.ts';
import type { ShellTool } from './shell-tool.ts';
import type { ToolInputGuardrailDefinition, ToolOutputGuardrailDefinition } from './tool-guardrail.ts';

/** A schema object, a JSON schema, or nothing: then the tool gets the model's text as it is. */
export type ToolInputParameters = StandardSchemaWithJSON | JsonObjectSchema | undefined;

/** What `execute` gets, by the kind of `parameters`. */
export type ToolExecuteArgument<T extends ToolInputParameters> = T extends StandardSchemaWithJSON
  ? SchemaOutput<T>
  : T extends JsonObjectSchema
    ? unknown
    : string;

/** About the one call. `idempotencyKey` is the same for every attempt of it. */
export interface ToolCallDetails {
  toolCall?: FunctionCallItem;
  /** Aborts on cancel, on the tool's timeout, and when the run ends. */
  signal?: AbortSignal;
  runId?: string;
  callId?: string;
  attempt?: number;
  idempotencyKey?: string;
  /** The W3C header for what the function asks elsewhere. Where the run has `tracing: { propagate: true }`. */
  traceparent?: string;
}

export type FunctionToolTimeoutBehavior = 'error_as_result' | 'raise_exception';

/** Makes what the model is told of a failure: a text, or, for a tool with an `outputSchema`, what fits that. */
export type ToolErrorFunction<TContext = unknown, TResult = string> = Method<
  [context: RunContext<TContext>, error: Error | unknown, details?: ToolCallDetails],
  TResult | Promise<TResult>
>;

/** Makes what the model is told of a timeout. */
export type ToolTimeoutErrorFunction<TContext = unknown, TResult = string> = Method<
  [context: RunContext<TContext>, error: ToolTimeoutError, details?: ToolCallDetails],
  TResult | Promise<TResult>
>;

/** A schema object, which also validates what the function returns, or a JSON schema, which is only told to the model. */
export type ToolOutputSchema = StandardSchemaWithJSON | JsonObjectSchema;

/** Who may call a tool: the model itself, or a program that it writes. */
export type ToolAllowedCaller = 'direct' | 'programmatic';
export type ToolAllowedCallers = readonly [ToolAllowedCaller, ...ToolAllowedCaller[]];

/** What an application wants to know of a call and the model is not told. JSON only. */
export type ToolOutputCustomData = Record<string, unknown>;

/** What a `customDataExtractor` gets. */
export interface FunctionToolCustomDataContext<
  TContext = unknown,
  TParameters extends ToolInputParameters = ToolInputParameters,
  TResult = unknown,
> {
  runContext: RunContext<TContext>;
  tool: FunctionTool<TContext, TParameters, TResult>;
  toolCall: FunctionCallItem;
  /** The arguments, parsed. */
  input: unknown;
  /** What the function returned, or what the model is told in its place. */
  output: unknown;
  /** What the model is told. */
  rawItem: FunctionCallResultItem;
}

/** Makes the `customData` of a call's output item. */
export type FunctionToolCustomDataExtractor<
  TContext = unknown,
  TParameters extends ToolInputParameters = ToolInputParameters,
  TResult = unknown,
> = Method<
  [context: FunctionToolCustomDataContext<TContext, TParameters, TResult>],
  ToolOutputCustomData | null | undefined | Promise<ToolOutputCustomData | null | undefined>
>;

/** Whether the model is told of a tool in this turn. */
export type ToolEnabledFunction<TContext = unknown> = Method<
  [runContext: RunContext<TContext>, agent: AnyAgent],
  Promise<boolean>
>;

export type ToolEnabledPredicate<TContext = unknown> = Method<
  [args: { runContext: RunContext<TContext>; agent: AnyAgent }],
  boolean | Promise<boolean>
>;

// Methods compare their parameters both ways, so that a tool or agent of one context fits where any context will do.
export type Method<Args extends unknown[], R> = { bivarianceHack(...args: Args): R }['bivarianceHack'];

/** A function that a model may call. Make one with `tool()`. */
export interface FunctionTool<
  TContext = unknown,
  // What it takes, for the types that name it.
  TParameters extends ToolInputParameters = ToolInputParameters,
  TResult = unknown,
> {
  type: 'function';
  name: string;
  description: string;
  parameters: JsonObjectSchema;
  strict: boolean;
  /** Set by `toolNamespace()`. */
  namespace?: string;
  namespaceDescription?: string;
  /** Responses API: the model is told of the tool when its search finds it. */
  deferLoading?: boolean;
  /** Responses API: who may call it. The model by default. */
  allowedCallers?: ToolAllowedCallers;
  /** Responses API: what the text of its output holds. */
  outputSchema?: JsonObjectSchema;
  providerData?: ProviderData;
  /** Parses `input`, calls the function, and gives its result. What it throws is handled by `errorFunction`, or thrown when that is null. */
  invoke: Method<
    [runContext: RunContext<TContext>, input: string, details?: ToolCallDetails],
    Promise<TResult | string>
  >;
  errorFunction?: ToolErrorFunction<TContext, unknown> | null;
  timeoutMs?: number;
  timeoutBehavior?: FunctionToolTimeoutBehavior;
  timeoutErrorFunction?: ToolTimeoutErrorFunction<TContext, unknown>;
  /** Asked in order before each call. */
  inputGuardrails?: ToolInputGuardrailDefinition<TContext>[];
  /** Asked in order about what a call came to. */
  outputGuardrails?: ToolOutputGuardrailDefinition<TContext>[];
  customDataExtractor?: FunctionToolCustomDataExtractor<TContext, TParameters, TResult>;
  isEnabled: ToolEnabledFunction<TContext>;
  /** Whether this call waits for somebody's decision. `input` is what the function would get. */
  needsApproval: Method<[runContext: RunContext<TContext>, input: unknown, callId?: string], Promise<boolean>>;
  /** How long a call waits for a decision, in milliseconds; then it counts as rejected. The run's `approvalTimeoutMs` by default. */
  approvalTimeoutMs?: number;
  /** What a repeated call would do. `once` by default: after a crash it is not repeated by itself. */
  effects?: ToolEffects;
  /** What becomes of a `once` call that a crash left without its outcome. `tell_model` by default. */
  unknownOutcome?: UnknownOutcomePolicy<TContext>;
  /** What of its calls clients of the HTTP handler see. Nothing but the name by default. */
  exposeToClient?: boolean | 'arguments' | 'output';
}

/** What the tool itself can find out about a call: what it came to, or that it never happened and may be made now. */
export type CheckedOutcome = { happened: true; output: unknown } | { happened: false };

/**
 * The model is told that the outcome is unknown; the run fails with TOOL_OUTCOME_UNKNOWN; or the tool finds out.
 */
export type UnknownOutcomePolicy<TContext = unknown> =
  | 'tell_model'
  | 'fail'
  | Method<[runContext: RunContext<TContext>, details: ToolCallDetails], Promise<CheckedOutcome>>;

/** A tool that the provider runs, passed through. */
export interface HostedTool {
  type: 'hosted_tool';
  name: string;
  providerData?: ProviderData;
}

export type Tool<TContext = unknown> =
  | FunctionTool<TContext>
  | ComputerTool<TContext>
  | ShellTool
  | ApplyPatchTool
  | HostedTool;
