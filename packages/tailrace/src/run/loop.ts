/**
 * The loop. The only one: streamed and whole runs, fresh and resumed ones.
 *
 * L1 Its return value is the run's end; a throw is one too, which `drive` gives its form. L2 It waits for nothing without also waiting for the run's stop signal.
 * L3 Tools and handoffs return into it; nothing calls it back.
 */
import type { AnyAgent } from '../agent/agent.ts';
import { agentsOf } from '../agent/item-of.ts';
import { abortable } from '../base/abort.ts';
import { MaxTurnsExceededError } from '../event/errors.ts';
import type { RunEventBody } from '../event/run-event.ts';
import { breathe } from './breathe.ts';
import type { FinalOutput } from './final-output.ts';
import { joinInput } from './received-input.ts';
import { reenter, refusePoison, rethrowFatal, rethrowTrip } from './reenter.ts';
import { openAgent, openTask } from './run-spans.ts';
import { startedEvent } from './started-event.ts';
import type { Ending, RunScope, Steps } from './scope.ts';
import { beginSession, holdSession, identifySession } from './session-step.ts';
import { takeTurn, type TurnOutcome } from './turn.ts';

export async function* loop(run: RunScope): Steps<Ending> {
  const { plan, control } = run;
  if (run.folded) {
    yield reenter(run, run.folded, plan.resumedBy);
    listen(run);
    refusePoison(run, run.folded);
    if (plan.prepare) await abortable(plan.prepare(), control.signal);
    yield openTask(run);
    if (run.folded.agent !== undefined && run.agentSpan === undefined)
      yield openAgent(run, agentsOf(run.agents)(run.folded.agent));
  } else yield* beginRun(run);
  run.session = holdSession(run);
  yield* beginSession(run);
  const at = yield* position(run);
  let { agent, entering } = at;
  if (at.final) return complete(run, agent, at.final);
  for (;;) {
    // A reader that has just seen the end of a turn gets the chance to say that it was the last one, though it may first wait for something short.
    if (plan.stream && run.turn > 0) await breathe();
    const heard = run.mailbox.watched ? run.mailbox.look() : undefined;
    if (heard) await heard;
    if (control.signal.aborted) throw control.signal.reason;
    if (control.afterTurn) throw control.afterTurn.error;
    control.boundary();
    if (plan.maxTurns !== null && run.turn >= plan.maxTurns) throw maxTurns(run, agent, plan.maxTurns);
    if (run.received.length > 0 || run.open) yield* joinInput(run, agent);
    const outcome: TurnOutcome = yield* takeTurn(run, agent, entering);
    if (outcome.kind === 'suspended') return { event: outcome.event };
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

async function* beginRun(run: RunScope): Steps<void> {
  const session = await identifySession(run);
  yield [startedEvent(run.plan, run.agents, session.id), ...openTask(run)];
  listen(run);
  if (session.failure) throw session.failure.error;
}

/** From now on the run hears of its mail at once. A store of its own is out of everybody's reach. */
function listen({ plan, mailbox }: RunScope): void {
  if (plan.config.store) mailbox.watch();
}

function enterAgent(run: RunScope, agent: AnyAgent): RunEventBody[] {
  return [...openAgent(run, agent), { type: 'agent.started', agent: run.agents.keyOf(agent) }];
}

function leaveAgent(run: RunScope, agent: AnyAgent): RunEventBody[] {
  return [...run.spans.end(run.agentSpan), { type: 'agent.ended', agent: run.agents.keyOf(agent) }];
}

function complete(run: RunScope, agent: AnyAgent, { text, value }: { text: string; value: unknown }): Ending {
  run.plan.hooks.emit('agent_end', run.context, agent, text);
  agent.emit('agent_end', run.context, text);
  const usage = run.context.usage.toData();
  return { event: { type: 'run.completed', agent: run.agents.keyOf(agent), output: text, usage }, finalOutput: value };
}

function maxTurns(run: RunScope, agent: AnyAgent, limit: number): MaxTurnsExceededError {
  const hint = `Run ${run.plan.runId} used them without a final output. Raise maxTurns, or look why '${agent.name}' goes on.`;
  return new MaxTurnsExceededError(`Max turns (${limit}) exceeded. ${hint}`, {
    runId: run.plan.runId,
    data: { max_turns: limit },
  });
}
