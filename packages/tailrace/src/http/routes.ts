/** All routes, below the handler's `basePath`. */
import { GET_AG_UI, POST_AG_UI, POST_AG_UI_AGENT, STOP_AG_UI } from './contract/ag-ui-contracts.ts';
import {
  CANCEL_RESPONSE,
  CREATE_RESPONSE,
  GET_CHAT,
  GET_RESPONSE,
  POST_CHAT,
  STOP_CHAT,
} from './contract/protocol-contracts.ts';
import {
  ANSWER_CALL,
  CANCEL_RUN,
  DECIDE_CALL,
  DELETE_RUN,
  DELETE_SESSION,
  GET_EVENTS,
  GET_RUN,
  GET_SESSION,
  GET_TRACE,
  HEALTH,
  LIST_RUNS,
  OPENAPI,
  POST_RUN,
  READY,
  SEND_INPUT,
} from './contract/run-contracts.ts';
import { getAgUi, postAgUi, stopAgUi } from './ag-ui/ag-ui-routes.ts';
import { getEvents } from './events-route.ts';
import { openApiDocument } from './openapi.ts';
import { json } from './reply.ts';
import { getReady } from './ready-route.ts';
import { cancelResponse, createResponse, getResponse } from './responses/responses-routes.ts';
import type { Route } from './route.ts';
import { deleteSession, getSession } from './session-routes.ts';
import { getRun, listRuns } from './status-route.ts';
import { answerCall, cancelRun, decideCall, deleteRun, sendInput } from './steering-routes.ts';
import { postRun } from './submit-route.ts';
import { getTrace } from './trace-route.ts';
import { getChat, postChat, stopChat } from './ui/ui-routes.ts';

export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/runs', contract: POST_RUN, answer: postRun },
  { method: 'GET', path: '/runs', contract: LIST_RUNS, answer: listRuns },
  { method: 'GET', path: '/runs/:id', contract: GET_RUN, answer: getRun },
  { method: 'DELETE', path: '/runs/:id', contract: DELETE_RUN, answer: deleteRun },
  { method: 'GET', path: '/runs/:id/events', contract: GET_EVENTS, answer: getEvents },
  { method: 'GET', path: '/runs/:id/trace', contract: GET_TRACE, answer: getTrace },
  { method: 'POST', path: '/runs/:id/cancel', contract: CANCEL_RUN, answer: cancelRun },
  { method: 'POST', path: '/runs/:id/approvals/:callId', contract: DECIDE_CALL, answer: decideCall },
  { method: 'POST', path: '/runs/:id/answers/:callId', contract: ANSWER_CALL, answer: answerCall },
  { method: 'POST', path: '/runs/:id/input', contract: SEND_INPUT, answer: sendInput },
  { method: 'GET', path: '/sessions/:id', contract: GET_SESSION, answer: getSession },
  { method: 'DELETE', path: '/sessions/:id', contract: DELETE_SESSION, answer: deleteSession },
  { method: 'POST', path: '/v1/responses', contract: CREATE_RESPONSE, answer: createResponse },
  { method: 'GET', path: '/v1/responses/:id', contract: GET_RESPONSE, answer: getResponse },
  { method: 'POST', path: '/v1/responses/:id/cancel', contract: CANCEL_RESPONSE, answer: cancelResponse },
  { method: 'POST', path: '/chat', contract: POST_CHAT, answer: postChat },
  { method: 'GET', path: '/chat/:id/stream', contract: GET_CHAT, answer: getChat },
  { method: 'POST', path: '/chat/:id/stop', contract: STOP_CHAT, answer: stopChat },
  { method: 'POST', path: '/ag-ui', contract: POST_AG_UI, answer: postAgUi },
  { method: 'POST', path: '/ag-ui/:agent', contract: POST_AG_UI_AGENT, answer: postAgUi },
  { method: 'GET', path: '/ag-ui/:thread/stream', contract: GET_AG_UI, answer: getAgUi },
  { method: 'POST', path: '/ag-ui/:thread/stop', contract: STOP_AG_UI, answer: stopAgUi },
  { method: 'GET', path: '/healthz', contract: HEALTH, answer: () => json(200, { ok: true }) },
  { method: 'GET', path: '/readyz', contract: READY, answer: getReady },
  {
    method: 'GET',
    path: '/openapi.json',
    contract: OPENAPI,
    answer: ({ service }) => json(200, openApiDocument(ROUTES, service.options.basePath ?? '')),
  },
];
