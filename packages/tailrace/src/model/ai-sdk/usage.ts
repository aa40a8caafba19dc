import type { UsageData } from '../../event/usage.ts';
import { isObject, numberOr, objectOr } from '../provider-object.ts';

/** Token counts of any version; zeros for what is missing. */
export function usageOf(given: unknown): UsageData {
  const usage = objectOr(given);
  const inputTokens = total(usage['inputTokens']);
  const outputTokens = total(usage['outputTokens']);
  const input = objectOr(usage['inputTokens']);
  const output = objectOr(usage['outputTokens']);
  const inputTokensDetails = counts({
    cached_tokens: input['cacheRead'] ?? usage['cachedInputTokens'],
    cache_write_tokens: input['cacheWrite'],
  });
  const outputTokensDetails = counts({
    reasoning_tokens: output['reasoning'] ?? usage['reasoningTokens'],
    text_tokens: output['text'],
  });
  return {
    requests: 1,
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(inputTokensDetails && { inputTokensDetails }),
    ...(outputTokensDetails && { outputTokensDetails }),
  };
}

/** True when the provider has said nothing of what it used. */
export function saysNothing(usage: unknown): boolean {
  const { inputTokens, outputTokens } = usageOf(usage);
  return inputTokens === 0 && outputTokens === 0;
}

function total(count: unknown): number {
  return numberOr(isObject(count) ? count['total'] : count, 0);
}

function counts(given: Record<string, unknown>): Record<string, number> | undefined {
  const known = Object.entries(given).flatMap(([name, value]) =>
    typeof value === 'number' && Number.isFinite(value) ? [[name, value] as const] : [],
  );
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
