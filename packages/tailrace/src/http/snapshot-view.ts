import type { ClientEnd, ClientSnapshot } from '../client/client-event.ts';
import type { TerminalEvent } from '../event/run-event.ts';
import type { RunSnapshot } from '../log/snapshot.ts';
import type { RunStatus } from '../runtime/run-status.ts';
import { clientError, type ExposureOf, shownItem } from './client-view.ts';

/** A snapshot as clients see it, with what the run waits for now. */
export function clientSnapshot(
  told: RunSnapshot,
  { approvals, waits }: Pick<RunStatus, 'approvals' | 'waits'>,
  exposureOf: ExposureOf,
): Omit<ClientSnapshot, 'type' | 'position'> {
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
    approvals: approvals.map(({ arguments: args, ...approval }) => ({
      ...approval,
      ...(exposureOf(approval.tool).arguments && { arguments: args }),
    })),
    waits,
    ...(ended && { ended: endOf(ended) }),
  };
}

function endOf(ended: TerminalEvent): ClientEnd {
  switch (ended.type) {
    case 'run.completed':
      return { type: ended.type, output: ended.output };
    case 'run.failed':
      return { type: ended.type, error: clientError(ended.error) };
    case 'run.cancelled':
      return { type: ended.type, reason: ended.reason };
  }
}
