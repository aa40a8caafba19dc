/** All routes, below the handler's `basePath`. */
import { getEvents } from './events-route.ts';
import { json } from './reply.ts';
import { cancelResponse, createResponse, getResponse } from './responses/responses-routes.ts';
import type { Route } from './route.ts';
import { deleteSession, getSession } from './session-routes.ts';
import { getRun, listRuns } from './status-route.ts';
import { answerCall, cancelRun, decideCall, deleteRun, sendInput } from './steering-routes.ts';
import { postRun } from './submit-route.ts';
import { getChat, postChat, stopChat } from './ui/ui-routes.ts';

export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/runs', answer: postRun },
  { method: 'GET', path: '/runs', answer: listRuns },
  { method: 'GET', path: '/runs/:id', answer: getRun },
  { method: 'DELETE', path: '/runs/:id', answer: deleteRun },
  { method: 'GET', path: '/runs/:id/events', answer: getEvents },
  { method: 'POST', path: '/runs/:id/cancel', answer: cancelRun },
  { method: 'POST', path: '/runs/:id/approvals/:callId', answer: decideCall },
  { method: 'POST', path: '/runs/:id/answers/:callId', answer: answerCall },
  { method: 'POST', path: '/runs/:id/input', answer: sendInput },
  { method: 'GET', path: '/sessions/:id', answer: getSession },
  { method: 'DELETE', path: '/sessions/:id', answer: deleteSession },
  { method: 'POST', path: '/v1/responses', answer: createResponse },
  { method: 'GET', path: '/v1/responses/:id', answer: getResponse },
  { method: 'POST', path: '/v1/responses/:id/cancel', answer: cancelResponse },
  { method: 'POST', path: '/chat', answer: postChat },
  { method: 'GET', path: '/chat/:id/stream', answer: getChat },
  { method: 'POST', path: '/chat/:id/stop', answer: stopChat },
  { method: 'GET', path: '/healthz', answer: () => json(200, { ok: true }) },
  {
    method: 'GET',
    path: '/readyz',
    answer: async ({ service }) => {
      await service.ready;
      return service.stopping.aborted ? json(503, { ok: false }) : json(200, { ok: true });
    },
  },
];
