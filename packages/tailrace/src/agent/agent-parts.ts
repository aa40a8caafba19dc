/** What an agent is made of, checked when it is made: lists that are lists, of things that can be there. */
import { UserError } from '../event/errors.ts';
import type { AnyAgent } from './agent.ts';
import { getHandoff, Handoff } from './handoff.ts';
import { qualifiedName } from './tool-namespace.ts';

interface Parts {
  readonly name: string;
  readonly tools: readonly { name: string }[];
  readonly handoffs: readonly (AnyAgent | Handoff)[];
}

/** The list itself, because agents may be given to each other later. @throws UserError OPTION_TYPE */
export function listOf<T>(agent: string, option: string, given: readonly T[] | undefined): T[] {
  if (given === undefined || given === null) return [];
  if (Array.isArray(given)) return given as T[];
  throw new UserError(`Agent '${agent}': ${option} must be a list, got ${kindOf(given)}.`, { code: 'OPTION_TYPE' });
}

/** True for an agent, of this copy of the package or another. */
export function isAgent(value: unknown): value is AnyAgent {
  return typeof value === 'object' && value !== null && 'getSystemPrompt' in value && 'handoffs' in value;
}

/** @throws UserError OPTION_TYPE, HANDOFF_INVALID, TOOL_NAME_DUPLICATE */
export function checkParts(agent: Parts): void {
  agent.tools.forEach((tool: unknown, index) => {
    if (!isTool(tool)) throw notATool(`Agent '${agent.name}': tools[${index}]`, tool);
  });
  agent.handoffs.forEach((entry: unknown, index) => {
    if (!isAgent(entry) && !(entry instanceof Handoff))
      throw notATarget(`Agent '${agent.name}': handoffs[${index}]`, entry);
  });
  checkTargets(agent);
  checkToolNames(agent.name, agent.tools, agent.handoffs);
}

/** @throws UserError TOOL_NAME_DUPLICATE, naming both places */
export function checkToolNames(agent: string, tools: Parts['tools'], handoffs: Parts['handoffs']): void {
  const places = new Map<string, string>();
  const claim = (name: string, place: string): void => {
    const other = places.get(name);
    if (other) {
      const message = `Agent '${agent}' has two tools called '${name}': ${other} and ${place}. A model cannot tell them apart: rename one.`;
      throw new UserError(message, { code: 'TOOL_NAME_DUPLICATE' });
    }
    places.set(name, place);
  };
  tools.forEach((tool, index) => claim(qualifiedName(tool), `tools[${index}]`));
  handoffs.forEach((handoff, index) => claim(getHandoff(handoff).toolName, `handoffs[${index}]`));
}

const told = new Set<string>();

/** Of tools with one name the last, and none that has a handoff's. Says so, once a name. */
export function withoutCollisions<T extends { name: string }>(
  agent: string,
  tools: readonly T[],
  handoffs: Parts['handoffs'],
): T[] {
  const taken = new Set(handoffs.map((handoff) => getHandoff(handoff).toolName));
  const kept: T[] = [];
  for (const tool of tools.toReversed()) {
    const name = qualifiedName(tool);
    if (taken.has(name)) warnCollision(agent, name);
    else kept.unshift(tool);
    taken.add(name);
  }
  return kept;
}

function warnCollision(agent: string, name: string): void {
  const key = JSON.stringify([agent, name]);
  if (told.has(key)) return;
  told.add(key);
  console.warn(
    `tailrace: Agent '${agent}' has two tools called '${name}'. The model is told of one: rename the other.`,
  );
}

function checkTargets(agent: Parts): void {
  const targets = new Map<object, number>();
  agent.handoffs.forEach((entry, index) => {
    const target = getHandoff(entry).agent;
    const earlier = targets.get(target);
    if (earlier !== undefined && !(entry instanceof Handoff)) {
      const message = `Agent '${agent.name}' hands off to '${target.name}' twice: handoffs[${earlier}] and handoffs[${index}]. Leave one out.`;
      throw new UserError(message, { code: 'HANDOFF_INVALID' });
    }
    targets.set(target, index);
  });
}

function isTool(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { type, name } = value as { type?: unknown; name?: unknown };
  return typeof type === 'string' && typeof name === 'string';
}

function notATool(place: string, got: unknown): UserError {
  const advice = isAgent(got)
    ? 'An agent belongs in handoffs, or is made a tool: agent.asTool({ toolName, toolDescription }).'
    : got === undefined
      ? NOT_YET
      : 'Make a tool with tool({ name, description, parameters, execute }).';
  return new UserError(`${place} is not a tool but ${kindOf(got)}. ${advice}`, { code: 'OPTION_TYPE' });
}

function notATarget(place: string, got: unknown): UserError {
  const advice = got === undefined ? NOT_YET : 'Give an agent, or what handoff(agent, …) made.';
  return new UserError(`${place} is neither an agent nor a handoff but ${kindOf(got)}. ${advice}`, {
    code: 'HANDOFF_INVALID',
  });
}

// The usual reason: two modules that import each other.
const NOT_YET =
  'Do two modules import each other? Then add it later: agent.handoffs.push(other), agent.tools.push(tool).';

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (isAgent(value)) return 'an agent';
  return typeof value === 'object' ? 'an object' : value === undefined ? 'undefined' : `a ${typeof value}`;
}
