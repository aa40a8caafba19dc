/**
 * Whose signs of life have ceased, by this process's own clock.
 *
 * W1 A row is dead when its beat has not changed while this process looked, again and again, for `leaseMs`. W2 Only time in which this process looked counts: a
 * process that was stopped itself has seen nothing. W3 No wall clock, nobody's, has a say.
 */

interface Row {
  run: string;
  owner: string | undefined;
  beat: number;
}

interface Sight {
  beat: number;
  /** For how long it has been looked at without a change, in milliseconds. */
  ageMs: number;
}

export class WatchedBeats {
  readonly #leaseMs: number;
  readonly #mostMs: number;
  #sights: Map<string, Sight> = new Map();
  #lookedAt: number | undefined;

  /** `lookMs`: how often somebody looks. A gap of more than twice that counts as twice that. */
  constructor(leaseMs: number, lookMs: number) {
    this.#leaseMs = leaseMs;
    this.#mostMs = 2 * lookMs;
  }

  /** Takes a look, at `now` on a monotonic clock. Gives the rows that are dead. */
  look<TRow extends Row>(rows: readonly TRow[], now: number): TRow[] {
    const passed = this.#lookedAt === undefined ? 0 : Math.min(now - this.#lookedAt, this.#mostMs);
    this.#lookedAt = now;
    const before = this.#sights;
    this.#sights = new Map();
    return rows.filter(({ run, owner, beat }) => {
      const key = `${run}\n${owner ?? ''}`;
      const sight = before.get(key);
      const ageMs = sight?.beat === beat ? sight.ageMs + passed : 0;
      this.#sights.set(key, { beat, ageMs });
      return ageMs >= this.#leaseMs;
    });
  }
}
