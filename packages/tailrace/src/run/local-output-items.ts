/** Which tool of the agent's a call is for that is no function's. */
import type { AnyAgent } from '../agent/agent.ts';
import { type HostedMCPTool, isHostedMcp } from '../agent/hosted-mcp-tool.ts';
import type { Tool } from '../agent/tool.ts';
import { ModelBehaviorError } from '../event/errors.ts';
import type { HostedToolCallItem } from '../event/item.ts';
import { type LocalCallItem, searchCallId, type ToolSearchCallItem } from '../event/local-items.ts';
import { computerCall, patchCall, shellCall } from './local-call.ts';
import { mcpServerLabel } from './mcp-approval.ts';
import type { TurnResources } from './model-request.ts';
import type { RunScope } from './scope.ts';
import type { AskedCall } from './tools.ts';

/**
 * The call as this process makes it; undefined when the provider makes it.
 *
 * @throws ModelBehaviorError TOOL_UNKNOWN
 */
export function localCallOf(
  run: RunScope,
  agent: AnyAgent,
  { tools }: TurnResources,
  item: LocalCallItem,
): AskedCall | undefined {
  switch (item.type) {
    case 'computer_call': {
      const tool = tools.find((one) => one.type === 'computer');
      if (!tool) throw withoutTool(agent, 'a computer action', 'computerTool()');
      return computerCall(run, tool, item);
    }
    case 'shell_call': {
      const tool = tools.find((one) => one.type === 'shell');
      if (!tool) throw withoutTool(agent, 'a shell action', 'shellTool()');
      return tool.shell ? shellCall(run, tool, item) : undefined;
    }
    case 'apply_patch_call': {
      const tool = tools.find((one) => one.type === 'apply_patch');
      if (!tool) throw withoutTool(agent, 'a patch', 'applyPatchTool()');
      return patchCall(run, tool, item);
    }
    default:
      return item satisfies never;
  }
}

/** @throws ModelBehaviorError TOOL_UNKNOWN */
export function hostedMcp(agent: AnyAgent, { tools }: TurnResources, item: HostedToolCallItem): HostedMCPTool {
  const label = mcpServerLabel(item);
  const found = tools.find((tool): tool is HostedMCPTool => isHostedMcp(tool) && labelOf(tool) === label);
  if (found) return found;
  throw withoutTool(agent, `a question of MCP server '${label.slice(0, 64)}'`, 'hostedMcpTool() with that label');
}

function labelOf(tool: Tool): unknown {
  return tool.type === 'hosted_tool' ? tool.providerData?.['server_label'] : undefined;
}

export function isProgramming(tool: Tool): boolean {
  return tool.type === 'hosted_tool' && tool.providerData?.['type'] === 'programmatic_tool_calling';
}

export function searchCall({ tools }: TurnResources, item: ToolSearchCallItem): AskedCall {
  const callId = searchCallId(item) ?? '';
  const args = JSON.stringify(item.arguments ?? {});
  return {
    call: { type: 'function_call', callId, name: 'tool_search', arguments: args },
    tool: undefined,
    search: { item, tools },
  };
}

export function withoutTool(agent: AnyAgent, what: string, tool: string): ModelBehaviorError {
  return new ModelBehaviorError(`The model gave ${what}, and agent ${agent.name} has no ${tool}. Add it.`, {
    code: 'TOOL_UNKNOWN',
    data: { agent: agent.name },
    publicMessage: `The model called a tool that agent ${agent.name} does not have.`,
  });
}
