import type { ClientRunEvent } from './client-event.ts';
import type { RunView } from './viewed-run.ts';

/** In place of all events before it: what the reader had is not what the run is now, or was pruned. */
export interface ClientSnapshot {
  type: 'snapshot';
  run: string;
  /** The sequence number of the first event that it does not tell of. */
  next: number;
  /** What the events before come to. */
  view: RunView;
  /** Where to go on. */
  position?: string | undefined;
}

export type ClientEvent = ClientRunEvent | ClientSnapshot;
