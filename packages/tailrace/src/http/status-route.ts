/** `GET runs/:id` and `GET runs`. */
import type { RunStatusName } from '../port/run-summary.ts';
import { queryNumber, queryText } from './fields.ts';
import type { Principal } from './options.ts';
import { json, type Reply } from './reply.ts';
import type { Call } from './route.ts';
import { sessionKey } from './session-key.ts';
import { statusView, summaryView } from './status-view.ts';

export async function getRun(call: Call): Promise<Reply> {
  const { principal, started } = await call.service.access.run(call.request, 'read', call.params['id'] ?? '');
  return statusReply(call, principal, started.run, 200);
}

/** How a run stands, with the arguments that wait for a decision where the principal may decide. */
export async function statusReply(call: Call, principal: Principal, run: string, status: number): Promise<Reply> {
  const { service, request } = call;
  const [found, decides] = await Promise.all([
    service.runtime.get(run),
    service.access.still(request, { action: 'approve', runId: run }, principal),
  ]);
  const { exposureOf, options } = service;
  return json(status, statusView(found, { principal, exposureOf, decides }), {
    location: `${options.basePath ?? ''}/runs/${run}`,
  });
}

const PAGE_RUNS = 20;

export async function listRuns(call: Call): Promise<Reply> {
  const { service, request } = call;
  const sessionId = queryText(call, 'sessionId');
  const principal = await service.access.principal(request, {
    action: 'list',
    ...(sessionId !== undefined && { sessionId }),
  });
  const status = queryText(call, 'status');
  const agent = queryText(call, 'agent');
  const after = queryText(call, 'after');
  const limit = queryNumber(call, 'limit') ?? PAGE_RUNS;
  if (after !== undefined) await service.access.run(request, 'list', after);
  // One more than is shown says whether there is another page.
  const found = await service.runtime.list({
    limit: limit + 1,
    ...(status !== undefined && { status: status as RunStatusName }),
    ...(agent !== undefined && { agent }),
    ...(sessionId !== undefined && { sessionId: sessionKey(principal, sessionId) }),
    ...(after !== undefined && { after }),
    ...(principal.allRuns !== true && { principal: principal.id }),
  });
  const runs = found.slice(0, limit).map((each) => summaryView(each, principal));
  const next = found.length > limit ? found[limit - 1]?.id : undefined;
  return json(200, { runs, ...(next !== undefined && { next }) });
}
