/**
 * Models of the AI SDK, by their shape: specification versions v2, v3 and v4. No package is imported, and no version of one is asked for.
 */

export type AiSdkSpecificationVersion = 'v2' | 'v3' | 'v4' | 'unknown';

/** What a model of any of the versions has. What its methods take and give is read as data, since three versions say it differently. */
export interface LanguageModelCompatible {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  readonly supportedUrls?: unknown;
  // Parameters of type never take any version's own options.
  doGenerate(options: never): unknown;
  doStream(options: never): unknown;
}

export function versionOf(model: LanguageModelCompatible): AiSdkSpecificationVersion {
  const { specificationVersion: version } = model;
  return version === 'v2' || version === 'v3' || version === 'v4' ? version : 'unknown';
}

/** The name of a model in what it said: `provider:modelId`. */
export function nameOf({ provider, modelId }: LanguageModelCompatible): string {
  return `${provider}:${modelId}`;
}

/** The head of the ids of a provider's own tools: `openai` for `openai.responses`. */
export function providerKey({ provider }: LanguageModelCompatible): string {
  return provider.split('.', 1)[0] ?? provider;
}
