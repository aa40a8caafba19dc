/**
 * One turn: ask the model once, do what it asks for, and say what comes next.
 *
 * Order: blocking guardrails (first turn) · resources · parallel guardrails (first turn) beside the model · items in the model's order · tools · handoff · the
 * parallel guardrails' verdicts · session.
 */
import type { AnyAgent } from '../agent/agent.ts';
import type { FunctionToolResult } from '../agent/tool.ts';
import { AbortScope } from '../base/abort.ts';
import { LimitError } from '../event/errors.ts';
import type { TurnSpanData } from '../event/span-data.ts';
import type { ModelResponse } from '../port/model.ts';
import { acceptOutput, type FinalOutput, finalText, finalTextOfTools } from './final-output.ts';
import { inputChecks, RunningChecks } from './guardrails.ts';
import { completeHandoff, takeHandoff } from './handoffs.ts';
import { callModel } from './model-call.ts';
import { sortOutput } from './model-output.ts';
import { requestOf, resolveTurn } from './model-request.ts';
import type { RunScope, Steps } from './scope.ts';
import { commitTurn } from './session-step.ts';
import { runTools } from './tools.ts';
import { taskUsage, turnUsage } from './span-usage.ts';

export type TurnOutcome = FinalOutput | { kind: 'handoff'; to: AnyAgent } | { kind: 'again' };

export async function* takeTurn(run: RunScope, agent: AnyAgent, entering: boolean): Steps<TurnOutcome> {
  const number = run.turn + 1;
  const first = number === 1;
  const data: TurnSpanData = { type: 'turn', turn: number, agent_name: agent.name };
  const span = run.plan.trace.taskAndTurns ? run.spans.start(data, run.agentSpan) : undefined;
  run.turnSpan = span?.id;
  const { turnMs } = run.plan.timeouts;
  using _deadline =
    turnMs === undefined
      ? undefined
      : run.clock.timer(turnMs, () => run.control.fail(turnDeadline(run, number, turnMs)));
  yield span?.events ?? [];

  const guardrails = first ? run.plan.inputGuardrails : [];
  const blocking = guardrails.filter((guardrail) => guardrail.runInParallel === false);
  if (blocking.length > 0) {
    using checks = new RunningChecks(run, agent, inputChecks(run, agent, blocking), run.control.signal);
    yield* checks.settle();
  }

  const resources = await resolveTurn(run, agent);
  run.turn = number;
  yield [{ type: 'turn.started', turn: number, agent: run.agents.keyOf(agent) }];
  growAgentSpan(
    run,
    agent,
    resources.tools.map(({ name }) => name),
    Array.from(resources.handoffs.values(), ({ agentName }) => agentName),
  );
  const request = requestOf(run, agent, resources);
  if (entering) tellStart(run, agent);

  const parallel = guardrails.filter((guardrail) => guardrail.runInParallel !== false);
  using beside =
    parallel.length > 0
      ? new RunningChecks(run, agent, inputChecks(run, agent, parallel), run.control.signal)
      : undefined;
  using stop = new AbortScope(run.control.signal, beside?.signal);
  const response = yield* callModel(run, {
    model: resources.model,
    request,
    agent: run.agents.keyOf(agent),
    step: `${number}:model:0`,
    stop,
  });
  growUsage(run, data, response);

  run.talk.turnStart = run.talk.items.length;
  const sorted = sortOutput(run, agent, resources, response);
  for (const item of sorted.items) run.talk.add(item);
  yield sorted.events;
  if (stop.aborted) throw stop.reason;
  const results = sorted.calls.length > 0 ? yield* runTools(run, agent, sorted.calls, stop) : [];
  if (sorted.calls.length > 0) run.usedTools.add(agent);
  const [firstHandoff, ...others] = sorted.handoffs;
  const taken = firstHandoff && (yield* takeHandoff(run, agent, [firstHandoff, ...others]));
  if (beside) yield* beside.settle();

  const done = taken ? undefined : yield* finish(run, agent, response, results, sorted);
  if (!done) yield* commitTurn(run);
  if (taken) yield* completeHandoff(run, taken);
  yield [...run.spans.end(run.turnSpan), { type: 'turn.ended', turn: number }];
  run.turnSpan = undefined;
  return done ?? (taken ? { kind: 'handoff', to: taken.to } : { kind: 'again' });
}

async function* finish(
  run: RunScope,
  agent: AnyAgent,
  response: ModelResponse,
  results: FunctionToolResult[],
  { calls, message }: ReturnType<typeof sortOutput>,
): Steps<FinalOutput | undefined> {
  if (calls.length > 0) {
    const text = await finalTextOfTools(run, agent, results);
    return text === undefined ? undefined : yield* acceptOutput(run, { agent, text, response, message: undefined });
  }
  if (!message) return undefined;
  return yield* acceptOutput(run, { agent, text: finalText(run, message), response, message });
}

function tellStart(run: RunScope, agent: AnyAgent): void {
  const input = run.talk.modelInput;
  agent.emit('agent_start', run.context, agent, input);
  run.plan.hooks.emit('agent_start', run.context, agent, input);
}

function growAgentSpan(run: RunScope, agent: AnyAgent, tools: string[], handoffs: string[]): void {
  run.spans.grow(run.agentSpan, {
    type: 'agent',
    name: agent.name,
    handoffs,
    tools,
    output_type: agent.outputSchemaName,
  });
}

function growUsage(run: RunScope, data: TurnSpanData, response: ModelResponse): void {
  run.spans.grow(run.turnSpan, { ...data, usage: turnUsage(response.usage) });
  run.spans.grow(run.taskSpan, {
    type: 'task',
    name: run.plan.trace.workflowName,
    usage: taskUsage(run.context.usage),
  });
}

function turnDeadline(run: RunScope, turn: number, turnMs: number): LimitError {
  return new LimitError(
    `Turn ${turn} of run ${run.plan.runId} took longer than ${turnMs} ms. Raise timeouts.turnMs, or look what it waited for in the trace.`,
    {
      code: 'TURN_DEADLINE',
      runId: run.plan.runId,
      data: { turn, turnMs },
    },
  );
}
