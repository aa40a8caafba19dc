import type { RunStarted } from '../event/run-event.ts';
import type { Awaitable } from './log-store.ts';

/** Who drives a run, as everybody who shares the store can see it. */
export interface Lease {
  run: string;
  /** The name that the run's agent is registered by: whoever does not know it leaves the run alone. */
  agent: string;
  /** Undefined: nobody. */
  owner: string | undefined;
  /** Grows with each sign of life and each change of hands, and never falls. */
  beat: number;
  /** True when something has happened that the run has not been driven for yet. */
  wanted: boolean;
  /** When the run is to be driven, if nothing happens before: wall clock, milliseconds since the epoch. */
  wakeAt: number | undefined;
}

/** What becomes of a run that is let go of: it has ended; it is to be driven on; it waits until it is wanted, or until a wall-clock time. */
export type LeaseNext = 'done' | 'wanted' | { wakeAt?: number | undefined };

/** What a run takes hold of as it begins. */
export interface BeginHolds {
  /** Makes the run's row, wanted, for the agent of this name. */
  agent?: string | undefined;
  session?: string | undefined;
}

/** `exists`: the run has a log, and nothing was changed. `busy`: nothing was stored, because this run, which has not ended, holds the session. */
export type BeginOutcome = 'begun' | 'exists' | { busy: string };

/**
 * Keeps leases: a row a run that is not done. No clock decides here; who holds a row, and at which beat, is all that is compared.
 *
 * - A row is taken by compare-and-set on (owner, beat): of two who take the same lease, one gets it.
 * - What is wanted while a run is driven is not lost: its row stays wanted when its owner lets go of it.
 */
export interface LeaseStore {
  /** Stores the beginning of a run's log, with what it takes hold of: all or nothing. Durable. */
  begin(run: string, started: RunStarted, holds: BeginHolds): Awaitable<BeginOutcome>;
  /** Says that the run is to be driven now. Makes its row if there is none. Durable. */
  want(run: string, agent: string): Awaitable<void>;
  /**
   * Rows that somebody holds, or that are free and to be driven: wanted, or due at `now`. In the order in which they were made. Those that `except` holds may be left
   * out.
   */
  due(now: number, except?: string): Awaitable<Lease[]>;
  /** Takes a row that is still as it was seen. False when it is not. */
  take(seen: Pick<Lease, 'run' | 'owner' | 'beat'>, owner: string): Awaitable<boolean>;
  /** A sign of life for all rows of `owner`. Gives the runs that it still holds. */
  beat(owner: string): Awaitable<string[]>;
  /** Lets go of a row. Does nothing when `owner` does not hold it. */
  release(run: string, owner: string, next: LeaseNext): Awaitable<void>;
  /** Gives the session to the run if no run holds it, or if `instead` does. Returns the run that holds it now. */
  holdSession(session: string, run: string, instead?: string): Awaitable<string>;
  dropSession(session: string, run: string): Awaitable<void>;
  /** Calls `wake` when a row was wanted or let go of by this process. */
  watchLeases(wake: () => void): Disposable;
}
