/**
 * One turn: ask the model once, do what it asks for, and say what comes next.
 *
 * Order: blocking guardrails (first turn) · resources · parallel guardrails (first turn) beside the model · items in the model's order · tools · handoff · the
 * parallel guardrails' verdicts · session.
 */
import type { AnyAgent } from '../agent/agent.ts';
import type { FunctionToolOutput } from '../agent/tool-result.ts';
import { AbortScope } from '../base/abort.ts';
import type { RunSuspended, TurnEnded } from '../event/run-event.ts';
import type { ModelResponse } from '../port/model.ts';
import { storeFailure } from '../log/store-failure.ts';
import { acceptOutput, type FinalOutput, finalText, finalTextOfTools } from './final-output.ts';
import { checkedInput } from './checked-input.ts';
import { passBlocking, runParallel } from './input-guardrails.ts';
import { handledOutput } from './handle-error.ts';
import { completeHandoff, recordedHandoff, takeHandoff, type TakenHandoff } from './handoffs.ts';
import { callModel } from './model-call.ts';
import { recordedResponse } from './model-returned.ts';
import { type SortedOutput, sortOutput } from './model-output.ts';
import { filterRequest, requestOf, resolveTurn } from './model-request.ts';
import { type RunScope, stepKey, type Steps } from './scope.ts';
import { compactSession } from './session-access.ts';
import { commitFiltered, commitTurn } from './session-step.ts';
import { runTools, type ToolsOutcome, type WaitingCall } from './tools.ts';
import { growAgentSpan, growUsage, openTurnSpan, turnTimer } from './turn-span.ts';

export type TurnOutcome = FinalOutput | Suspension | { kind: 'handoff'; to: AnyAgent } | { kind: 'again' };

interface Suspension {
  kind: 'suspended';
  event: RunSuspended;
}

export async function* takeTurn(run: RunScope, agent: AnyAgent, entering: boolean): Steps<TurnOutcome> {
  const number = run.turn + 1;
  const { open } = run;
  using _deadline = turnTimer(run, number);
  const span = openTurnSpan(run, agent, number);
  yield span?.events ?? [];

  const begun = open?.number !== undefined;
  const guardrails = number === 1 ? run.plan.inputGuardrails : [];
  if (!begun && guardrails.length > 0) yield* passBlocking(run, agent, guardrails);
  const resources = await resolveTurn(run, agent);
  run.turn = number;
  if (!begun) yield [{ type: 'turn.started', turn: number, agent: run.agents.keyOf(agent) }];
  growAgentSpan(run, agent, resources);
  const asked = requestOf(run, agent, resources);
  // A model that has answered is not asked again, and so nobody filters for it again.
  const filtered = open?.response ? undefined : await filterRequest(run, agent, asked);
  const request = filtered?.request ?? asked;
  const inputHash = checkedInput(run);
  if (entering) tellStart(run, agent);
  if (run.plan.callModelInputFilter) yield* commitFiltered(run, filtered?.call);

  using beside = runParallel(run, agent, guardrails);
  using stop = new AbortScope(run.control.signal, beside?.signal);
  const { model } = resources;
  const call = {
    model,
    request,
    agent: run.agents.keyOf(agent),
    step: stepKey(run, `${number}:model:0`),
    inputHash,
    stop,
  };
  const response = open?.response ? recordedResponse(open.response) : yield* callModel(run, call);
  // A response of an earlier segment was counted there.
  if (!(span && open?.response)) growUsage(run, agent, response);

  run.talk.turnStart = run.talk.items.length;
  const sorted = sortOutput(run, agent, resources, response);
  for (const item of sorted.items) run.talk.add(item);
  run.server?.answered(response.responseId, response.output, run.talk.said.length);
  yield sorted.events.slice(open?.added.filter(({ kind }) => kind !== 'input').length ?? 0);
  if (stop.aborted) throw stop.reason;
  run.control.boundary();
  const { results, waiting, taken } = yield* act(run, agent, sorted, stop);
  if (beside) yield* beside.settle();
  if (waiting.length > 0) return { kind: 'suspended', event: suspendedFor(waiting) };

  // Input that came meanwhile is answered before anything is final.
  let accepted: FinalOutput | undefined;
  if (!taken && run.received.length === 0) {
    try {
      accepted = yield* finish(run, agent, response, results, sorted);
    } catch (error) {
      accepted = yield* handledOutput(run, agent, error, response);
    }
  }
  const { session } = run.plan;
  if (!accepted && session) yield* commitTurn(run);
  const done = accepted && !(await hearMore(run)) ? accepted : undefined;
  if (done && session) yield* compactSession(run, request, response);
  if (taken) yield* completeHandoff(run, taken);
  const outcome = done ?? (taken ? ({ kind: 'handoff', to: taken.to } as const) : ({ kind: 'again' } as const));
  yield [...run.spans.end(run.turnSpan), turnEnded(run, number, outcome)];
  run.turnSpan = undefined;
  run.open = undefined;
  run.checks = [];
  return outcome;
}

interface Work extends ToolsOutcome {
  taken: TakenHandoff | undefined;
}

/** Does what the response asks for: all calls, and when none of them waits, the first handoff. */
async function* act(run: RunScope, agent: AnyAgent, sorted: SortedOutput, stop: AbortScope): Steps<Work> {
  const { calls, handoffs } = sorted;
  const outcome = calls.length > 0 ? yield* runTools(run, agent, calls, stop) : NO_CALLS;
  if (calls.length > 0) run.usedTools.add(agent);
  const [first, ...others] = handoffs;
  if (!first || outcome.waiting.length > 0) return { ...outcome, taken: undefined };
  const taken = recordedHandoff(run, agent, first) ?? (yield* takeHandoff(run, agent, [first, ...others]));
  return { ...outcome, taken };
}

/** A last look for input before the output is final: guardrails and the session take their time. True when there is some, and a turn is left to answer it. Else none is taken any more. */
async function hearMore({ mailbox, received, plan, control, turn, nested }: RunScope): Promise<boolean> {
  // What comes from outside is for the run around it.
  if (nested) return false;
  const last = control.afterTurn !== undefined || (plan.maxTurns !== null && turn >= plan.maxTurns);
  while (mailbox.watched) {
    let sealed = true;
    try {
      sealed = await mailbox.seal(last);
    } catch (error) {
      // Somebody drives it again, and seals then. Of another run the next append tells what is wrong with the store.
      if (plan.redriven) control.leave(storeFailure(plan.runId, error));
      control.boundary();
    }
    if (!last && received.length > 0) return true;
    if (sealed || control.signal.aborted) break;
  }
  // What comes from now on has missed the run, and is told so.
  mailbox.close();
  return false;
}

const NO_CALLS: ToolsOutcome = { results: [], waiting: [] };

// Who waits for several says what somebody has to do something about.
function suspendedFor(waiting: readonly WaitingCall[]): RunSuspended {
  const wakeAt = Math.min(...waiting.map(({ until = Infinity }) => until));
  const calls = waiting.map(({ callId }) => callId);
  const waitsFor =
    (['approval', 'input'] as const).find((what) => waiting.some((call) => call.for === what)) ?? 'timer';
  return { type: 'run.suspended', waitsFor, calls, ...(wakeAt < Infinity && { wakeAt }) };
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
  results: FunctionToolOutput[],
  { calls, message }: SortedOutput,
): Steps<FinalOutput | undefined> {
  if (calls.length > 0) {
    const text = await finalTextOfTools(run, agent, results, calls);
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
