/** Leaves the deltas of completed steps out of a log: what they said is also in the event that completed the step. */
import type { RunEvent, StepRef } from '../event/run-event.ts';

/** The events with each range of prunable ones replaced by one `log.pruned`, which stands at the range's first sequence number. */
export function pruneDeltas(events: readonly RunEvent[]): RunEvent[] {
  const completed = completedAttempts(events);
  const kept: RunEvent[] = [];
  for (const event of events) {
    const prunable = event.type === 'log.pruned' || (isDelta(event) && completed.has(attemptKey(event, event.attempt)));
    if (!prunable) {
      kept.push(event);
      continue;
    }
    const from = event.seq;
    const to = lastSeq(event);
    const before = kept.at(-1);
    if (before?.type === 'log.pruned') kept[kept.length - 1] = { ...before, to };
    else kept.push({ type: 'log.pruned', from, to, run: event.run, seq: from, epoch: event.epoch, at: event.at });
  }
  return kept;
}

/** The last sequence number that a record stands for: its own, unless it stands for a pruned range. */
export function lastSeq(event: RunEvent): number {
  return event.type === 'log.pruned' ? event.to : event.seq;
}

/** Whether an event completes an attempt, and so may make others prunable. */
export function completesAttempt(event: RunEvent): boolean {
  switch (event.type) {
    case 'model.returned':
    case 'model.stopped':
    case 'tool.returned':
    case 'step.attempt':
      return true;
    default:
      return false;
  }
}

function completedAttempts(events: readonly RunEvent[]): Set<string> {
  const completed = new Set<string>();
  for (const event of events) {
    if (event.type === 'step.attempt') completed.add(attemptKey(event, event.supersedes));
    else if (event.type === 'model.returned' || event.type === 'model.stopped' || event.type === 'tool.returned') {
      completed.add(attemptKey(event, event.attempt));
    }
  }
  return completed;
}

type Delta = Extract<RunEvent, { type: 'model.delta' | 'model.part' | 'tool.progress' }>;

function isDelta(event: RunEvent): event is Delta {
  return event.type === 'model.delta' || event.type === 'model.part' || event.type === 'tool.progress';
}

function attemptKey(event: StepRef & { scope?: readonly string[] }, attempt: number): string {
  return JSON.stringify([event.scope ?? [], event.step, attempt]);
}
