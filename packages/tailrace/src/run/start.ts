/** A run from its plan: its log opened, its observers in place, its loop under way. */
import { AgentRegistry } from './agent-registry.ts';
import { systemClock } from '../base/clock.ts';
import type { RunContext } from '../agent/run-context.ts';
import { isAgentsError, UserError } from '../event/errors.ts';
import { type FoldedRun, foldRun } from '../event/fold.ts';
import { isTerminal, type RunEvent } from '../event/run-event.ts';
import { voidAttempts } from '../event/superseded.ts';
import { readRun } from '../log/read-run.ts';
import { RunLog } from '../log/run-log.ts';
import type { ModelProvider } from '../port/model.ts';
import { breathe } from './breathe.ts';
import { RunControl, reasonText } from './control.ts';
import { drive } from './drive.ts';
import { Inbox } from './inbox.ts';
import type { RunPlan } from './plan.ts';
import { exists } from './submit.ts';
import { checkResumable, refuseIncompatible } from './resumable.ts';
import { isUntouched } from './reenter.ts';
import { nest } from './nested-run.ts';
import { type Ending, type LiveTrace, openScope, type RunScope } from './scope.ts';

/** Sees committed events before any reader does. */
export interface EventObserver {
  take(events: readonly RunEvent[]): void;
  /** Takes what was committed before this process took the run up. */
  restore(events: readonly RunEvent[]): void;
}

export interface StartOptions {
  live: LiveTrace;
  /** In the order in which they are told. */
  observers: (run: Pick<RunScope, 'agents' | 'streams'>) => readonly EventObserver[];
  defaultProvider: () => ModelProvider;
  /** Makes the result of a nested agent's run out of the log, for who wants to see one. */
  resultOf: (started: StartedRun, ...nested: Parameters<RunScope['resultOf']>) => Promise<unknown>;
  /** Told of the ending before any reader sees it. */
  onEnding: (ending: Ending) => void;
  /** Takes up the run that the store has under the plan's id, in place of beginning one. */
  resume?: boolean;
  /** The agents by the keys that this process gave them in an earlier segment of the run. */
  agents?: AgentRegistry;
}

export interface StartedRun {
  readonly plan: RunPlan;
  readonly control: RunControl;
  readonly context: RunContext;
  readonly log: RunLog;
  readonly agents: AgentRegistry;
  /** Where this process's part of the run begins in the log: behind the last suspension. */
  readonly segmentFrom: number;
  /** Attempts whose text was void when this process took the run up, by `attemptName`. */
  readonly voidAttempts: ReadonlySet<string>;
  /** Set before any reader sees the terminal event. */
  readonly ending: Ending | undefined;
  /** Results of tools that came too late to count, so far. */
  readonly lateResults: number;
  /** Resolves when the run has ended, however it did. */
  readonly ended: Promise<Ending>;
  /** Leaves the run to another process: at the next step boundary, or now, as if this process had died. */
  leave(when: 'at_boundary' | 'now'): void;
}

/** @throws AgentsError when the log cannot be opened */
export async function startRun(plan: RunPlan, options: StartOptions): Promise<StartedRun> {
  const { live, observers, defaultProvider, onEnding: tell, resume = false } = options;
  if (plan.named && !resume) await refuseExisting(plan);
  if (resume) await refuseIncompatible(plan);
  const { maxLogBytes } = plan.config;
  const log = await RunLog.open(plan.store, plan.runId, maxLogBytes === undefined ? {} : { maxLogBytes });
  // Claimed before it is read: from here on nobody else can add to it.
  const past = resume ? await readRun((from, limit) => log.read(from, limit)) : [];
  // Somebody has chosen the same id in the same moment, and has begun.
  if (!resume && log.next > 0) throw exists(plan.runId);
  log.restore(past);
  const folded = foldRun(past);
  if (resume && (!folded || folded.ended)) throw notResumable(plan.runId, folded);
  if (folded) checkResumable(plan, folded);
  const inbox = new Inbox();
  const control = new RunControl(plan.runId, plan.signal, ({ mode, reason }, mail) => {
    inbox.push({ type: 'cancel.requested', mode, reason: reasonText(reason), ...(mail !== undefined && { mail }) });
  });
  const scope = openScope({
    plan,
    control,
    inbox,
    clock: systemClock,
    live,
    defaultProvider,
    folded,
    agents: options.agents ?? new AgentRegistry(),
    nest,
    resultOf: async (...nested) => options.resultOf(started, ...nested),
  });
  // Keys must mean the same agents to whoever takes the run up, whatever happened in it.
  if (plan.config.store || resume) scope.agents.enter(plan.agent);
  const hold = plan.trace.hold?.();
  const watchers = hold ? [...observers(scope), atEnd(hold)] : observers(scope);
  for (const observer of watchers) {
    // What a submitted run's first segment finds is news to whoever looks on.
    if (folded && isUntouched(folded)) observer.take(past);
    else observer.restore(past);
    log.observe((events) => observer.take(events));
  }
  const started = {
    plan,
    control,
    context: plan.context,
    log,
    agents: scope.agents,
    segmentFrom: (past.findLast(({ type }) => type === 'run.suspended')?.seq ?? -1) + 1,
    voidAttempts: voidAttempts(past),
    ending: undefined as Ending | undefined,
    get lateResults() {
      return scope.lateResults;
    },
    ended: undefined as unknown as Promise<Ending>,
    leave(when: 'at_boundary' | 'now'): void {
      control.leave();
      if (when === 'at_boundary') return;
      // Closed first: what the run's parts say while they stop must not look like what they did.
      void log.close();
      control.abandon();
    },
  };
  const onEnding = (ending: Ending): void => {
    started.ending = ending;
    nameRun(ending.error, plan.runId);
    tell(ending);
  };
  const onLost = (events: readonly RunEvent[]): void => watchers.forEach((observer) => observer.take(events));
  started.ended = conclude(
    () => drive(scope, log, { onEnding, onLost }),
    [control, scope.mailbox, ...(hold ? [hold] : [])],
    plan.stream,
  );
  return started;
}

function notResumable(runId: string, folded: FoldedRun | undefined): UserError {
  if (!folded)
    return new UserError(`There is no run ${runId} in this store to take up.`, { code: 'RUN_NOT_FOUND', runId });
  return new UserError(`Run ${runId} has ended: there is nothing to take up. Start a new run with its history.`, {
    code: 'RUN_ENDED',
    runId,
  });
}

// The caller's trace, too, may end before a reader sees that the run has.
function atEnd(hold: Disposable): EventObserver {
  return {
    take(events) {
      const last = events.at(-1);
      if (last && isTerminal(last)) hold[Symbol.dispose]();
    },
    restore: () => undefined,
  };
}

// To claim the log of a run that is under way would stop that run.
async function refuseExisting({ store, runId }: RunPlan): Promise<void> {
  if ((await store.head(runId)) !== undefined) throw exists(runId);
}

// A streamed run begins in a later turn of the event loop, so that whoever started it can still cancel it before anything has happened.
async function conclude(work: () => Promise<Ending>, held: readonly Disposable[], later: boolean): Promise<Ending> {
  try {
    if (later) await breathe(1);
    return await work();
  } finally {
    for (const one of held) one[Symbol.dispose]();
  }
}

function nameRun(error: unknown, runId: string): void {
  if (isAgentsError(error) && error.runId === undefined)
    Object.defineProperty(error, 'runId', { value: runId, enumerable: false });
}
