/** Which run holds which session, for all processes that share the store. A run holds its session from its start to its end, however many processes drive it. */
import { newRunId } from '../base/id.ts';
import { SystemError } from '../event/errors.ts';
import type { LogStore } from '../port/log-store.ts';
import type { Session } from '../port/session.ts';

/** Gives SESSION_BUSY, naming the run that holds the session, if another one does. @throws what the store throws */
export async function holdSessionFor(
  store: LogStore,
  sessionId: string,
  run: string,
): Promise<SystemError | undefined> {
  const { leases } = store;
  if (!leases) return undefined;
  for (let instead: string | undefined; ;) {
    const holder = await leases.holdSession(sessionId, run, instead);
    if (holder === run) return undefined;
    const head = await store.head(holder);
    // Whoever drove it to its end did not live to let go of the session.
    if (head && !head.ended) return sessionBusy(sessionId, run, holder);
    instead = holder;
  }
}

/**
 * Forgets what was said, unless a run holds the session: it would store the rest of a conversation whose beginning is gone.
 *
 * @throws SystemError SESSION_BUSY, naming the run that holds the session
 */
export async function clearFree(store: LogStore, sessionId: string, session: Session): Promise<void> {
  const own = newRunId();
  const busy = await holdSessionFor(store, sessionId, own);
  if (busy) throw busy;
  try {
    await session.clearSession();
  } finally {
    await store.leases?.dropSession(sessionId, own);
  }
}

export function sessionBusy(sessionId: string, runId: string, holder: string): SystemError {
  return new SystemError(
    `Session '${sessionId}' is in use by run ${holder}. Wait for it to end, or cancel it, and try again.`,
    { code: 'SESSION_BUSY', runId, data: { holder } },
  );
}
