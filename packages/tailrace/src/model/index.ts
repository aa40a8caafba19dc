export { OpenAIChatCompletionsModel, type OpenAIChatCompletionsModelOptions } from './chat-completions.ts';
export {
  DEFAULT_OPENAI_MODEL,
  getDefaultModel,
  getDefaultModelSettings,
  gpt5ReasoningSettingsRequired,
  isGpt5Default,
  OPENAI_DEFAULT_MODEL_ENV_VARIABLE_NAME,
} from './default-model.ts';
export { getDefaultModelProvider, setDefaultModelProvider } from './default-provider.ts';
export {
  getDefaultOpenAIClient,
  setDefaultOpenAIClient,
  setDefaultOpenAIKey,
  setOpenAIAPI,
  setTracingExportApiKey,
} from './defaults.ts';
export type { OpenAIClient } from './endpoint-client.ts';
export { partialResponse } from './failure.ts';
export type { OpenAIClientOptions } from './openai-endpoint.ts';
export { OpenAITracingExporter, type OpenAITracingExporterOptions } from './openai-tracing-exporter.ts';
export { OpenAIResponsesModel } from './openai-responses.ts';
export { OpenAIProvider, type OpenAIProviderOptions } from './provider.ts';
export {
  isOpenAIChatCompletionsRawModelStreamEvent,
  isOpenAIResponsesRawModelStreamEvent,
  OPENAI_CHAT_COMPLETIONS_RAW_MODEL_EVENT_SOURCE,
  OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE,
  type OpenAIChatCompletionsRawModelStreamEvent,
  type OpenAIRawModelEventSource,
  type OpenAIResponsesRawModelStreamEvent,
} from './raw-events.ts';
