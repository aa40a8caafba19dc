import { asError, errorText } from '../base/error-text.ts';
import type { ErrorCode } from '../event/error-codes.ts';
import { ToolCallError, UserError } from '../event/errors.ts';
import type { ProviderData } from '../event/item.ts';
import type { ToolEffects } from '../event/step-events.ts';
import { checkLimit } from './local-tool.ts';
import { checkOptions } from './option.ts';
import type { RunContext } from './run-context.ts';
import { resolveToolInputGuardrails, resolveToolOutputGuardrails } from './tool-guardrail.ts';
import type { ToolInputGuardrailFunction, ToolOutputGuardrailFunction } from './tool-guardrail.ts';
import { toolInput, toolOutputSchema } from './tool-input.ts';
import { CHECK_OUTPUT, defaultErrorFunction, invoker, type OutputCheck, outputCheck } from './tool-invoke.ts';
import { approvalRule, PARSE, type ToolApprovalFunction } from './tool-approval.ts';
import type { SchemaOutput, StandardSchemaWithJSON } from '../base/schema.ts';
import type {
  FunctionTool,
  FunctionToolCustomDataExtractor,
  FunctionToolTimeoutBehavior,
  Method,
  ToolAllowedCallers,
  ToolCallDetails,
  ToolEnabledPredicate,
  ToolErrorFunction,
  ToolExecuteArgument,
  ToolInputParameters,
  ToolOutputSchema,
  ToolTimeoutErrorFunction,
  UnknownOutcomePolicy,
} from './tool.ts';

/** What a tool with an `outputSchema` gives: what the schema says, where it is a schema object. */
export type ToolExecuteResult<
  TOutputSchema extends ToolOutputSchema | undefined,
  TResult,
> = TOutputSchema extends StandardSchemaWithJSON ? SchemaOutput<TOutputSchema> : TResult;

/** What takes the place of a failed call's output. */
export type ToolFallbackResult<TOutputSchema extends ToolOutputSchema | undefined> = TOutputSchema extends undefined
  ? string
  : ToolExecuteResult<TOutputSchema, unknown>;

/** What `tool()` makes a tool of. */
export interface ToolOptions<
  TParameters extends ToolInputParameters,
  TContext = unknown,
  TOutputSchema extends ToolOutputSchema | undefined = undefined,
  TResult = unknown,
> {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`; spaces become underscores. The function's own name by default. */
  name?: string;
  /** What the model chooses the tool by: say what it does, and when to use it. */
  description: string;
  /** What the function takes: a schema object (validated before each call), or a JSON schema (told to the model, not validated). */
  parameters: TParameters;
  /** Tells the provider to hold the model to the schema. True by default. */
  strict?: boolean;
  /** Responses API: the model is told of the tool when its search finds it. False by default. */
  deferLoading?: boolean;
  /** Sent to the provider beside the tool's definition. */
  providerData?: ProviderData;
  /** Responses API: who may call it, each once. The model by default. */
  allowedCallers?: ToolAllowedCallers;
  /** Responses API: what the text of its output holds. A schema object also validates what the function gives; then a failure ends the run, unless `errorFunction` gives what fits. */
  outputSchema?: TOutputSchema;
  /**
   * Does the work. Gets the arguments as the schema gives them, the run's context, and details: pass `details.signal` on. The model is told what it returns: text as it is,
   * anything else as JSON. What it throws goes to `errorFunction`. A generator's `yield`s are progress: those who watch the run see them, the model does not.
   */
  execute: Method<
    [input: ToolExecuteArgument<TParameters>, context?: RunContext<TContext>, details?: ToolCallDetails],
    | ToolExecuteResult<TOutputSchema, TResult>
    | Promise<ToolExecuteResult<TOutputSchema, TResult>>
    | AsyncGenerator<unknown, ToolExecuteResult<TOutputSchema, TResult>>
    | Generator<unknown, ToolExecuteResult<TOutputSchema, TResult>>
  >;
  /** What the model is told when the call fails. A fixed text by default; `null` fails the run with ToolCallError. */
  errorFunction?: ToolErrorFunction<TContext, ToolFallbackResult<TOutputSchema>> | null;
  /** Limit of one call, in milliseconds. None by default. */
  timeoutMs?: number;
  /** On timeout: tell the model (default), or fail the run with ToolTimeoutError (default of tools with an `outputSchema`). */
  timeoutBehavior?: FunctionToolTimeoutBehavior;
  /** What the model is told of a timeout. */
  timeoutErrorFunction?: ToolTimeoutErrorFunction<TContext, ToolFallbackResult<TOutputSchema>>;
  /** False hides the tool from the model; a function is asked at each turn. True by default. */
  isEnabled?: boolean | ToolEnabledPredicate<TContext>;
  /** Whether a call waits until somebody approves it; a function decides call by call. False by default. */
  needsApproval?: boolean | ToolApprovalFunction<TParameters, TContext>;
  /** How long a call waits for a decision, in milliseconds; then it counts as rejected. The run's `approvalTimeoutMs` by default. */
  approvalTimeoutMs?: number;
  /** Asked in order before each call: may stop it, answer in its place, or fail the run. */
  inputGuardrails?: readonly { name: string; run: ToolInputGuardrailFunction<TContext> }[];
  /** Asked in order about what a call came to: may replace it, or fail the run. */
  outputGuardrails?: readonly { name: string; run: ToolOutputGuardrailFunction<TContext> }[];
  /** Makes the `customData` of the call's output item: for the application, never for the model. What it throws fails the run. */
  customDataExtractor?: FunctionToolCustomDataExtractor<
    TContext,
    TParameters,
    ToolExecuteResult<TOutputSchema, TResult>
  >;
  /** What a repeated call would do. `once` by default. */
  effects?: ToolEffects;
  /** What becomes of a `once` call that a crash left without its outcome. `tell_model` by default. */
  unknownOutcome?: UnknownOutcomePolicy<TContext>;
  /** What of its calls clients of the HTTP handler see: all (true), `'arguments'`, `'output'`, or nothing but the name (false, the default). */
  exposeToClient?: boolean | 'arguments' | 'output';
}

/** `ToolOptions`, by the name of @openai/agents: guardrails are among them. */
export type ToolOptionsWithGuardrails<
  TParameters extends ToolInputParameters,
  TContext = unknown,
  TOutputSchema extends ToolOutputSchema | undefined = undefined,
> = ToolOptions<TParameters, TContext, TOutputSchema>;

const OPTION_NAMES = [
  'name',
  'description',
  'parameters',
  'strict',
  'deferLoading',
  'providerData',
  'allowedCallers',
  'outputSchema',
  'execute',
  'errorFunction',
  'timeoutMs',
  'timeoutBehavior',
  'timeoutErrorFunction',
  'isEnabled',
  'needsApproval',
  'approvalTimeoutMs',
  'inputGuardrails',
  'outputGuardrails',
  'customDataExtractor',
  'effects',
  'unknownOutcome',
  'exposeToClient',
] as const;

const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Makes a function tool. Arguments that do not fit the schema never reach `execute`; the model is told which path is wrong.
 *
 * @throws UserError TOOL_NAME_INVALID, TOOL_EXECUTE_NOT_FUNCTION, TOOL_SCHEMA_UNSUPPORTED, OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE
 */
export function tool<
  TParameters extends ToolInputParameters = undefined,
  TContext = unknown,
  TResult = unknown,
  TOutputSchema extends ToolOutputSchema | undefined = undefined,
>(
  options: ToolOptions<TParameters, TContext, TOutputSchema, TResult>,
): FunctionTool<TContext, TParameters, ToolExecuteResult<TOutputSchema, TResult>> {
  const name = toolName(options);
  checkOptions(`tool '${name}'`, options, OPTION_NAMES);
  const { execute, isEnabled = true, strict = true, timeoutMs, approvalTimeoutMs, outputSchema } = options;
  if (typeof execute !== 'function') {
    throw new UserError(`Tool '${name}': execute must be a function, got ${describe(execute)}.`, {
      code: 'TOOL_EXECUTE_NOT_FUNCTION',
    });
  }
  checkLimit(name, 'timeoutMs', timeoutMs);
  checkLimit(name, 'approvalTimeoutMs', approvalTimeoutMs);
  checkCallers(name, options.allowedCallers);
  if (!options.description)
    warnOnce(`Tool '${name}' has no description. Models choose tools by their descriptions: give it one sentence.`);
  const input = toolInput(name, options.parameters, strict);
  const check = outputCheck(name, outputSchema);
  // What holds a text in place of the output would not be what the schema promises.
  const fallback = outputSchema === undefined ? defaultErrorFunction : null;
  const errorFunction = (options.errorFunction === undefined ? fallback : options.errorFunction) as ToolErrorFunction<
    TContext,
    unknown
  > | null;
  const { deferLoading, allowedCallers, providerData, timeoutErrorFunction, customDataExtractor } = options;
  type Result = ToolExecuteResult<TOutputSchema, TResult>;
  const made: FunctionTool<TContext, TParameters, Result> & {
    [PARSE]: (text: string) => unknown;
    [CHECK_OUTPUT]?: OutputCheck;
  } = {
    type: 'function',
    name,
    description: options.description,
    parameters: input.schema,
    strict,
    ...(deferLoading !== undefined && { deferLoading }),
    ...(allowedCallers && { allowedCallers: [...allowedCallers] as unknown as ToolAllowedCallers }),
    ...(outputSchema && { outputSchema: toolOutputSchema(name, outputSchema) }),
    ...(providerData && { providerData }),
    invoke: invoker<TContext, Result>({ parse: input.parse, execute, errorFunction, check }),
    errorFunction,
    ...(timeoutMs !== undefined && { timeoutMs }),
    timeoutBehavior: options.timeoutBehavior ?? (outputSchema === undefined ? 'error_as_result' : 'raise_exception'),
    ...(timeoutErrorFunction && { timeoutErrorFunction }),
    isEnabled: async (runContext, agent) =>
      typeof isEnabled === 'function' ? isEnabled({ runContext, agent }) : isEnabled,
    needsApproval: approvalRule(options.needsApproval),
    ...(approvalTimeoutMs !== undefined && { approvalTimeoutMs }),
    inputGuardrails: resolveToolInputGuardrails(options.inputGuardrails),
    outputGuardrails: resolveToolOutputGuardrails(options.outputGuardrails),
    ...(customDataExtractor && { customDataExtractor }),
    effects: options.effects ?? 'once',
    ...(options.unknownOutcome && { unknownOutcome: options.unknownOutcome }),
    ...(options.exposeToClient !== undefined && { exposeToClient: options.exposeToClient }),
    [PARSE]: input.parse,
    ...(check && { [CHECK_OUTPUT]: check }),
  };
  return made;
}

const CALLERS: ReadonlySet<unknown> = new Set(['direct', 'programmatic']);

function checkCallers(name: string, callers: readonly unknown[] | undefined): void {
  if (callers === undefined) return;
  if (Array.isArray(callers) && callers.length > 0 && callers.every((one) => CALLERS.has(one)))
    if (new Set(callers).size === callers.length) return;
  throw new UserError(`Tool '${name}': allowedCallers must list 'direct', 'programmatic' or both, each once.`, {
    code: 'OPTION_RANGE',
  });
}

function toolName(options: { name?: string; execute: unknown }): string {
  const given = options.name ?? (typeof options.execute === 'function' ? options.execute.name : '');
  const name = typeof given === 'string' ? given.replaceAll(' ', '_') : '';
  if (TOOL_NAME.test(name) && name !== '__proto__') return name;
  throw new UserError(
    `Tool name ${describe(given)} is not usable. Use 1 to 64 letters, digits, underscores or hyphens.`,
    { code: 'TOOL_NAME_INVALID' },
  );
}

function describe(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
    : typeof value;
}

const warned = new Set<string>();

function warnOnce(message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  console.warn(`tailrace: ${message}`);
}

/** Wraps a failure that ends the run. */
export function toolCallError(error: unknown, code?: ErrorCode, publicMessage?: string): ToolCallError {
  const cause = asError(error);
  return new ToolCallError(`Failed to run function tools: ${errorText(cause)}`, cause, {
    ...(code && { code }),
    ...(publicMessage !== undefined && { publicMessage }),
  });
}
