import { EVENT_VERSION, type RunStarted } from '../event/run-event.ts';
import type { AgentRegistry } from './agent-registry.ts';
import type { RunPlan } from './plan.ts';
import { codeOf } from './resumable.ts';

/** The first event of a run's log. */
export function startedEvent(plan: RunPlan, agents: AgentRegistry, sessionId: string | undefined): RunStarted {
  const { trace, submitted, server } = plan;
  return {
    type: 'run.started',
    v: EVENT_VERSION,
    agent: agents.keyOf(plan.agent),
    input: plan.input,
    maxTurns: plan.maxTurns,
    workflowName: trace.workflowName,
    ...(trace.id !== undefined && { traceId: trace.id }),
    ...(trace.joined && { traceJoined: true }),
    ...(trace.groupId !== undefined && { groupId: trace.groupId }),
    ...(trace.metadata && { traceMetadata: trace.metadata }),
    ...(sessionId !== undefined && { sessionId }),
    ...server,
    ...codeOf(plan),
    ...(submitted && { registered: submitted.registered }),
    ...(submitted?.metadata !== undefined && { metadata: submitted.metadata }),
    ...(submitted?.principal !== undefined && { principal: submitted.principal }),
    ...(submitted?.onDisconnect !== undefined && { onDisconnect: submitted.onDisconnect }),
  };
}
