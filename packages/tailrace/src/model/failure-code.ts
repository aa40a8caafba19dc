import type { ErrorCode } from '../event/error-codes.ts';
import { isObject, listOr, objectOr, textOr, type ProviderObject } from './provider-object.ts';

/** What a provider said when it refused, whatever shape it said it in. */
export interface ProviderComplaint {
  readonly message: string;
  readonly code: string | undefined;
  /** A status told inside the error, as gateways do. */
  readonly status: number | undefined;
}

/**
 * Reads an error out of a body or an event: `{error: {message, code}}`, `{error: "text"}`, `{message}`, `{detail}`, a list
 * of them, nested ones, or plain text.
 */
export function complaintOf(body: unknown, depth: number = 0): ProviderComplaint {
  if (typeof body === 'string') return { message: body, code: undefined, status: undefined };
  if (Array.isArray(body)) return complaintOf(body[0], depth + 1);
  if (!isObject(body) || depth > 4) return { message: '', code: undefined, status: undefined };
  const inner = body['error'] ?? listOr(body['errors'])[0];
  if (inner !== undefined && inner !== null) {
    const found = complaintOf(inner, depth + 1);
    return {
      message: found.message || messageIn(body),
      code: found.code ?? codeIn(body),
      status: found.status ?? statusIn(body),
    };
  }
  const nested = isObject(body['response']) ? body['response'] : undefined;
  if (nested?.['error'] != null) return complaintOf(nested, depth + 1);
  return { message: messageIn(body), code: codeIn(body), status: statusIn(body) };
}

function messageIn(body: ProviderObject): string {
  const detail = body['detail'];
  const first = Array.isArray(detail) ? objectOr(detail[0])['msg'] : detail;
  return textOr(body['message'], undefined) ?? textOr(first, undefined) ?? textOr(body['msg'], '');
}

function codeIn(body: ProviderObject): string | undefined {
  const type = textOr(body['type'], undefined);
  // `error` is the name of the event, not of what happened.
  return textOr(body['code'], undefined) ?? textOr(body['status'], undefined) ?? (type === 'error' ? undefined : type);
}

function statusIn(body: ProviderObject): number | undefined {
  for (const value of [body['code'], body['status'], body['status_code']]) {
    if (typeof value === 'number' && value >= 400 && value < 600) return value;
  }
  return undefined;
}

const QUOTA_CODES = /insufficient_quota|billing|quota_exceeded|insufficient_(?:balance|credits|funds)|credit/i;
const QUOTA_WORDS =
  /exceeded your current quota|insufficient (?:quota|balance|credits?|funds)|out of credits|billing (?:hard )?limit/i;
const CONTEXT_CODES = /context_length|context_window|string_above_max_length/i;
const CONTEXT_WORDS =
  /context (?:length|window|size)|prompt is too long|input is too long|too many (?:input )?tokens|exceeds? the (?:model's )?(?:maximum )?(?:number of tokens|token limit)/i;
const NO_MODEL_WORDS =
  /model\b[^.]{0,200}\b(?:not found|does(?:n't| not) exist|not exist|not available|no access|not supported)|(?:unknown|invalid|no such) model/i;

/** The code for a refusal with an HTTP status, or without one when it came inside a stream. */
export function failureCode(status: number | undefined, complaint: ProviderComplaint, waits: boolean): ErrorCode {
  const at = status !== undefined && status !== 200 ? status : complaint.status;
  const code = complaint.code ?? '';
  const words = complaint.message.slice(0, 2000);
  if (at === 402 || QUOTA_CODES.test(code)) return 'MODEL_QUOTA';
  if (CONTEXT_CODES.test(code)) return 'MODEL_CONTEXT_LENGTH';
  if (/model_not_found|model_not_exist|invalid_model/i.test(code)) return 'MODEL_NOT_FOUND';
  // Gateways word a rate limit as a quota, too; the difference is whether they say when to come back.
  if (at === 429) return !waits && QUOTA_WORDS.test(words) ? 'MODEL_QUOTA' : 'MODEL_RATE_LIMIT';
  if (at === 401) return 'MODEL_AUTH';
  if (at === 403) return NO_MODEL_WORDS.test(words) ? 'MODEL_NOT_FOUND' : 'MODEL_AUTH';
  if (at === 404) return 'MODEL_NOT_FOUND';
  if (at === 408 || at === 409 || (at !== undefined && at >= 500)) return 'MODEL_SERVER';
  if (at !== undefined) {
    if (CONTEXT_WORDS.test(words)) return 'MODEL_CONTEXT_LENGTH';
    if (NO_MODEL_WORDS.test(words)) return 'MODEL_NOT_FOUND';
    return 'MODEL_BAD_REQUEST';
  }
  if (/rate_limit|too_many_requests|resource_exhausted/i.test(code)) return 'MODEL_RATE_LIMIT';
  if (/api_key|unauthori[sz]ed|authentication|permission/i.test(code)) return 'MODEL_AUTH';
  if (/invalid_request|bad_request|invalid_prompt/i.test(code))
    return CONTEXT_WORDS.test(words) ? 'MODEL_CONTEXT_LENGTH' : 'MODEL_BAD_REQUEST';
  return 'MODEL_SERVER';
}
