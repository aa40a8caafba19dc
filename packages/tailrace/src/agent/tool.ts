/** Tools: functions a model may ask to have called, and hosted tools that the provider runs. */
import type { FunctionCallItem, ProviderData } from '../event/item.ts';
import type { ToolEffects } from '../event/step-events.ts';
import type { SchemaOutput, StandardSchemaWithJSON } from '../base/schema.ts';
import type { ToolTimeoutError } from '../event/errors.ts';
import type { JsonObjectSchema } from '../port/model.ts';
import type { AnyAgent } from './agent.ts';
import type { RunContext } from './run-context.ts';
import type { RunToolCallOutputItem } from './run-item.ts';

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
}

export type FunctionToolTimeoutBehavior = 'error_as_result' | 'raise_exception';

/** Makes what the model is told of a failure. Must not throw. */
export type ToolErrorFunction<TContext = unknown> = Method<
  [context: RunContext<TContext>, error: Error | unknown],
  string | Promise<string>
>;

export type ToolTimeoutErrorFunction<TContext = unknown> = Method<
  [context: RunContext<TContext>, error: ToolTimeoutError, details?: ToolCallDetails],
  string | Promise<string>
>;

export type ToolEnabledPredicate<TContext = unknown> = Method<
  [args: { runContext: RunContext<TContext>; agent: AnyAgent }],
  boolean | Promise<boolean>
>;

// Methods compare their parameters both ways, so that a tool or agent of one context fits where any context will do.
export type Method<Args extends unknown[], R> = { bivarianceHack(...args: Args): R }['bivarianceHack'];

/** A function that a model may call. Make one with `tool()`. */
export interface FunctionTool<TContext = unknown, TResult = unknown> {
  type: 'function';
  name: string;
  description: string;
  parameters: JsonObjectSchema;
  strict: boolean;
  providerData?: ProviderData;
  /** Parses `input`, calls the function, and gives its result. What it throws is handled by `errorFunction`, or thrown when that is null. */
  invoke: Method<
    [runContext: RunContext<TContext>, input: string, details?: ToolCallDetails],
    Promise<TResult | string>
  >;
  errorFunction?: ToolErrorFunction<TContext> | null;
  timeoutMs?: number;
  timeoutBehavior?: FunctionToolTimeoutBehavior;
  timeoutErrorFunction?: ToolTimeoutErrorFunction<TContext>;
  isEnabled: Method<[runContext: RunContext<TContext>, agent: AnyAgent], Promise<boolean>>;
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

export type Tool<TContext = unknown> = FunctionTool<TContext> | HostedTool;

/** What a function tool call came to: for `toolUseBehavior`. */
export interface FunctionToolResult<TContext = unknown> {
  type: 'function_output';
  tool: FunctionTool<TContext>;
  output: unknown;
  runItem: RunToolCallOutputItem;
}
