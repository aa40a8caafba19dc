import type { ModelRequest } from '../../port/model.ts';
import { isObject, objectOr, type ProviderObject } from '../provider-object.ts';
import { type LanguageModelCompatible, nameOf, providerKey, versionOf } from './language-model.ts';

/**
 * What a provider said of an item, as it wants to hear it again: signatures of reasoning, ids. Nothing of what another model said.
 */
export function optionsOf(data: ProviderObject | undefined, model: LanguageModelCompatible): ProviderObject {
  if (data === undefined) return {};
  const { model: said } = data;
  if (typeof said === 'string' && said !== nameOf(model) && said !== model.modelId) return {};
  return Object.fromEntries(Object.entries(data).filter(([, value]) => isObject(value)));
}

/** The same, as the field of a part; nothing where there is nothing to say. */
export function withOptions(
  data: ProviderObject | undefined,
  model: LanguageModelCompatible,
): { providerOptions?: ProviderObject } {
  const providerOptions = optionsOf(data, model);
  return Object.keys(providerOptions).length === 0 ? {} : { providerOptions };
}

const EFFORTS: ReadonlySet<unknown> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** Settings that only a provider's options know, and what the caller says in `modelSettings.providerData`, which wins. */
export function providerSettings(
  { modelSettings, traceparent }: ModelRequest,
  model: LanguageModelCompatible,
): ProviderObject {
  const { providerOptions: given, headers, ...rest } = objectOr(modelSettings.providerData);
  const effort = modelSettings.reasoning?.effort;
  const known = EFFORTS.has(effort);
  const openai =
    providerKey(model) === 'openai' ? openaiOptions(modelSettings, known && versionOf(model) !== 'v4') : {};
  const own = objectOr(given);
  const merged = {
    ...own,
    ...(Object.keys(openai).length > 0 && { openai: { ...openai, ...objectOr(own['openai']) } }),
  };
  const sent = { ...(traceparent !== undefined && { traceparent }), ...objectOr(headers) };
  return {
    ...(known && versionOf(model) === 'v4' && { reasoning: effort }),
    ...rest,
    ...(Object.keys(merged).length > 0 && { providerOptions: merged }),
    ...(Object.keys(sent).length > 0 && { headers: sent }),
  };
}

function openaiOptions(settings: ModelRequest['modelSettings'], effort: boolean): ProviderObject {
  const { parallelToolCalls, store, promptCacheRetention, reasoning, text } = settings;
  return {
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    ...(store !== undefined && { store }),
    ...(promptCacheRetention != null && {
      promptCacheRetention: promptCacheRetention === 'in-memory' ? 'in_memory' : promptCacheRetention,
    }),
    ...(effort && { reasoningEffort: reasoning?.effort }),
    ...(reasoning?.summary != null && { reasoningSummary: reasoning.summary }),
    ...(text?.verbosity != null && { textVerbosity: text.verbosity }),
  };
}
