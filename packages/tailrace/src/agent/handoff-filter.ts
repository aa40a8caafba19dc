import type { AgentInputItem } from '../event/item.ts';
import type { HandoffInputData } from './handoff.ts';
import type { RunItem } from './run-item.ts';

const TOOL_RUN_ITEMS: ReadonlySet<RunItem['type']> = new Set([
  'tool_call_item',
  'tool_call_output_item',
  'handoff_call_item',
  'handoff_output_item',
  'tool_search_call_item',
  'tool_search_output_item',
]);
const TOOL_ITEMS: ReadonlySet<string | undefined> = new Set([
  'function_call',
  'function_call_result',
  'hosted_tool_call',
  'computer_call',
  'computer_call_result',
  'shell_call',
  'shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
  'tool_search_call',
  'tool_search_output',
  'program',
  'program_output',
]);

/** A handoff input filter that leaves out all calls and their outputs. */
export function removeAllTools(data: HandoffInputData): HandoffInputData {
  const { inputHistory, preHandoffItems, newItems } = data;
  return {
    ...data,
    inputHistory:
      typeof inputHistory === 'string'
        ? inputHistory
        : inputHistory.filter((item: AgentInputItem) => !TOOL_ITEMS.has(item.type)),
    preHandoffItems: preHandoffItems.filter((item) => !TOOL_RUN_ITEMS.has(item.type)),
    newItems: newItems.filter((item) => !TOOL_RUN_ITEMS.has(item.type)),
  };
}
