import type { Clock } from '../base/clock.ts';

/**
 * Tells when nothing has happened for too long. Progress is a number written, not a timer set: one timer lives at a time, and looks again when it fires.
 */
export class Watchdog implements Disposable {
  readonly #clock: Clock;
  readonly #bark: (limitMs: number) => void;
  #limitMs: number | undefined;
  #last: number;
  #timer: Disposable | undefined;

  constructor(clock: Clock, limitMs: number | undefined, bark: (limitMs: number) => void) {
    this.#clock = clock;
    this.#bark = bark;
    this.#limitMs = limitMs;
    this.#last = clock.monotonic();
    this.#arm();
  }

  /** Something happened. */
  progress(): void {
    this.#last = this.#clock.monotonic();
  }

  /** From now on, another limit holds. */
  limit(limitMs: number | undefined): void {
    this.#limitMs = limitMs;
    this.progress();
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#arm();
  }

  #arm(): void {
    const limitMs = this.#limitMs;
    if (limitMs === undefined) return;
    const left = Math.max(1, this.#last + limitMs - this.#clock.monotonic());
    this.#timer = this.#clock.timer(left, () => this.#look(limitMs));
  }

  #look(limitMs: number): void {
    this.#timer = undefined;
    if (this.#clock.monotonic() - this.#last >= limitMs) this.#bark(limitMs);
    else this.#arm();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#limitMs = undefined;
  }
}
