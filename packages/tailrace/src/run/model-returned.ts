/** A model's response, as the log keeps it and as the turn uses it. */
import type { ModelReturned, StepRef } from '../event/step-events.ts';
import type { StreamEventResponseCompleted } from '../event/stream-event.ts';
import { isSoundUsage, Usage } from '../event/usage.ts';
import type { Model, ModelResponse } from '../port/model.ts';
import { checkedResponse } from './model-answer.ts';

/** The response that a stream ended with. @throws ModelBehaviorError for what is none */
export function responseOf(model: Model, { response: given }: StreamEventResponseCompleted): ModelResponse {
  const response = checkedResponse(model, given) as ModelResponse & { id?: string };
  const { id, output, usage, requestId, rawUsage, providerData } = response;
  return {
    usage,
    output,
    ...(id !== undefined && { responseId: id }),
    ...(requestId !== undefined && { requestId }),
    ...(rawUsage && { rawUsage }),
    ...(providerData && { providerData }),
  };
}

/** A recorded response, as the model gave it. */
export function recordedResponse(event: ModelReturned): ModelResponse {
  const { output, usage, responseId, requestId, providerData, rawUsage } = event;
  return {
    output,
    usage: new Usage(usage),
    ...(responseId !== undefined && { responseId }),
    ...(requestId !== undefined && { requestId }),
    ...(providerData && { providerData }),
    ...(rawUsage && { rawUsage }),
  };
}

export function returned(
  ref: StepRef,
  response: ModelResponse,
  usage: ModelReturned['usage'],
  streamed: boolean,
): ModelReturned {
  const { output, responseId, requestId, providerData, rawUsage } = response;
  return {
    type: 'model.returned',
    step: ref.step,
    attempt: ref.attempt,
    output,
    usage,
    streamed,
    ...(responseId !== undefined && { responseId }),
    ...(requestId !== undefined && { requestId }),
    ...(providerData && { providerData }),
    ...(rawUsage && { rawUsage }),
  };
}

/** The same of a stream, whose last event is kept when it says more than the response. */
export function returnedStream(
  ref: StepRef,
  response: ModelResponse,
  done: StreamEventResponseCompleted,
): ModelReturned {
  const { usage } = done.response;
  const event = returned(ref, response, isSoundUsage(usage) ? usage : response.usage.toData(), true);
  return done.providerData ? { ...event, done } : event;
}
