import type { ModelProvider } from '../port/model.ts';
import { OpenAIProvider } from './provider.ts';

let provider: ModelProvider | undefined;

/** The provider that runs use when neither the agent nor the runner has one. */
export function setDefaultModelProvider(modelProvider: ModelProvider): void {
  provider = modelProvider;
}

/** The provider set before, or one for OpenAI, made at the first call. */
export function getDefaultModelProvider(): ModelProvider {
  return (provider ??= new OpenAIProvider());
}
