import { type Clock, systemClock } from '../../src/base/clock.ts';

interface Timer {
  at: number;
  callback: () => void;
}

/** A clock that goes on when it is told to, and whose wall clock may jump. */
export class HandClock implements Clock {
  #monotonic = 0;
  #offset = 1_800_000_000_000;
  #timers: Timer[] = [];

  now(): number {
    return this.#monotonic + this.#offset;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  timer(delayMs: number, callback: () => void): Disposable {
    const timer = { at: this.#monotonic + delayMs, callback };
    this.#timers.push(timer);
    return { [Symbol.dispose]: () => void (this.#timers = this.#timers.filter((each) => each !== timer)) };
  }

  /** Moves the wall clock only. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** Time passes without anybody doing anything: the process was stopped. */
  sleep(ms: number): void {
    this.#monotonic += ms;
  }

  /** Time passes, in small steps, and what is due happens. */
  async advance(ms: number, stepMs = 10): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.#monotonic += Math.min(stepMs, left);
      for (const timer of this.#timers.filter(({ at }) => at <= this.#monotonic)) {
        if (!this.#timers.includes(timer)) continue;
        this.#timers = this.#timers.filter((each) => each !== timer);
        timer.callback();
      }
      await settled();
    }
  }
}

/** The real clock, until it stops: then nothing is due any more. */
export class MortalClock implements Clock {
  #stopped = false;

  stop(): void {
    this.#stopped = true;
  }

  revive(): void {
    this.#stopped = false;
  }

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  timer(delayMs: number, callback: () => void): Disposable {
    let timer: Disposable;
    const due = (): void => {
      if (this.#stopped) timer = systemClock.timer(10, due);
      else callback();
    };
    timer = systemClock.timer(delayMs, due);
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }
}

/** What was set off has come to rest. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
