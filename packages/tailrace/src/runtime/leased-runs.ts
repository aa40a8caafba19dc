/**
 * The runs that one process has leased, and its search for more.
 *
 * L1 A run is driven only after its lease was taken by compare-and-set, and is let go of only after its drive has come back. L2 A lease that is lost, or could not be
 * renewed for `leaseMs`, aborts its drive; the log's epochs guard what it still tries to write. L3 Looking never overlaps with itself, and what it throws is tried again.
 * L4 A taking or a letting go that failed may have happened or not. Each look tries it again until the store has answered: a row of a process that lives is driven by
 * it, or let go of.
 */
import type { Clock } from '../base/clock.ts';
import { errorText } from '../base/error-text.ts';
import { isAgentsError, SystemError } from '../event/errors.ts';
import type { Drive, DriveRun, Serving } from '../port/driver.ts';
import type { Lease, LeaseNext, LeaseStore } from '../port/lease-store.ts';
import { WatchedBeats } from './watched-beats.ts';

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const MAX_LOOK_MS = 100;

export interface LeasedRunsOptions {
  leases: LeaseStore;
  leaseMs: number;
  clock: Clock;
  owner: string;
  drive: DriveRun;
  agents: readonly string[];
  concurrency: number;
  /** Told of the first look of several in a row that failed. */
  onOutage?: (error: unknown) => void;
}

interface Held {
  lost: AbortController;
  leave: AbortController;
  done: Promise<void>;
}

/** Why nothing could be let go of, and until when that is not tried again, on the monotonic clock. */
interface Unanswered {
  error: unknown;
  until: number;
}

export class LeasedRuns implements Serving {
  readonly #options: LeasedRunsOptions;
  readonly #agents: ReadonlySet<string>;
  readonly #lookMs: number;
  readonly #watched: WatchedBeats;
  readonly #held: Map<string, Held> = new Map();
  /** Runs that could not be driven here, and when to try again, on the monotonic clock. */
  readonly #failed: Map<string, { failures: number; until: number }> = new Map();
  /** Runs whose letting go failed, and what was to become of them. */
  readonly #kept: Map<string, LeaseNext> = new Map();
  #unanswered: Unanswered | undefined;
  /** Leases as they were seen, whose taking failed. */
  readonly #unsure: Map<string, Lease> = new Map();
  #watch: Disposable | undefined;
  #timer: Disposable | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  /** True when the last look failed. */
  #outage = false;
  /** When the leases were last known to be ours, on the monotonic clock. */
  #renewedAt = 0;
  #beatAt = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: LeasedRunsOptions) {
    this.#options = options;
    this.#agents = new Set(options.agents);
    this.#lookMs = Math.min(MAX_LOOK_MS, options.leaseMs / 6);
    this.#watched = new WatchedBeats(options.leaseMs, this.#lookMs);
  }

  begin(): void {
    this.#watch = this.#options.leases.watchLeases(() => this.#lookNow());
    this.#lookNow();
  }

  stop({ graceMs }: { graceMs: number }): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    for (const { leave } of this.#held.values()) leave.abort();
    const { clock } = this.#options;
    const since = clock.monotonic();
    using _grace = clock.timer(graceMs, () => {
      for (const { lost } of this.#held.values()) lost.abort();
    });
    // A look that is under way may still take a run. Signs of life go on until the last one is let go of.
    while (this.#looking || this.#held.size > 0) {
      await this.#looking;
      await Promise.all([...this.#held.values()].map(async ({ done }) => done));
    }
    this.#timer?.[Symbol.dispose]();
    // One that was taken from the dead is left to whoever sees that nobody beats: they are to know of the death.
    for (const { run, owner } of this.#unsure.values()) if (owner === undefined) this.#kept.set(run, 'wanted');
    while ((await this.#letGoAgain()) && clock.monotonic() - since < graceMs)
      await new Promise<void>((resolve) => clock.timer(this.#lookMs, resolve));
  }

  /** At once, or as soon as the look under way is over. */
  #lookNow(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#timer?.[Symbol.dispose]();
    this.#again = false;
    this.#looking = this.#look().then(() => {
      this.#looking = undefined;
      if (this.#stopped && this.#held.size === 0) return;
      if (this.#again) this.#lookNow();
      else this.#timer = this.#options.clock.timer(this.#lookMs, () => this.#lookNow());
    });
  }

  async #look(): Promise<void> {
    try {
      await this.#renew();
      const unanswered = await this.#letGoAgain();
      if (!this.#stopped) await this.#takeMore();
      if (unanswered) throw unanswered.error;
      this.#outage = false;
    } catch (error) {
      // The store does not answer: the next look tries again, and leases that could not be renewed for too long are given up.
      this.#giveUpStale();
      if (!this.#outage) this.#options.onOutage?.(outage(error));
      this.#outage = true;
    }
  }

  async #renew(): Promise<void> {
    const { clock, leaseMs, leases, owner } = this.#options;
    const now = clock.monotonic();
    if (this.#held.size === 0) this.#renewedAt = now;
    if (this.#held.size === 0 || now - this.#beatAt < leaseMs / 3) return;
    const before = [...this.#held];
    const still = new Set(await leases.beat(owner));
    this.#beatAt = now;
    this.#renewedAt = now;
    for (const [run, held] of before) if (!still.has(run)) held.lost.abort();
  }

  /** What was to be let go of before. Stops at the first that fails, and begins with another one the next time: one alone must not keep the others. */
  async #letGoAgain(): Promise<Unanswered | undefined> {
    const { leases, owner, clock } = this.#options;
    const since = clock.monotonic();
    if (this.#unanswered && since < this.#unanswered.until) return this.#unanswered;
    this.#unanswered = undefined;
    for (const [run, next] of this.#kept) {
      try {
        await leases.release(run, owner, next);
        this.#kept.delete(run);
      } catch (error) {
        this.#kept.delete(run);
        this.#kept.set(run, next);
        const now = clock.monotonic();
        // A store that waits for a lock may stop the process for as long: that is to have as much time for others.
        this.#unanswered = { error, until: now + (now - since) };
        break;
      }
    }
    return this.#unanswered;
  }

  #giveUpStale(): void {
    const { clock, leaseMs } = this.#options;
    if (clock.monotonic() - this.#renewedAt < leaseMs) return;
    for (const { lost } of this.#held.values()) lost.abort();
  }

  async #takeMore(): Promise<void> {
    const { leases, clock, owner, concurrency } = this.#options;
    // Its own rows tell it nothing, and there may be hundreds. Of those that failed it wants to know, and which of those that it may have taken are its own.
    const due = await leases.due(clock.now(), this.#failed.size + this.#unsure.size === 0 ? owner : undefined);
    const others = due.filter((lease) => lease.owner !== undefined && lease.owner !== owner);
    const dead = this.#watched.look(others, clock.monotonic());
    const free = due.filter((lease) => lease.owner === undefined);
    const taken = due.filter((lease) => lease.owner === owner && this.#unsure.has(lease.run));
    for (const run of this.#unsure.keys()) if (!taken.some((lease) => lease.run === run)) this.#unsure.delete(run);
    // Somebody else has driven it.
    for (const run of this.#failed.keys()) if (!due.some((lease) => lease.run === run)) this.#failed.delete(run);
    for (const lease of [...taken, ...dead, ...free]) {
      const { run } = lease;
      if (this.#held.size >= concurrency || this.#stopped) return;
      if (!this.#agents.has(lease.agent) || this.#held.has(run) || this.#kept.has(run)) continue;
      if ((this.#failed.get(run)?.until ?? 0) > clock.monotonic()) continue;
      await this.#take(lease);
    }
  }

  async #take(lease: Lease): Promise<void> {
    const { leases, owner } = this.#options;
    // Whoever had it before this process did, if the answer to its taking was lost.
    const seen = this.#unsure.get(lease.run) ?? lease;
    this.#unsure.set(lease.run, seen);
    const took = await leases.take(lease, owner);
    this.#unsure.delete(lease.run);
    if (took) this.#drive(seen);
  }

  #drive({ run, agent, owner }: Lease): void {
    const held: Held = { lost: new AbortController(), leave: new AbortController(), done: Promise.resolve() };
    if (this.#stopped) held.leave.abort();
    this.#held.set(run, held);
    // A drive that failed here may have left as much unsaid as one whose process died.
    const abandoned = owner !== undefined || this.#failed.has(run);
    held.done = this.#driven(run, { agent, abandoned }, held).finally(() => {
      this.#held.delete(run);
      this.#lookNow();
    });
  }

  async #driven(id: string, about: Pick<Drive, 'agent' | 'abandoned'>, { lost, leave }: Held): Promise<void> {
    const { leases, owner, drive: driveRun } = this.#options;
    let wakeAt: number | undefined;
    const drive: Drive = {
      id,
      ...about,
      signal: lost.signal,
      leave: leave.signal,
      wait: async (until) => {
        wakeAt = until;
        return false;
      },
    };
    let next: LeaseNext = 'wanted';
    try {
      const outcome = await driveRun(drive);
      if (outcome === 'ended') next = 'done';
      else if (outcome === 'waiting') next = { wakeAt };
      this.#failed.delete(id);
    } catch {
      this.#avoid(id);
    }
    try {
      await leases.release(id, owner, next);
    } catch {
      this.#kept.set(id, next);
    }
  }

  /** A run that could not be driven here is left to others, and not tried again here before some time has passed. */
  #avoid(run: string): void {
    const failures = (this.#failed.get(run)?.failures ?? 0) + 1;
    const delayMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (failures - 1));
    // By this process's own clock: a wall clock that jumps must not hold a run up.
    this.#failed.set(run, { failures, until: this.#options.clock.monotonic() + delayMs });
  }
}

function outage(cause: unknown): SystemError {
  const what = `This process cannot look for runs to drive: ${errorText(cause)}`;
  const hint =
    'It tries again until the store answers; until then it takes no runs, and gives up those whose leases it cannot renew.';
  return new SystemError(`${what} ${hint}`, { code: isAgentsError(cause) ? cause.code : 'STORE_FAILED', cause });
}
