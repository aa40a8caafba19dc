import { asError, errorText } from '../base/error-text.ts';
import { InvalidToolInputError, ToolCallError, UserError } from '../event/errors.ts';
import type { ToolEffects } from '../event/step-events.ts';
import { checkOptions } from './option.ts';
import type { RunContext } from './run-context.ts';
import { toolInput } from './tool-input.ts';
import { approvalRule, PARSE, type ToolApprovalFunction } from './tool-approval.ts';
import type {
  FunctionTool,
  FunctionToolTimeoutBehavior,
  Method,
  ToolCallDetails,
  ToolEnabledPredicate,
  ToolErrorFunction,
  ToolExecuteArgument,
  ToolInputParameters,
  ToolTimeoutErrorFunction,
  UnknownOutcomePolicy,
} from './tool.ts';

/** What `tool()` makes a tool of. */
export interface ToolOptions<TParameters extends ToolInputParameters, TContext = unknown, TResult = unknown> {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`; spaces become underscores. The function's own name by default. */
  name?: string;
  /** What the model chooses the tool by: say what it does, and when to use it. */
  description: string;
  /** What the function takes: a schema object (validated before each call), or a JSON schema (told to the model, not validated). */
  parameters: TParameters;
  /** Tells the provider to hold the model to the schema. True by default. */
  strict?: boolean;
  /**
   * Does the work. Gets the arguments as the schema gives them, the run's context, and details: pass `details.signal` on. The model is told what it returns: text as it is,
   * anything else as JSON. What it throws goes to `errorFunction`.
   */
  execute: Method<
    [input: ToolExecuteArgument<TParameters>, context?: RunContext<TContext>, details?: ToolCallDetails],
    TResult | Promise<TResult>
  >;
  /** What the model is told when the call fails. A fixed text by default; `null` fails the run with ToolCallError. */
  errorFunction?: ToolErrorFunction<TContext> | null;
  /** Limit of one call, in milliseconds. None by default. */
  timeoutMs?: number;
  /** On timeout: tell the model (default), or fail the run with ToolTimeoutError. */
  timeoutBehavior?: FunctionToolTimeoutBehavior;
  /** What the model is told of a timeout. */
  timeoutErrorFunction?: ToolTimeoutErrorFunction<TContext>;
  /** False hides the tool from the model; a function is asked at each turn. True by default. */
  isEnabled?: boolean | ToolEnabledPredicate<TContext>;
  /** Whether a call waits until somebody approves it; a function decides call by call. False by default. */
  needsApproval?: boolean | ToolApprovalFunction<TParameters, TContext>;
  /** How long a call waits for a decision, in milliseconds; then it counts as rejected. The run's `approvalTimeoutMs` by default. */
  approvalTimeoutMs?: number;
  /** What a repeated call would do. `once` by default. */
  effects?: ToolEffects;
  /** What becomes of a `once` call that a crash left without its outcome. `tell_model` by default. */
  unknownOutcome?: UnknownOutcomePolicy<TContext>;
  /** What of its calls clients of the HTTP handler see: all (true), `'arguments'`, `'output'`, or nothing but the name (false, the default). */
  exposeToClient?: boolean | 'arguments' | 'output';
}

const OPTION_NAMES = [
  'name',
  'description',
  'parameters',
  'strict',
  'execute',
  'errorFunction',
  'timeoutMs',
  'timeoutBehavior',
  'timeoutErrorFunction',
  'isEnabled',
  'needsApproval',
  'approvalTimeoutMs',
  'effects',
  'unknownOutcome',
  'exposeToClient',
] as const;

const KNOWN_ELSEWHERE = [
  'deferLoading',
  'allowedCallers',
  'outputSchema',
  'providerData',
  'customDataExtractor',
] as const;
// Left out quietly, these would let a call through that its author wanted stopped.
const GUARDING = ['inputGuardrails', 'outputGuardrails'] as const;

const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The failure of a call that `errorFunction` turned into text: the loop asks for it to mark the span. Own symbol, so no user detail can collide. */
export const ON_FAILURE: unique symbol = Symbol('tailrace.toolFailure');

/**
 * Makes a function tool. Arguments that do not fit the schema never reach `execute`; the model is told which path is wrong.
 *
 * @throws UserError TOOL_NAME_INVALID, TOOL_EXECUTE_NOT_FUNCTION, TOOL_SCHEMA_UNSUPPORTED, OPTION_UNKNOWN, OPTION_RANGE
 */
export function tool<TParameters extends ToolInputParameters = undefined, TContext = unknown, TResult = unknown>(
  options: ToolOptions<TParameters, TContext, TResult>,
): FunctionTool<TContext, TResult> {
  const name = toolName(options);
  checkOptions(`tool '${name}'`, options, OPTION_NAMES, KNOWN_ELSEWHERE);
  refuseGuarding(name, options);
  const { execute, isEnabled = true, strict = true, timeoutMs, approvalTimeoutMs } = options;
  if (typeof execute !== 'function') {
    throw new UserError(`Tool '${name}': execute must be a function, got ${describe(execute)}.`, {
      code: 'TOOL_EXECUTE_NOT_FUNCTION',
    });
  }
  checkLimit(name, 'timeoutMs', timeoutMs);
  checkLimit(name, 'approvalTimeoutMs', approvalTimeoutMs);
  if (!options.description)
    warnOnce(`Tool '${name}' has no description. Models choose tools by their descriptions: give it one sentence.`);
  const input = toolInput(name, options.parameters, strict);
  const errorFunction = options.errorFunction === undefined ? defaultErrorFunction : options.errorFunction;
  const made: FunctionTool<TContext, TResult> & { [PARSE]: (text: string) => unknown } = {
    type: 'function',
    name,
    description: options.description,
    parameters: input.schema,
    strict,
    invoke: invoker({ name, parse: input.parse, execute, errorFunction }),
    errorFunction,
    ...(timeoutMs !== undefined && { timeoutMs }),
    timeoutBehavior: options.timeoutBehavior ?? 'error_as_result',
    ...(options.timeoutErrorFunction && { timeoutErrorFunction: options.timeoutErrorFunction }),
    isEnabled: async (runContext, agent) =>
      typeof isEnabled === 'function' ? isEnabled({ runContext, agent }) : isEnabled,
    needsApproval: approvalRule(options.needsApproval),
    ...(approvalTimeoutMs !== undefined && { approvalTimeoutMs }),
    effects: options.effects ?? 'once',
    ...(options.unknownOutcome && { unknownOutcome: options.unknownOutcome }),
    ...(options.exposeToClient !== undefined && { exposeToClient: options.exposeToClient }),
    [PARSE]: input.parse,
  };
  return made;
}

function checkLimit(name: string, option: string, ms: number | undefined): void {
  if (ms === undefined || ms > 0) return;
  throw new UserError(`Tool '${name}': ${option} must be a number over 0, got ${ms}.`, { code: 'OPTION_RANGE' });
}

function refuseGuarding(name: string, options: object): void {
  for (const key of GUARDING) {
    const value: unknown = Reflect.get(options, key);
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    throw new UserError(
      `Tool '${name}': ${key} is not supported by this version, and a call must not run without it. Take the option away, or check inside execute.`,
      {
        code: 'OPTION_UNKNOWN',
      },
    );
  }
}

interface Invoked<TContext, TResult> {
  name: string;
  parse: (text: string) => unknown;
  execute: Method<
    [input: never, context?: RunContext<TContext>, details?: ToolCallDetails],
    TResult | Promise<TResult>
  >;
  errorFunction: ToolErrorFunction<TContext> | null;
}

function invoker<TContext, TResult>({
  parse,
  execute,
  errorFunction,
}: Invoked<TContext, TResult>): FunctionTool<TContext, TResult>['invoke'] {
  return async (runContext, text, details) => {
    try {
      return await execute((await parse(text)) as never, runContext, details);
    } catch (error) {
      if (errorFunction === null || details?.signal?.aborted) throw error;
      noteFailure(details, error);
      return errorFunction(runContext, error);
    }
  };
}

function noteFailure(details: ToolCallDetails | undefined, error: unknown): void {
  const note = (details as { [ON_FAILURE]?: (error: unknown) => void } | undefined)?.[ON_FAILURE];
  note?.(error);
}

/** What the model is told by default. The text of a tool's error stays in the trace: it may hold anything. */
function defaultErrorFunction(_context: unknown, error: unknown): string {
  if (error instanceof InvalidToolInputError) return error.message;
  return 'An error occurred while running the tool. Please try again.';
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
export function toolCallError(error: unknown): ToolCallError {
  const cause = asError(error);
  return new ToolCallError(`Failed to run function tools: ${errorText(cause)}`, cause);
}
