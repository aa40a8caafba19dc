/** What the routes of runs and sessions take and give. */
import type { Contract } from './contract.ts';
import {
  AGENT,
  ANY,
  CALL_ID,
  EVENT_PAGE,
  INPUT,
  MESSAGE_ID,
  OK,
  POSITION,
  RUN_ID_SCHEMA,
  RUN_LIST,
  RUN_REFERENCE,
  RUN_STATUS,
  SESSION,
  SESSION_ID,
  STATUS_FILTER,
  TRACE,
} from './parts.ts';
import type { Schema } from './schema.ts';

const STREAMS = ['text/event-stream', 'application/x-ndjson', 'text/plain'] as const;
const RUN = { id: RUN_ID_SCHEMA };
const CALL = { id: RUN_ID_SCHEMA, callId: CALL_ID };

const fields = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
});

export const POST_RUN: Contract = {
  id: 'postRun',
  summary: 'Begins a run.',
  action: 'run',
  headers: {
    'idempotency-key': {
      type: 'string',
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description: 'A request that is sent again with the same key begins no second run.',
    },
    traceparent: { type: 'string', description: 'W3C trace context: the run is in that trace.' },
  },
  body: {
    title: 'RunRequest',
    ...fields(
      {
        agent: AGENT,
        input: INPUT,
        sessionId: SESSION_ID,
        metadata: { ...ANY, description: 'Any JSON. Comes back with the run.' },
        stream: { type: 'boolean', description: 'Answer with the run’s events. By default, what `accept` prefers.' },
        background: { type: 'boolean', default: false, description: 'Answer at once, with 202.' },
        maxTurns: { type: 'integer', minimum: 1, maximum: 1_000, description: 'Questions to models.' },
      },
      ['input'],
    ),
  },
  answers: {
    200: {
      description: 'The run has ended, or waits; or its events, as they come.',
      schema: RUN_STATUS,
      types: STREAMS,
      headers: { location: 'Where the run is.' },
    },
    202: { description: 'The run has begun.', schema: RUN_STATUS, headers: { location: 'Where the run is.' } },
  },
  errors: [409, 422],
};

export const LIST_RUNS: Contract = {
  id: 'listRuns',
  summary: 'Runs of the principal, newest first, a page at a time.',
  action: 'list',
  query: {
    status: STATUS_FILTER,
    agent: AGENT,
    sessionId: SESSION_ID,
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    after: { ...RUN_ID_SCHEMA, description: '`next` of the page before.' },
  },
  answers: { 200: { description: 'A page.', schema: RUN_LIST } },
};

export const GET_RUN: Contract = {
  id: 'getRun',
  summary: 'How a run stands.',
  action: 'read',
  params: RUN,
  answers: { 200: { description: 'As it stands.', schema: RUN_STATUS, headers: { location: 'Where the run is.' } } },
};

export const DELETE_RUN: Contract = {
  id: 'deleteRun',
  summary: 'Removes a run that has ended, with its log.',
  action: 'delete',
  params: RUN,
  answers: { 204: { description: 'It is gone.' } },
  errors: [409],
};

export const GET_EVENTS: Contract = {
  id: 'getEvents',
  summary: 'A run’s events from any position on, live. Ends with the run.',
  action: 'read',
  params: RUN,
  query: {
    from: { type: 'integer', minimum: 0, description: 'The first event to send.' },
    after: POSITION,
    waitMs: {
      type: 'integer',
      minimum: 0,
      maximum: 30_000,
      default: 30_000,
      description: 'For JSON: how long to wait for an event.',
    },
    view: {
      type: 'string',
      enum: ['client', 'full'],
      default: 'client',
      description: '`full` shows all that is in the log, and needs the action `inspect`.',
    },
  },
  headers: { 'last-event-id': POSITION },
  answers: {
    200: { description: 'The events.', schema: EVENT_PAGE, types: STREAMS },
    204: { description: 'The run has ended, and there is nothing more.' },
  },
  errors: [406, 410],
};

export const GET_TRACE: Contract = {
  id: 'getTrace',
  summary: 'A run’s spans, as a tree.',
  action: 'inspect',
  params: RUN,
  answers: { 200: { description: 'The spans that the log has so far.', schema: TRACE } },
};

export const CANCEL_RUN: Contract = {
  id: 'cancelRun',
  summary: 'Asks a run to stop. Does nothing to one that has ended.',
  action: 'cancel',
  params: RUN,
  body: {
    title: 'CancelRequest',
    ...fields({
      reason: { type: 'string', minLength: 1, maxLength: 4_096 },
      mode: { type: 'string', enum: ['immediate', 'after_turn'], default: 'immediate' },
    }),
  },
  bodyOptional: true,
  answers: { 202: { description: 'It has been asked.', schema: RUN_REFERENCE } },
};

export const DECIDE_CALL: Contract = {
  id: 'decideCall',
  summary: 'Approves or rejects a call that waits for it.',
  action: 'approve',
  params: CALL,
  body: {
    title: 'Decision',
    ...fields(
      {
        approved: { type: 'boolean' },
        message: {
          type: 'string',
          minLength: 1,
          maxLength: 4_096,
          description: 'What the model is told of a rejection.',
        },
        always: { type: 'boolean', description: 'Holds for all later calls of this tool by this agent, in this run.' },
      },
      ['approved'],
    ),
  },
  answers: { 200: { description: 'It is decided.', schema: RUN_REFERENCE } },
  errors: [409],
};

export const ANSWER_CALL: Contract = {
  id: 'answerCall',
  summary: 'Answers a call that waits for it.',
  action: 'input',
  params: CALL,
  body: {
    title: 'CallAnswer',
    ...fields({ answer: { ...ANY, description: 'Any JSON.' }, messageId: MESSAGE_ID }, ['answer']),
  },
  answers: { 200: { description: 'It is answered.', schema: RUN_REFERENCE } },
  errors: [409],
};

export const SEND_INPUT: Contract = {
  id: 'sendInput',
  summary: 'Tells a run more: the answer to the one call that waits for input, or a part of its next turn.',
  action: 'input',
  params: RUN,
  body: { title: 'InputRequest', ...fields({ input: INPUT, messageId: MESSAGE_ID }, ['input']) },
  answers: { 202: { description: 'It is in the run’s mailbox.', schema: RUN_REFERENCE } },
  errors: [409, 429],
};

export const GET_SESSION: Contract = {
  id: 'getSession',
  summary: 'What was said in a conversation.',
  action: 'session.read',
  params: { id: SESSION_ID },
  answers: { 200: { description: 'Its items; none for one that nobody began.', schema: SESSION } },
};

export const DELETE_SESSION: Contract = {
  id: 'deleteSession',
  summary: 'Forgets a conversation that no run is in.',
  action: 'session.delete',
  params: { id: SESSION_ID },
  answers: { 204: { description: 'It is empty.' } },
  errors: [409],
};

export const HEALTH: Contract = {
  id: 'healthz',
  summary: 'Whether the process answers.',
  answers: { 200: { description: 'It does.', schema: OK } },
};

export const READY: Contract = {
  id: 'readyz',
  summary: 'Whether runs are taken.',
  answers: {
    200: { description: 'They are.', schema: OK },
    503: { description: 'The server stops, or its store does not answer.', schema: OK },
  },
};

export const OPENAPI: Contract = {
  id: 'openapi',
  summary: 'This document.',
  answers: { 200: { description: 'OpenAPI 3.1.', schema: { type: 'object' } } },
};
