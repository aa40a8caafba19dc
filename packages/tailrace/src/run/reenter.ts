/**
 * Takes a run up where its log ends: folds the log, puts the state in place, and enters the open turn again.
 *
 * E1 What is recorded is not done again: a response, a tool's result, a verdict, a commit. E2 What was under way when the last writer stopped has ended: its spans
 * are closed. The spans of the run, its agent and its turn go on.
 */
import { agentsOf, itemOf } from '../agent/item-of.ts';
import { errorFromSerialized, LimitError } from '../event/errors.ts';
import type { FoldedRun } from '../event/fold.ts';
import type { RunEventBody, RunResumed, SpanStarted } from '../event/run-event.ts';
import { tripError } from './guardrails.ts';
import type { RunPlan } from './plan.ts';
import { codeOf } from './resumable.ts';
import type { RunScope } from './scope.ts';
import { recordedTrip } from './tool-checks.ts';

/** Puts the folded state into the scope. Gives the events that say so. */
export function reenter(run: RunScope, folded: FoldedRun, by: RunPlan['resumedBy']): RunEventBody[] {
  restoreState(run, folded);
  run.context.usage.add(folded.usage);
  const ended = restoreSpans(run, folded);
  if (folded.cancel) run.control.cancel({ mode: folded.cancel.mode, reason: folded.cancel.reason });
  return [{ type: 'run.resumed', by: reasonOf(folded, by), ...codeOf(run.plan, folded) }, ...ended];
}

/** What was said and done before. */
export function restoreState(run: RunScope, folded: FoldedRun): void {
  const agents = agentsOf(run.agents);
  run.turn = folded.open.number === undefined ? folded.turn : folded.turn - 1;
  run.trail.push(...folded.trail.map((key) => agents(key).name));
  run.unknownToolCalls = folded.unknownCalls;
  for (const key of folded.usedTools) run.usedTools.add(agents(key));
  run.talk.restore(
    folded.input,
    folded.items.map((item) => itemOf(item, agents)),
  );
}

function reasonOf(folded: FoldedRun, by: RunPlan['resumedBy']): RunResumed['by'] {
  if (folded.suspended) return folded.suspended.waitsFor;
  return isUntouched(folded) ? 'submit' : by;
}

/** True for a run that was submitted, and that nobody has begun. */
export function isUntouched({ next, started }: FoldedRun): boolean {
  return next === 1 && started.registered !== undefined;
}

/** A run that ends every process that takes it up is not taken up for ever. @throws LimitError RUN_POISONED */
export function refusePoison({ plan }: RunScope, { takeovers }: FoldedRun): void {
  const { runId, maxTakeovers } = plan;
  if (maxTakeovers === undefined || takeovers < maxTakeovers) return;
  throw new LimitError(
    `Run ${runId} was taken over ${takeovers} times in a row without completing a step, and is not tried again. Look what its open step does to the process.`,
    { code: 'RUN_POISONED', runId, data: { takeovers } },
  );
}

// A span below the turn belonged to a call that its process did not live to end.
function restoreSpans(run: RunScope, folded: FoldedRun): RunEventBody[] {
  run.spans.restore(folded.spans.values());
  const orphans: string[] = [];
  for (const { span, data, scope } of folded.spans.values() as Iterable<SpanStarted & { scope?: readonly string[] }>) {
    // Nested agents begin with spans of their own.
    if (scope) orphans.push(span);
    else if (data.type === 'task') run.taskSpan ??= span;
    else if (data.type === 'agent') run.agentSpan = span;
    else if (data.type === 'turn') run.turnSpan = span;
    else orphans.push(span);
  }
  const error = { message: 'The process that ran this ended before it did.' };
  return orphans.reverse().flatMap((span) => run.spans.end(span, { error }));
}

/** A verdict that ended the run, when its writer did not live to say so. @throws the trip */
export function rethrowTrip(run: RunScope, folded: FoldedRun): void {
  const agents = agentsOf(run.agents);
  for (const { tripped, kind, guardrail: name, info, agent } of folded.verdicts) {
    if (!tripped) continue;
    const output = { tripwireTriggered: true, outputInfo: info };
    if (kind === 'input') throw tripError(run, { guardrail: { type: 'input', name }, output });
    throw tripError(run, { guardrail: { type: 'output', name }, agent: agents(agent), agentOutput: undefined, output });
  }
}

/** A tool's failure that ended the run, likewise. @throws the failure */
export function rethrowFatal(run: RunScope, folded: FoldedRun): void {
  const trip = folded.open.checks.find(({ behavior }) => behavior.type === 'throwException');
  if (trip && !run.control.signal.aborted) throw recordedTrip(run, trip);
  for (const { returned } of folded.open.calls.values()) {
    if (returned?.error && returned.output === undefined && !run.control.signal.aborted)
      throw errorFromSerialized(returned.error);
  }
}
