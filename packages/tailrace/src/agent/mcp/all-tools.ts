/** The tools that an agent's MCP servers offer in one turn. */
import { UserError } from '../../event/errors.ts';
import type { AnyAgent } from '../agent.ts';
import type { RunContext } from '../run-context.ts';
import type { FunctionTool } from '../tool.ts';
import { mcpToFunctionTool } from './function-tool.ts';
import { spanAround } from './list-span.ts';
import type { MCPServer, MCPTool, MCPToolErrorFunction } from './server.ts';
import { defaultCacheKey, keptTools, listAndKeep, type MCPToolCacheKeyGenerator } from './tool-cache.ts';
import { plainName, prefixedName } from './tool-name.ts';

export type GetAllMcpToolsOptions<TContext = unknown> = {
  mcpServers: MCPServer[];
  /** Tries strict mode for each schema. False by default. */
  convertSchemasToStrict?: boolean;
  /** Filters that are functions are asked when both this and `agent` are given. */
  runContext?: RunContext<TContext>;
  agent?: AnyAgent;
  generateMCPToolCacheKey?: MCPToolCacheKeyGenerator;
  /** For servers that have none of their own. */
  errorFunction?: MCPToolErrorFunction | null;
  /** Names become `mcp_<server>__<tool>`. */
  includeServerInToolNames?: boolean;
  /** Names that are taken: a tool that has one is called `mcp_<server>__<tool>`. */
  reservedToolNames?: Set<string>;
  /** The run's own span is the parent; taken for the sake of programs that pass one. */
  tracingParent?: object;
};

/**
 * The tools of all the servers, filtered, as function tools. The names that models know them by are unlike each other and the reserved ones, in whatever case.
 *
 * @throws UserError TOOL_NAME_DUPLICATE when two servers have a tool of one name; what a server or a filter throws
 */
export async function getAllMcpTools<TContext = unknown>(
  mcpServersOrOpts: MCPServer[] | GetAllMcpToolsOptions<TContext>,
  runContext?: RunContext<TContext>,
  agent?: AnyAgent,
  convertSchemasToStrict = false,
): Promise<FunctionTool<TContext>[]> {
  const options: GetAllMcpToolsOptions = Array.isArray(mcpServersOrOpts)
    ? {
        mcpServers: mcpServersOrOpts,
        convertSchemasToStrict,
        ...(runContext && { runContext }),
        ...(agent && { agent }),
      }
    : mcpServersOrOpts;
  const lists = await Promise.all(
    options.mcpServers.map(async (server) => ({ server, tools: await offered(server, options) })),
  );
  const names = new Names(options);
  return lists.flatMap(({ server, tools }) =>
    tools.map((mcpTool) => converted(mcpTool, server, names.of(server, mcpTool), options)),
  );
}

// Made anew at each turn: what the server's owner has decided may have changed since the last one.
function converted(
  mcpTool: MCPTool,
  server: MCPServer,
  name: string,
  { convertSchemasToStrict = false, errorFunction }: GetAllMcpToolsOptions,
): FunctionTool {
  return mcpToFunctionTool(mcpTool, server, convertSchemasToStrict, {
    toolNameOverride: name,
    ...(errorFunction !== undefined && { errorFunction }),
  });
}

async function offered(server: MCPServer, options: GetAllMcpToolsOptions): Promise<readonly MCPTool[]> {
  const { runContext, agent, generateMCPToolCacheKey: keyOf = defaultCacheKey } = options;
  const key = keyOf({ server, ...(agent && { agent }), ...(runContext && { runContext }) });
  const kept = keptTools(server, key);
  if (kept) return filtered(kept, server, options);
  return spanAround(server.name, async () => {
    // What the server says is kept, and not what a filter left of it: that may depend on the run.
    const tools = await listAndKeep(server, key, () => server.listTools());
    return filtered(tools, server, options);
  });
}

async function filtered(
  tools: readonly MCPTool[],
  server: MCPServer,
  { runContext, agent }: GetAllMcpToolsOptions,
): Promise<readonly MCPTool[]> {
  const filter = server.toolFilter;
  if (!filter) return tools;
  if (typeof filter === 'function') {
    if (!runContext || !agent) return tools;
    const context = { runContext, agent, serverName: server.name };
    const kept = await Promise.all(tools.map(async (tool) => filter(context, tool)));
    return tools.filter((_, index) => kept[index]);
  }
  const { allowedToolNames, blockedToolNames = [] } = filter;
  return tools.filter(
    ({ name }) => (!allowedToolNames || allowedToolNames.includes(name)) && !blockedToolNames.includes(name),
  );
}

class Names {
  readonly #reserved: ReadonlySet<string>;
  readonly #taken = new Map<string, string>();
  readonly #prefix: boolean;

  constructor({ reservedToolNames, includeServerInToolNames = false }: GetAllMcpToolsOptions) {
    this.#reserved = new Set([...(reservedToolNames ?? [])].map((name) => name.toLowerCase()));
    this.#prefix = includeServerInToolNames;
  }

  of(server: MCPServer, { name: own }: MCPTool): string {
    const plain = plainName(own);
    // A server must not be able to take the place of a tool or handoff of the program's, or to look like one.
    const shadows = this.#reserved.has(plain.toLowerCase()) || plain.toLowerCase().startsWith('transfer_to_');
    const name =
      this.#prefix || shadows
        ? prefixedName(server.name, own, new Set([...this.#reserved, ...this.#taken.keys()]))
        : plain;
    const key = name.toLowerCase();
    const other = this.#taken.get(key);
    if (other !== undefined) throw duplicate(name, other, `'${own}' of '${server.name}'`);
    this.#taken.set(key, `'${own}' of '${server.name}'`);
    return name;
  }
}

function duplicate(name: string, one: string, other: string): UserError {
  return new UserError(
    `Duplicate tool names found across MCP servers: ${name} is both ${one} and ${other}. Set mcpConfig.includeServerInToolNames, or filter one of them out.`,
    { code: 'TOOL_NAME_DUPLICATE' },
  );
}
