/** Tool lists that servers with `cacheToolsList` have given, by server and key. They hold nothing of any run. */
import type { AnyAgent } from '../agent.ts';
import type { RunContext } from '../run-context.ts';
import type { Method } from '../tool.ts';
import type { MCPServer, MCPTool } from './server.ts';

/** The name that a list is kept under: whatever the filters depend on has to be in it. */
export type MCPToolCacheKeyGenerator = Method<
  [params: { server: MCPServer; agent?: AnyAgent; runContext?: RunContext }],
  string
>;

/** The server's name; with a filter that is a function, the agent's too. */
export function defaultCacheKey({ server, agent }: { server: MCPServer; agent?: AnyAgent }): string {
  return typeof server.toolFilter === 'function' && agent ? `${server.name}:${agent.name}` : server.name;
}

// By server first: two servers of one name never see each other's lists.
const kept = new WeakMap<MCPServer, Map<string, readonly MCPTool[]>>();
const byName = new Map<string, Set<WeakRef<MCPServer>>>();
/** Lists that began before are not kept when this has moved on. */
const generations = new WeakMap<MCPServer, number>();

export function keptTools(server: MCPServer, key: string): readonly MCPTool[] | undefined {
  return server.cacheToolsList ? kept.get(server)?.get(key) : undefined;
}

/** Gives what `list` gives, and keeps it unless the server's lists were invalidated meanwhile. */
export async function listAndKeep(
  server: MCPServer,
  key: string,
  list: () => Promise<readonly MCPTool[]>,
): Promise<readonly MCPTool[]> {
  const generation = generations.get(server) ?? 0;
  const tools = await list();
  if (!server.cacheToolsList || (generations.get(server) ?? 0) !== generation) return tools;
  const lists = kept.get(server) ?? new Map<string, readonly MCPTool[]>();
  if (!kept.has(server)) {
    kept.set(server, lists);
    remember(server);
  }
  lists.set(key, tools);
  return tools;
}

/** Forgets what is kept of one server. */
export function forgetTools(server: MCPServer): void {
  generations.set(server, (generations.get(server) ?? 0) + 1);
  kept.delete(server);
}

/** Forgets the tool lists of the servers of that name: the next turn asks them again. */
export async function invalidateServerToolsCache(serverName: string): Promise<void> {
  for (const ref of byName.get(serverName) ?? []) {
    const server = ref.deref();
    if (!server) continue;
    forgetTools(server);
    await server.invalidateToolsCache();
  }
  byName.delete(serverName);
}

function remember(server: MCPServer): void {
  const known = byName.get(server.name) ?? new Set();
  for (const ref of known) {
    const other = ref.deref();
    if (other === server) return;
    if (!other) known.delete(ref);
  }
  known.add(new WeakRef(server));
  byName.set(server.name, known);
}
