/** Leaves the deltas of completed steps out of a log: what they said is also in the event that completed the step. */
import type { RunEvent } from '../event/run-event.ts';
import type { StepRef } from '../event/step-events.ts';
import { lastSeq, type SeqRange, withPruned } from '../port/pruned-range.ts';

/** The events with each range of prunable ones replaced by one `log.pruned`. */
export function pruneDeltas(events: readonly RunEvent[]): RunEvent[] {
  const search = new PruneSearch();
  search.take(events);
  return withPruned(events, search.ranges());
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

interface Candidate extends SeqRange {
  /** Whose deltas they are. Undefined for what was pruned before. */
  attempt: string | undefined;
  epoch: number;
}

/** Finds what may be pruned in a log that it is given page by page. Holds a range an attempt, never the events. */
export class PruneSearch {
  readonly #before: number;
  readonly #candidates: Candidate[] = [];
  readonly #completed: Set<string> = new Set();

  /** Of events from `before` on nothing is pruned. */
  constructor(before: number = Number.POSITIVE_INFINITY) {
    this.#before = before;
  }

  take(events: readonly RunEvent[]): void {
    for (const event of events) {
      const completed = completedAttempt(event);
      if (completed !== undefined) this.#completed.add(completed);
      else if (event.type === 'log.pruned') this.#add(event, undefined);
      else if (isDelta(event) && event.seq < this.#before) this.#add(event, attemptKey(event, event.attempt));
    }
  }

  /** The ranges that something is left to prune in, in order. A range never holds events of two writers. */
  ranges(): SeqRange[] {
    const found: (SeqRange & { epoch: number; fresh: boolean })[] = [];
    for (const { from, to, epoch, attempt } of this.#candidates) {
      if (attempt !== undefined && !this.#completed.has(attempt)) continue;
      const last = found.at(-1);
      const fresh = attempt !== undefined;
      if (last && last.to + 1 === from && last.epoch === epoch) {
        last.to = to;
        // Two records side by side are one when something joins them, and may stay two when nothing does.
        last.fresh ||= fresh;
      } else found.push({ from, to, epoch, fresh });
    }
    return found.flatMap(({ from, to, fresh }) => (fresh ? [{ from, to }] : []));
  }

  #add(event: RunEvent, attempt: string | undefined): void {
    const last = this.#candidates.at(-1);
    const follows = last && last.to + 1 === event.seq && last.attempt === attempt && last.epoch === event.epoch;
    if (follows) last.to = lastSeq(event);
    else this.#candidates.push({ from: event.seq, to: lastSeq(event), attempt, epoch: event.epoch });
  }
}

function completedAttempt(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'step.attempt':
      return attemptKey(event, event.supersedes);
    case 'model.returned':
    case 'model.stopped':
    case 'tool.returned':
      return attemptKey(event, event.attempt);
    default:
      return undefined;
  }
}

type Delta = Extract<RunEvent, { type: 'model.delta' | 'model.part' | 'tool.progress' }>;

function isDelta(event: RunEvent): event is Delta {
  return event.type === 'model.delta' || event.type === 'model.part' || event.type === 'tool.progress';
}

function attemptKey(event: StepRef & { scope?: readonly string[] }, attempt: number): string {
  return JSON.stringify([event.scope ?? [], event.step, attempt]);
}
