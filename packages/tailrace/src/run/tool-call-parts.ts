/** What is said of a call: to the log, to its function, to the trace and to the hooks. */
import type { AnyAgent } from '../agent/agent.ts';
import { mcpServerOf } from '../agent/mcp/function-tool.ts';
import { qualifiedName } from '../agent/tool-namespace.ts';
import type { FunctionTool } from '../agent/tool.ts';
import { type LoopDetails, ON_PROGRESS } from '../agent/tool-invoke.ts';
import type { AbortScope } from '../base/abort.ts';
import { traceparentOf } from '../base/traceparent.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { RunEventBody } from '../event/run-event.ts';
import type { FunctionSpanData } from '../event/span-data.ts';
import type { StepRef, ToolCalled } from '../event/step-events.ts';
import type { RunScope } from './scope.ts';

interface Begun {
  tool: FunctionTool;
  call: FunctionCallItem;
  ref: StepRef;
  /** Attempts before this one. */
  begun: number;
}

/** What has to be durable before the function is called. */
export function calledEvents(run: RunScope, { tool, call, ref, begun }: Begun): RunEventBody[] {
  const called: ToolCalled = {
    type: 'tool.called',
    ...ref,
    callId: call.callId,
    tool: tool.name,
    arguments: call.arguments,
    effects: tool.effects ?? 'once',
    idempotencyKey: idempotencyKey(run, ref),
  };
  if (begun === 0) return [called];
  return [{ type: 'step.attempt', of: 'tool', ...ref, supersedes: begun, delayMs: 0 }, called];
}

/** What the function is told of its call. */
export function callDetails(
  run: RunScope,
  { call, ref, stop, span }: { call: FunctionCallItem; ref: StepRef; stop: AbortScope; span: string | undefined },
  onProgress: (data: unknown) => void,
): LoopDetails {
  const { id: trace, propagate } = run.plan.trace;
  const traced = propagate && trace !== undefined && span !== undefined;
  const details: LoopDetails = {
    toolCall: call,
    // Most functions never look at it.
    get signal() {
      return stop.signal;
    },
    runId: run.plan.runId,
    callId: call.callId,
    attempt: ref.attempt,
    idempotencyKey: idempotencyKey(run, ref),
    ...(traced && { traceparent: traceparentOf(trace, span) }),
  };
  // Not in the literal: a symbol there makes all of it slow.
  details[ON_PROGRESS] = onProgress;
  return details;
}

/** The same for every attempt at a call. */
function idempotencyKey({ plan }: RunScope, { step }: StepRef): string {
  return `${plan.runId}:${step}`;
}

export function spanData(
  run: RunScope,
  call: FunctionCallItem,
  tool: FunctionTool | undefined,
  output: string,
): FunctionSpanData {
  const { sensitive } = run.plan.trace;
  const server = mcpServerOf(tool);
  return {
    type: 'function',
    name: qualifiedName(call),
    input: sensitive ? call.arguments : '',
    output: sensitive ? output : '',
    ...(server !== undefined && { mcp_data: { server } }),
  };
}

export function tellToolStart(run: RunScope, agent: AnyAgent, tool: FunctionTool, toolCall: FunctionCallItem): void {
  run.plan.hooks.emit('agent_tool_start', run.context, agent, tool, { toolCall });
  agent.emit('agent_tool_start', run.context, tool, { toolCall });
}

export function tellToolEnd(
  run: RunScope,
  agent: AnyAgent,
  tool: FunctionTool,
  toolCall: FunctionCallItem,
  result: string,
): void {
  run.plan.hooks.emit('agent_tool_end', run.context, agent, tool, result, { toolCall });
  agent.emit('agent_tool_end', run.context, tool, result, { toolCall });
}
