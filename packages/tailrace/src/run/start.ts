/** A run from its plan: its log opened, its observers in place, its loop under way. */
import type { AgentRegistry } from './agent-registry.ts';
import { systemClock } from '../base/clock.ts';
import type { RunContext } from '../agent/run-context.ts';
import { isAgentsError, UserError } from '../event/errors.ts';
import { isTerminal, type RunEvent } from '../event/run-event.ts';
import { RunLog } from '../log/run-log.ts';
import type { ModelProvider } from '../port/model.ts';
import { breathe } from './breathe.ts';
import { RunControl, reasonText } from './control.ts';
import { drive } from './drive.ts';
import { Inbox } from './inbox.ts';
import type { RunPlan } from './plan.ts';
import { type Ending, type LiveTrace, openScope } from './scope.ts';

/** Called with committed events, before any reader sees them. */
export type EventObserver = (events: readonly RunEvent[]) => void;

export interface StartOptions {
  live: LiveTrace;
  /** In the order in which they are told. */
  observers: (run: { agents: AgentRegistry }) => readonly EventObserver[];
  defaultProvider: () => ModelProvider;
  /** Told of the ending before any reader sees it. */
  onEnding: (ending: Ending) => void;
}

export interface StartedRun {
  readonly plan: RunPlan;
  readonly control: RunControl;
  readonly context: RunContext;
  readonly log: RunLog;
  readonly agents: AgentRegistry;
  /** Set before any reader sees the terminal event. */
  readonly ending: Ending | undefined;
  /** Resolves when the run has ended, however it did. */
  readonly ended: Promise<Ending>;
}

/** @throws AgentsError when the log cannot be opened */
export async function startRun(
  plan: RunPlan,
  { live, observers, defaultProvider, onEnding: tell }: StartOptions,
): Promise<StartedRun> {
  if (plan.named) await refuseExisting(plan);
  const { maxLogBytes } = plan.config;
  const log = await RunLog.open(plan.store, plan.runId, maxLogBytes === undefined ? {} : { maxLogBytes });
  const inbox = new Inbox();
  const control = new RunControl(plan.runId, plan.signal, ({ mode, reason }) => {
    inbox.push({ type: 'cancel.requested', mode, reason: reasonText(reason) });
  });
  const scope = openScope({ plan, control, inbox, clock: systemClock, live, defaultProvider });
  const hold = plan.trace.hold?.();
  const watchers = hold ? [...observers(scope), atEnd(hold)] : observers(scope);
  for (const observer of watchers) log.observe(observer);
  const started = {
    plan,
    control,
    context: plan.context,
    log,
    agents: scope.agents,
    ending: undefined as Ending | undefined,
    ended: undefined as unknown as Promise<Ending>,
  };
  const onEnding = (ending: Ending): void => {
    started.ending = ending;
    nameRun(ending.error, plan.runId);
    tell(ending);
  };
  const onLost = (events: readonly RunEvent[]): void => watchers.forEach((observer) => observer(events));
  started.ended = conclude(
    () => drive(scope, log, { onEnding, onLost }),
    [control, ...(hold ? [hold] : [])],
    plan.stream,
  );
  return started;
}

// The caller's trace, too, may end before a reader sees that the run has.
function atEnd(hold: Disposable): EventObserver {
  return (events) => {
    const last = events.at(-1);
    if (last && isTerminal(last)) hold[Symbol.dispose]();
  };
}

// To claim the log of a run that is under way would stop that run.
async function refuseExisting({ store, runId }: RunPlan): Promise<void> {
  if ((await store.head(runId)) === undefined) return;
  throw new UserError(
    `Run ${runId} is in the store already. A run id names one run: leave runId out, or choose a new one.`,
    {
      code: 'RUN_EXISTS',
      runId,
    },
  );
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
