/** The course of a run, or of a nested agent's: turn after turn, agent after agent, until there is a final output or somebody has to be waited for. */
import type { AnyAgent } from '../agent/agent.ts';
import { agentsOf } from '../agent/item-of.ts';
import { MaxTurnsExceededError } from '../event/errors.ts';
import type { RunEventBody, RunSuspended } from '../event/run-event.ts';
import { breathe } from './breathe.ts';
import type { FinalOutput } from './final-output.ts';
import { handledOutput, recordedOutput } from './handle-error.ts';
import { joinInput } from './received-input.ts';
import { rethrowFatal, rethrowTrip } from './reenter.ts';
import { openAgent } from './run-spans.ts';
import type { RunScope, Steps } from './scope.ts';
import { takeTurn, type TurnOutcome } from './turn.ts';

/** How a course ends. */
export type CourseEnd = { agent: AnyAgent; final: FinalOutput } | { suspended: RunSuspended };

export async function* course(run: RunScope): Steps<CourseEnd> {
  const { plan, control } = run;
  // A nested agent's run has said that it begins.
  const at: Position = run.nested && !run.folded ? { agent: plan.agent, entering: true } : yield* position(run);
  let { agent, entering } = at;
  if (at.final) return complete(run, agent, at.final);
  const handled = run.folded ? yield* recordedOutput(run, agent, 'maxTurns') : undefined;
  if (handled) return yield* completeHandled(run, agent, handled);
  for (;;) {
    // A reader that has just seen the end of a turn gets the chance to say that it was the last one, though it may first wait for something short.
    if (plan.stream && run.turn > 0) await breathe();
    const heard = run.mailbox.watched ? run.mailbox.look() : undefined;
    if (heard) await heard;
    if (control.signal.aborted) throw control.signal.reason;
    // Of a turn that a process died in, the rest comes first.
    if (control.afterTurn && run.open?.number === undefined) throw control.afterTurn.error;
    control.boundary();
    if (plan.maxTurns !== null && run.turn >= plan.maxTurns) {
      const error = maxTurns(run, agent, plan.maxTurns);
      const final = yield* handledOutput(run, agent, error);
      return yield* completeHandled(run, agent, final);
    }
    if (run.received.length > 0 || run.open) yield* joinInput(run, agent);
    const outcome: TurnOutcome = yield* takeTurn(run, agent, entering);
    if (outcome.kind === 'suspended') return { suspended: outcome.event };
    entering = outcome.kind === 'handoff';
    if (outcome.kind === 'final') return complete(run, agent, outcome);
    if (outcome.kind !== 'handoff') continue;
    yield [...leaveAgent(run, agent), ...enterAgent(run, outcome.to)];
    agent = outcome.to;
  }
}

interface Position {
  agent: AnyAgent;
  /** True when the agent has not had a turn yet. */
  entering: boolean;
  /** The final output of a run whose writer did not live to end it. */
  final?: FinalOutput;
}

/** Where the run stands: at its beginning, or where its log ends. */
async function* position(run: RunScope): Steps<Position> {
  const { folded, plan } = run;
  if (folded) {
    rethrowTrip(run, folded);
    rethrowFatal(run, folded);
  }
  if (folded?.agent === undefined) {
    yield enterAgent(run, plan.agent);
    return { agent: plan.agent, entering: true };
  }
  const { lastTurn } = folded;
  const agents = agentsOf(run.agents);
  const agent = agents(folded.agent);
  if (lastTurn?.outcome === 'final') {
    const text = lastTurn.output ?? '';
    return { agent, entering: false, final: { kind: 'final', text, value: await agent.processFinalOutput(text) } };
  }
  if (lastTurn?.to === undefined || lastTurn.to === folded.agent) return { agent, entering: !folded.entered };
  const next = agents(lastTurn.to);
  yield [...leaveAgent(run, agent), ...enterAgent(run, next)];
  return { agent: next, entering: true };
}

function enterAgent(run: RunScope, agent: AnyAgent): RunEventBody[] {
  return [...openAgent(run, agent), { type: 'agent.started', agent: run.agents.keyOf(agent) }];
}

function leaveAgent(run: RunScope, agent: AnyAgent): RunEventBody[] {
  return [...run.spans.end(run.agentSpan), { type: 'agent.ended', agent: run.agents.keyOf(agent) }];
}

function complete(run: RunScope, agent: AnyAgent, final: FinalOutput): CourseEnd {
  run.plan.hooks.emit('agent_end', run.context, agent, final.text);
  agent.emit('agent_end', run.context, final.text);
  return { agent, final };
}

// The agent did not come to its end: its span says so, the run's does not.
async function* completeHandled(run: RunScope, agent: AnyAgent, final: FinalOutput): Steps<CourseEnd> {
  const error = { message: 'Max turns exceeded', data: { max_turns: run.plan.maxTurns } };
  yield run.spans.end(run.agentSpan, { error });
  return complete(run, agent, final);
}

function maxTurns(run: RunScope, agent: AnyAgent, limit: number): MaxTurnsExceededError {
  const hint = `Run ${run.plan.runId} used them without a final output. Raise maxTurns, or look why '${agent.name}' goes on.`;
  return new MaxTurnsExceededError(`Max turns (${limit}) exceeded. ${hint}`, {
    runId: run.plan.runId,
    data: { max_turns: limit },
  });
}
