/** Drives runs on this machine: any number of processes that share a store lease its runs from one another. */
import { systemClock, type Clock } from '../base/clock.ts';
import { newItemId } from '../base/id.ts';
import type { Driver, DriveRun, DrivenRun, ServeOptions, Serving } from '../port/driver.ts';
import { UserError } from '../event/errors.ts';
import type { LeaseStore } from '../port/lease-store.ts';
import type { LogStore } from '../port/log-store.ts';
import { LeasedRuns } from './leased-runs.ts';

/** 10 s. */
export const DEFAULT_LEASE_MS = 10_000;

export interface LocalDriverOptions {
  /** How long a process may give no sign of life before others take its runs, in milliseconds. 10,000 by default; 30 at least. */
  leaseMs?: number;
  clock?: Clock;
}

export class LocalDriver implements Driver {
  readonly #leases: LeaseStore;
  readonly #leaseMs: number;
  readonly #clock: Clock;

  constructor(leases: LeaseStore, { leaseMs = DEFAULT_LEASE_MS, clock = systemClock }: LocalDriverOptions = {}) {
    this.#leases = leases;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
  }

  async submit({ id, agent }: DrivenRun): Promise<void> {
    await this.#leases.want(id, agent);
  }

  async serve(drive: DriveRun, options: ServeOptions): Promise<Serving> {
    const owner = newItemId('worker');
    const runs = new LeasedRuns({
      leases: this.#leases,
      leaseMs: this.#leaseMs,
      clock: this.#clock,
      owner,
      drive,
      ...options,
    });
    runs.begin();
    return runs;
  }
}

/** @throws UserError OPTION_TYPE for a store that keeps no leases */
export function localDriverOf(store: LogStore, leaseMs: number | undefined): LocalDriver {
  if (store.leases) return new LocalDriver(store.leases, leaseMs === undefined ? {} : { leaseMs });
  throw new UserError('This store keeps no leases. Give the runtime a driver, or use sqlite(path).', {
    code: 'OPTION_TYPE',
  });
}
