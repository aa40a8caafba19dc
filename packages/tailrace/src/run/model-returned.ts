/** A model's response, as the log keeps it and as the turn uses it. */
import type { ModelReturned, StepRef } from '../event/step-events.ts';
import type { StreamEventResponseCompleted } from '../event/stream-event.ts';
import { Usage } from '../event/usage.ts';
import type { ModelResponse } from '../port/model.ts';

/** The response that a stream ended with. */
export function responseOf({ response }: StreamEventResponseCompleted): ModelResponse {
  const { id, output, usage, requestId, rawUsage, providerData } = response;
  return {
    usage: new Usage(usage),
    output,
    responseId: id,
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
  const event = returned(ref, response, done.response.usage, true);
  return done.providerData ? { ...event, done } : event;
}
