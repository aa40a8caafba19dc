/** What the contract of drivers is tested with: drivers that were made for it, and what becomes of their runs. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drive, DrivenRun, DriveOutcome, Driver, DriveRun, ServeOptions, Serving } from '../port/driver.ts';
import type { Awaitable } from '../port/log-store.ts';

/** A driver under test, to which nothing has been submitted. */
export interface ContractDriver {
  driver: Driver;
  /** A driver on the same runs, as another process would have it. */
  another: () => Awaitable<Driver>;
  /** One on the same runs whose process can be ended: it gives no sign of life from then on, and hears of nothing. */
  doomed: () => Awaitable<DoomedDriver>;
  close?: () => Awaitable<void>;
  /** How long a run may take to be picked up, in milliseconds. 5,000 by default. */
  withinMs?: number;
}

export interface DoomedDriver {
  driver: Driver;
  die: () => Awaitable<void>;
}

const SERVES: ServeOptions = { agents: ['agent'], concurrency: 10, codeVersion: 'v1' };

export class DriverStage {
  readonly driver: Driver;
  readonly #made: ContractDriver;
  readonly #serving: Serving[] = [];

  constructor(made: ContractDriver) {
    this.#made = made;
    this.driver = made.driver;
  }

  another(): Awaitable<Driver> {
    return this.#made.another();
  }

  /** Serves with a driver whose process dies when `die` is called. It is not stopped at the end: who is dead hears of nothing. */
  async doomed(drive: DriveRun): Promise<DoomedDriver> {
    const doomed = await this.#made.doomed();
    await doomed.driver.serve(drive, SERVES);
    return doomed;
  }

  async serve(drive: DriveRun, concurrency = 10, driver: Driver = this.driver): Promise<Serving> {
    const serving = await driver.serve(drive, { ...SERVES, concurrency });
    this.#serving.push(serving);
    return serving;
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const start = performance.now();
    while (!condition()) {
      assert.ok(performance.now() - start < (this.#made.withinMs ?? 5_000), `in time: ${what}`);
      await sleep(2);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#serving.map(async (serving) => serving.stop({ graceMs: 0 })));
    await this.#made.close?.();
  }
}

export const run = (id: string): DrivenRun => ({ id, agent: 'agent' });

/** Stays until it is asked to leave, or made to. */
export function stays({ signal, leave }: Drive): Promise<DriveOutcome> {
  return new Promise((resolve) => {
    for (const each of [signal, leave]) {
      if (each.aborted) resolve('left');
      each.addEventListener('abort', () => resolve('left'), { once: true });
    }
  });
}

/** Calls back at each drive, and waits after the first: in the same call or in another one, as the engine likes. */
export function waitsOnce(until: number | undefined, driven: () => void | Promise<void>): DriveRun {
  let waited = false;
  return async (drive) => {
    await driven();
    if (!waited) {
      waited = true;
      if (!(await drive.wait(until))) return 'waiting';
      await driven();
    }
    return 'ended';
  };
}

export type DriverTests = Record<string, (stage: DriverStage) => Promise<void>>;
