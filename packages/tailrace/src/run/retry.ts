/**
 * Whether a model call that failed is made again, and after how long.
 *
 * R1 Not when the run is stopped, no retries are left, or output was delivered: no policy is asked then. R2 A request that may have done something is made again only
 * when the policy says that it may: one that was not served has not. R3 Without a policy, errors that may pass are tried again; R2 holds for requests that a conversation
 * of the provider's keeps. A chain of responses keeps nothing of an attempt without an answer.
 */
import { isAgentsError, ModelProviderError, ModelTimeoutError } from '../event/errors.ts';
import { ERROR_CODES } from '../event/error-codes.ts';
import type { Model, ModelRequest, ModelRetrySettings } from '../port/model.ts';
import type { ModelRetryAdvice, RetryDecision, RetryPolicy } from '../port/retry.ts';
import { DEFAULTS } from './options.ts';
import { adviceOf, factsOf, wasNotServed } from './retry-facts.ts';
import { callUser, type RunScope } from './scope.ts';

export interface FailedAttempt {
  model: Model;
  request: Omit<ModelRequest, 'signal'>;
  error: unknown;
  /** Of this process, from 1. */
  attempt: number;
}

export interface NextAttempt {
  delayMs: number;
  reason?: string;
}

/** Undefined when there is to be none. */
export async function nextAttempt(run: RunScope, failed: FailedAttempt): Promise<NextAttempt | undefined> {
  const settings = failed.request.modelSettings.retry ?? {};
  if (failed.attempt > (settings.maxRetries ?? DEFAULTS.maxRetries)) return undefined;
  if (settings.policy) return byPolicy(run, failed, settings, settings.policy);
  const { error } = failed;
  if (!isAgentsError(error) || !error.retryable || ERROR_CODES[error.code].actor !== 'provider') return undefined;
  if (failed.request.conversationId !== undefined && !wasNotServed(error)) return undefined;
  const asked = error instanceof ModelProviderError ? error.retryAfterMs : undefined;
  return waiting(asked, settings, failed.attempt);
}

async function byPolicy(
  run: RunScope,
  { model, request, error, attempt }: FailedAttempt,
  settings: ModelRetrySettings,
  policy: RetryPolicy,
): Promise<NextAttempt | undefined> {
  const { stream } = run.plan;
  const span = run.turnSpan ?? run.agentSpan;
  const own = await callUser(run, span, () => model.getRetryAdvice?.({ request, error, stream, attempt }));
  const advice = own ?? adviceOf(error);
  const normalized = normalizedOf(error, advice);
  if (normalized.isAbort) return undefined;
  const { previousResponseId, conversationId } = request;
  const statefulRequest = previousResponseId !== undefined || conversationId !== undefined;
  const decision = decided(
    await callUser(run, span, () =>
      policy({
        error,
        attempt,
        maxRetries: settings.maxRetries ?? DEFAULTS.maxRetries,
        stream,
        ...(advice && { providerAdvice: advice }),
        normalized,
        ...(previousResponseId !== undefined && { previousResponseId }),
        ...(conversationId !== undefined && { conversationId }),
        replaySafety: advice?.replaySafety ?? 'unknown',
        ...(advice?.responseStarted !== undefined && { responseStarted: advice.responseStarted }),
        statefulRequest,
      }),
    ),
  );
  if (!decision.retry) return undefined;
  const safety = advice?.replaySafety;
  const unsafe = safety === 'unsafe' || error instanceof ModelTimeoutError || (statefulRequest && safety !== 'safe');
  if (unsafe && decision.approveUnsafeReplay !== true) return undefined;
  const { delayMs, reason } = decision;
  const next =
    delayMs === undefined ? waiting(normalized.retryAfterMs, settings, attempt) : { delayMs: Math.max(0, delayMs) };
  return next && reason !== undefined ? { ...next, reason } : next;
}

function normalizedOf(error: unknown, advice: ModelRetryAdvice | undefined): ReturnType<typeof factsOf> {
  const facts = factsOf(error);
  const retryAfterMs = advice?.retryAfterMs;
  return { ...facts, ...(retryAfterMs !== undefined && { retryAfterMs }), ...advice?.normalized };
}

function decided(said: RetryDecision): Exclude<RetryDecision, boolean> {
  return typeof said === 'object' ? said : { retry: said === true };
}

/** What the provider asked for, if that is not too long; else the backoff. */
function waiting(
  askedMs: number | undefined,
  { backoff = {} }: ModelRetrySettings,
  attempt: number,
): NextAttempt | undefined {
  if (askedMs !== undefined) return askedMs <= DEFAULTS.maxRetryAfterMs ? { delayMs: askedMs } : undefined;
  const { initialDelayMs = 500, maxDelayMs = 8_000, multiplier = 2, jitter = true } = backoff;
  const delay = Math.min(maxDelayMs, initialDelayMs * multiplier ** (attempt - 1));
  return { delayMs: jitter ? delay * (0.75 + Math.random() * 0.25) : delay };
}
