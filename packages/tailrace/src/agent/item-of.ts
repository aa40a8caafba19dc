/** Run items from a log: the ones that this process made, or new ones from the data. */
import { Agent, type AnyAgent } from './agent.ts';
import {
  RunCompactionItem,
  RunHandoffCallItem,
  RunHandoffOutputItem,
  RunInputItem,
  type RunItem,
  RunMessageOutputItem,
  RunReasoningItem,
  RunToolApprovalItem,
  RunToolCallItem,
  RunToolCallOutputItem,
  RunToolSearchCallItem,
  RunToolSearchOutputItem,
  type ApprovableItem,
  type ToolCallItem,
  type ToolResultItem,
} from './run-item.ts';
import type {
  AssistantMessageItem,
  CompactionItem,
  FunctionCallItem,
  FunctionCallResultItem,
  ReasoningItem,
} from '../event/item.ts';
import type { ToolSearchCallItem, ToolSearchOutputItem } from '../event/local-items.ts';
import { liveOf } from '../event/live.ts';
import type { CustomData } from '../event/step-events.ts';
import type { FilteredItem, RunItemKind } from '../event/run-event.ts';

/** Gives the agent that a log names by `key`. */
export type AgentByKey = (key: string) => AnyAgent;

/** Looks agents up in a registry; one that this process does not have stands in by its name alone. */
export function agentsOf(registry: { get(key: string): AnyAgent | undefined }): AgentByKey {
  const standIns = new Map<string, AnyAgent>();
  return (key) => {
    const known = registry.get(key) ?? standIns.get(key);
    if (known) return known;
    const standIn = new Agent({ name: key }) as AnyAgent;
    standIns.set(key, standIn);
    return standIn;
  };
}

/** The item that an event added. */
export function itemOf(event: FilteredItem, agents: AgentByKey): RunItem {
  const live = liveOf(event) as RunItem | undefined;
  return live ?? revive(event, agents);
}

function revive({ kind, item, agent: key, target, customData }: FilteredItem, agents: AgentByKey): RunItem {
  const agent = agents(key);
  switch (kind) {
    case 'message':
      return new RunMessageOutputItem(item as AssistantMessageItem, agent);
    case 'reasoning':
      return new RunReasoningItem(item as ReasoningItem, agent);
    case 'tool_output':
      return new RunToolCallOutputItem(item as ToolResultItem, agent, outputOf(item as ToolResultItem), customData);
    case 'handoff_call':
      return new RunHandoffCallItem(item as FunctionCallItem, agent);
    case 'handoff_output':
      return new RunHandoffOutputItem(item as FunctionCallResultItem, agent, agents(target ?? key));
    case 'compaction':
      return new RunCompactionItem(item as CompactionItem, agent);
    case 'input':
      return new RunInputItem(item, agent);
    case 'tool_approval':
      return new RunToolApprovalItem(item as ApprovableItem, agent, target);
    case 'tool_call':
      return new RunToolCallItem(item as ToolCallItem, agent);
    case 'tool_search_call':
      return new RunToolSearchCallItem(item as ToolSearchCallItem, agent);
    case 'tool_search_output':
      return new RunToolSearchOutputItem(item as ToolSearchOutputItem, agent);
  }
}

/** What a run item has as its output, as far as the item says it. */
export function outputOf(item: ToolResultItem): unknown {
  if (item.type === 'computer_call_result') return item.output.data;
  if (item.type === 'apply_patch_call_output') return item.output ?? '';
  if (item.type !== 'function_call_result') return item.output;
  const { output } = item;
  if (typeof output === 'string' || Array.isArray(output)) return output;
  return output.type === 'text' ? output.text : output;
}

const KINDS: Readonly<Record<RunItem['type'], RunItemKind>> = {
  message_output_item: 'message',
  reasoning_item: 'reasoning',
  tool_call_item: 'tool_call',
  tool_call_output_item: 'tool_output',
  handoff_call_item: 'handoff_call',
  handoff_output_item: 'handoff_output',
  compaction_item: 'compaction',
  tool_approval_item: 'tool_approval',
  input_item: 'input',
  tool_search_call_item: 'tool_search_call',
  tool_search_output_item: 'tool_search_output',
};

/** The item as data, agents by their keys. */
export function dataOf(item: RunItem, keyOf: (agent: AnyAgent) => string): FilteredItem {
  const kind = KINDS[item.type];
  if (item.type === 'tool_approval_item')
    return { kind, agent: keyOf(item.agent), item: item.rawItem, target: item.toolName };
  if (item.type === 'tool_call_output_item' && item.customData)
    return { kind, agent: keyOf(item.agent), item: item.rawItem, customData: item.customData as CustomData };
  if (item.type !== 'handoff_output_item') return { kind, agent: keyOf(item.agent), item: item.rawItem };
  return { kind, agent: keyOf(item.sourceAgent), item: item.rawItem, target: keyOf(item.targetAgent) };
}
