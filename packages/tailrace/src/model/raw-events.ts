/** Which wire a raw model event was read from. */

type ResponsesSource = 'openai-responses';
type ChatSource = 'openai-chat-completions';
export const OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE: ResponsesSource = 'openai-responses';
export const OPENAI_CHAT_COMPLETIONS_RAW_MODEL_EVENT_SOURCE: ChatSource = 'openai-chat-completions';
export type OpenAIRawModelEventSource =
  | typeof OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE
  | typeof OPENAI_CHAT_COMPLETIONS_RAW_MODEL_EVENT_SOURCE;

interface RawModelStreamEvent<Source extends OpenAIRawModelEventSource> {
  readonly type: 'raw_model_stream_event';
  readonly source: Source;
  data: {
    type: 'model';
    /** As the provider sent it. */
    event: Record<string, unknown>;
    providerData: Record<string, unknown> & { rawModelEventSource: Source };
  };
}

export type OpenAIResponsesRawModelStreamEvent = RawModelStreamEvent<typeof OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE>;
export type OpenAIChatCompletionsRawModelStreamEvent = RawModelStreamEvent<
  typeof OPENAI_CHAT_COMPLETIONS_RAW_MODEL_EVENT_SOURCE
>;

/** True for an event of the Responses API, as it came. */
export function isOpenAIResponsesRawModelStreamEvent<Event extends { type: string }>(
  event: Event,
): event is Event & OpenAIResponsesRawModelStreamEvent {
  return isFrom(event, OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE);
}

/** True for a chunk of the Chat Completions API, as it came. */
export function isOpenAIChatCompletionsRawModelStreamEvent<Event extends { type: string }>(
  event: Event,
): event is Event & OpenAIChatCompletionsRawModelStreamEvent {
  return isFrom(event, OPENAI_CHAT_COMPLETIONS_RAW_MODEL_EVENT_SOURCE);
}

function isFrom(event: { type: string; source?: unknown; data?: unknown }, source: OpenAIRawModelEventSource): boolean {
  return (
    event.type === 'raw_model_stream_event' &&
    event.source === source &&
    (event.data as { type?: unknown } | undefined)?.type === 'model'
  );
}
