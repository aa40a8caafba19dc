/** What calls of tools came to, for `toolUseBehavior`. */
import type { Agent } from './agent.ts';
import type { NestedResult } from './agent-tool-types.ts';
import type { HostedMCPTool } from './hosted-mcp-tool.ts';
import type { AgentOutputType } from './output-type.ts';
import type { RunToolApprovalItem, RunToolCallOutputItem } from './run-item.ts';
import type { FunctionTool, ToolInputParameters } from './tool.ts';

/** A call that has given its output. */
export interface FunctionToolOutput<
  TContext = unknown,
  TParameters extends ToolInputParameters = ToolInputParameters,
  TResult = unknown,
> {
  type: 'function_output';
  tool: FunctionTool<TContext, TParameters, TResult>;
  output: unknown;
  runItem: RunToolCallOutputItem;
  /** The result of the run that an agent tool made, if that run completed: a view of the log, there also after a restart. */
  agentRunResult?: NestedResult<TContext, Agent<TContext, AgentOutputType>>;
  /** Never set: `toolUseBehavior` is asked when nothing waits any more. */
  interruptions?: RunToolApprovalItem[];
}

/** What a call came to. `toolUseBehavior` is asked when all calls of a turn have their outputs, so that it only ever gets `function_output`. */
export type FunctionToolResult<
  TContext = unknown,
  TParameters extends ToolInputParameters = ToolInputParameters,
  TResult = unknown,
> =
  | FunctionToolOutput<TContext, TParameters, TResult>
  | { type: 'function_approval'; tool: FunctionTool<TContext, TParameters, TResult>; runItem: RunToolApprovalItem }
  | { type: 'hosted_mcp_tool_approval'; tool: HostedMCPTool<TContext>; runItem: RunToolApprovalItem };
