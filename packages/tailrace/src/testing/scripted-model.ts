import type { StreamEvent } from '../event/stream-event.ts';
import { Usage, type UsageData } from '../event/usage.ts';
import type { Model, ModelRequest, ModelResponse } from '../port/model.ts';
import type { ModelRetryAdvice, ModelRetryAdviceRequest } from '../port/retry.ts';
import {
  InvalidScriptedModelStepError,
  ScriptedModelRequestAbortedError,
  UnconsumedModelStepsError,
  UnexpectedModelCallError,
} from './scripted-model-errors.ts';
import {
  isScriptedResponse,
  isStream,
  type RecordedModelCall,
  type ScriptedModelInput,
  type ScriptedModelResponse,
  type ScriptedModelRetryAdvice,
  type ScriptedModelStep,
  type ScriptedModelStream,
  stepFromInput,
} from './scripted-model-steps.ts';
import { failing, ScriptedStream, stalling, untilAborted } from './scripted-model-stream.ts';

/**
 * A model for tests: each call uses one step of its script. A response step that is streamed gives `response_started`, one
 * `output_text_delta` a text part, and `response_done`. A call whose signal has already aborted uses no step and is not recorded;
 * one whose signal aborts later ends at once with `ScriptedModelRequestAbortedError`.
 */
export class ScriptedModel implements Model {
  readonly #steps: ScriptedModelStep[] = [];
  #next = 0;
  readonly #calls: RecordedModelCall[] = [];
  readonly #advice = new Map<unknown, ScriptedModelRetryAdvice>();

  constructor(inputs: Iterable<ScriptedModelInput> = []) {
    this.enqueue(...inputs);
  }

  /** All calls so far, in the order in which they began. */
  get calls(): readonly RecordedModelCall[] {
    return Object.freeze([...this.#calls]);
  }

  get firstCall(): RecordedModelCall | undefined {
    return this.#calls[0];
  }

  get lastCall(): RecordedModelCall | undefined {
    return this.#calls.at(-1);
  }

  /** How many steps no call has used yet. */
  get remainingSteps(): number {
    return this.#steps.length - this.#next;
  }

  /** Adds steps at the end. Adds none and throws when one of them is not a step. */
  enqueue(...inputs: ScriptedModelInput[]): void {
    this.#steps.push(...inputs.map(stepFromInput));
  }

  /** Throws `UnconsumedModelStepsError` when steps are left. */
  assertComplete(): void {
    if (this.remainingSteps > 0) throw new UnconsumedModelStepsError(this.remainingSteps);
  }

  async getResponse(request: ModelRequest): Promise<ModelResponse> {
    if (request.signal?.aborted) throw new ScriptedModelRequestAbortedError();
    const call = this.#record(request, false);
    const step = this.#take(call);
    switch (step.type) {
      case 'response':
      case 'chunked':
        return completeResponse(step.response, call);
      case 'error':
        this.#remember(step);
        throw step.error;
      case 'responder':
        return completeResponse(await untilAborted(answerOf(step, call), request.signal, call.index), call);
      case 'stall':
        return untilAborted(new Promise<never>(() => undefined), request.signal, call.index);
      case 'stream':
      case 'stream_responder':
        throw new InvalidScriptedModelStepError({
          reason: 'incompatible_call',
          message: `Call ${call.index} is not streamed, but its step is a raw stream. Use modelResponse or textStream.`,
          callIndex: call.index,
          stepType: step.type,
        });
    }
  }

  getStreamedResponse(request: ModelRequest): AsyncIterable<StreamEvent> {
    const { signal } = request;
    if (signal?.aborted) return new ScriptedStream(undefined, signal, () => []);
    const call = this.#record(request, true);
    const step = this.#steps[this.#next++];
    return new ScriptedStream(call.index, signal, () => this.#streamOf(step, call));
  }

  /** The advice that the step which threw `error` was given. */
  async getRetryAdvice(request: ModelRetryAdviceRequest): Promise<ModelRetryAdvice | undefined> {
    const advice = this.#advice.get(request.error);
    return typeof advice === 'function' ? advice(request) : advice;
  }

  #record(request: ModelRequest, streamed: boolean): RecordedModelCall {
    const { input, modelSettings, tools, handoffs } = request;
    const snapshot = Object.freeze({
      ...request,
      input: typeof input === 'string' ? input : [...input],
      modelSettings: { ...modelSettings },
      tools: [...tools],
      handoffs: [...handoffs],
    });
    const call = Object.freeze({ index: this.#calls.length, streamed, request: snapshot });
    this.#calls.push(call);
    return call;
  }

  #take(call: RecordedModelCall): ScriptedModelStep {
    const step = this.#steps[this.#next];
    if (!step) throw new UnexpectedModelCallError(call);
    this.#next += 1;
    return step;
  }

  #remember(step: { error: unknown; retryAdvice?: ScriptedModelRetryAdvice }): void {
    if (step.retryAdvice !== undefined) this.#advice.set(step.error, step.retryAdvice);
  }

  #streamOf(
    step: ScriptedModelStep | undefined,
    call: RecordedModelCall,
  ): ScriptedModelStream | Promise<ScriptedModelStream> {
    if (!step) throw new UnexpectedModelCallError(call);
    switch (step.type) {
      case 'response':
        return eventsOfResponse(completeResponse(step.response, call));
      case 'responder':
        return answerOf(step, call).then((response) => eventsOfResponse(completeResponse(response, call)));
      case 'error':
        this.#remember(step);
        return failing(step.events ?? [], step.error);
      case 'stall':
        return stalling(step.events);
      case 'stream':
      case 'chunked':
        return step.events;
      case 'stream_responder': {
        const stream = step.respond(call);
        return stream instanceof Promise
          ? stream.then((settled) => checkedStream(settled, call))
          : checkedStream(stream, call);
      }
    }
  }
}

async function answerOf(
  step: Extract<ScriptedModelStep, { type: 'responder' }>,
  call: RecordedModelCall,
): Promise<ScriptedModelResponse> {
  const response: unknown = await step.respond(call);
  if (isScriptedResponse(response)) return response;
  throw new InvalidScriptedModelStepError({
    reason: 'invalid_response',
    message: `The responder of call ${call.index} gave neither output items nor a response with output and usage.`,
    callIndex: call.index,
  });
}

function checkedStream(stream: unknown, call: RecordedModelCall): ScriptedModelStream {
  if (isStream(stream)) return stream;
  throw new InvalidScriptedModelStepError({
    reason: 'invalid_stream',
    message: `The stream responder of call ${call.index} gave nothing that can be iterated.`,
    callIndex: call.index,
    stepType: 'stream_responder',
  });
}

function completeResponse(response: ScriptedModelResponse, call: RecordedModelCall): ModelResponse {
  const responseId = `scripted-response-${call.index + 1}`;
  if (Array.isArray(response)) return { output: [...response], usage: new Usage({ requests: 1 }), responseId };
  return call.streamed && response.responseId === undefined ? { ...response, responseId } : { ...response };
}

/** The events of a response that nobody has cut into pieces: one delta a text part. */
function eventsOfResponse(response: ModelResponse): StreamEvent[] {
  const events: StreamEvent[] = [{ type: 'response_started' }];
  for (const item of response.output) {
    if (!('role' in item) || item.role !== 'assistant') continue;
    for (const part of item.content) {
      if (part.type !== 'output_text') continue;
      events.push({ type: 'output_text_delta', ...(item.id !== undefined && { itemId: item.id }), delta: part.text });
    }
  }
  events.push(doneEvent(response));
  return events;
}

/** The `response_done` that says what `response` says. */
export function doneEvent(response: ModelResponse): StreamEvent {
  const { responseId, requestId, usage, providerData, rawUsage, output } = response;
  return {
    type: 'response_done',
    response: {
      id: responseId ?? 'scripted-response',
      ...(requestId !== undefined && { requestId }),
      usage: countsOf(usage),
      ...(providerData !== undefined && { providerData }),
      ...(rawUsage !== undefined && { rawUsage }),
      output,
    },
  };
}

function countsOf(usage: Usage): UsageData {
  const { requests, inputTokens, outputTokens, totalTokens, inputTokensDetails, outputTokensDetails } = usage;
  return {
    requests,
    inputTokens,
    outputTokens,
    totalTokens,
    ...(inputTokensDetails.length > 0 && { inputTokensDetails }),
    ...(outputTokensDetails.length > 0 && { outputTokensDetails }),
  };
}
