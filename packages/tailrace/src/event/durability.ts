import type { RunEventBody, RunEventType } from './run-event.ts';

/**
 * Events that must be on disk before anything after them happens: they gate a side effect, decide an approval, or end the run.
 * All others may be committed in groups: a model's response goes with what follows from it, a call or the end, and saves a sync of the disk a turn. Who dies before
 * that asks the model again.
 */
const DURABLE: ReadonlySet<RunEventType> = new Set<RunEventType>([
  'run.started',
  'run.suspended',
  'run.resumed',
  'run.completed',
  'run.failed',
  'run.cancelled',
  'model.called',
  'step.attempt',
  'tool.called',
  'tool.returned',
  'approval.requested',
  'approval.decided',
  'input.received',
  'session.commit_started',
  'session.committed',
]);

/** Whether an event must be committed durably before its writer goes on. */
export function isDurable(event: RunEventBody): boolean {
  return DURABLE.has(event.type);
}
