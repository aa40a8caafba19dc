import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease, LeaseStore } from 'tailrace';

/** How long a process may give no sign of life before another goes on with its run. */
const LEASE_MS = 2_000;
const BEAT_MS = LEASE_MS / 4;
// No runtime has an agent of this name: runs of the start command are left to the start command.
const AGENT = 'npm start';

/** A run in the hands of this process, as others that share the file can see it. */
export class HeldRun implements AsyncDisposable {
  readonly #leases: LeaseStore;
  readonly #run: string;
  readonly #owner: string;
  readonly #beat: NodeJS.Timeout;

  private constructor(leases: LeaseStore, run: string, owner: string) {
    this.#leases = leases;
    this.#run = run;
    this.#owner = owner;
    // The log's epochs guard what a process writes that could not give its signs of life.
    const beat = async (): Promise<unknown> => leases.beat(owner);
    this.#beat = setInterval(() => void beat().catch(() => undefined), BEAT_MS).unref();
  }

  /** Undefined when another process has the run, and is alive. Looks on for as long as a lease lasts, where somebody has it. */
  static async take(
    leases: LeaseStore,
    run: string,
    onWait: () => void = () => undefined,
  ): Promise<HeldRun | undefined> {
    const owner = `start_${crypto.randomUUID()}`;
    const seen = await freeOrDead(leases, run, onWait);
    return seen && (await leases.take(seen, owner)) ? new HeldRun(leases, run, owner) : undefined;
  }

  /** Lets go of it: it has ended, or its end could not be stored and somebody may go on with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat);
    await this.#leases.release(this.#run, this.#owner, 'done');
  }
}

/** The run's lease, if nobody has it or its owner gives no sign of life. */
async function freeOrDead(leases: LeaseStore, run: string, onWait: () => void): Promise<Lease | undefined> {
  let seen = await leaseOf(leases, run);
  if (!seen) {
    await leases.want(run, AGENT);
    seen = await leaseOf(leases, run);
  }
  if (!seen || seen.owner === undefined) return seen;
  onWait();
  const until = performance.now() + LEASE_MS;
  while (performance.now() < until) {
    await sleep(BEAT_MS / 2);
    const now = await leaseOf(leases, run);
    if (now?.owner !== seen.owner || now.beat !== seen.beat) return undefined;
  }
  return seen;
}

async function leaseOf(leases: LeaseStore, run: string): Promise<Lease | undefined> {
  return (await leases.due(Date.now())).find((lease) => lease.run === run);
}
