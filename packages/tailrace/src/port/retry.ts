/** Whether a failed model call is made again: what a policy is told, and what it may say. */
import type { ModelRequest } from './model.ts';

/** Yes or no; or, with more to say, an object. */
export type RetryDecision =
  | boolean
  | {
      retry: boolean;
      /** How long to wait, in milliseconds, whatever the provider and the backoff say. */
      delayMs?: number;
      /** Recorded with the next attempt. */
      reason?: string;
      /** Says that a request may be made again that the provider may have worked on. Needed where the provider says that it is unsafe, after a timeout, and for a request with a `conversationId` or `previousResponseId` unless it was surely not served. */
      approveUnsafeReplay?: boolean;
    };

/** What is known of a failure, whoever failed. */
export interface ModelRetryNormalizedError {
  statusCode?: number;
  retryAfterMs?: number;
  errorCode?: string;
  isNetworkError: boolean;
  isAbort: boolean;
}

/** What the provider's side says about making a call again. */
export interface ModelRetryAdvice {
  suggested?: boolean;
  retryAfterMs?: number;
  reason?: string;
  /** Whether a request that is made again could do something twice. Absent: nobody knows. */
  replaySafety?: 'unsafe' | 'safe';
  responseStarted?: boolean;
  /** Takes the place of what is read from the error. */
  normalized?: Partial<ModelRetryNormalizedError>;
}

export interface ModelRetryAdviceRequest {
  request: ModelRequest;
  error: unknown;
  stream: boolean;
  /** From 1. */
  attempt: number;
}

export interface RetryPolicyContext {
  error: unknown;
  /** The attempt that failed, from 1. A process that takes a run up counts anew. */
  attempt: number;
  maxRetries: number;
  stream: boolean;
  providerAdvice?: ModelRetryAdvice;
  normalized: ModelRetryNormalizedError;
  readonly previousResponseId?: string;
  readonly conversationId?: string;
  readonly replaySafety?: 'safe' | 'unsafe' | 'unknown';
  readonly responseStarted?: boolean;
  /** True for a request that names a response or conversation that the provider keeps. */
  readonly statefulRequest?: boolean;
}

/** Says of one failure whether the call is made again. Not asked when the run is stopped, nothing is left, or output was delivered. What it throws ends the run. */
export type RetryPolicy = (context: RetryPolicyContext) => RetryDecision | Promise<RetryDecision>;
