import type { RunEventBody, RunEventType } from './run-event.ts';

/**
 * When an event must be in the store, and how surely, before its writer goes on.
 *
 * - `durable`: committed and on disk. It gates a side effect, decides an approval, or ends the run or a segment of it.
 * - `stored`: committed. A process that dies loses nothing of it; a power failure may. It begins what may be repeated, so that all it costs then is the repetition.
 * - `grouped`: committed with what comes within a moment.
 *
 * What a model or a tool has returned is grouped: it goes with what follows from it, a call or the end, and saves a commit. Who dies before that asks the model again, and
 * treats the tool's call as one whose outcome is unknown: as if it had died a moment earlier.
 */
export type EventClass = 'durable' | 'stored' | 'grouped';

const CLASSES: ReadonlyMap<RunEventType, EventClass> = new Map<RunEventType, EventClass>([
  ['run.started', 'durable'],
  ['run.suspended', 'durable'],
  ['run.resumed', 'durable'],
  ['run.completed', 'durable'],
  ['run.failed', 'durable'],
  ['run.cancelled', 'durable'],
  ['model.called', 'stored'],
  ['step.attempt', 'stored'],
  ['tool.called', 'durable'],
  ['approval.requested', 'durable'],
  ['approval.decided', 'durable'],
  ['wait.started', 'durable'],
  ['wait.ended', 'durable'],
  ['input.received', 'durable'],
  ['session.commit_started', 'durable'],
  ['session.committed', 'stored'],
]);

/** The class of an event. */
export function classOf(event: RunEventBody): EventClass {
  return CLASSES.get(event.type) ?? 'grouped';
}
