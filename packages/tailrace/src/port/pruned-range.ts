/** How a log stands with ranges of it pruned: for every store to keep and to read in the same way. */
import type { RunEvent } from '../event/run-event.ts';

/** Sequence numbers from `from` to `to`, both inclusive. */
export interface SeqRange {
  from: number;
  to: number;
}

/** The last sequence number that a record stands for: its own, unless it stands for a pruned range. */
export function lastSeq(event: RunEvent): number {
  return event.type === 'log.pruned' ? event.to : event.seq;
}

/** What a reader from `from` on gets of a record: the rest of it, where it stands for a range that began before. */
export function clipped(event: RunEvent, from: number): RunEvent {
  return event.type === 'log.pruned' && event.seq < from ? { ...event, seq: from, from } : event;
}

/**
 * The events with those of each range replaced by one `log.pruned`, which stands at the range's first number and at the time of its last event. Ranges are in order and apart. A record that
 * a range meets goes into it whole, so that to prune twice is to prune once.
 */
export function withPruned(events: readonly RunEvent[], ranges: readonly SeqRange[]): RunEvent[] {
  const kept: RunEvent[] = [];
  let at = 0;
  let open: Extract<RunEvent, { type: 'log.pruned' }> | undefined;
  for (const event of events) {
    for (let range = ranges[at]; range && range.to < event.seq; range = ranges[++at]) open = undefined;
    const range = ranges[at];
    if (!range || range.from > lastSeq(event)) kept.push(event);
    else if (open) {
      open.to = lastSeq(event);
      open.at = event.at;
    } else kept.push((open = recordOf(event)));
  }
  return kept;
}

function recordOf(event: RunEvent): Extract<RunEvent, { type: 'log.pruned' }> {
  const { run, seq, epoch, at } = event;
  return { type: 'log.pruned', from: seq, to: lastSeq(event), run, seq, epoch, at };
}
