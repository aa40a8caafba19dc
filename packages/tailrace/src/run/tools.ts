/**
 * The function calls of one turn, side by side.
 *
 * T1 A function is called after its `tool.called` is durable. T2 Outputs are added in call order. T3 A failing call becomes its own error output and the others go
 * on; they are aborted only when the failure ends the run. T4 After an abort a call has the grace to settle; then it is abandoned, and what it gives is late.
 */
import type { AnyAgent } from '../agent/agent.ts';
import { RunToolCallOutputItem } from '../agent/run-item.ts';
import type { FunctionTool, FunctionToolResult } from '../agent/tool.ts';
import { AbortScope, onAbort } from '../base/abort.ts';
import { withLive } from '../event/live.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { ItemAdded, RunEventBody, ToolCalled } from '../event/run-event.ts';
import { breathe } from './breathe.ts';
import type { RunScope, Steps } from './scope.ts';
import { ToolCallRun, type ToolOutcome } from './tool-call.ts';
import { resultItem } from './tool-output.ts';

export interface AskedCall {
  call: FunctionCallItem;
  /** Undefined: the model asked for a tool that the agent does not have; it is told so. */
  tool: FunctionTool | undefined;
}

/** Runs the calls and adds their outputs. Gives them in call order. */
export async function* runTools(
  run: RunScope,
  agent: AnyAgent,
  asked: readonly AskedCall[],
  stop: AbortScope,
): Steps<FunctionToolResult[]> {
  const agentKey = run.agents.keyOf(agent);
  using scope = new AbortScope(stop);
  const calls = asked.map(({ call, tool }) => new ToolCallRun(run, agent, call, tool, scope));
  yield calls.flatMap((call) => [...call.span.events, ...calledEvent(run, call)]);
  // The stop may have come while the calls were being stored: no function starts after it.
  if (stop.aborted) throw stop.reason;
  for (const call of calls) void call.perform();
  const results: FunctionToolResult[] = [];
  let grace: Disposable | undefined;
  using _onStop = onAbort(scope, () => {
    grace = run.clock.timer(run.plan.timeouts.toolGraceMs, () => abandon(calls));
  });
  try {
    let reported = 0;
    while (reported < calls.length) {
      await run.inbox.wait();
      // Calls that settle in the same turn of the event loop are told together.
      if (calls.length > 1) await breathe(1);
      const events: RunEventBody[] = [];
      for (let call = calls[reported]; call?.outcome; call = calls[++reported]) {
        const added = addOutput(run, agent, agentKey, call, call.outcome);
        if (added) {
          results.push(added.result);
          events.push(added.event);
        }
      }
      yield events;
    }
    if (stop.aborted) throw stop.reason;
    if (scope.aborted) throw scope.reason;
    return results;
  } finally {
    grace?.[Symbol.dispose]();
  }
}

function abandon(calls: readonly ToolCallRun[]): void {
  for (const call of calls) call.abandon();
}

function calledEvent(run: RunScope, { call, tool, ref }: ToolCallRun): ToolCalled[] {
  if (!tool) return [];
  return [
    {
      type: 'tool.called',
      step: ref.step,
      attempt: ref.attempt,
      callId: call.callId,
      tool: tool.name,
      arguments: call.arguments,
      effects: tool.effects ?? 'once',
      idempotencyKey: `${run.plan.runId}:${ref.step}`,
    },
  ];
}

interface AddedOutput {
  result: FunctionToolResult;
  event: ItemAdded;
}

// A call that was aborted, or that ends the run, has no output to add: the conversation never sees half of it.
function addOutput(
  run: RunScope,
  agent: AnyAgent,
  agentKey: string,
  { call, tool }: ToolCallRun,
  outcome: ToolOutcome,
): AddedOutput | undefined {
  if (!outcome.told) return undefined;
  const item = new RunToolCallOutputItem(resultItem(call, outcome.told.output), agent, outcome.value);
  run.talk.add(item);
  const event = withLive<ItemAdded>(
    { type: 'item.added', kind: 'tool_output', agent: agentKey, item: item.rawItem },
    item,
  );
  return {
    event,
    result: { type: 'function_output', tool: tool ?? UNKNOWN_TOOL, output: outcome.value, runItem: item },
  };
}

const UNKNOWN_TOOL: FunctionTool = {
  type: 'function',
  name: 'unknown',
  description: '',
  parameters: { type: 'object', properties: {} },
  strict: false,
  invoke: async () => '',
  isEnabled: async () => false,
};
