/** What a run records of the agents that it runs with: enough to tell whether others can go on with it, and what differs if not. */

/** One agent: what a model can ask it for, and what it gives. Hashes say nothing of functions and instructions. */
export interface AgentShape {
  /** By name: a hash of the parameters, and the effects. */
  tools: Record<string, string>;
  /** By the name of the tool that a model sees: the key of the agent that it leads to. */
  handoffs: Record<string, string>;
  /** `text`, or a hash of the schema. */
  output: string;
}

/** All agents that can be reached from a run's first one, by key. */
export interface AgentGraph {
  /** Of everything below: equal hashes, equal graphs. */
  hash: string;
  agents: Record<string, AgentShape>;
}

export type GraphDifference =
  | { what: 'agent_missing'; agent: string }
  | {
      what:
        | 'tool_missing'
        | 'tool_schema_changed'
        | 'tool_effects_changed'
        | 'handoff_missing'
        | 'handoff_leads_elsewhere';
      agent: string;
      tool: string;
    }
  | { what: 'output_type_changed'; agent: string };

/** What an open turn needs of the agent that has it. */
export interface GraphNeeds {
  agent: string;
  /** Names of the tools and handoffs that the model has asked for in it. */
  calls: readonly string[];
  /** True when the model's answer is there and may be the final output. */
  output: boolean;
}

/** What of what is needed is not in `current` as it is in `recorded`. */
export function graphDifferences(recorded: AgentGraph, current: AgentGraph, needs: GraphNeeds): GraphDifference[] {
  if (recorded.hash === current.hash) return [];
  const { agent } = needs;
  const now = entry(current.agents, agent);
  if (!now) return [{ what: 'agent_missing', agent }];
  const then = entry(recorded.agents, agent);
  if (!then) return [];
  const found = needs.calls.flatMap((tool) => callDifference(then, now, agent, tool) ?? []);
  if (needs.output && then.output !== now.output) found.push({ what: 'output_type_changed', agent });
  return found;
}

function callDifference(then: AgentShape, now: AgentShape, agent: string, tool: string): GraphDifference | undefined {
  const target = entry(then.handoffs, tool);
  if (target !== undefined) {
    const leads = entry(now.handoffs, tool);
    if (leads === target) return undefined;
    return { what: leads === undefined ? 'handoff_missing' : 'handoff_leads_elsewhere', agent, tool };
  }
  const before = entry(then.tools, tool);
  const after = entry(now.tools, tool);
  // What the agent did not have then, the model was told so.
  if (before === undefined || before === after) return undefined;
  if (after === undefined) return { what: 'tool_missing', agent, tool };
  const sameSchema = before.split(' ')[0] === after.split(' ')[0];
  return { what: sameSchema ? 'tool_effects_changed' : 'tool_schema_changed', agent, tool };
}

// A log is data: a name in it may be one that every object has.
function entry<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
