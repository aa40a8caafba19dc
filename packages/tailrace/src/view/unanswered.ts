import type { RunItem } from '../agent/run-item.ts';
import type { AgentInputItem } from '../event/item.ts';

/** Calls without their output, and what asks about them. */
export function unanswered(items: readonly RunItem[]): Set<RunItem> {
  const calls = new Map<string, RunItem>();
  const asking = new Set<RunItem>();
  for (const item of items) {
    if (item.type === 'tool_approval_item') asking.add(item);
    else if (asksForOutput(item)) calls.set(callIdOf(item.rawItem), item);
    else calls.delete(answeredCallId(item.rawItem));
  }
  return new Set([...asking, ...calls.values()]);
}

function asksForOutput({ rawItem }: RunItem): boolean {
  return CALLS.has(rawItem.type) || (rawItem.type === 'hosted_tool_call' && rawItem.name === 'mcp_approval_request');
}

const CALLS: ReadonlySet<string | undefined> = new Set([
  'function_call',
  'computer_call',
  'shell_call',
  'apply_patch_call',
]);

function callIdOf(item: AgentInputItem): string {
  return 'callId' in item ? (item.callId ?? '') : (item.id ?? '');
}

function answeredCallId(item: AgentInputItem): string {
  if (item.type !== 'hosted_tool_call') return 'callId' in item ? (item.callId ?? '') : '';
  return String(item.providerData?.['approval_request_id']);
}
