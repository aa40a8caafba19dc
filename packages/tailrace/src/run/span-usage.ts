import type { TaskUsageData, TurnUsageData } from '../event/span-data.ts';
import { Usage } from '../event/usage.ts';

/** A usage as turn spans say it. */
export function turnUsage(usage: Usage): TurnUsageData {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_input_tokens: sum(usage.inputTokensDetails, 'cached_tokens'),
    cache_write_input_tokens: sum(usage.inputTokensDetails, 'cache_write_tokens'),
  };
}

/** A usage as task spans say it: that of the run's segment, which began with `before`. */
export function taskUsage(usage: Usage, before: Usage = new Usage()): TaskUsageData {
  const now = turnUsage(usage);
  const then = turnUsage(before);
  return {
    requests: usage.requests - before.requests,
    total_tokens: usage.totalTokens - before.totalTokens,
    input_tokens: now.input_tokens - then.input_tokens,
    output_tokens: now.output_tokens - then.output_tokens,
    cached_input_tokens: now.cached_input_tokens - then.cached_input_tokens,
    cache_write_input_tokens: now.cache_write_input_tokens - then.cache_write_input_tokens,
  };
}

function sum(details: readonly Record<string, number>[], name: string): number {
  return details.reduce((total, detail) => total + (detail[name] ?? 0), 0);
}
