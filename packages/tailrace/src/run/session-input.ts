import { canonical } from '../base/json.ts';
import type { AgentInputItem } from '../event/item.ts';

/**
 * What a callback gave beside the history: the same objects are history, whatever it did to them, and so are equal items, as often as the history has them.
 */
export function addedByCallback(
  items: readonly AgentInputItem[],
  given: readonly AgentInputItem[],
  history: readonly AgentInputItem[],
): AgentInputItem[] {
  const left = new Map<string, number>();
  const kept = new Set(items.filter((item) => given.includes(item)));
  for (const [index, item] of history.entries()) {
    const own = given[index];
    if (own !== undefined && kept.has(own)) continue;
    const key = canonical(item);
    left.set(key, (left.get(key) ?? 0) + 1);
  }
  const seen = new Set<AgentInputItem>();
  return items.filter((item) => {
    if (kept.has(item) && !seen.has(item)) {
      seen.add(item);
      return false;
    }
    const key = canonical(item);
    const count = left.get(key) ?? 0;
    if (count === 0) return true;
    left.set(key, count - 1);
    return false;
  });
}
