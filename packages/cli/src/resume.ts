import type { LogStore } from 'tailrace';
import { safeText } from './terminal-text.ts';

export interface Unfinished {
  readonly run: string;
  readonly sessionId: string;
}

/** The run to go on with, or why there is none. `true` stands for the newest that has no end. */
export async function findUnfinished(store: LogStore, wanted: string | true): Promise<Unfinished | string> {
  const run = wanted === true ? await newestUnfinished(store) : wanted;
  if (run === undefined) return 'No run is without its end. --show <run> prints one again.';
  const [first] = await store.read(run, 0, 1);
  if (first?.type !== 'run.started') return `There is no run '${safeText(run)}'.`;
  if ((await store.head(run))?.ended) return `Run ${run} has its end. --show ${run} prints it again.`;
  return { run, sessionId: first.sessionId ?? run };
}

async function newestUnfinished(store: LogStore): Promise<string | undefined> {
  const heads = await store.list({ ended: false });
  return heads.find(({ next }) => next > 0)?.run;
}
