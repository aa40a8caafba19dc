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
import type { ApprovalRequested } from '../event/mail-events.ts';
import type { RunItemKind, RunSuspended, TurnEnded } from '../event/run-event.ts';
import type { TurnSpanData } from '../event/span-data.ts';
import type { ModelResponse } from '../port/model.ts';
import { acceptOutput, type FinalOutput, finalText, finalTextOfTools } from './final-output.ts';
import { checkedInput } from './checked-input.ts';
import { inputChecks, RunningChecks } from './guardrails.ts';
import { completeHandoff, recordedHandoff, takeHandoff } from './handoffs.ts';
import { callModel } from './model-call.ts';
import { recordedResponse } from './model-returned.ts';
import { sortOutput } from './model-output.ts';
import { requestOf, resolveTurn } from './model-request.ts';
import type { RunScope, Steps } from './scope.ts';
import { commitTurn } from './session-step.ts';
import { runTools, type ToolsOutcome } from './tools.ts';
import { taskUsage, turnUsage } from './span-usage.ts';

export type TurnOutcome = FinalOutput | Suspension | { kind: 'handoff'; to: AnyAgent } | { kind: 'again' };

interface Suspension {
  kind: 'suspended';
  event: RunSuspended;
}

export async function* takeTurn(run: RunScope, agent: AnyAgent, entering: boolean): Steps<TurnOutcome> {
  const number = run.turn + 1;
  const first = number === 1;
  const { open } = run;
  const begun = open?.number !== undefined;
  const data: TurnSpanData = { type: 'turn', turn: number, agent_name: agent.name };
  const span =
    run.plan.trace.taskAndTurns && run.turnSpan === undefined ? run.spans.start(data, run.agentSpan) : undefined;
  if (span) run.turnSpan = span.id;
  const { turnMs } = run.plan.timeouts;
  using _deadline =
    turnMs === undefined
      ? undefined
      : run.clock.timer(turnMs, () => run.control.fail(turnDeadline(run, number, turnMs)));
  yield span?.events ?? [];

  const guardrails = first ? run.plan.inputGuardrails.filter(({ name }) => !passed(run, 'input', name)) : [];
  const blocking = guardrails.filter((guardrail) => guardrail.runInParallel === false);
  if (blocking.length > 0 && !begun) {
    using checks = new RunningChecks(run, agent, inputChecks(run, agent, blocking), run.control.signal);
    yield* checks.settle();
  }

  const resources = await resolveTurn(run, agent);
  run.turn = number;
  if (!begun) yield [{ type: 'turn.started', turn: number, agent: run.agents.keyOf(agent) }];
  growAgentSpan(
    run,
    agent,
    [...resources.tools.map(({ name }) => name)],
    [...resources.handoffs.values()].map(({ agentName }) => agentName),
  );
  const request = requestOf(run, agent, resources);
  const inputHash = checkedInput(run);
  if (entering) tellStart(run, agent);

  const parallel = guardrails.filter((guardrail) => guardrail.runInParallel !== false);
  using beside =
    parallel.length > 0
      ? new RunningChecks(run, agent, inputChecks(run, agent, parallel), run.control.signal)
      : undefined;
  using stop = new AbortScope(run.control.signal, beside?.signal);
  const call = {
    model: resources.model,
    request,
    agent: run.agents.keyOf(agent),
    step: `${number}:model:0`,
    inputHash,
    stop,
  };
  const response = open?.response ? recordedResponse(open.response) : yield* callModel(run, call);
  // A response of an earlier segment was counted there.
  if (!(span && open?.response)) growUsage(run, data, response);

  run.talk.turnStart = run.talk.items.length;
  const sorted = sortOutput(run, agent, resources, response);
  for (const item of sorted.items) run.talk.add(item);
  yield sorted.events.slice(open?.added.filter(({ kind }) => !OUTPUT_KINDS.has(kind)).length ?? 0);
  if (stop.aborted) throw stop.reason;
  run.control.boundary();
  const { results, waiting } = sorted.calls.length > 0 ? yield* runTools(run, agent, sorted.calls, stop) : NO_CALLS;
  if (sorted.calls.length > 0) run.usedTools.add(agent);
  if (waiting.length > 0) {
    if (beside) yield* beside.settle();
    return { kind: 'suspended', event: suspendedFor(waiting) };
  }
  const [firstHandoff, ...others] = sorted.handoffs;
  const taken =
    firstHandoff &&
    (recordedHandoff(run, agent, firstHandoff) ?? (yield* takeHandoff(run, agent, [firstHandoff, ...others])));
  if (beside) yield* beside.settle();

  // Input that came meanwhile is answered before anything is final.
  const done = taken || run.received.length > 0 ? undefined : yield* finish(run, agent, response, results, sorted);
  if (!done) yield* commitTurn(run);
  if (taken) yield* completeHandoff(run, taken);
  const outcome: Exclude<TurnOutcome, Suspension> =
    done ?? (taken ? { kind: 'handoff', to: taken.to } : { kind: 'again' });
  yield [...run.spans.end(run.turnSpan), turnEnded(run, number, outcome)];
  run.turnSpan = undefined;
  run.open = undefined;
  return outcome;
}

// Items that are not the model's: they follow its own in a turn, each added once.
const OUTPUT_KINDS: ReadonlySet<RunItemKind> = new Set<RunItemKind>([
  'tool_output',
  'handoff_output',
  'tool_approval',
  'input',
]);
const NO_CALLS: ToolsOutcome = { results: [], waiting: [] };

function suspendedFor(waiting: readonly ApprovalRequested[]): RunSuspended {
  const wakeAt = Math.min(...waiting.map(({ expiresAt = Infinity }) => expiresAt));
  const calls = waiting.map(({ callId }) => callId);
  return { type: 'run.suspended', waitsFor: 'approval', calls, ...(wakeAt < Infinity && { wakeAt }) };
}

function passed(run: RunScope, kind: 'input' | 'output', name: string): boolean {
  return run.folded?.verdicts.some((verdict) => verdict.kind === kind && verdict.guardrail === name) ?? false;
}

function turnEnded(run: RunScope, turn: number, outcome: Exclude<TurnOutcome, Suspension>): TurnEnded {
  const event = { type: 'turn.ended', turn, outcome: outcome.kind } as const;
  if (outcome.kind === 'final') return { ...event, output: outcome.text };
  return outcome.kind === 'handoff' ? { ...event, to: run.agents.keyOf(outcome.to) } : event;
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
    usage: taskUsage(run.context.usage, run.folded?.usageBefore),
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
