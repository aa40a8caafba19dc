import type { ModelRetryAdvice, ModelRetryAdviceRequest } from '../port/retry.ts';
import type { AgentOutputItem, AssistantMessageItem, FunctionCallItem } from '../event/item.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import type { ModelRequest, ModelResponse } from '../port/model.ts';
import { InvalidScriptedModelStepError } from './scripted-model-errors.ts';

/** A whole response, or only its output: then it counts as one request without tokens, with a deterministic id. */
export type ScriptedModelResponse = ModelResponse | AgentOutputItem[];

export type RecordedModelCall = Readonly<{
  /** Its place in `calls`, from 0. */
  index: number;
  streamed: boolean;
  /** The request, frozen, with lists and settings of its own; the items in them are the run's, which nobody changes. */
  request: Readonly<ModelRequest>;
}>;

export type ScriptedModelRetryAdvice =
  | ModelRetryAdvice
  | ((request: ModelRetryAdviceRequest) => ModelRetryAdvice | undefined | Promise<ModelRetryAdvice | undefined>);

export type ScriptedModelStream = Iterable<StreamEvent> | AsyncIterable<StreamEvent>;

export interface ScriptedModelResponseStep {
  type: 'response';
  response: ScriptedModelResponse;
}

export interface ScriptedModelErrorStep {
  type: 'error';
  error: unknown;
  retryAdvice?: ScriptedModelRetryAdvice;
  /** What a streamed call gets before the error. */
  events?: readonly StreamEvent[];
}

export interface ScriptedModelResponderStep {
  type: 'responder';
  respond: (call: RecordedModelCall) => ScriptedModelResponse | Promise<ScriptedModelResponse>;
}

export interface ScriptedModelStreamStep {
  type: 'stream';
  events: ScriptedModelStream;
}

export interface ScriptedModelStreamResponderStep {
  type: 'stream_responder';
  respond: (call: RecordedModelCall) => ScriptedModelStream | Promise<ScriptedModelStream>;
}

/** A response that a streamed call gets as these events, and another call whole. */
export interface ScriptedModelChunkedStep {
  type: 'chunked';
  response: ModelResponse;
  events: readonly StreamEvent[];
}

/** Waits until the request's signal aborts. A streamed call gets `events` before. */
export interface ScriptedModelStallStep {
  type: 'stall';
  events: readonly StreamEvent[];
}

export type ScriptedModelStep =
  | ScriptedModelResponseStep
  | ScriptedModelErrorStep
  | ScriptedModelResponderStep
  | ScriptedModelStreamStep
  | ScriptedModelStreamResponderStep
  | ScriptedModelChunkedStep
  | ScriptedModelStallStep;

export type ScriptedModelInput = ScriptedModelStep | ScriptedModelResponse;

/** A step that answers with `response`. */
export function modelResponse(response: ScriptedModelResponse): ScriptedModelResponseStep {
  return { type: 'response', response };
}

/** A step that fails with `error`, whatever it is. */
export function modelError(error: unknown, retryAdvice?: ScriptedModelRetryAdvice): ScriptedModelErrorStep {
  return { type: 'error', error, ...(retryAdvice !== undefined && { retryAdvice }) };
}

/** A step that fails after it has streamed `events`. A call that is not streamed fails at once. */
export function modelErrorAfter(events: readonly StreamEvent[], error: unknown): ScriptedModelErrorStep {
  return { type: 'error', error, events };
}

/** A step that makes its response from the call. */
export function modelResponder(respond: ScriptedModelResponderStep['respond']): ScriptedModelResponderStep {
  return { type: 'responder', respond };
}

/** A step that streams exactly these events. Only a streamed call may reach it. */
export function modelStream(events: ScriptedModelStream): ScriptedModelStreamStep {
  return { type: 'stream', events };
}

/** A step that makes its stream from the call. Only a streamed call may reach it. */
export function modelStreamResponder(
  respond: ScriptedModelStreamResponderStep['respond'],
): ScriptedModelStreamResponderStep {
  return { type: 'stream_responder', respond };
}

/** A step that streams `events`, then says nothing until the request's signal aborts. */
export function modelStall(events: readonly StreamEvent[] = []): ScriptedModelStallStep {
  return { type: 'stall', events };
}

export interface AssistantMessageOptions {
  id?: string;
  phase?: NonNullable<AssistantMessageItem['phase']>;
  providerData?: Record<string, unknown>;
}

/** A finished message of the assistant with one text part. */
export function assistantMessage(text: string, options: AssistantMessageOptions = {}): AssistantMessageItem {
  const { id, phase, providerData } = options;
  return {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    ...(id !== undefined && { id }),
    ...(phase !== undefined && { phase }),
    content: [{ type: 'output_text', text }],
    ...(providerData !== undefined && { providerData }),
  };
}

export interface FunctionCallOptions {
  callId: string;
  /** `callId` by default. */
  id?: string;
  namespace?: string;
  providerData?: Record<string, unknown>;
}

/** A finished call of a function. Text arguments are kept as they are, so that a test can make them malformed. */
export function functionCall(
  name: string,
  args: string | Record<string, unknown>,
  options: FunctionCallOptions,
): FunctionCallItem {
  const { callId, id = callId, namespace, providerData } = options;
  return {
    type: 'function_call',
    name,
    callId,
    id,
    ...(namespace !== undefined && { namespace }),
    status: 'completed',
    arguments: typeof args === 'string' ? args : JSON.stringify(args),
    ...(providerData !== undefined && { providerData }),
  };
}

/** The step that an input stands for. Throws `InvalidScriptedModelStepError` when it stands for none. */
export function stepFromInput(input: unknown, inputIndex: number): ScriptedModelStep {
  if (Array.isArray(input)) return { type: 'response', response: [...(input as AgentOutputItem[])] };
  if (typeof input !== 'object' || input === null) {
    throw invalidInput('invalid_input', inputIndex, 'is neither a step, a response nor a list of output items');
  }
  if (!('type' in input)) {
    if (isModelResponse(input)) return { type: 'response', response: input };
    const reason = 'output' in input ? 'invalid_response' : 'invalid_input';
    throw invalidInput(reason, inputIndex, 'is no response: that has `output`, a list, and `usage`, a Usage');
  }
  const step = input as ScriptedModelStep;
  const problem = stepProblem(step);
  if (problem) throw invalidInput(problem[0], inputIndex, problem[1], String(step.type));
  return step;
}

function stepProblem(step: ScriptedModelStep): [InvalidScriptedModelStepError['reason'], string] | undefined {
  switch (step.type) {
    case 'response':
    case 'chunked':
      if (step.response === undefined) return ['missing_response', 'has no `response`'];
      return isScriptedResponse(step.response) ? undefined : ['invalid_response', 'has a `response` that is none'];
    case 'error':
      return 'error' in step ? undefined : ['missing_error', 'has no `error`'];
    case 'responder':
    case 'stream_responder':
      return typeof step.respond === 'function' ? undefined : ['missing_responder', 'has no function `respond`'];
    case 'stream':
    case 'stall':
      return isStream(step.events) ? undefined : ['invalid_stream', 'has no iterable `events`'];
    default:
      return ['unknown_step_type', `has the unknown type '${String((step as { type: unknown }).type)}'`];
  }
}

function invalidInput(
  reason: InvalidScriptedModelStepError['reason'],
  inputIndex: number,
  what: string,
  stepType?: string,
): InvalidScriptedModelStepError {
  const message = `Input ${inputIndex} of the script ${what}.`;
  return new InvalidScriptedModelStepError({
    reason,
    message,
    inputIndex,
    ...(stepType !== undefined && { stepType }),
  });
}

export function isScriptedResponse(value: unknown): value is ScriptedModelResponse {
  return Array.isArray(value) || isModelResponse(value);
}

function isModelResponse(value: unknown): value is ModelResponse {
  if (typeof value !== 'object' || value === null) return false;
  const { output, usage } = value as Partial<ModelResponse>;
  return Array.isArray(output) && typeof usage === 'object' && typeof usage?.add === 'function';
}

export function isStream(value: unknown): value is ScriptedModelStream {
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}
