/**
 * A reader's place in a log, to leave the process with: `<seq>.<epoch>` of the last event that it has seen.
 *
 * After a crash another writer may take a sequence number again that was seen but not stored. The epoch tells: it is then another one, and the reader must drop
 * what it has and begin anew from a snapshot.
 */
import { UserError } from '../event/errors.ts';
import type { RunEvent } from '../event/run-event.ts';
import type { LogStore } from '../port/log-store.ts';
import { lastSeq } from '../port/pruned-range.ts';
import { type RunSnapshot, snapshot } from './snapshot.ts';

export interface Position {
  seq: number;
  epoch: number;
}

/** The place after `event`. */
export function positionOf(event: RunEvent): string {
  return `${lastSeq(event)}.${event.epoch}`;
}

const POSITION = /^(0|[1-9]\d{0,15})\.([1-9]\d{0,15})$/;

/** @throws {UserError} `OFFSET_INVALID` for anything but `<seq>.<epoch>`. */
export function parsePosition(text: string): Position {
  const [, seq, epoch] = POSITION.exec(text) ?? [];
  if (seq === undefined || epoch === undefined || !Number.isSafeInteger(Number(seq))) {
    const message = `${JSON.stringify(text.slice(0, 40))} is not a position in a log. Give back what positionOf(event) gave: <seq>.<epoch>.`;
    throw new UserError(message, { code: 'OFFSET_INVALID' });
  }
  return { seq: Number(seq), epoch: Number(epoch) };
}

/** Where to go on: at `from`, or, where what was seen is not what is in the log, with `reset` in place of it and at `reset.next`. */
export type ResolvedPosition = { from: number; reset?: undefined } | { reset: RunSnapshot; from: number };

/**
 * Where a reader that has seen everything up to `position` goes on.
 * @throws {UserError} `OFFSET_INVALID`, `OFFSET_FUTURE` when it lies beyond everything that its writer has written, `RUN_NOT_FOUND`.
 */
export async function resolvePosition(store: LogStore, run: string, position: string): Promise<ResolvedPosition> {
  const { seq, epoch } = parsePosition(position);
  const head = await store.head(run);
  if (head === undefined) {
    const message = `There is no run '${run}'. Its id may be wrong, or it was deleted.`;
    throw new UserError(message, { code: 'RUN_NOT_FOUND', runId: run });
  }
  // An older writer's number beyond the head was lost with the machine's power, and is another writer's to take.
  const future = epoch > head.epoch || (seq >= head.next && epoch === head.epoch);
  if (future) {
    const message = `Position ${position} lies beyond run '${run}': its next event will be ${head.next}.${head.epoch}.`;
    throw new UserError(message, { code: 'OFFSET_FUTURE', runId: run, data: { next: head.next } });
  }
  const [event] = seq < head.next ? await store.read(run, seq, 1) : [];
  if (event?.epoch === epoch) return { from: seq + 1 };
  const reset = await snapshot(store, run);
  return { reset, from: reset.next };
}
