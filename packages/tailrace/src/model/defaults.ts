import type { OpenAIClient } from './endpoint-client.ts';

let client: OpenAIClient | undefined;
let key: string | undefined;
let api: 'chat_completions' | 'responses' = 'responses';

/** The client that providers without one of their own use. Models that were already made keep theirs. */
export function setDefaultOpenAIClient(openAIClient: OpenAIClient): void {
  client = openAIClient;
}

/** The client given to `setDefaultOpenAIClient`. */
export function getDefaultOpenAIClient(): OpenAIClient | undefined {
  return client;
}

/** The API key that providers without one of their own use instead of OPENAI_API_KEY. */
export function setDefaultOpenAIKey(apiKey: string): void {
  key = apiKey;
}

/** Which API providers use unless told: the Responses API by default. */
export function setOpenAIAPI(value: 'chat_completions' | 'responses'): void {
  api = value;
}

export function defaultOpenAIKey(): string | undefined {
  return key;
}

export function usesResponses(): boolean {
  return api === 'responses';
}

let tracingKey: string | undefined;

/** The API key that traces are exported to OpenAI with, where it is not that of the models. Sends nothing by itself. */
export function setTracingExportApiKey(apiKey: string): void {
  tracingKey = apiKey;
}

export function tracingExportKey(): string | undefined {
  return tracingKey;
}
