/** What the spans of a turn, its agent and its run say, and the turn's deadline. */
import type { AnyAgent } from '../agent/agent.ts';
import { LimitError } from '../event/errors.ts';
import type { ModelResponse } from '../port/model.ts';
import type { TurnResources } from './model-request.ts';
import type { RunScope } from './scope.ts';
import type { StartedSpan } from './span-book.ts';
import { taskUsage, turnUsage } from './span-usage.ts';

/** Starts the turn's span, unless an earlier writer of the run has. Undefined then, and when turns have none. */
export function openTurnSpan(run: RunScope, agent: AnyAgent, turn: number): StartedSpan | undefined {
  if (!run.plan.trace.taskAndTurns || run.turnSpan !== undefined) return undefined;
  const span = run.spans.start({ type: 'turn', turn, agent_name: agent.name }, run.agentSpan);
  run.turnSpan = span.id;
  return span;
}

/** The agent's span says what the agent has in its latest turn. */
export function growAgentSpan(run: RunScope, agent: AnyAgent, { tools, handoffs }: TurnResources): void {
  run.spans.grow(run.agentSpan, {
    type: 'agent',
    name: agent.name,
    handoffs: [...handoffs.values()].map(({ agentName }) => agentName),
    tools: tools.map(({ name }) => name),
    output_type: agent.outputSchemaName,
  });
}

/** The turn's span says what its response used; the run's, what all have. */
export function growUsage(run: RunScope, agent: AnyAgent, response: ModelResponse): void {
  for (let at = run.nested; at; at = at.around) at.usage.add(response.usage);
  const turn = { type: 'turn', turn: run.turn, agent_name: agent.name } as const;
  run.spans.grow(run.turnSpan, { ...turn, usage: turnUsage(response.usage) });
  // Its sums go over all turns so far, so they are made once, when the task ends.
  run.spans.grow(run.taskSpan, () => ({
    type: 'task',
    name: run.plan.trace.workflowName,
    usage: run.nested ? taskUsage(run.nested.usage) : taskUsage(run.context.usage, run.folded?.usageBefore),
  }));
}

/** Stops the run when the turn takes longer than `timeouts.turnMs`. */
export function turnTimer(run: RunScope, turn: number): Disposable | undefined {
  const { turnMs } = run.plan.timeouts;
  if (turnMs === undefined) return undefined;
  return run.clock.timer(turnMs, () => run.control.fail(turnDeadline(run, turn, turnMs)));
}

function turnDeadline(run: RunScope, turn: number, turnMs: number): LimitError {
  return new LimitError(
    `Turn ${turn} of run ${run.plan.runId} took longer than ${turnMs} ms. Raise timeouts.turnMs, or look what it waited for in the trace.`,
    { code: 'TURN_DEADLINE', runId: run.plan.runId, data: { turn, turnMs } },
  );
}
