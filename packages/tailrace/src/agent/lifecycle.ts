import type { AgentInputItem } from '../event/item.ts';
import type { AnyAgent } from './agent.ts';
import type { RunContext } from './run-context.ts';
import type { ToolCallItem } from './run-item.ts';
import type { Tool } from './tool.ts';

type Listener<Args extends unknown[]> = (...args: Args) => unknown;

/**
 * Tells listeners, which only look: what one throws or rejects with is dropped, and nothing waits for it.
 */
export class HookEmitter<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  on<K extends keyof Events>(name: K, listener: (...args: Events[K]) => unknown): this {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return this;
  }

  off<K extends keyof Events>(name: K, listener: (...args: Events[K]) => unknown): this {
    this.#listeners.get(name)?.delete(listener);
    return this;
  }

  once<K extends keyof Events>(name: K, listener: (...args: Events[K]) => unknown): this {
    const wrapped = (...args: Events[K]): unknown => {
      this.off(name, wrapped);
      return listener(...args);
    };
    return this.on(name, wrapped);
  }

  /** True when anybody listened. */
  emit<K extends keyof Events>(name: K, ...args: Events[K]): boolean {
    const listeners = this.#listeners.get(name);
    if (!listeners || listeners.size === 0) return false;
    for (const listener of [...listeners]) tell(listener as Listener<Events[K]>, args);
    return true;
  }
}

function tell<Args extends unknown[]>(listener: Listener<Args>, args: Args): void {
  try {
    const result = listener(...args);
    if (result instanceof Promise) result.catch(() => undefined);
  } catch {
    // A hook only looks; a run does not end because one of its observers failed.
  }
}

export interface ToolCallDetailsForHook {
  toolCall: ToolCallItem;
}

/** What an agent tells its listeners. */
export type AgentHookEvents<TContext = unknown> = {
  agent_start: [context: RunContext<TContext>, agent: AnyAgent, turnInput?: AgentInputItem[]];
  agent_end: [context: RunContext<TContext>, output: string];
  agent_handoff: [context: RunContext<TContext>, nextAgent: AnyAgent];
  agent_tool_start: [context: RunContext<TContext>, tool: Tool, details: ToolCallDetailsForHook];
  agent_tool_end: [context: RunContext<TContext>, tool: Tool, result: string, details: ToolCallDetailsForHook];
};

/** What a runner tells its listeners, of all agents. */
export type RunHookEvents<TContext = unknown> = {
  agent_start: [context: RunContext<TContext>, agent: AnyAgent, turnInput?: AgentInputItem[]];
  agent_end: [context: RunContext<TContext>, agent: AnyAgent, output: string];
  agent_handoff: [context: RunContext<TContext>, fromAgent: AnyAgent, toAgent: AnyAgent];
  agent_tool_start: [context: RunContext<TContext>, agent: AnyAgent, tool: Tool, details: ToolCallDetailsForHook];
  agent_tool_end: [
    context: RunContext<TContext>,
    agent: AnyAgent,
    tool: Tool,
    result: string,
    details: ToolCallDetailsForHook,
  ];
};

export class AgentHooks<TContext = unknown> extends HookEmitter<AgentHookEvents<TContext>> {}
export class RunHooks<TContext = unknown> extends HookEmitter<RunHookEvents<TContext>> {}
