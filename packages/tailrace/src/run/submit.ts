/** Puts a run's beginning into the store, for whoever drives it. */
import { isAgentsError, UserError } from '../event/errors.ts';
import { RunLog } from '../log/run-log.ts';
import { AgentRegistry } from './agent-registry.ts';
import type { RunPlan } from './plan.ts';
import { startedEvent } from './started-event.ts';

/** Resolves when `run.started` is durable. @throws UserError RUN_EXISTS */
export async function writeStart(plan: RunPlan): Promise<void> {
  const { store, runId } = plan;
  if (((await store.head(runId))?.next ?? 0) > 0) throw exists(runId);
  const log = await RunLog.open(store, runId);
  // Somebody has chosen the same id in the same moment. Of the two, the one whose event is stored has it.
  if (log.next > 0) throw exists(runId);
  const agents = new AgentRegistry();
  agents.enter(plan.agent);
  try {
    await log.append([startedEvent(plan, agents, plan.submitted?.sessionId)]);
  } catch (error) {
    throw isAgentsError(error) && error.code === 'STALE_EPOCH' ? exists(runId) : error;
  } finally {
    await log.close();
  }
}

export function exists(runId: string): UserError {
  const hint = 'A run id names one run: leave runId out, or choose a new one.';
  return new UserError(`Run ${runId} is in the store already. ${hint}`, { code: 'RUN_EXISTS', runId });
}
