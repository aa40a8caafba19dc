/** One way of telling a run to those who read it. */
import type { RunEvent } from '../event/run-event.ts';
import type { Frame } from './frame.ts';

/**
 * A deterministic fold of a run's events, from offset 0 on. A reader that comes back has it fold what it has seen, unsent, so that it goes on in the same state.
 */
export interface Telling {
  /** The frames of one event, in order. The last one is given the event's position by whoever sends it. */
  tell(event: RunEvent): Frame[];
  /** True for the event after which the stream is over; the terminal event is that for all. */
  isLast(event: RunEvent): boolean;
  /** What follows the last event. */
  end?(): Frame[];
  /** What is sent in place of the rest when the log cannot be read on. */
  failed?(): Frame[];
  /** True once the stream is over without being whole, in a protocol that has no other way to say so: the connection then breaks off. */
  readonly broken?: boolean;
  /** Sent when what the reader has seen is not what the log holds any more. Absent: the stream begins anew with a reset of its own. */
  headers: Record<string, string>;
  /** False for one that can begin anywhere: then nothing is folded unsent. */
  folds: boolean;
}
