import type { ErrorCode } from '../event/error-codes.ts';
import {
  AgentsError,
  ModelBehaviorError,
  ModelProviderError,
  UserError,
  type ModelErrorOptions,
} from '../event/errors.ts';
import type { ModelResponse } from '../port/model.ts';
import { complaintOf, failureCode, type ProviderComplaint } from './failure-code.ts';
import { excerpt, keyTail, redactText } from './redact.ts';
import { retryAfterMs } from './retry-after.ts';
import { SseOverflow } from '../base/sse.ts';
import { plainUrl, TransportFault, type TransportFaultKind } from './transport-fault.ts';

/** What every failure of one call tells beside its cause. */
export interface FailureContext {
  readonly url: string;
  readonly model: string;
  /** Only to take it out of messages. */
  readonly apiKey: string | undefined;
  requestId?: string | undefined;
  /** Sent along, as the header of that name. */
  traceparent?: string | undefined;
  /** True for a request that must not reach the provider twice. */
  once?: boolean;
}

type Header = (name: string) => string | undefined;

const ADVICE: Partial<Record<ErrorCode, (context: FailureContext) => string>> = {
  MODEL_AUTH: ({ apiKey }) =>
    apiKey === undefined
      ? 'No API key was sent; set one'
      : `Check the API key (it ${apiKey.length < 12 ? `has only ${apiKey.length} characters` : `ends in ${keyTail(apiKey)}`}) and what it may use`,
  MODEL_NOT_FOUND: ({ model }) => `Check the model name '${model}' and the base URL`,
  MODEL_CONTEXT_LENGTH: () => 'Shorten the input: drop or summarise early items, or take a model with a longer context',
  MODEL_QUOTA: () => 'The account has no quota left; trying again does not help',
  MODEL_RATE_LIMIT: () => 'Wait, or send fewer requests',
};

/** A status other than 2xx. */
export function statusFailure(
  status: number,
  header: Header,
  text: string,
  context: FailureContext,
): ModelProviderError {
  const complaint = complaintOf(parsed(text));
  const wait = retryAfterMs(header);
  const code = failureCode(status, complaint, wait !== undefined);
  const words =
    complaint.message === '' ? excerpt(text, context.apiKey) : redactText(complaint.message, context.apiKey);
  // The provider knows best whether the same request can succeed later.
  const told = header('x-should-retry');
  const options: ModelErrorOptions = { code, status, ...facts(context, { status, ...providerCode(complaint) }) };
  if (wait !== undefined) options.retryAfterMs = wait;
  if (told === 'false' && code !== 'MODEL_AUTH') options.retryable = false;
  const answered = `${plainUrl(context.url)} answered ${status}`;
  // A provider's words may repeat what it was asked: they stay in this process.
  options.publicMessage = sentence(answered, code, context);
  return new ModelProviderError(sentence(`${answered}: ${words}`, code, context), options);
}

/** An error told inside a stream or a 200 body. The raw event has been delivered before. */
export function eventFailure(event: unknown, context: FailureContext): AgentsError {
  const complaint = complaintOf(event);
  const code = failureCode(undefined, complaint, false);
  const words = redactText(complaint.message || 'no message', context.apiKey);
  const named = complaint.code === undefined ? '' : ` (${redactText(complaint.code, context.apiKey)})`;
  const ended = `The model's answer ended with an error${named}`;
  const message = sentence(`${ended}: ${words}`, code, context);
  const data: Record<string, unknown> = { ...providerCode(complaint) };
  if (complaint.status !== undefined) data['status'] = complaint.status;
  return new ModelBehaviorError(message, {
    code,
    publicMessage: sentence(ended, code, context),
    ...facts(context, data),
  });
}

/** A stream that ended without saying that it was complete. */
export function truncatedFailure(
  events: number,
  lastType: string | undefined,
  context: FailureContext,
  cause?: unknown,
): AgentsError {
  const last =
    lastType === undefined ? 'no event' : `the last of ${events} events was ${redactText(lastType, context.apiKey)}`;
  const why = cause instanceof TransportFault ? ` (${cause.message})` : '';
  const message = `The model's stream ended before its answer was complete: ${last}${why}. Trying again may help; a proxy that limits the duration of requests may be at fault`;
  const options = {
    code: 'MODEL_STREAM_TRUNCATED' as const,
    ...facts(context, { events, ...(lastType !== undefined && { lastType }) }),
  };
  return cause === undefined
    ? new ModelBehaviorError(message, options)
    : new ModelProviderError(message, { ...options, cause });
}

/** An answer that no model endpoint gives: HTML, other JSON, text. */
export function badResponse(
  what: string,
  status: number,
  header: Header,
  text: string,
  context: FailureContext,
): ModelProviderError {
  const contentType = header('content-type') ?? 'none';
  const answered = `${plainUrl(context.url)} answered ${status} with ${what} (content-type ${redactText(contentType, undefined)})`;
  const advice = 'Check that the base URL is that of a model API; it usually ends in /v1';
  return new ModelProviderError(`${answered}: ${excerpt(text, context.apiKey)}. ${advice}`, {
    code: 'MODEL_BAD_RESPONSE',
    status,
    publicMessage: `${answered}. ${advice}`,
    ...facts(context, { status, contentType: contentType.slice(0, 200) }),
  });
}

/** Why an answer is only a part of one. */
export type IncompleteReason = 'max_output_tokens' | 'content_filter' | (string & {});

/** The model stopped early. What it said so far is in `partial`, which is not serialised. */
export function incompleteFailure(
  reason: IncompleteReason,
  partial: ModelResponse,
  context: FailureContext,
): AgentsError {
  const advice =
    reason === 'max_output_tokens'
      ? 'Raise modelSettings.maxTokens, or ask for less'
      : reason === 'content_filter'
        ? "The provider's content filter stopped it"
        : 'The provider gives no further reason';
  const error = new ModelBehaviorError(
    `The model's answer is incomplete (${redactText(reason, undefined)}). ${advice}. What it said so far is in the error's 'partial'.`,
    {
      code: 'MODEL_INCOMPLETE',
      ...facts(context, { reason }),
    },
  );
  Object.defineProperty(error, 'partial', { value: partial, enumerable: false });
  return error;
}

/** The answer so far of a MODEL_INCOMPLETE error, in the process that got it. */
export function partialResponse(error: unknown): ModelResponse | undefined {
  return error instanceof AgentsError && error.code === 'MODEL_INCOMPLETE'
    ? (error as { partial?: ModelResponse }).partial
    : undefined;
}

const FAULT_CODES: Record<TransportFaultKind, ErrorCode> = {
  connect: 'MODEL_CONNECTION',
  cut: 'MODEL_CONNECTION',
  redirect: 'MODEL_REDIRECT',
  encoding: 'MODEL_BAD_RESPONSE',
  too_large: 'MODEL_RESPONSE_TOO_LARGE',
  url: 'OPTION_TYPE',
};

/** Turns what a transport or the SSE reader threw into an error of the run; anything else passes unchanged. */
export function transportFailure(error: unknown, context: FailureContext): Error {
  if (error instanceof SseOverflow) {
    return new ModelProviderError(`${plainUrl(context.url)} sent one event of more than ${error.limit} characters`, {
      code: 'MODEL_RESPONSE_TOO_LARGE',
      cause: error,
      ...facts(context, {}),
    });
  }
  if (!(error instanceof TransportFault)) return error as Error;
  const message = redactText(error.message, context.apiKey);
  if (error.kind === 'url') return new UserError(`${message}.`, { code: 'OPTION_TYPE' });
  return new ModelProviderError(`${message}.`, { code: FAULT_CODES[error.kind], cause: error, ...facts(context, {}) });
}

function facts(
  context: FailureContext,
  data: Record<string, unknown>,
): { requestId?: string; data: Record<string, unknown> } {
  const { requestId, model } = context;
  return requestId === undefined ? { data: { model, ...data } } : { requestId, data: { model, requestId, ...data } };
}

function providerCode(complaint: ProviderComplaint): { providerCode?: string } {
  return complaint.code === undefined ? {} : { providerCode: redactText(complaint.code, undefined) };
}

function sentence(what: string, code: ErrorCode, context: FailureContext): string {
  const closed = /[.!?…]$/.test(what) ? what : `${what}.`;
  const advice = ADVICE[code]?.(context);
  return advice === undefined ? closed : `${closed} ${advice}.`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // HTML and empty bodies have nothing to say beyond an excerpt.
    return /^\s*(?:<|$)/.test(text) ? {} : text;
  }
}
