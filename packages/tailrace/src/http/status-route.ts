/** `GET runs/:id` and `GET runs`. */
import type { RunStatusName } from '../port/run-summary.ts';
import { wholeNumber } from './fields.ts';
import { HttpError } from './http-error.ts';
import type { Principal } from './options.ts';
import { json, type Reply } from './reply.ts';
import type { Call } from './route.ts';
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

const STATUSES: readonly RunStatusName[] = ['submitted', 'running', 'suspended', 'completed', 'failed', 'cancelled'];

export async function listRuns({ service, request, url }: Call): Promise<Reply> {
  const principal = await service.access.principal(request, { action: 'list' });
  const status = url.searchParams.get('status');
  if (status !== null && !STATUSES.some((each) => each === status))
    throw new HttpError('BODY_INVALID', `'status' must be one of: ${STATUSES.join(', ')}.`);
  const limit = wholeNumber(url, 'limit', { most: 100 }) ?? 20;
  const after = url.searchParams.get('after');
  const found = await service.runtime.list({
    limit: Math.max(1, limit),
    ...(status !== null && { status: status as RunStatusName }),
    ...(after !== null && { after }),
    ...(principal.allRuns !== true && { principal: principal.id }),
  });
  return json(200, { runs: found.map((each) => summaryView(each, principal)) });
}
