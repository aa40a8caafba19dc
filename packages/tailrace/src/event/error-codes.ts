/**
 * Every error code, with who can act on it and whether trying the same again can help. SPEC.md lists the same table; a test keeps the two equal.
 */
export type ErrorActor = 'caller' | 'model' | 'provider' | 'tool' | 'policy' | 'limit' | 'stop' | 'store' | 'ours'

export interface ErrorCodeFacts {
  actor: ErrorActor
  retryable: boolean
}

const caller = { actor: 'caller', retryable: false } as const
const model = { actor: 'model', retryable: true } as const
const provider = { actor: 'provider', retryable: false } as const
const providerBusy = { actor: 'provider', retryable: true } as const
const tool = { actor: 'tool', retryable: false } as const
const policy = { actor: 'policy', retryable: false } as const
const limit = { actor: 'limit', retryable: false } as const
const stop = { actor: 'stop', retryable: true } as const
const store = { actor: 'store', retryable: false } as const
const storeBusy = { actor: 'store', retryable: true } as const
const ours = { actor: 'ours', retryable: false } as const

export const ERROR_CODES = {
  AGENT_NAME_REQUIRED: caller,
  AGENT_NAME_INVALID: caller,
  TOOL_NAME_DUPLICATE: caller,
  TOOL_NAME_INVALID: caller,
  TOOL_SCHEMA_UNSUPPORTED: caller,
  TOOL_EXECUTE_NOT_FUNCTION: caller,
  HANDOFF_INVALID: caller,
  GUARDRAIL_INVALID: caller,
  INPUT_REQUIRED: caller,
  INPUT_TYPE: caller,
  INPUT_ITEM_INVALID: caller,
  INPUT_TOO_LARGE: caller,
  INPUT_ENCODING: caller,
  ORPHAN_TOOL_OUTPUT: caller,
  MISSING_TOOL_OUTPUT: caller,
  OPTION_RANGE: caller,
  OPTION_TYPE: caller,
  OPTION_UNKNOWN: caller,
  SESSION_ID_INVALID: caller,
  SESSION_BUSY: storeBusy,
  USER_ERROR: caller,
  MODEL_KEY_MISSING: caller,
  MODEL_AUTH: provider,
  MODEL_NOT_FOUND: provider,
  MODEL_BAD_REQUEST: provider,
  MODEL_BAD_RESPONSE: provider,
  MODEL_CONTEXT_LENGTH: provider,
  MODEL_QUOTA: provider,
  MODEL_RATE_LIMIT: providerBusy,
  MODEL_SERVER: providerBusy,
  MODEL_CONNECTION: providerBusy,
  MODEL_STREAM_TRUNCATED: providerBusy,
  MODEL_STREAM_IDLE: providerBusy,
  MODEL_TIMEOUT: providerBusy,
  MODEL_RESPONSE_TOO_LARGE: provider,
  MODEL_REDIRECT: provider,
  MODEL_REFUSED: model,
  MODEL_INCOMPLETE: model,
  MODEL_BEHAVIOR: model,
  OUTPUT_INVALID: model,
  TOOL_UNKNOWN: model,
  TOOL_INPUT_INVALID: model,
  TOOL_OUTPUT_UNSERIALIZABLE: tool,
  TOOL_TIMEOUT: tool,
  TOOL_FAILED: tool,
  TOOL_CANCELLED: stop,
  GUARDRAIL_FAILED: policy,
  INPUT_GUARDRAIL_TRIPPED: policy,
  OUTPUT_GUARDRAIL_TRIPPED: policy,
  TOOL_GUARDRAIL_TRIPPED: policy,
  MAX_TURNS: limit,
  MAX_HANDOFFS: limit,
  LOG_FULL: limit,
  RUN_DEADLINE: limit,
  TURN_DEADLINE: limit,
  RUN_CANCELLED: stop,
  ATTEMPT_SUPERSEDED: stop,
  OFFSET_INVALID: caller,
  OFFSET_FUTURE: caller,
  RUN_NOT_FOUND: caller,
  RUN_ID_INVALID: caller,
  RUN_EXISTS: caller,
  STALE_EPOCH: store,
  APPEND_AFTER_END: ours,
  SESSION_LOAD_FAILED: store,
  SESSION_SAVE_FAILED: store,
  STORE_BUSY: storeBusy,
  STORE_FULL: store,
  STORE_VERSION: store,
  STORE_FAILED: store,
  DUPLICATE_SDK: ours,
  UNEXPECTED: ours,
} as const satisfies Record<string, ErrorCodeFacts>

export type ErrorCode = keyof typeof ERROR_CODES
