import type { RequestUsageData, UsageData } from '../event/usage.ts';
import { isObject, numberOr, objectOr, type ProviderObject } from './provider-object.ts';

/** Token counts in either wire's words; zeros for what is missing. */
export function requestUsage(usage: ProviderObject | undefined): RequestUsageData {
  const from = usage ?? {};
  const inputTokens = numberOr(from['input_tokens'], undefined) ?? numberOr(from['prompt_tokens'], 0);
  const outputTokens = numberOr(from['output_tokens'], undefined) ?? numberOr(from['completion_tokens'], 0);
  return {
    inputTokens,
    outputTokens,
    totalTokens: numberOr(from['total_tokens'], inputTokens + outputTokens),
    inputTokensDetails: counts(from['input_tokens_details'] ?? from['prompt_tokens_details'], 'cached_tokens'),
    outputTokensDetails: counts(from['output_tokens_details'] ?? from['completion_tokens_details'], 'reasoning_tokens'),
  };
}

/** The usage of one request as data of its own. */
export function usageData(usage: ProviderObject | undefined, endpoint: string): UsageData {
  const request = requestUsage(usage);
  return { requests: 1, ...request, requestUsageEntries: usage === undefined ? [] : [{ ...request, endpoint }] };
}

/** A usage report hidden in an event: at its top, under `x_groq`, or in the first choice. */
export function usageIn(event: ProviderObject): ProviderObject | undefined {
  if (isObject(event['usage'])) return event['usage'];
  const groq = event['x_groq'];
  return isObject(groq) && isObject(groq['usage']) ? groq['usage'] : undefined;
}

function counts(details: unknown, always: string): Record<string, number> {
  const given = objectOr(details);
  const numbers: Record<string, number> = {};
  numbers[always] = 0;
  for (const key of Object.keys(given)) {
    const value = given[key];
    if (typeof value === 'number' && key !== '__proto__') numbers[key] = value;
  }
  return numbers;
}
