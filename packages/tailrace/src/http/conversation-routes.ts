/** What the protocols whose conversations are sessions share: coming back to the answer that is under way, and stopping it. */
import type { StartedRun } from './access.ts';
import { type LatestRun, latestRun, waitsOf } from './conversation.ts';
import { pathText } from './fields.ts';
import type { Principal } from './options.ts';
import { givenPosition, placeAfter } from './place.ts';
import { empty, json, type Reply } from './reply.ts';
import type { Call } from './route.ts';
import { sessionKey } from './session-key.ts';

/** Tells a run in the protocol's way, from `from` on; `waits` says which of its stretches. */
export type Follow = (
  call: Call,
  principal: Principal,
  started: StartedRun,
  place: { from: number; waits: number },
) => Promise<Reply>;

/** The stretch of the conversation's run that is under way, from its beginning, or the rest of the one that a client has a position in. 204 when there is none. */
export async function answerUnderWay(call: Call, param: string, follow: Follow): Promise<Reply> {
  const found = await latestOf(call, 'read', param);
  if (!found) return empty(204);
  const { started, principal, ended, suspended, waits, events } = found;
  const after = givenPosition(call);
  if (after === undefined)
    return ended ? empty(204) : follow(call, principal, started, { from: 0, waits: suspended ? waits - 1 : waits });
  const { from, next } = await placeAfter(call, started.run, after);
  if (ended && from >= next) return empty(204);
  return follow(call, principal, started, { from, waits: waitsOf(events, from).waits });
}

/** Stops the conversation's run: leaving its stream alone does not. */
export async function stopUnderWay(call: Call, param: string): Promise<Reply> {
  const found = await latestOf(call, 'cancel', param);
  if (!found || found.ended) return empty(204);
  await call.service.runtime.cancel(found.started.run, { reason: 'stopped by the client' });
  return json(202, { id: found.started.run });
}

async function latestOf(call: Call, action: 'read' | 'cancel', param: string): Promise<LatestRun | undefined> {
  const sessionId = pathText(call, param);
  const principal = await call.service.access.principal(call.request, { action, sessionId });
  return latestRun(call, action, principal, sessionKey(principal, sessionId));
}
