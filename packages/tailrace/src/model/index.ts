export { OpenAIChatCompletionsModel, type OpenAIChatCompletionsModelOptions } from './chat-completions.ts';
export {
  DEFAULT_OPENAI_MODEL,
  getDefaultModel,
  getDefaultModelSettings,
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
