import type { RunEvent } from '../event/run-event.ts';
import type { Awaitable } from '../port/log-store.ts';

const PAGE = 1_000;

/** All that a log says, without the pieces of answers: what a fold needs. */
export async function readRun(
  read: (from: number, limit: number) => Awaitable<readonly RunEvent[]>,
): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for (let from = 0; ;) {
    const page = await read(from, PAGE);
    const last = page.at(-1);
    if (!last) return all;
    for (const event of page) if (event.type !== 'model.delta') all.push(event);
    from = (last.type === 'log.pruned' ? last.to : last.seq) + 1;
  }
}
