/** The most that a busy store holds back what nobody waits for, in milliseconds: ten times a second it is still seen to flow. */
export const MAX_GROUP_MS = 100;
/** So many writes a second are worth that wait, and half as many half of it. */
const BUSY_WRITES_A_SECOND = 7_500;

/** How long writes wait for one another: what the user of the store has said, and longer the more of them there are. */
export class GroupPace {
  /** In milliseconds. */
  ms: number;
  readonly #least: number;
  #since = Number.NEGATIVE_INFINITY;
  #writes = 0;

  constructor(leastMs: number) {
    this.#least = leastMs;
    this.ms = leastMs;
  }

  /** So many writes were made, which have waited until now, on the monotonic clock. */
  count(writes: number, now: number): void {
    this.#writes += writes;
    const elapsed = now - this.#since;
    // Over less than the wait itself, a few that come together look like many.
    if (elapsed < this.ms) return;
    const wanted = ((this.#writes / elapsed) * 1_000 * MAX_GROUP_MS) / BUSY_WRITES_A_SECOND;
    this.ms = Math.max(this.#least, Math.min(wanted, MAX_GROUP_MS));
    this.#since = now;
    this.#writes = 0;
  }
}
