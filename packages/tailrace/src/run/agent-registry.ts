import type { AnyAgent } from '../agent/agent.ts';
import { agentToolSpec } from '../agent/agent-tool.ts';
import { getHandoff } from '../agent/handoff.ts';

/**
 * The agents of one run by the keys that its log uses. A key is the agent's name; a second agent of the same name gets `name#2`.
 */
export class AgentRegistry {
  readonly #byKey = new Map<string, AnyAgent>();
  readonly #keys = new Map<AnyAgent, string>();

  keyOf(agent: AnyAgent): string {
    const known = this.#keys.get(agent);
    if (known !== undefined) return known;
    let key = agent.name;
    for (let count = 2; this.#byKey.has(key); count++) key = `${agent.name}#${count}`;
    this.#byKey.set(key, agent);
    this.#keys.set(agent, key);
    return key;
  }

  /** Gives keys to all agents that can be reached from this one, in an order that depends on nothing else. Gives the agents in that order. */
  enter(first: AnyAgent): AnyAgent[] {
    const waiting = [first];
    for (const agent of waiting) {
      this.keyOf(agent);
      const nested = agent.tools.flatMap((tool) => agentToolSpec(tool)?.agent ?? []);
      const targets = [...agent.handoffs.map((entry) => getHandoff(entry).agent), ...nested];
      waiting.push(...targets.filter((target) => !this.#keys.has(target) && !waiting.includes(target)));
    }
    return waiting;
  }

  has(agent: AnyAgent): boolean {
    return this.#keys.has(agent);
  }

  get(key: string): AnyAgent | undefined {
    return this.#byKey.get(key);
  }
}
