// Runtimes as processes: each has a store handle of its own on one file, and ends with the test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createRuntime,
  type LeaseStore,
  LocalDriver,
  type LogStore,
  openLogSource,
  readLog,
  type RunEvent,
  type Runtime,
  type RuntimeOptions,
} from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { HandClock, MortalClock, settled } from './hand-clock.ts';

export class Stage implements AsyncDisposable {
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'runtime-'));
  readonly #open: AsyncDisposable[] = [];
  readonly #stores: LogStore[] = [];
  readonly #clocks: HandClock[] = [];
  readonly #mortal: MortalClock[] = [];

  /** Another handle on the same file. */
  store(): LogStore {
    const store = sqlite(join(this.#directory, 'runs.db'), { pollMs: 5 });
    this.#stores.push(store);
    return store;
  }

  /** A driver that gives no sign of life, unless its clock is told to go on. */
  stoppedDriver(): { driver: LocalDriver; clock: HandClock } {
    const clock = new HandClock();
    this.#clocks.push(clock);
    return { driver: new LocalDriver(this.store().leases as LeaseStore, { clock, leaseMs: 600 }), clock };
  }

  /** A driver that gives signs of life until its clock stops. */
  mortalDriver(): { driver: LocalDriver; clock: MortalClock } {
    const clock = new MortalClock();
    this.#mortal.push(clock);
    return { driver: new LocalDriver(this.store().leases as LeaseStore, { clock, leaseMs: 300 }), clock };
  }

  runtime(options: Omit<RuntimeOptions, 'store'> & { store?: LogStore }): Runtime {
    const runtime = createRuntime({ leaseMs: 600, ...options, store: options.store ?? this.store() });
    this.#open.push({ [Symbol.asyncDispose]: async () => runtime.stop({ graceMs: 0 }) });
    return runtime;
  }

  /** All of a run's log, up to its terminal event. */
  async whole(run: string): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const event of readLog(openLogSource(this.store(), run), { signal: AbortSignal.timeout(18_000) }))
      events.push(event);
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.#open.map(async (each) => each[Symbol.asyncDispose]());
    await settled();
    for (const clock of this.#mortal) clock.revive();
    for (const clock of this.#clocks) await clock.advance(100);
    await Promise.all(stopped);
    for (const store of this.#stores) await store.close();
    rmSync(this.#directory, { recursive: true });
  }
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > 18_000) throw new Error('not in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export const typesOf = (events: readonly RunEvent[]): string[] => events.map(({ type }) => type);
