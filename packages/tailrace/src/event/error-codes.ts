/**
 * Every error code, grouped by who can act on it. SPEC.md lists the same table; a test keeps the two equal.
 */
const CALLER = [
  'AGENT_NAME_REQUIRED',
  'AGENT_NAME_INVALID',
  'TOOL_NAME_DUPLICATE',
  'TOOL_NAME_INVALID',
  'TOOL_SCHEMA_UNSUPPORTED',
  'TOOL_EXECUTE_NOT_FUNCTION',
  'TOOLS_TOO_MANY',
  'HANDOFF_INVALID',
  'GUARDRAIL_INVALID',
  'ERROR_HANDLER_INVALID',
  'INPUT_REQUIRED',
  'INPUT_TYPE',
  'INPUT_ITEM_INVALID',
  'INPUT_TOO_LARGE',
  'ORPHAN_TOOL_OUTPUT',
  'MISSING_TOOL_OUTPUT',
  'OPTION_RANGE',
  'OPTION_TYPE',
  'OPTION_UNKNOWN',
  'OPTION_CONFLICT',
  'SESSION_ID_INVALID',
  'OFFSET_INVALID',
  'OFFSET_FUTURE',
  'RUN_NOT_FOUND',
  'RUN_ID_INVALID',
  'RUN_EXISTS',
  'RUN_ENDED',
  'RESUME_INCOMPATIBLE',
  'NON_DETERMINISTIC',
  'STATE_INVALID',
  'STATE_VERSION',
  'STATE_TOO_LARGE',
  'STATE_AGENT_UNKNOWN',
  'APPROVAL_UNKNOWN',
  'APPROVAL_DECIDED',
  'APPROVAL_EXPIRED',
  'WAIT_UNKNOWN',
  'WAIT_ANSWERED',
  'WAIT_EXPIRED',
  'AGENT_NOT_REGISTERED',
  'AUTHORIZE_REQUIRED',
  'PRINCIPAL_INVALID',
  'MODEL_KEY_MISSING',
  'MCP_CLIENT_MISSING',
  'MCP_NOT_CONNECTED',
  'USER_ERROR',
] as const;

/** What the provider says will not change by asking again. */
const PROVIDER = [
  'MODEL_AUTH',
  'MODEL_NOT_FOUND',
  'MODEL_BAD_REQUEST',
  'MODEL_BAD_RESPONSE',
  'MODEL_CONTEXT_LENGTH',
  'MODEL_QUOTA',
  'MODEL_RESPONSE_TOO_LARGE',
  'MODEL_REDIRECT',
] as const;

/** What may pass: asking again can help. */
const PROVIDER_FOR_NOW = [
  'MODEL_RATE_LIMIT',
  'MODEL_SERVER',
  'MODEL_CONNECTION',
  'MODEL_STREAM_TRUNCATED',
  'MODEL_STREAM_IDLE',
  'MODEL_TIMEOUT',
] as const;

const MODEL = [
  'MODEL_REFUSED',
  'MODEL_INCOMPLETE',
  'MODEL_BEHAVIOR',
  'OUTPUT_INVALID',
  'TOOL_UNKNOWN',
  'TOOL_INPUT_INVALID',
] as const;
const TOOL = [
  'MCP_START_FAILED',
  'MCP_MESSAGE_TOO_LARGE',

  'TOOL_OUTCOME_UNKNOWN',
  'TOOL_OUTPUT_UNSERIALIZABLE',
  'TOOL_OUTPUT_INVALID',
  'TOOL_TIMEOUT',
  'TOOL_FAILED',
] as const;
const POLICY = [
  'GUARDRAIL_FAILED',
  'INPUT_GUARDRAIL_TRIPPED',
  'OUTPUT_GUARDRAIL_TRIPPED',
  'TOOL_GUARDRAIL_TRIPPED',
] as const;
const LIMIT = [
  'MAX_TURNS',
  'MAX_HANDOFFS',
  'MAX_NESTED_AGENTS',
  'LOG_FULL',
  'MAILBOX_FULL',
  'RUN_DEADLINE',
  'TURN_DEADLINE',
  'RUN_POISONED',
] as const;
const STOP = ['RUN_CANCELLED', 'TOOL_CANCELLED', 'ATTEMPT_SUPERSEDED', 'RUN_LEFT'] as const;
const STORE = [
  'STALE_EPOCH',
  'SESSION_LOAD_FAILED',
  'SESSION_SAVE_FAILED',
  'STORE_FULL',
  'STORE_VERSION',
  'STORE_FAILED',
] as const;
const STORE_FOR_NOW = ['STORE_BUSY', 'SESSION_BUSY'] as const;
const OURS = ['APPEND_AFTER_END', 'UNEXPECTED'] as const;

export type ErrorCode =
  | (typeof CALLER)[number]
  | (typeof PROVIDER)[number]
  | (typeof PROVIDER_FOR_NOW)[number]
  | (typeof MODEL)[number]
  | (typeof TOOL)[number]
  | (typeof POLICY)[number]
  | (typeof LIMIT)[number]
  | (typeof STOP)[number]
  | (typeof STORE)[number]
  | (typeof STORE_FOR_NOW)[number]
  | (typeof OURS)[number];

/** Who can do something about it. */
export type ErrorActor = 'caller' | 'model' | 'provider' | 'tool' | 'policy' | 'limit' | 'stop' | 'store' | 'ours';

export interface ErrorCodeFacts {
  actor: ErrorActor;
  /** Whether the same attempt, made again, may succeed. */
  retryable: boolean;
}

function facts(codes: readonly ErrorCode[], actor: ErrorActor, retryable: boolean): [ErrorCode, ErrorCodeFacts][] {
  return codes.map((code) => [code, { actor, retryable }]);
}

export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorCodeFacts>> = Object.fromEntries([
  ...facts(CALLER, 'caller', false),
  ...facts(PROVIDER, 'provider', false),
  ...facts(PROVIDER_FOR_NOW, 'provider', true),
  ...facts(MODEL, 'model', true),
  ...facts(TOOL, 'tool', false),
  ...facts(POLICY, 'policy', false),
  ...facts(LIMIT, 'limit', false),
  ...facts(STOP, 'stop', true),
  ...facts(STORE, 'store', false),
  ...facts(STORE_FOR_NOW, 'store', true),
  ...facts(OURS, 'ours', false),
]) as Record<ErrorCode, ErrorCodeFacts>;
