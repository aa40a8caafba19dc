/**
 * The loop. The only one: streamed and whole runs, fresh and resumed ones.
 *
 * L1 Its return value is the run's end; a throw is one too, which `drive` gives its form. L2 It waits for nothing without also waiting for the run's stop signal.
 * L3 Tools and handoffs return into it; nothing calls it back.
 */
import type { AnyAgent } from '../agent/agent.ts';
import { MaxTurnsExceededError } from '../event/errors.ts';
import { EVENT_VERSION, type RunEventBody, type RunStarted } from '../event/run-event.ts';
import { breathe } from './breathe.ts';
import type { Ending, RunScope, Steps } from './scope.ts';
import { beginSession, holdSession, identifySession } from './session-step.ts';
import { takeTurn, type TurnOutcome } from './turn.ts';

export async function* loop(run: RunScope): Steps<Ending> {
  const { plan, control } = run;
  const session = await identifySession(run);
  yield begin(run, session.id);
  if (session.failure) throw session.failure.error;
  using _session = holdSession(run);
  yield* beginSession(run);
  let agent = plan.agent;
  let entering = true;
  yield enterAgent(run, agent);
  for (;;) {
    // A reader that has just seen the end of a turn gets the chance to say that it was the last one, though it may first wait for something short.
    if (plan.stream && run.turn > 0) await breathe();
    if (control.signal.aborted) throw control.signal.reason;
    if (control.afterTurn) throw control.afterTurn.error;
    if (plan.maxTurns !== null && run.turn >= plan.maxTurns) throw maxTurns(run, agent, plan.maxTurns);
    const outcome: TurnOutcome = yield* takeTurn(run, agent, entering);
    entering = outcome.kind === 'handoff';
    if (outcome.kind === 'final') return complete(run, agent, outcome);
    if (outcome.kind !== 'handoff') continue;
    yield [...leaveAgent(run, agent), ...enterAgent(run, outcome.to)];
    agent = outcome.to;
  }
}

function begin(run: RunScope, sessionId: string | undefined): RunEventBody[] {
  const { plan } = run;
  const { trace } = plan;
  const started: RunStarted = {
    type: 'run.started',
    v: EVENT_VERSION,
    agent: run.agents.keyOf(plan.agent),
    input: plan.input,
    maxTurns: plan.maxTurns,
    workflowName: trace.workflowName,
    ...(trace.id !== undefined && { traceId: trace.id }),
    ...(trace.joined && { traceJoined: true }),
    ...(trace.groupId !== undefined && { groupId: trace.groupId }),
    ...(trace.metadata && { traceMetadata: trace.metadata }),
    ...(sessionId !== undefined && { sessionId }),
  };
  const task = trace.taskAndTurns
    ? run.spans.start({ type: 'task', name: trace.workflowName }, trace.parent)
    : undefined;
  run.taskSpan = task?.id;
  return [started, ...(task?.events ?? [])];
}

function enterAgent(run: RunScope, agent: AnyAgent): RunEventBody[] {
  const data = {
    type: 'agent',
    name: agent.name,
    handoffs: [],
    tools: [],
    output_type: agent.outputSchemaName,
  } as const;
  const span = run.spans.start({ ...data, handoffs: [], tools: [] }, run.taskSpan ?? run.plan.trace.parent);
  run.agentSpan = span.id;
  return [...span.events, { type: 'agent.started', agent: run.agents.keyOf(agent) }];
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
