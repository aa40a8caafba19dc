import type { RunEvent } from '../event/run-event.ts';
import type { Awaitable } from '../port/log-store.ts';

const PAGE = 1_000;

/** All that a log says, without the pieces of answers, but for the last one where its writer left it: what a fold needs. */
export async function readRun(
  read: (from: number, limit: number) => Awaitable<readonly RunEvent[]>,
): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  let piece: RunEvent | undefined;
  for (let from = 0; ;) {
    const page = await read(from, PAGE);
    const last = page.at(-1);
    if (!last) return piece ? [...all, piece] : all;
    for (const event of page) {
      const before = piece;
      piece = event.type === 'model.delta' ? event : undefined;
      if (piece) continue;
      if (before && event.type === 'run.resumed') all.push(before);
      all.push(event);
    }
    from = (last.type === 'log.pruned' ? last.to : last.seq) + 1;
  }
}
