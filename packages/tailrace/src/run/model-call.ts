/**
 * One model step: attempts until one gives a response, each with a span of its own.
 *
 * M1 The request leaves after `model.called` is durable. M2 Every attempt ends in `model.returned` or `model.stopped`.
 * M3 An attempt whose output a reader may have seen is not repeated.
 */
import { traceparentOf } from '../base/traceparent.ts';
import { AbortScope, type AbortSource, abortable } from '../base/abort.ts';
import { isAgentsError, ModelProviderError, ModelTimeoutError, serializeError } from '../event/errors.ts';
import { ERROR_CODES } from '../event/error-codes.ts';
import type { AssistantMessageItem } from '../event/item.ts';
import type { ModelCalled, ModelStopped, StepAttempt, StepRef } from '../event/step-events.ts';
import type { GenerationSpanData } from '../event/span-data.ts';
import type { Usage } from '../event/usage.ts';
import type { Model, ModelRequest, ModelResponse } from '../port/model.ts';
import type { Progress } from './encode-part.ts';
import { returned } from './model-returned.ts';
import { ModelStream } from './model-stream.ts';
import { DEFAULTS } from './options.ts';
import { type RunScope, spanError, type Steps } from './scope.ts';

export interface ModelCall {
  model: Model;
  request: Omit<ModelRequest, 'signal'>;
  agent: string;
  step: string;
  inputHash: string | undefined;
  /** Aborts when the answer is no longer wanted: the run stops, or a parallel guardrail tripped. */
  stop: AbortScope;
}

export async function* callModel(run: RunScope, call: ModelCall): Steps<ModelResponse> {
  const begun = run.open?.attempts ?? 0;
  // What an earlier writer's attempt showed is void: readers are told before the next one begins.
  if (begun > 0) yield* anotherAttempt(run, call.step, begun + 1, 0);
  for (let attempt = begun + 1; ; attempt++) {
    const ref = { step: call.step, attempt };
    const data: GenerationSpanData = {
      type: 'generation',
      ...(call.model.name !== undefined && { model: call.model.name }),
    };
    const span = run.spans.start(data, run.turnSpan ?? run.agentSpan);
    yield [...span.events, calledEvent(call, ref)];
    const progress: Progress = { text: '', delivered: false, completed: false };
    try {
      const response = yield* attemptOnce(run, call, { ...ref, span: span.id }, progress);
      yield run.spans.end(span.id, { data: { ...data, usage: spanUsage(response.usage) } });
      return response;
    } catch (thrown) {
      // A model may reject with an abort error of its own; the run ends for the reason that it was stopped for.
      const error: unknown = call.stop.aborted ? call.stop.reason : thrown;
      const ended = run.spans.end(span.id, { error: spanError(run, 'Error calling the model', error) });
      yield [stopped(run, ref, error, progress), ...ended];
      const delayMs =
        call.stop.aborted || progress.delivered
          ? undefined
          : retryDelay(error, attempt - begun, call.request.modelSettings.retry);
      if (delayMs === undefined) throw error;
      yield* anotherAttempt(run, call.step, attempt + 1, delayMs);
      await pause(run, delayMs, call.stop);
    }
  }
}

function calledEvent({ agent, inputHash }: ModelCall, ref: StepRef): ModelCalled {
  return { type: 'model.called', ...ref, agent, ...(inputHash !== undefined && { inputHash }) };
}

/** The attempt before it gave no response, and was a request all the same. */
async function* anotherAttempt(run: RunScope, step: string, attempt: number, delayMs: number): Steps<void> {
  run.context.usage.requests += 1;
  const event: StepAttempt = { type: 'step.attempt', of: 'model', step, attempt, supersedes: attempt - 1, delayMs };
  yield [event];
}

async function* attemptOnce(
  run: RunScope,
  call: ModelCall,
  { span, ...ref }: StepRef & { span: string | undefined },
  progress: Progress,
): Steps<ModelResponse> {
  // The stop may have come while the call was being stored.
  if (call.stop.aborted) throw call.stop.reason;
  using scope = new AbortScope(call.stop);
  const attemptMs = call.request.modelSettings.timeoutMs ?? run.plan.timeouts.attemptMs;
  using _deadline =
    attemptMs === undefined ? undefined : run.clock.timer(attemptMs, () => scope.abort(attemptTimeout(attemptMs)));
  const { id: trace, propagate } = run.plan.trace;
  const traceparent = propagate && trace !== undefined && span !== undefined ? traceparentOf(trace, span) : undefined;
  const request: ModelRequest = { ...call.request, signal: scope.signal, ...(traceparent && { traceparent }) };
  if (run.plan.stream) {
    using stream = new ModelStream(run, call.model, request, scope, ref, progress);
    yield stream;
    return stream.response;
  }
  const response = await abortable(call.model.getResponse(request), scope);
  run.context.usage.add(response.usage);
  yield [returned(ref, response, response.usage.toData(), false)];
  return response;
}

function stopped(run: RunScope, ref: StepRef, error: unknown, progress: Progress): ModelStopped {
  const partial: AssistantMessageItem = {
    type: 'message',
    role: 'assistant',
    status: 'incomplete',
    content: [{ type: 'output_text', text: progress.text }],
  };
  return {
    type: 'model.stopped',
    ...ref,
    error: serializeError(error, run.plan.runId),
    ...(progress.text !== '' && { partial }),
  };
}

function attemptTimeout(timeoutMs: number): ModelTimeoutError {
  return new ModelTimeoutError(
    `The model took longer than ${timeoutMs} ms. Raise modelSettings.timeoutMs or timeouts.attemptMs, or ask for less.`,
    { timeoutMs },
  );
}

interface Backoff {
  maxRetries?: number;
  backoff?: { initialDelayMs?: number; maxDelayMs?: number; multiplier?: number; jitter?: boolean };
}

/** How long to wait before the next attempt; undefined when there is to be none. */
function retryDelay(error: unknown, attempt: number, settings: Backoff = {}): number | undefined {
  if (!isAgentsError(error) || !error.retryable || ERROR_CODES[error.code].actor !== 'provider') return undefined;
  if (attempt > (settings.maxRetries ?? DEFAULTS.maxRetries)) return undefined;
  const asked = error instanceof ModelProviderError ? error.retryAfterMs : undefined;
  if (asked !== undefined) return asked <= DEFAULTS.maxRetryAfterMs ? asked : undefined;
  const { initialDelayMs = 500, maxDelayMs = 8_000, multiplier = 2, jitter = true } = settings.backoff ?? {};
  const delay = Math.min(maxDelayMs, initialDelayMs * multiplier ** (attempt - 1));
  return jitter ? delay * (0.75 + Math.random() * 0.25) : delay;
}

async function pause(run: RunScope, delayMs: number, stop: AbortSource): Promise<void> {
  let timer: Disposable | undefined;
  try {
    await abortable(new Promise<void>((resolve) => (timer = run.clock.timer(delayMs, resolve))), stop);
  } finally {
    timer?.[Symbol.dispose]();
  }
}

function spanUsage(usage: Usage): NonNullable<GenerationSpanData['usage']> {
  return { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens };
}
