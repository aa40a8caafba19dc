import type { AgentInputItem } from '../event/item.ts';

/**
 * What is left to tell when the provider has compacted a conversation: what comes after its last compaction item, that item, and the calls before it that were not answered
 * before it, because their outputs need them.
 */
export function sinceCompaction<T extends AgentInputItem>(items: readonly T[]): T[] {
  const at = items.findLastIndex(({ type }) => type === 'compaction');
  if (at <= 0) return items.slice();
  const open = new Map<string, T>();
  for (const item of items.slice(0, at)) {
    if (item.type === 'function_call') open.set(item.callId, item);
    else if ('callId' in item && typeof item.callId === 'string') {
      if (!open.delete(item.callId)) open.set(item.callId, item);
    }
  }
  return [...open.values(), ...items.slice(at)];
}
