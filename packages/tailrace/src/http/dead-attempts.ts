/** Attempts of model calls that others have taken the place of, and readers of protocols that take nothing back: they are not told what was void before they came. */
import type { RunEvent } from '../event/run-event.ts';
import { attemptName, supersededBy } from '../event/superseded.ts';
import type { LogStore } from '../port/log-store.ts';
import { lastSeq } from '../port/pruned-range.ts';
import type { Telling } from './telling.ts';

/** By their names, with the sequence number of what took their place. */
export type DeadAttempts = ReadonlyMap<string, number>;

const PAGE = 1_000;

export async function deadAttempts(store: LogStore, run: string): Promise<DeadAttempts> {
  const dead = new Map<string, number>();
  let from = 0;
  for (;;) {
    const page = await store.read(run, from, PAGE);
    for (const event of page)
      if (event.type === 'step.attempt' && event.of === 'model' && !event.scope)
        dead.set(supersededBy(event), event.seq);
    const last = page.at(-1);
    if (!last) return dead;
    from = lastSeq(last) + 1;
  }
}

/**
 * The same telling, for a reader that goes on at event `from`. Text that was void before it came is left out; a reader that left in the midst of such text has it, and is
 * told what its protocol says about that.
 */
export function withoutDead(telling: Telling, dead: DeadAttempts, from: number): Telling {
  if (dead.size === 0) return telling;
  const seen = new Set<string>();
  const leftOut = (event: RunEvent): boolean => {
    if (event.scope) return false;
    if (event.type === 'step.attempt') return dead.has(supersededBy(event)) && !seen.has(supersededBy(event));
    if (event.type !== 'model.delta' && event.type !== 'model.part') return false;
    const name = attemptName(event);
    const replacedAt = dead.get(name);
    if (replacedAt === undefined || seen.has(name)) return false;
    if (event.seq >= from || from > replacedAt + 1) return true;
    seen.add(name);
    return false;
  };
  return {
    headers: telling.headers,
    folds: telling.folds,
    get broken() {
      return telling.broken === true;
    },
    tell: (event) => (leftOut(event) ? [] : telling.tell(event)),
    isLast: (event) => telling.isLast(event),
    end: () => telling.end?.() ?? [],
    failed: () => telling.failed?.() ?? [],
  };
}
