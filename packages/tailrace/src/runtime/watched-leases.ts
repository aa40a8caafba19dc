/**
 * Which leases have died, by this process's own clock.
 *
 * W1 A lease is dead when its beat has not changed while this process looked, again and again, for `leaseMs`. W2 Only time in which this process looked counts: a
 * process that was stopped itself has seen nothing. W3 No wall clock, nobody's, has a say.
 */
import type { Lease } from '../port/lease-store.ts';

interface Sight {
  owner: string | undefined;
  beat: number;
  /** For how long it has been looked at without a change, in milliseconds. */
  ageMs: number;
}

export class WatchedLeases {
  readonly #leaseMs: number;
  readonly #mostMs: number;
  #sights: Map<string, Sight> = new Map();
  #lookedAt: number | undefined;

  /** `lookMs`: how often somebody looks. A gap of more than twice that counts as twice that. */
  constructor(leaseMs: number, lookMs: number) {
    this.#leaseMs = leaseMs;
    this.#mostMs = 2 * lookMs;
  }

  /** Takes a look, at `now` on a monotonic clock. Gives the leases that are dead. */
  look(leases: readonly Lease[], now: number): Lease[] {
    const passed = this.#lookedAt === undefined ? 0 : Math.min(now - this.#lookedAt, this.#mostMs);
    this.#lookedAt = now;
    const before = this.#sights;
    this.#sights = new Map();
    return leases.filter(({ run, owner, beat }) => {
      const sight = before.get(run);
      const same = sight !== undefined && sight.owner === owner && sight.beat === beat;
      const ageMs = same ? sight.ageMs + passed : 0;
      this.#sights.set(run, { owner, beat, ageMs });
      return ageMs >= this.#leaseMs;
    });
  }
}
