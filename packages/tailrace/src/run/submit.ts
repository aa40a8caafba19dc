/** Puts a run's beginning into the store, for whoever drives it. */
import { canonical } from '../base/json.ts';
import { isAgentsError, UserError } from '../event/errors.ts';
import type { RunStarted } from '../event/run-event.ts';
import { RunLog } from '../log/run-log.ts';
import type { BeginHolds, BeginOutcome } from '../port/lease-store.ts';
import { AgentRegistry } from './agent-registry.ts';
import type { RunPlan } from './plan.ts';
import { startedEvent } from './started-event.ts';

/**
 * Resolves when `run.started` is durable, with what the run takes hold of where the store keeps that. `same`: it was there before, with all that was said about it.
 *
 * @throws UserError RUN_EXISTS
 */
export async function writeStart(plan: RunPlan, holds: BeginHolds): Promise<'begun' | 'same' | { busy: string }> {
  const { store, runId } = plan;
  const agents = new AgentRegistry();
  agents.enter(plan.agent);
  const started = startedEvent(plan, agents, plan.submitted?.sessionId);
  const outcome = store.leases ? await store.leases.begin(runId, started, holds) : await beginAlone(plan, started);
  if (outcome !== 'exists') return outcome;
  const [first] = await store.read(runId, 0, 1);
  if (first?.type !== 'run.started' || asSubmitted(first) !== asSubmitted(started)) throw exists(runId);
  return 'same';
}

/** In a store that keeps no leases. */
async function beginAlone({ store, runId }: RunPlan, started: RunStarted): Promise<BeginOutcome> {
  if (((await store.head(runId))?.next ?? 0) > 0) return 'exists';
  const log = await RunLog.open(store, runId);
  // Somebody has chosen the same id in the same moment. Of the two, the one whose event is stored has it.
  if (log.next > 0) return 'exists';
  try {
    await log.append([started]);
    return 'begun';
  } catch (error) {
    if (isAgentsError(error) && error.code === 'STALE_EPOCH') return 'exists';
    throw error;
  } finally {
    await log.close();
  }
}

/** What its submitter said of a run, and nothing that is made up anew each time. */
function asSubmitted({
  registered,
  input,
  maxTurns,
  sessionId,
  conversationId,
  previousResponseId,
  metadata,
  principal,
  onDisconnect,
}: RunStarted): string {
  const conversation = { sessionId, conversationId, previousResponseId };
  return canonical({ registered, input, maxTurns, ...conversation, metadata, principal, onDisconnect });
}

export function exists(runId: string): UserError {
  const hint = 'A run id names one run: leave runId out, or choose a new one.';
  return new UserError(`Run ${runId} is in the store already. ${hint}`, { code: 'RUN_EXISTS', runId });
}
