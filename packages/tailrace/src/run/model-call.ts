/**
 * One model step: attempts until one gives a response, each with a span of its own.
 *
 * M1 The request leaves after `model.called` is durable. M2 Every attempt ends in `model.returned` or `model.stopped`.
 * M3 An attempt whose output a reader may have seen is not repeated.
 */
import { traceparentOf } from '../base/traceparent.ts';
import { AbortScope, type AbortSource, abortable } from '../base/abort.ts';
import { ModelTimeoutError, serializeError } from '../event/errors.ts';
import type { AssistantMessageItem } from '../event/item.ts';
import type { ModelCalled, ModelStopped, StepAttempt, StepRef } from '../event/step-events.ts';
import type { GenerationSpanData } from '../event/span-data.ts';
import type { Usage } from '../event/usage.ts';
import type { Model, ModelRequest, ModelResponse } from '../port/model.ts';
import type { Progress } from './encode-part.ts';
import { checkedResponse } from './model-answer.ts';
import { returned } from './model-returned.ts';
import { ModelStream } from './model-stream.ts';
import { type NextAttempt, nextAttempt } from './retry.ts';
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
  if (begun > 0) yield* anotherAttempt(run, call.step, begun + 1, { delayMs: 0 });
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
      const response = yield* attemptOnce(run, call, { ref, span: span.id }, progress);
      yield run.spans.end(span.id, { data: { ...data, usage: spanUsage(response.usage) } });
      return response;
    } catch (thrown) {
      // A model may reject with an abort error of its own; the run ends for the reason that it was stopped for.
      const error: unknown = call.stop.aborted ? call.stop.reason : thrown;
      const ended = run.spans.end(span.id, { error: spanError(run, 'Error calling the model', error) });
      yield [stopped(run, ref, error, progress), ...ended];
      if (call.stop.aborted || progress.delivered) throw error;
      const { model, request } = call;
      const next = await nextAttempt(run, { model, request, error, attempt: attempt - begun });
      if (!next || call.stop.aborted) throw call.stop.aborted ? call.stop.reason : error;
      yield* anotherAttempt(run, call.step, attempt + 1, next);
      await pause(run, next.delayMs, call.stop);
    }
  }
}

function calledEvent({ agent, inputHash }: ModelCall, ref: StepRef): ModelCalled {
  return { type: 'model.called', ...ref, agent, ...(inputHash !== undefined && { inputHash }) };
}

/** The attempt before it gave no response, and was a request all the same. */
async function* anotherAttempt(run: RunScope, step: string, attempt: number, next: NextAttempt): Steps<void> {
  run.context.usage.requests += 1;
  const event: StepAttempt = { type: 'step.attempt', of: 'model', step, attempt, supersedes: attempt - 1, ...next };
  yield [event];
}

async function* attemptOnce(
  run: RunScope,
  call: ModelCall,
  { ref, span }: { ref: StepRef; span: string | undefined },
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
  const response = checkedResponse(call.model, await abortable(call.model.getResponse(request), scope));
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
