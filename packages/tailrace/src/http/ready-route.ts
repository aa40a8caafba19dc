/** `GET /readyz`: whether runs are taken, which needs a store that answers. */
import { json, type Reply } from './reply.ts';
import type { Call } from './route.ts';
import { reportError } from './run-stream.ts';

export async function getReady({ service, request }: Call): Promise<Reply> {
  try {
    await service.ready;
    // Any read will do.
    await service.runtime.store.head('readyz');
  } catch (error) {
    reportError(service, error, request);
    return json(503, { ok: false });
  }
  return service.stopping.aborted ? json(503, { ok: false }) : json(200, { ok: true });
}
