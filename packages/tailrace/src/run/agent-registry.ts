import type { AnyAgent } from '../agent/agent.ts';

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

  get(key: string): AnyAgent | undefined {
    return this.#byKey.get(key);
  }
}
