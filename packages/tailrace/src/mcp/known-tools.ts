import type { MCPTool } from '../agent/mcp/server.ts';
import { sha256 } from '../base/hash.ts';
import { canonical } from '../base/json.ts';

/** Which of a server's tools somebody has agreed to, by name and by all that the server says of them: a tool that changes is another one. */
export class KnownTools {
  readonly #policy: 'use' | 'hold';
  #accepted: Map<string, string> | undefined;
  #held = new Map<string, string>();

  constructor(policy: 'use' | 'hold') {
    this.#policy = policy;
  }

  get held(): string[] {
    return [...this.#held.keys()];
  }

  /** The tools that are on. Those of the first listing are. */
  admit(tools: MCPTool[]): MCPTool[] {
    if (this.#policy === 'use') return tools;
    const hashes = new Map(tools.map((tool) => [tool.name, sha256(canonical(tool))]));
    this.#accepted ??= hashes;
    const accepted = this.#accepted;
    this.#held = new Map([...hashes].filter(([name, hash]) => accepted.get(name) !== hash));
    return tools.filter(({ name }) => !this.#held.has(name));
  }

  accept(names: readonly string[] = this.held): void {
    for (const name of names) {
      const hash = this.#held.get(name);
      if (hash === undefined) continue;
      this.#accepted?.set(name, hash);
      this.#held.delete(name);
    }
  }
}
