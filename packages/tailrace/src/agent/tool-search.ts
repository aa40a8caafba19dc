/** Tools that are found by a search of this process's, instead of being told to the model from the start. */
import type { ToolSearchCallItem } from '../event/local-items.ts';
import type { AnyAgent } from './agent.ts';
import type { RunContext } from './run-context.ts';
import type { HostedTool, Method, Tool } from './tool.ts';

/** The tools of the agent whose loading is deferred, by name, `namespace`, or `namespace.name`. */
export type ClientToolSearchLoadDefaultFunction<TContext = unknown> = (paths: string[]) => Tool<TContext>[];

export interface ClientToolSearchExecutorArgs<TContext = unknown> {
  agent: AnyAgent;
  availableTools: Tool<TContext>[];
  loadDefault: ClientToolSearchLoadDefaultFunction<TContext>;
  runContext: RunContext<TContext>;
  toolCall: ToolSearchCallItem;
}

export type ClientToolSearchExecutorResult<TContext = unknown> = Tool<TContext> | Tool<TContext>[] | null | undefined;

/**
 * Searches. The model may call what it gives for as long as the search is in the conversation. Called again when another process takes the run up, or another run
 * goes on with the conversation: give the same for the same call.
 */
export type ClientToolSearchExecutor<TContext = unknown> = Method<
  [args: ClientToolSearchExecutorArgs<TContext>],
  ClientToolSearchExecutorResult<TContext> | Promise<ClientToolSearchExecutorResult<TContext>>
>;

const EXECUTOR: unique symbol = Symbol('clientToolSearchExecutor');

/** Lets `executor` do the searching for the tool. Changes the tool. */
export function attachClientToolSearchExecutor<TContext = unknown>(
  tool: HostedTool,
  executor: ClientToolSearchExecutor<TContext>,
): HostedTool {
  return Object.defineProperty(tool, EXECUTOR, { value: executor, enumerable: false, configurable: true });
}

export function getClientToolSearchExecutor<TContext = unknown>(
  tool: Tool<TContext>,
): ClientToolSearchExecutor<TContext> | undefined {
  return (tool as { [EXECUTOR]?: ClientToolSearchExecutor<TContext> })[EXECUTOR];
}

/** What a search knows a tool by: `name` or `namespace.name`, `mcp:label` for a server; undefined for what is not searched for. */
export function getToolSearchRuntimeToolKey<TContext = unknown>(tool: Tool<TContext>): string | undefined {
  if (tool.type === 'function') {
    const namespace = namespaceOf(tool);
    return namespace === undefined ? tool.name : `${namespace}.${tool.name}`;
  }
  if (tool.type !== 'hosted_tool' || tool.providerData?.['type'] !== 'mcp') return undefined;
  const label = tool.providerData['server_label'];
  return typeof label === 'string' ? `mcp:${label}` : undefined;
}

/** The deferred tools that the paths name. */
export function deferredTools(tools: readonly Tool[], paths: readonly string[]): Tool[] {
  const wanted = new Set(paths);
  return tools.filter((tool) => {
    if (!isDeferred(tool)) return false;
    const key = getToolSearchRuntimeToolKey(tool);
    const namespace = namespaceOf(tool);
    return (
      (key !== undefined && wanted.has(key)) ||
      wanted.has(tool.name) ||
      (namespace !== undefined && wanted.has(namespace))
    );
  });
}

function isDeferred(tool: Tool): boolean {
  if (tool.type === 'function') return (tool as { deferLoading?: boolean }).deferLoading === true;
  return tool.type === 'hosted_tool' && tool.providerData?.['defer_loading'] === true;
}

function namespaceOf(tool: Tool): string | undefined {
  const { namespace } = tool as { namespace?: unknown };
  return typeof namespace === 'string' ? namespace : undefined;
}
