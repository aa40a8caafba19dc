import { UserError } from '../event/errors.ts';
import { defined } from './hosted-tools.ts';
import type { OnApprovalFunction } from './local-tool.ts';
import type { HostedTool, ToolAllowedCallers } from './tool.ts';

/** Decides at once about a call that an MCP server of the provider's wants to make. */
export type HostedMCPApprovalFunction<TContext = unknown> = OnApprovalFunction<TContext>;

interface ToolFilter {
  toolNames?: string[];
  readOnly?: boolean;
}

/** Which calls need somebody's decision. */
export type HostedMCPRequireApproval = 'never' | 'always' | { never?: ToolFilter; always?: ToolFilter };

/** As the Responses API takes it, and what this process keeps for itself. */
export interface HostedMCPToolData<TContext = unknown> {
  type: 'mcp';
  server_label: string;
  server_url?: string;
  connector_id?: string;
  authorization?: string;
  headers?: Record<string, string>;
  allowed_tools?: string[] | { tool_names: string[] };
  allowed_callers?: ToolAllowedCallers;
  defer_loading?: boolean;
  server_description?: string;
  require_approval?: 'never' | 'always' | object;
  on_approval?: HostedMCPApprovalFunction<TContext>;
  [more: string]: unknown;
}

/** An MCP server that the provider talks to. */
export type HostedMCPTool<TContext = unknown> = HostedTool & {
  name: 'hosted_mcp';
  providerData: HostedMCPToolData<TContext>;
};

export type HostedMCPToolOptions<TContext = unknown> = {
  serverLabel: string;
  serverUrl?: string;
  connectorId?: string;
  authorization?: string;
  headers?: Record<string, string>;
  allowedTools?: string[] | { toolNames?: string[] };
  allowedCallers?: ToolAllowedCallers;
  deferLoading?: boolean;
  serverDescription?: string;
} & (
  | { requireApproval?: 'never'; onApproval?: never }
  | {
      requireApproval: Exclude<HostedMCPRequireApproval, 'never'>;
      /** Decides in place of a person, at once. Without it the run is suspended, and the call is among its interruptions. */
      onApproval?: HostedMCPApprovalFunction<TContext>;
    }
);

/**
 * The provider calls tools of an MCP server; what they give never passes through this process.
 *
 * @throws UserError OPTION_TYPE without a label
 */
export function hostedMcpTool<TContext = unknown>(options: HostedMCPToolOptions<TContext>): HostedMCPTool<TContext> {
  if (typeof options.serverLabel !== 'string' || options.serverLabel === '') {
    throw new UserError('hostedMcpTool() needs a serverLabel: the name that the model knows the server by.', {
      code: 'OPTION_TYPE',
    });
  }
  const { allowedTools, requireApproval = 'never', onApproval } = options;
  const providerData = defined({
    type: 'mcp',
    server_label: options.serverLabel,
    server_url: options.serverUrl,
    connector_id: options.connectorId,
    authorization: options.authorization,
    allowed_tools: allowedTools && {
      tool_names: Array.isArray(allowedTools) ? allowedTools : (allowedTools.toolNames ?? []),
    },
    allowed_callers: options.allowedCallers,
    defer_loading: options.deferLoading,
    headers: options.headers,
    require_approval: typeof requireApproval === 'string' ? requireApproval : filters(requireApproval),
    on_approval: onApproval,
    server_description: options.serverDescription,
  });
  return { type: 'hosted_tool', name: 'hosted_mcp', providerData: providerData as HostedMCPToolData<TContext> };
}

function filters({ never, always }: { never?: ToolFilter; always?: ToolFilter }): Record<string, unknown> {
  return defined({ always: always && filter(always), never: never && filter(never) });
}

function filter({ toolNames, readOnly }: ToolFilter): Record<string, unknown> {
  return defined({ tool_names: toolNames, read_only: readOnly });
}

export function isHostedMcp(tool: { type: string; providerData?: { type?: unknown } }): boolean {
  return tool.type === 'hosted_tool' && tool.providerData?.type === 'mcp';
}
