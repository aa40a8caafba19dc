import type { RunEvent } from '../event/run-event.ts';
import type { Telling } from './telling.ts';

/** The same stream without its first `count` frames: for protocols that count frames of their own. */
export function skipped(telling: Telling, count: number): Telling {
  let left = count;
  return {
    ...telling,
    tell: (event: RunEvent) => {
      const frames = telling.tell(event);
      if (left === 0) return frames;
      const dropped = Math.min(left, frames.length);
      left -= dropped;
      return frames.slice(dropped);
    },
    isLast: (event) => telling.isLast(event),
    end: () => telling.end?.() ?? [],
    failed: () => telling.failed?.() ?? [],
  };
}
