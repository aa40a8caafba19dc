/** What a module offers to be served: its agents by name, and the options that they are served with. */
import { Agent } from 'tailrace';
import type { HandlerOptions } from 'tailrace/http';
import { UsageError } from './options.ts';

const FUNCTIONS = ['authorize', 'context'] as const;
const SETTINGS = ['cors', 'hosts', 'onDisconnect', 'limits', 'exposeReasoning', 'runConfig'] as const;

/** What a module may export beside its agents: options of `createHandler`. */
export const SERVED_OPTIONS: readonly string[] = [...FUNCTIONS, ...SETTINGS];

type Served = Pick<Extract<HandlerOptions, { agents: object }>, (typeof FUNCTIONS | typeof SETTINGS)[number]>;
export type ServedModule = Served & { agents: Record<string, Agent> };

/**
 * Exported agents go by their export's name; those of an exported `agents` object, and the default export, by their own or the object's.
 *
 * @throws UsageError when there are none
 */
export function servedModule(exported: Record<string, unknown>, path: string): ServedModule {
  const agents = new Map<string, Agent>();
  for (const [name, value] of Object.entries(exported)) {
    if (isAgent(value)) agents.set(name === 'default' ? value.name : name, value);
    else if (name === 'agents' || name === 'default')
      for (const [key, agent] of agentsIn(value)) agents.set(key, agent);
  }
  if (agents.size === 0)
    throw new UsageError(`${path} exports no agents. Export one: export const support = new Agent({ … })`);
  const options: Served = {};
  for (const name of FUNCTIONS) {
    const value = exported[name];
    if (value === undefined) continue;
    if (typeof value !== 'function') throw new UsageError(`${path}: the export '${name}' must be a function.`);
    Object.assign(options, { [name]: value });
  }
  // createHandler looks at these itself.
  for (const name of SETTINGS) {
    if (exported[name] !== undefined) Object.assign(options, { [name]: exported[name] });
  }
  return { ...options, agents: Object.fromEntries(agents) };
}

function agentsIn(value: unknown): [string, Agent][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter((entry): entry is [string, Agent] => isAgent(entry[1]));
}

function isAgent(value: unknown): value is Agent {
  return value instanceof Agent;
}
