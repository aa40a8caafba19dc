/**
 * Searches for tools that this process makes. What a search found is not in the log, only its description: the executor is asked again by whoever goes on with
 * the conversation.
 */
import type { AnyAgent } from '../agent/agent.ts';
import { deferredTools, getClientToolSearchExecutor } from '../agent/tool-search.ts';
import { RunToolSearchOutputItem } from '../agent/run-item.ts';
import type { Tool } from '../agent/tool.ts';
import type { AbortScope } from '../base/abort.ts';
import type { FunctionCallItem } from '../event/item.ts';
import {
  searchCallId,
  searchExecution,
  type ToolSearchCallItem,
  type ToolSearchOutputItem,
  type ToolSearchOutputTool,
} from '../event/local-items.ts';
import type { RunEventBody } from '../event/run-event.ts';
import { serializeTool } from './serialize-tool.ts';
import { callUser, type RunScope } from './scope.ts';
import { TOLD_NOTHING, type ToolOutcome } from './tool-outcome.ts';
import type { AddedItem } from './turn-call.ts';

export function isClientSearch(item: ToolSearchCallItem): boolean {
  return searchExecution(item) === 'client';
}

function isSearch(tool: Tool): boolean {
  return tool.type === 'hosted_tool' && tool.providerData?.['type'] === 'tool_search';
}

/** The agent's tools, and those that searches of this process's have found for it, in this conversation. */
export function withFound(
  run: RunScope,
  agent: AnyAgent,
  tools: readonly Tool[],
): readonly Tool[] | Promise<readonly Tool[]> {
  return tools.some((tool) => getClientToolSearchExecutor(tool)) ? alsoFound(run, agent, tools) : tools;
}

async function alsoFound(run: RunScope, agent: AnyAgent, tools: readonly Tool[]): Promise<readonly Tool[]> {
  const input = run.talk.modelInput;
  const known = new Map(tools.map((tool) => [tool.name, tool]));
  const found: Tool[] = [];
  for (const output of input) {
    if (output.type !== 'tool_search_output' || searchExecution(output) !== 'client') continue;
    if (output.toolSearchAgentName !== undefined && output.toolSearchAgentName !== agent.name) continue;
    const id = searchCallId(output);
    const call = input.find((item) => item.type === 'tool_search_call' && searchCallId(item) === id);
    if (call?.type !== 'tool_search_call') continue;
    for (const tool of await search(run, agent, tools, call)) {
      if (known.has(tool.name)) continue;
      known.set(tool.name, tool);
      found.push(tool);
    }
  }
  return [...tools, ...found];
}

const searches = new WeakMap<RunScope, Map<string, Promise<Tool[]>>>();

/** Asks the executor, once a run and call. Without one the agent's deferred tools are found by their names. */
function search(run: RunScope, agent: AnyAgent, tools: readonly Tool[], call: ToolSearchCallItem): Promise<Tool[]> {
  const ofRun = searches.get(run) ?? new Map<string, Promise<Tool[]>>();
  searches.set(run, ofRun);
  const key = JSON.stringify([run.agents.keyOf(agent), searchCallId(call)]);
  let asked = ofRun.get(key);
  if (!asked) ofRun.set(key, (asked = ask(run, agent, tools, call)));
  return asked;
}

async function ask(
  run: RunScope,
  agent: AnyAgent,
  tools: readonly Tool[],
  toolCall: ToolSearchCallItem,
): Promise<Tool[]> {
  const executor = tools.map((tool) => getClientToolSearchExecutor(tool)).find((one) => one !== undefined);
  if (!executor) return tools.some(isSearch) ? deferredTools(tools, pathsOf(toolCall.arguments)) : [];
  const given = await callUser(run, run.turnSpan ?? run.agentSpan, () =>
    executor({
      agent,
      availableTools: [...tools],
      loadDefault: (paths) => deferredTools(tools, paths),
      runContext: run.context,
      toolCall,
    }),
  );
  return given === null || given === undefined ? [] : Array.isArray(given) ? given : [given];
}

function pathsOf(asked: unknown): string[] {
  const value: unknown = typeof asked === 'string' ? parsed(asked) : asked;
  const paths = typeof value === 'object' && value !== null ? (value as { paths?: unknown }).paths : undefined;
  return Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export interface AskedSearch {
  item: ToolSearchCallItem;
  /** What the agent has. */
  tools: readonly Tool[];
}

/** One search. What it throws ends the run. */
export class SearchCall {
  readonly call: FunctionCallItem;
  outcome: ToolOutcome | undefined;
  #item: ToolSearchOutputItem | undefined;
  readonly unknown = false;
  readonly parked = false;
  phase: 'ready' | 'called' = 'ready';
  readonly #run: RunScope;
  readonly #agent: AnyAgent;
  readonly #stop: AbortScope;
  readonly #search: ToolSearchCallItem;
  readonly #tools: readonly Tool[];

  constructor(run: RunScope, agent: AnyAgent, call: FunctionCallItem, { item, tools }: AskedSearch, stop: AbortScope) {
    this.#run = run;
    this.#agent = agent;
    this.#stop = stop;
    this.#search = item;
    this.#tools = tools;
    this.call = call;
  }

  items(): AddedItem[] {
    return this.#item
      ? [{ kind: 'tool_search_output', item: new RunToolSearchOutputItem(this.#item, this.#agent) }]
      : [];
  }

  openingEvents(): RunEventBody[] {
    return [];
  }

  calledEvents(): RunEventBody[] {
    return [];
  }

  async clearUp(): Promise<void> {
    // It may be made again.
  }

  async perform(): Promise<void> {
    this.phase = 'called';
    try {
      const found = await search(this.#run, this.#agent, this.#tools, this.#search);
      this.#item ??= outputItem(this.#agent, this.call.callId, found);
      this.outcome ??= { ...TOLD_NOTHING, told: { output: '', text: '' } };
    } catch (error) {
      if (!this.outcome) this.#stop.abort(error);
      this.outcome ??= TOLD_NOTHING;
    }
    this.#run.inbox.ring();
  }

  abandon(): void {
    this.outcome ??= TOLD_NOTHING;
    this.#run.inbox.ring();
  }
}

function outputItem(agent: AnyAgent, callId: string, found: readonly Tool[]): ToolSearchOutputItem {
  return {
    type: 'tool_search_output',
    status: 'completed',
    tools: found.map(describe),
    providerData: { call_id: callId, execution: 'client' },
    toolSearchAgentName: agent.name,
  };
}

function describe(tool: Tool): ToolSearchOutputTool {
  const serialized = { ...serializeTool(tool) } as Record<string, unknown>;
  const { namespace, namespaceDescription, ...plain } = serialized;
  if (typeof namespace !== 'string') return plain;
  return { type: 'namespace', name: namespace, description: namespaceDescription, tools: [plain] };
}
