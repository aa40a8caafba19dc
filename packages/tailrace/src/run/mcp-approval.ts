/** A call that an MCP server of the provider's wants to make: the provider asks, and is told what was decided. Nothing is called here. */
import type { HostedMCPTool } from '../agent/hosted-mcp-tool.ts';
import type { ApprovableItem } from '../agent/run-item.ts';
import type { FunctionTool } from '../agent/tool.ts';
import { PARSE } from '../agent/tool-approval.ts';
import { tryParse } from '../base/json.ts';
import type { HostedToolCallItem } from '../event/item.ts';
import { NOT_APPROVED } from './approvals.ts';
import type { AskedCall } from './tools.ts';

/** True for the provider's question. */
export function isMcpRequest(item: HostedToolCallItem): boolean {
  return item.name === 'mcp_approval_request' || item.providerData?.['type'] === 'mcp_approval_request';
}

export function mcpServerLabel({ providerData }: HostedToolCallItem): string {
  const label = providerData?.['server_label'];
  return typeof label === 'string' ? label : '';
}

export function mcpRequestId({ id, providerData }: HostedToolCallItem): string {
  const given = providerData?.['id'];
  return id ?? (typeof given === 'string' ? given : '');
}

export function mcpRequest(tool: HostedMCPTool, item: HostedToolCallItem): AskedCall {
  const { providerData } = item;
  const toolName = text(providerData?.['name']) ?? item.name;
  const args = text(providerData?.['arguments']) ?? item.arguments ?? '{}';
  const callId = mcpRequestId(item);
  const asking: ApprovableItem = {
    type: 'hosted_tool_call',
    name: toolName,
    id: callId,
    status: 'in_progress',
    ...(providerData && { providerData }),
  };
  const { on_approval: onApproval } = tool.providerData;
  return {
    // No function of the agent's can have a name with a dot: what is decided for always stays with this server.
    call: { type: 'function_call', callId, name: `${mcpServerLabel(item)}.${toolName}`, arguments: args },
    tool: alwaysAsks(toolName),
    local: {
      item,
      asking,
      tool,
      name: toolName,
      spanName: toolName,
      // Never used: a question always has an answer.
      told: () => ({ item: { type: 'function_call_result', name: toolName, callId, status: 'completed', output: '' } }),
      ...(onApproval && { onApproval }),
      mcp: true,
    },
  };
}

function alwaysAsks(name: string): FunctionTool & { [PARSE]: (text: string) => unknown } {
  return {
    type: 'function',
    name,
    description: '',
    parameters: { type: 'object', properties: {} },
    strict: false,
    invoke: async () => '',
    isEnabled: async () => true,
    needsApproval: async () => true,
    [PARSE]: (args) => tryParse(args) ?? {},
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** What the provider is told. */
export function mcpAnswer(requestId: string, approve: boolean, reason: string | undefined): HostedToolCallItem {
  // A rejection of which nothing was said has no reason.
  const said = reason === undefined || reason === NOT_APPROVED ? {} : { reason };
  return {
    type: 'hosted_tool_call',
    name: 'mcp_approval_response',
    providerData: { approve, approval_request_id: requestId, ...said },
  };
}
