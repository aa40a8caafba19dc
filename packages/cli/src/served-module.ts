/** What a module offers to be served: its agents by name, and the options that they are served with. */
import { Agent } from 'tailrace';
import type { HandlerOptions } from 'tailrace/http';
import { nearest } from './near.ts';
import { UsageError } from './options.ts';

const FUNCTIONS = ['authorize', 'context'] as const;
const SETTINGS = ['cors', 'hosts', 'onDisconnect', 'limits', 'exposeReasoning', 'runConfig'] as const;

/** What a module may export beside its agents: options of `createHandler`. */
export const SERVED_OPTIONS: readonly string[] = [...FUNCTIONS, ...SETTINGS];

type Served = Pick<Extract<HandlerOptions, { agents: object }>, (typeof FUNCTIONS | typeof SETTINGS)[number]>;
export type ServedModule = Served & { agents: Record<string, Agent> };

/**
 * Exported agents go by their export's name; those of an exported `agents` object, and the default export, by their own or the object's. An agent
 * that has a name already needs no other by the default export.
 *
 * @throws UsageError when there are none, or something is exported that nothing would come of
 */
export function servedModule(exported: Record<string, unknown>, path: string): ServedModule {
  checkNames(exported, path);
  const agents = new Map<string, Agent>();
  const add = (name: string, agent: Agent): void => {
    const [known] = Array.from(agents).find(([, each]) => each === agent) ?? [];
    if (known !== undefined && known !== name)
      throw new UsageError(`${path}: '${known}' and '${name}' are one agent. Export it once.`);
    if ((agents.get(name) ?? agent) !== agent)
      throw new UsageError(`${path}: two agents go by the name '${name}'. Export one of them by another.`);
    agents.set(name, agent);
  };
  for (const [name, value] of Object.entries(exported)) if (name !== 'default' && isAgent(value)) add(name, value);
  for (const [name, agent] of members(exported['agents'], path)) add(name, agent);
  const named = new Set(agents.values());
  const byDefault = exported['default'];
  for (const [name, agent] of isAgent(byDefault) ? [[byDefault.name, byDefault] as const] : agentsIn(byDefault))
    if (!named.has(agent)) add(name, agent);
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

/** Whoever misspells `authorize` has none. */
function checkNames(exported: Record<string, unknown>, path: string): void {
  const known = ['agents', ...SERVED_OPTIONS];
  for (const [name, value] of Object.entries(exported)) {
    const meant = known.includes(name) || isAgent(value) ? undefined : nearest(name, known);
    if (meant !== undefined)
      throw new UsageError(
        `${path}: the export '${name}' is no agent and no option. Did you mean '${meant}'? If not, name it otherwise.`,
      );
  }
}

function members(value: unknown, path: string): [string, Agent][] {
  if (value === undefined || isAgent(value) || (Array.isArray(value) && value.length === 0)) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${path}: the export 'agents' must be an object of agents, by their names.`);
  for (const [name, each] of Object.entries(value)) {
    if (!isAgent(each))
      throw new UsageError(`${path}: '${name}' of the export 'agents' is no Agent. Make it with new Agent({ … }).`);
  }
  return agentsIn(value);
}

function agentsIn(value: unknown): [string, Agent][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter((entry): entry is [string, Agent] => isAgent(entry[1]));
}

function isAgent(value: unknown): value is Agent {
  return value instanceof Agent;
}
