/** `GET sessions/:id` and `DELETE sessions/:id`: a principal's own conversations. */
import { empty, json, type Reply } from './reply.ts';
import type { Call } from './route.ts';
import { sessionKey } from './session-key.ts';
import { shownItem } from './client-view.ts';

export async function getSession({ service, request, params }: Call): Promise<Reply> {
  const id = params['id'] ?? '';
  const principal = await service.access.principal(request, { action: 'session.read', sessionId: id });
  const session = await service.runtime.session(sessionKey(principal, id));
  const items = (await session.getItems()).flatMap((item) => shownItem(item, service.exposureOf) ?? []);
  return json(200, { id, items });
}

export async function deleteSession({ service, request, params }: Call): Promise<Reply> {
  const id = params['id'] ?? '';
  const principal = await service.access.principal(request, { action: 'session.delete', sessionId: id });
  const session = await service.runtime.session(sessionKey(principal, id));
  await session.clearSession();
  return empty(204);
}
