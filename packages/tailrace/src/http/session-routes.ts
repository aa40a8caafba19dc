/** `GET sessions/:id` and `DELETE sessions/:id`: a principal's own conversations. */
import { clearFree } from '../runtime/held-sessions.ts';
import { pathText } from './fields.ts';
import { empty, json, type Reply } from './reply.ts';
import type { Call } from './route.ts';
import { sessionKey } from './session-key.ts';
import { shownItem } from './client-view.ts';

export async function getSession(call: Call): Promise<Reply> {
  const { service, request } = call;
  const id = pathText(call, 'id');
  const principal = await service.access.principal(request, { action: 'session.read', sessionId: id });
  const session = await service.runtime.session(sessionKey(principal, id));
  const items = (await session.getItems()).flatMap((item) => shownItem(item, service.exposureOf) ?? []);
  return json(200, { id, items });
}

export async function deleteSession(call: Call): Promise<Reply> {
  const { service, request } = call;
  const id = pathText(call, 'id');
  const principal = await service.access.principal(request, { action: 'session.delete', sessionId: id });
  const key = sessionKey(principal, id);
  await clearFree(service.runtime.store, key, await service.runtime.session(key));
  return empty(204);
}
