import type { RunSnapshot } from '../log/snapshot.ts';
import { clientError, type ExposureOf, shownItem } from './client-view.ts';

/** A snapshot as clients see it. `text`: what the model call that is under way has given. */
export function clientSnapshot(told: RunSnapshot, exposureOf: ExposureOf): object {
  const { run, next, agent, input, items, open, usage, suspended, ended } = told;
  return {
    run,
    next,
    agent,
    input,
    items: items.flatMap(({ kind, agent: by, item }) => {
      const shown = shownItem(item, exposureOf);
      return shown ? [{ kind, agent: by, item: shown }] : [];
    }),
    ...(open && { open }),
    usage,
    suspended,
    ...(ended && {
      ended: ended.type === 'run.failed' ? { type: ended.type, error: clientError(ended.error) } : ended,
    }),
  };
}
