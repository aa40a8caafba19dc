/** The graph of agents as a run records it. Worked out once for each first agent and process: agents do not change while they run. */
import type { AnyAgent } from '../agent/agent.ts';
import { getHandoff } from '../agent/handoff.ts';
import { serializeOutputType } from '../agent/output-type.ts';
import type { Tool } from '../agent/tool.ts';
import { sha256 } from '../base/hash.ts';
import { canonical } from '../base/json.ts';
import type { AgentGraph, AgentShape } from '../event/agent-graph.ts';
import { AgentRegistry } from './agent-registry.ts';

const graphs = new WeakMap<AnyAgent, AgentGraph>();

export function graphOf(first: AnyAgent): AgentGraph {
  const known = graphs.get(first);
  if (known) return known;
  const registry = new AgentRegistry();
  const agents = Object.fromEntries(
    registry.enter(first).map((agent) => [registry.keyOf(agent), shapeOf(agent, registry)]),
  );
  const graph = { hash: sha256(canonical(agents)), agents };
  graphs.set(first, graph);
  return graph;
}

function shapeOf(agent: AnyAgent, registry: AgentRegistry): AgentShape {
  const tools = new Map<string, string>();
  for (const tool of agent.tools) {
    // A model calls it by its type.
    if (tool.type !== 'function' && tool.type !== 'hosted_tool') tools.set(`${tool.type}()`, toolText(tool));
    const before = tools.get(tool.name);
    // Of tools that share a name one at most is enabled at a time; which one is not known here.
    tools.set(tool.name, before === undefined ? toolText(tool) : `${before} | ${toolText(tool)}`);
  }
  const handoffs = agent.handoffs.map((entry) => getHandoff(entry));
  return {
    tools: Object.fromEntries(tools),
    handoffs: Object.fromEntries(handoffs.map(({ toolName, agent: target }) => [toolName, registry.keyOf(target)])),
    output: agent.outputType === 'text' ? 'text' : short(serializeOutputType(agent.outputType)),
  };
}

function toolText(tool: Tool): string {
  if (tool.type === 'function') return `${short(tool.parameters)} ${tool.effects ?? 'once'}`;
  return tool.type === 'hosted_tool'
    ? `${short(tool.providerData ?? {})} hosted`
    : `${short({ type: tool.type })} ${tool.effects ?? 'once'}`;
}

function short(value: unknown): string {
  return sha256(canonical(value)).slice(0, 16);
}
