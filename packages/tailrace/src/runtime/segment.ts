/** One drive of a run: segments until the run has ended, waits, or is left to another process. */
import type { AnyAgent } from '../agent/agent.ts';
import { onAbort } from '../base/abort.ts';
import type { Json } from '../base/json.ts';
import { isAgentsError, SystemError } from '../event/errors.ts';
import { type EventEnvelope, isTerminal, type RunStarted } from '../event/run-event.ts';
import { readRun } from '../log/read-run.ts';
import type { Drive, DriveOutcome } from '../port/driver.ts';
import type { LogStore } from '../port/log-store.ts';
import type { Session } from '../port/session.ts';
import { planResume, type RunPlan, type Surroundings } from '../run/plan.ts';
import type { Ending } from '../run/scope.ts';
import { beginSegment, type Runner } from '../runner.ts';
import { getGlobalTraceProvider } from '../view/trace/provider.ts';
import { afterSuspension, traceView } from '../view/trace/trace-view.ts';
import { holdSessionFor } from './held-sessions.ts';

/** What is known of a run before it is driven. */
export interface RunInfo {
  id: string;
  /** The name that its agent is registered by. */
  agent: string;
  sessionId?: string;
  metadata?: Json;
  /** On whose behalf it was submitted. */
  principal?: string;
}

export interface SegmentParts {
  store: LogStore;
  runner: Runner;
  agents: ReadonlyMap<string, AnyAgent>;
  context: (run: RunInfo) => unknown;
  /** Told when a run that this process drove has ended. */
  onEnded: (run: string) => void;
  session: (sessionId: string) => Session | Promise<Session>;
  maxTakeovers: number;
}

export async function driveRun(parts: SegmentParts, drive: Drive): Promise<DriveOutcome> {
  const { store } = parts;
  if (drive.abandoned) await closeTrace(parts, drive.id);
  for (;;) {
    const [started] = await store.read(drive.id, 0, 1);
    const head = await store.head(drive.id);
    if (started?.type !== 'run.started' || !head) return 'ended';
    if (head.ended) return concluded(parts, started);
    if (drive.signal.aborted || drive.leave.aborted) return 'left';
    const { event, error } = await segment(parts, drive, started);
    if (event === undefined) {
      if (isAgentsError(error) && (error.code === 'RUN_LEFT' || error.code === 'STALE_EPOCH')) return 'left';
      throw error;
    }
    if (event.type === 'run.suspended') {
      if (await drive.wait(event.wakeAt)) continue;
      return 'waiting';
    }
    // The run has ended in this process; when its log does not say so, the store did not take it, and somebody has to go on.
    if ((await store.head(drive.id))?.ended !== true) throw unstored(drive.id, error);
    return concluded(parts, started);
  }
}

type Started = RunStarted & EventEnvelope;

async function segment(parts: SegmentParts, drive: Drive, started: Started): Promise<Ending> {
  const agent = parts.agents.get(drive.agent);
  if (!agent) throw new SystemError(`No agent '${drive.agent}' here.`, { code: 'AGENT_NOT_REGISTERED' });
  const { sessionId } = started;
  // Not in `prepare`: a store that fails is not the run's end.
  const busy = sessionId === undefined ? undefined : await holdSessionFor(parts.store, sessionId, drive.id);
  const planned = (around: Surroundings): RunPlan => {
    const plan = planResume(agent, started, { stream: true }, parts.runner.config, around);
    plan.maxTakeovers = parts.maxTakeovers;
    plan.redriven = true;
    if (drive.abandoned === false) plan.resumedBy = 'handover';
    plan.prepare = async () => {
      if (busy) throw busy;
      if (sessionId !== undefined) plan.session = await parts.session(sessionId);
      plan.context.context = await parts.context(infoOf(drive, started));
    };
    return plan;
  };
  const { started: run } = await beginSegment(parts.runner, agent, planned, true);
  using _leave = onAbort(drive.leave, () => run.leave('at_boundary'));
  using _lost = onAbort(drive.signal, () => run.leave('now'));
  return await run.ended;
}

/** Whoever drove the run last did not live to let go of it, and maybe not to tell anybody that its last segment has ended. */
async function closeTrace({ store, runner }: SegmentParts, run: string): Promise<void> {
  const tracing = getGlobalTraceProvider();
  if (tracing.disabled || runner.config.tracingDisabled === true) return;
  const events = await readRun((from, limit) => store.read(run, from, limit));
  const last = events.at(-1);
  if (!last || !(isTerminal(last) || last.type === 'run.suspended')) return;
  const trace = traceView(() => tracing.processors);
  trace.restore(events, afterSuspension(events.slice(0, -1)));
}

async function concluded({ store, onEnded }: SegmentParts, { run, sessionId }: Started): Promise<DriveOutcome> {
  onEnded(run);
  if (sessionId !== undefined) await store.leases?.dropSession(sessionId, run);
  return 'ended';
}

function infoOf({ id, agent }: Drive, { sessionId, metadata, principal }: Started): RunInfo {
  return {
    id,
    agent,
    ...(sessionId !== undefined && { sessionId }),
    ...(metadata !== undefined && { metadata }),
    ...(principal !== undefined && { principal }),
  };
}

function unstored(runId: string, cause: unknown): SystemError {
  return new SystemError(`Run ${runId} ended here, and its end could not be stored.`, {
    code: 'STORE_FAILED',
    runId,
    cause,
  });
}
