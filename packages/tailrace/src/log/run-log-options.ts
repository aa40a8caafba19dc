import type { Clock } from '../base/clock.ts';

export const GROUP_EVENTS = 64;
export const TAIL_BYTES: number = 4 * 1024 * 1024;
// How much may wait for a slow store before the writer has to wait, too.
export const MAX_PENDING_BYTES: number = 1024 * 1024;

export interface RunLogOptions {
  clock?: Clock;
  /** The most that the run's log may come to, in bytes (estimated): 64 MiB in memory by default, 1 GiB on disk. */
  maxLogBytes?: number;
}
