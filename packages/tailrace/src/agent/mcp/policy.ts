/** What a server's owner decided about its tools: approval and effects. Text from the server changes none of it. */
import type { ToolEffects } from '../../event/step-events.ts';
import type { RunContext } from '../run-context.ts';
import type { MCPApprovalPolicy, MCPServer, MCPTool } from './server.ts';

type Selection = { toolNames?: string[]; readOnly?: boolean };

/** The rule of one tool: an answer for all its calls, or a function that is asked about each. */
export function approvalOf(
  server: MCPServer,
  tool: MCPTool,
): boolean | ((runContext: RunContext, input: unknown) => Promise<boolean>) {
  const policy: MCPApprovalPolicy = server.requireApproval ?? 'never';
  if (policy === 'never') return false;
  if (policy === 'always') return true;
  if (typeof policy === 'function') {
    return async (runContext, input) =>
      policy({
        runContext,
        serverName: server.name,
        toolName: tool.name,
        arguments: input as Record<string, unknown> | null,
      });
  }
  const { always, never } = policy;
  if (always && selects(always, tool)) return true;
  if (never && selects(never, tool)) return false;
  return always === undefined;
}

function selects({ toolNames, readOnly }: Selection, tool: MCPTool): boolean {
  if (toolNames?.includes(tool.name)) return true;
  return readOnly !== undefined && (tool.annotations?.readOnlyHint === true) === readOnly;
}

export function effectsOf({ effects = 'once' }: MCPServer, tool: MCPTool): ToolEffects {
  if (typeof effects === 'function') return effects(tool);
  if (effects !== 'from_annotations') return effects;
  if (tool.annotations?.readOnlyHint === true) return 'pure';
  return tool.annotations?.idempotentHint === true ? 'idempotent' : 'once';
}
