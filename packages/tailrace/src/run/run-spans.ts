/** The spans that a run, or a segment of it, hangs below. */
import type { AnyAgent } from '../agent/agent.ts';
import type { RunEventBody } from '../event/run-event.ts';
import type { RunScope } from './scope.ts';

/** The span of the whole run, or of its segment. */
export function openTask(run: RunScope): readonly RunEventBody[] {
  const { trace } = run.plan;
  if (!trace.taskAndTurns || run.taskSpan !== undefined) return [];
  const task = run.spans.start({ type: 'task', name: trace.workflowName }, trace.parent);
  run.taskSpan = task.id;
  return task.events;
}

export function openAgent(run: RunScope, agent: AnyAgent): readonly RunEventBody[] {
  const span = run.spans.start(
    { type: 'agent', name: agent.name, handoffs: [], tools: [], output_type: agent.outputSchemaName },
    run.taskSpan ?? run.plan.trace.parent,
  );
  run.agentSpan = span.id;
  return span.events;
}
