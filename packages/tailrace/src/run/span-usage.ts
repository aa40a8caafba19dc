import type { TaskUsageData, TurnUsageData } from '../event/span-data.ts';
import type { Usage } from '../event/usage.ts';

/** A usage as turn spans say it. */
export function turnUsage(usage: Usage): TurnUsageData {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_input_tokens: sum(usage.inputTokensDetails, 'cached_tokens'),
    cache_write_input_tokens: sum(usage.inputTokensDetails, 'cache_write_tokens'),
  };
}

/** A usage as task spans say it. */
export function taskUsage(usage: Usage): TaskUsageData {
  return { requests: usage.requests, total_tokens: usage.totalTokens, ...turnUsage(usage) };
}

function sum(details: readonly Record<string, number>[], name: string): number {
  return details.reduce((total, detail) => total + (detail[name] ?? 0), 0);
}
