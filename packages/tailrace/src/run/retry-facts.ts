/** What is known of a model call's failure, for the policy that decides whether it is made again. */
import { isRecord } from '../base/schema.ts';
import { type AgentsError, isAgentsError, ModelProviderError } from '../event/errors.ts';
import { ERROR_CODES } from '../event/error-codes.ts';
import type { ModelRetryAdvice, ModelRetryNormalizedError } from '../port/retry.ts';

const NETWORK: ReadonlySet<unknown> = new Set([
  'MODEL_CONNECTION',
  'MODEL_STREAM_TRUNCATED',
  'MODEL_STREAM_IDLE',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EAI_AGAIN',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** Read from the error, whoever made it. */
export function factsOf(error: unknown): ModelRetryNormalizedError {
  const fields = isRecord(error) || error instanceof Error ? (error as unknown as Record<string, unknown>) : {};
  const statusCode = numberOf(fields['status'] ?? fields['statusCode']);
  const errorCode = codeOf(fields);
  const retryAfterMs = numberOf(fields['retryAfterMs']) ?? retryAfterOf(fields['headers'] ?? fields['responseHeaders']);
  const name = fields['name'];
  return {
    ...(statusCode !== undefined && { statusCode }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(errorCode !== undefined && { errorCode }),
    isNetworkError: NETWORK.has(errorCode) || NETWORK.has(fields['code']) || NETWORK.has(causeCode(fields['cause'])),
    isAbort: name === 'AbortError' || fields['code'] === 'ABORT_ERR',
  };
}

/** What an error of ours says, for models that give no advice of their own. */
export function adviceOf(error: unknown): ModelRetryAdvice | undefined {
  if (!isAgentsError(error)) return undefined;
  const suggested = error.retryable && ERROR_CODES[error.code].actor === 'provider';
  const retryAfterMs = error instanceof ModelProviderError ? error.retryAfterMs : undefined;
  return {
    suggested,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(wasNotServed(error) && { replaySafety: 'safe' as const }),
  };
}

const NEVER_CONNECTED: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** True when an error of ours says that the provider has not begun with the request: it told us to come back later, or was never reached. */
export function wasNotServed(error: AgentsError): boolean {
  if (error.code === 'MODEL_RATE_LIMIT') return true;
  if (error instanceof ModelProviderError && error.status === 503) return true;
  let cause: unknown = error.cause;
  for (let depth = 0; depth < 5 && (isRecord(cause) || cause instanceof Error); depth += 1) {
    const { code, syscall, cause: inner } = cause as { code?: unknown; syscall?: unknown; cause?: unknown };
    if (NEVER_CONNECTED.has(code) || syscall === 'connect') return true;
    cause = inner;
  }
  return false;
}

function codeOf(fields: Record<string, unknown>): string | undefined {
  const data = fields['data'];
  const provider = isRecord(data) ? data['providerCode'] : undefined;
  const code = provider ?? fields['code'];
  return typeof code === 'string' ? code : undefined;
}

function causeCode(cause: unknown): unknown {
  return isRecord(cause) || cause instanceof Error ? (cause as { code?: unknown }).code : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function retryAfterOf(headers: unknown): number | undefined {
  const read = (name: string): string | undefined => {
    const value: unknown =
      headers instanceof Headers ? headers.get(name) : isRecord(headers) ? headers[name] : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const ms = Number(read('retry-after-ms'));
  if (ms >= 0) return ms;
  const given = read('retry-after');
  if (given === undefined) return undefined;
  const seconds = Number(given);
  if (seconds >= 0) return seconds * 1000;
  const at = Date.parse(given);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
