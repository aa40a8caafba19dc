/** A wall clock that jumps: everything that asks the time of day is told so much more or less. Timers and the monotonic clock go on as they are. */
let shiftMs = 0;
const { Date: RealDate } = globalThis;

class ShiftedDate extends RealDate {
  constructor(...args: []) {
    if (args.length === 0) super(RealDate.now() + shiftMs);
    else super(...args);
  }

  static override now(): number {
    return RealDate.now() + shiftMs;
  }
}

export function shiftClock(ms: number): void {
  shiftMs = ms;
  globalThis.Date = ShiftedDate as DateConstructor;
}
