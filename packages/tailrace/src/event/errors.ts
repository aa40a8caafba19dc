/** The errors of a run, by who can act on them. Names are those of @openai/agents where it has one. */
import { AgentsError, type AgentsErrorOptions, hide, type SerializedError } from './agents-error.ts';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

export {
  AgentsError,
  type AgentsErrorOptions,
  isAgentsError,
  type SerializedError,
  serializeError,
} from './agents-error.ts';

/** The caller gave something that cannot work. */
export class UserError extends AgentsError {
  constructor(message: string, options: AgentsErrorOptions = {}) {
    super(message, { code: 'USER_ERROR', ...options });
  }
}

/** Something outside the caller's and the model's reach failed: a store, a session, ourselves. */
export class SystemError extends AgentsError {}

/** A limit of the run was reached. */
export class LimitError extends AgentsError {}

/** The run used all its turns without a final output. */
export class MaxTurnsExceededError extends AgentsError {
  constructor(message: string, options: AgentsErrorOptions = {}) {
    super(message, { code: 'MAX_TURNS', ...options });
  }
}

/** The model did something that the protocol or the agent does not allow. */
export class ModelBehaviorError extends AgentsError {
  constructor(message: string, options: AgentsErrorOptions = {}) {
    super(message, { code: 'MODEL_BEHAVIOR', ...options });
  }
}

/** The model refused. `refusal` is its own text. */
export class ModelRefusalError extends AgentsError {
  readonly refusal: string;

  constructor(refusal: string, options: AgentsErrorOptions = {}) {
    super(`Model refused to produce output: ${refusal}`, {
      code: 'MODEL_REFUSED',
      publicMessage: 'The model refused to answer.',
      ...options,
    });
    this.refusal = refusal;
    hide(this, 'refusal', refusal);
  }
}

/** A model call took longer than allowed. */
export class ModelTimeoutError extends AgentsError {
  readonly timeoutMs: number;

  constructor(message: string, options: AgentsErrorOptions & { timeoutMs: number }) {
    super(message, { code: 'MODEL_TIMEOUT', ...options });
    this.timeoutMs = options.timeoutMs;
  }
}

export interface ModelErrorOptions extends AgentsErrorOptions {
  code: ErrorCode;
  /** HTTP status of the answer, when there was one. */
  status?: number;
  /** What the provider asked us to wait. */
  retryAfterMs?: number;
  requestId?: string;
  /** Overrides the code's default: a truncated stream whose text was delivered must not be retried. */
  retryable?: boolean;
}

/** A provider could not be reached, refused, or answered with something that is not an answer. */
export class ModelProviderError extends AgentsError {
  declare readonly status?: number;
  declare readonly retryAfterMs?: number;
  declare readonly requestId?: string;
  readonly #retryable: boolean | undefined;

  constructor(message: string, options: ModelErrorOptions) {
    super(message, options);
    this.#retryable = options.retryable;
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.requestId !== undefined) this.requestId = options.requestId;
  }

  override get retryable(): boolean {
    return this.#retryable ?? ERROR_CODES[this.code].retryable;
  }
}

/** What the model gave as a tool's arguments is not JSON, or does not match the tool's schema. */
export class InvalidToolInputError extends ModelBehaviorError {
  declare readonly originalError?: unknown;

  constructor(message: string, options: AgentsErrorOptions = {}) {
    super(message, { code: 'TOOL_INPUT_INVALID', ...options });
    if (options.cause !== undefined) hide(this, 'originalError', options.cause);
  }
}

/** A call whose output was not what it should be. */
export interface ToolOutputErrorContext {
  runContext?: unknown;
  output?: unknown;
  details?: unknown;
}

/** A tool gave something that JSON cannot carry, or that is not what its `outputSchema` says. */
export class InvalidToolOutputError extends UserError {
  declare readonly originalError?: unknown;
  /** What did not fit: in this process only. */
  declare readonly toolOutput?: ToolOutputErrorContext;

  constructor(message: string, options: AgentsErrorOptions & { toolOutput?: ToolOutputErrorContext } = {}) {
    super(message, { code: 'TOOL_OUTPUT_UNSERIALIZABLE', ...options });
    if (options.cause !== undefined) hide(this, 'originalError', options.cause);
    if (options.toolOutput) hide(this, 'toolOutput', options.toolOutput);
  }
}

/** A tool failed and its policy is to fail the run. `error` is what it threw. */
export class ToolCallError extends AgentsError {
  readonly error: Error;

  constructor(message: string, error: Error, options: AgentsErrorOptions = {}) {
    super(message, {
      code: 'TOOL_FAILED',
      cause: error,
      publicMessage: 'A tool failed, and its errorFunction is null.',
      ...options,
    });
    this.error = error;
    hide(this, 'error', error);
  }
}

/** A tool took longer than its `timeoutMs`. */
export class ToolTimeoutError extends AgentsError {
  readonly toolName: string;
  readonly timeoutMs: number;

  constructor(options: AgentsErrorOptions & { toolName: string; timeoutMs: number }) {
    super(`Tool '${options.toolName}' timed out after ${options.timeoutMs}ms.`, { code: 'TOOL_TIMEOUT', ...options });
    this.toolName = options.toolName;
    this.timeoutMs = options.timeoutMs;
  }
}

/** A guardrail threw, or gave what is no verdict: the run fails closed. `error` is what it threw, or says what it gave. */
export class GuardrailExecutionError extends AgentsError {
  readonly error: Error;

  constructor(message: string, error: Error, options: AgentsErrorOptions = {}) {
    super(message, {
      code: 'GUARDRAIL_FAILED',
      cause: error,
      publicMessage: 'A guardrail gave no verdict.',
      ...options,
    });
    this.error = error;
    hide(this, 'error', error);
  }
}

/** An input guardrail tripped. `result` says which and why. */
export class InputGuardrailTripwireTriggered<TResult = unknown> extends AgentsError {
  declare readonly result: TResult;

  constructor(message: string, result: TResult, options: AgentsErrorOptions = {}) {
    super(message, { code: 'INPUT_GUARDRAIL_TRIPPED', publicMessage: 'An input guardrail tripped.', ...options });
    hide(this, 'result', result);
  }
}

/** An output guardrail tripped. `result` says which and why. */
export class OutputGuardrailTripwireTriggered<TResult = unknown> extends AgentsError {
  declare readonly result: TResult;

  constructor(message: string, result: TResult, options: AgentsErrorOptions = {}) {
    super(message, { code: 'OUTPUT_GUARDRAIL_TRIPPED', publicMessage: 'An output guardrail tripped.', ...options });
    hide(this, 'result', result);
  }
}

/** A tool's input guardrail wants the run to fail. `result` says which and why. */
export class ToolInputGuardrailTripwireTriggered<TResult = unknown> extends AgentsError {
  declare readonly result: TResult;

  constructor(message: string, result: TResult, options: AgentsErrorOptions = {}) {
    super(message, { code: 'TOOL_GUARDRAIL_TRIPPED', ...options });
    hide(this, 'result', result);
  }
}

/** A tool's output guardrail wants the run to fail. `result` says which and why. */
export class ToolOutputGuardrailTripwireTriggered<TResult = unknown> extends AgentsError {
  declare readonly result: TResult;

  constructor(message: string, result: TResult, options: AgentsErrorOptions = {}) {
    super(message, { code: 'TOOL_GUARDRAIL_TRIPPED', ...options });
    hide(this, 'result', result);
  }
}

/** The run was cancelled. `name` is `AbortError`, `cause` the reason that was given. */
export class RunCancelledError extends AgentsError {
  constructor(message: string, options: AgentsErrorOptions = {}) {
    super(message, { code: 'RUN_CANCELLED', ...options });
    hide(this, 'name', 'AbortError');
  }
}

/** Another writer has taken the run over: this one's appends write nothing. */
export class StaleEpoch extends SystemError {
  constructor(message: string, options: AgentsErrorOptions = {}) {
    super(message, { code: 'STALE_EPOCH', ...options });
  }
}

/** A run that was taken up came to another input for its open turn than the one that its model was called with: nobody can say what its answer means. */
export class NonDeterministicRun extends SystemError {
  constructor(message: string, options: AgentsErrorOptions = {}) {
    super(message, { code: 'NON_DETERMINISTIC', ...options });
  }
}

const CLASSES: Record<string, new (message: string, options: AgentsErrorOptions) => AgentsError> = {
  UserError,
  SystemError,
  LimitError,
  MaxTurnsExceededError,
  ModelBehaviorError,
  InvalidToolInputError,
  InvalidToolOutputError,
  StaleEpoch,
  NonDeterministicRun,
};

/** An error as read back from a log: the same name, code and message; what it held in the process is gone. */
export function errorFromSerialized(error: SerializedError): AgentsError {
  const { code, runId, data } = error;
  const Class = Object.hasOwn(CLASSES, error.name) ? CLASSES[error.name] : undefined;
  const options = { code, ...(runId !== undefined && { runId }), ...(data && { data }) };
  const revived = new (Class ?? AgentsError)(error.message, options);
  hide(revived, 'name', error.name);
  return revived;
}
