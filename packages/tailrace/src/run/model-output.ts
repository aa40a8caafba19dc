/** A model's response, sorted into what it means for this turn. */
import type { AnyAgent } from '../agent/agent.ts';
import type { Handoff } from '../agent/handoff.ts';
import {
  RunCompactionItem,
  RunHandoffCallItem,
  type RunItem,
  RunMessageOutputItem,
  RunReasoningItem,
  RunToolCallItem,
  RunToolCallOutputItem,
  RunToolSearchCallItem,
  RunToolSearchOutputItem,
} from '../agent/run-item.ts';
import { qualifiedName } from '../agent/tool-namespace.ts';
import { outputOf } from '../agent/item-of.ts';
import { ModelBehaviorError } from '../event/errors.ts';
import { type AgentOutputItem, type FunctionCallItem, isAssistantMessage } from '../event/item.ts';
import { withLive } from '../event/live.ts';
import type { ItemAdded, RunItemKind } from '../event/run-event.ts';
import type { ModelResponse } from '../port/model.ts';
import { hostedMcp, isProgramming, localCallOf, searchCall, withoutTool } from './local-output-items.ts';
import { isMcpRequest, mcpRequest } from './mcp-approval.ts';
import type { TurnResources } from './model-request.ts';
import { DEFAULTS } from './options.ts';
import { withoutRepeated } from './repeated-call.ts';
import type { RunScope } from './scope.ts';
import { isClientSearch } from './tool-search.ts';
import { toolGone } from './resumable.ts';
import type { AskedCall } from './tools.ts';

export interface AskedHandoff {
  call: FunctionCallItem;
  handoff: Handoff;
}

export interface SortedOutput {
  events: ItemAdded[];
  items: RunItem[];
  calls: AskedCall[];
  handoffs: AskedHandoff[];
  /** The last message, which is the final output when nothing is to be done. */
  message: RunMessageOutputItem | undefined;
}

/**
 * Sorts the output items, in the model's order.
 *
 * @throws ModelBehaviorError TOOL_UNKNOWN when the model calls what the agent does not have; when two different calls have one id
 */
export function sortOutput(
  run: RunScope,
  agent: AnyAgent,
  resources: TurnResources,
  response: ModelResponse,
): SortedOutput {
  const sorted: SortedOutput = { events: [], items: [], calls: [], handoffs: [], message: undefined };
  for (const output of withoutRepeated(run, response.output)) {
    const item = sortItem(run, agent, resources, output, sorted);
    if (!item) continue;
    sorted.items.push(item.item);
    const event: ItemAdded = {
      type: 'item.added',
      kind: item.kind,
      agent: run.agents.keyOf(agent),
      item: item.item.rawItem,
      ...(item.unknown === true && { unknown: true }),
    };
    sorted.events.push(withLive(event, item.item));
  }
  return sorted;
}

interface Sorted {
  kind: RunItemKind;
  item: RunItem;
  /** True for a call of a tool that the agent does not have. */
  unknown?: boolean;
}

function sortItem(
  run: RunScope,
  agent: AnyAgent,
  resources: TurnResources,
  output: AgentOutputItem,
  sorted: SortedOutput,
): Sorted | undefined {
  if (isAssistantMessage(output)) {
    sorted.message = new RunMessageOutputItem(output, agent);
    return { kind: 'message', item: sorted.message };
  }
  switch (output.type) {
    case 'reasoning':
      return { kind: 'reasoning', item: new RunReasoningItem(output, agent) };
    case 'hosted_tool_call':
      if (isMcpRequest(output)) sorted.calls.push(mcpRequest(hostedMcp(agent, resources, output), output));
      return { kind: 'tool_call', item: new RunToolCallItem(output, agent) };
    case 'computer_call':
    case 'shell_call':
    case 'apply_patch_call': {
      const asked = localCallOf(run, agent, resources, output);
      if (asked) sorted.calls.push(asked);
      return { kind: 'tool_call', item: new RunToolCallItem(output, agent) };
    }
    case 'program':
      if (!resources.tools.some(isProgramming)) throw withoutTool(agent, 'a program', 'programmaticToolCallingTool()');
      return { kind: 'tool_call', item: new RunToolCallItem(output, agent) };
    case 'shell_call_output':
    case 'apply_patch_call_output':
    case 'program_output':
      // What the provider has run itself.
      return { kind: 'tool_output', item: new RunToolCallOutputItem(output, agent, outputOf(output)) };
    case 'tool_search_call':
      if (isClientSearch(output)) sorted.calls.push(searchCall(resources, output));
      return { kind: 'tool_search_call', item: new RunToolSearchCallItem(output, agent) };
    case 'tool_search_output':
      return {
        kind: 'tool_search_output',
        item: new RunToolSearchOutputItem({ ...output, toolSearchAgentName: agent.name }, agent),
      };
    case 'compaction':
      return { kind: 'compaction', item: new RunCompactionItem(output, agent) };
    case 'function_call':
      return sortCall(run, agent, resources, output, sorted);
    default:
      // What this version does not know stays in the raw response; nothing is done about it.
      return undefined;
  }
}

function sortCall(
  run: RunScope,
  agent: AnyAgent,
  resources: TurnResources,
  call: FunctionCallItem,
  sorted: SortedOutput,
): Sorted | undefined {
  const handoff = call.namespace === undefined ? resources.handoffs.get(call.name) : undefined;
  if (handoff) {
    sorted.handoffs.push({ call, handoff });
    // Only the first handoff of a response is taken; a call that stays without an output must not enter the conversation.
    return sorted.handoffs.length > 1 ? undefined : { kind: 'handoff_call', item: new RunHandoffCallItem(call, agent) };
  }
  const tool = resources.functionTools.get(qualifiedName(call));
  if (tool?.namespace !== undefined && call.namespace === undefined) call = inNamespace(call, tool.namespace);
  if (!tool) noteMissing(run, agent, call);
  sorted.calls.push({ call, tool });
  return { kind: 'tool_call', item: new RunToolCallItem(call, agent), unknown: !tool };
}

// Some models put the namespace before the name.
function inNamespace(call: FunctionCallItem, namespace: string): FunctionCallItem {
  return { ...call, namespace, name: call.name.slice(namespace.length + 1) };
}

// One that was there when the model asked for it may be gone when another process goes on: tools of MCP servers, and those with `isEnabled`, come and go.
function noteMissing(run: RunScope, agent: AnyAgent, call: FunctionCallItem): void {
  const recorded = run.open?.added.find(({ item }) => item.type === 'function_call' && item.callId === call.callId);
  if (!recorded || recorded.unknown === true) return noteUnknown(run, agent, call);
  // What it returned is all that is needed of it.
  if (run.open?.calls.get(call.callId)?.returned) return;
  throw toolGone(run.plan, run.agents.keyOf(agent), call.name);
}

function noteUnknown(run: RunScope, agent: AnyAgent, call: FunctionCallItem): void {
  run.unknownToolCalls += 1;
  const tolerated =
    run.plan.toolNotFoundBehavior === 'return_error_to_model' && run.unknownToolCalls <= DEFAULTS.maxUnknownToolCalls;
  if (tolerated) return;
  const hint =
    "Add it, say in the instructions which tools there are, or set toolNotFoundBehavior to 'return_error_to_model'.";
  throw new ModelBehaviorError(`Tool ${call.name.slice(0, 64)} not found in agent ${agent.name}. ${hint}`, {
    code: 'TOOL_UNKNOWN',
    runId: run.plan.runId,
    data: { agent: agent.name },
    // The name is the model's own words, of any length.
    publicMessage: `The model called a tool that agent ${agent.name} does not have.`,
  });
}
