import type { Awaitable } from './log-store.ts';

/** A process that has readers of a run, or waits for them to come back. */
export interface Presence {
  run: string;
  owner: string;
  /** Grows with each sign of life, and never falls. */
  beat: number;
}

/**
 * Keeps who reads which run: a row for each run and process. No clock decides here; whoever looks sees whether a row's beat still grows.
 */
export interface PresenceStore {
  /** Makes the row of `owner` for the run. Does nothing when it is there. */
  enter(run: string, owner: string): Awaitable<void>;
  /** Removes it, if it is there. True when the run then has no row of anybody: of all who leave, one hears so. */
  leave(run: string, owner: string): Awaitable<boolean>;
  /** A sign of life for all rows of `owner`. Gives the runs that it still has rows for. */
  beat(owner: string): Awaitable<string[]>;
  /** All rows. */
  list(): Awaitable<Presence[]>;
  /** Makes a row that is still as it was seen the row of `owner`; it is removed where `owner` has one for the run. False when it is not as it was seen. */
  take(seen: Presence, owner: string): Awaitable<boolean>;
}
