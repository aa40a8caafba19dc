import type { ClientSnapshot } from '../client/client-snapshot.ts';
import { EMPTY_VIEW, viewRun } from '../client/run-view.ts';
import { positionOf } from '../log/position.ts';
import type { RunSnapshot } from '../log/snapshot.ts';
import type { LogStore } from '../port/log-store.ts';
import { lastSeq } from '../port/pruned-range.ts';
import type { RunEvent } from '../event/run-event.ts';
import { clientView, type ExposureOf } from './client-view.ts';

const PAGE = 1_000;

/** What takes the place of all that a reader has: what the events that it would have been shown come to; with `'full'`, all that a view can hold of them. */
export async function snapshotFor(
  store: LogStore,
  { run, next, open }: Pick<RunSnapshot, 'run' | 'next' | 'open'>,
  exposureOf: ExposureOf | 'full',
): Promise<ClientSnapshot> {
  const shown = exposureOf === 'full' ? wholeView : clientView(exposureOf);
  let view = EMPTY_VIEW;
  let position: string | undefined;
  for (let from = 0; from < next;) {
    const page = await store.read(run, from, Math.min(PAGE, next - from));
    if (page.length === 0) break;
    for (const event of page) {
      const told = event.seq < next ? shown(event) : undefined;
      if (told) view = viewRun(view, told);
      from = lastSeq(event) + 1;
      position = positionOf(event);
    }
  }
  // Of the deltas some may have been pruned.
  return { type: 'snapshot', run, next, view: open ? { ...view, text: open.text } : view, position };
}

const everything = clientView(() => ({ arguments: true, output: true }));

/** As `clientView`, with what the log says in place of what clients are told. */
function wholeView(event: RunEvent): ReturnType<typeof everything> {
  const told = everything(event);
  if (told?.type !== 'run.failed' || event.type !== 'run.failed') return told;
  const { code, message, retryable } = event.error;
  return { ...told, error: { code, message, retryable } };
}
