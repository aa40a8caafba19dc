/** Schemas that several routes share. */
import { RUN_ID } from '../../base/id.ts';
import type { Schema } from './schema.ts';

const text = (description?: string): Schema => ({ type: 'string', ...(description !== undefined && { description }) });
const wholeNumber = (description: string): Schema => ({ type: 'integer', minimum: 0, description });
const TIME: Schema = wholeNumber('Milliseconds since the epoch.');

export const RUN_ID_SCHEMA: Schema = { type: 'string', pattern: RUN_ID.source, description: 'The id of a run.' };

export const CALL_ID: Schema = { type: 'string', minLength: 1, maxLength: 1_024, description: 'The id of a call.' };

export const SESSION_ID: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
  description:
    'The id of a conversation, without control characters. It is the principal’s own: the same id of somebody else is another one.',
};

export const AGENT: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'The name that the agent is registered by. May be left out where there is one.',
};

export const MESSAGE_ID: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'What is sent again with the same id changes nothing.',
};

/** Any JSON. */
export const ANY: Schema = {};

export const POSITION: Schema = {
  type: 'string',
  maxLength: 64,
  description: 'A position that an event came with: `<seq>.<epoch>`.',
};

const part = (type: string, properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: 'object',
  properties: { type: { type: 'string', enum: [type] }, ...properties },
  required: ['type', ...required],
  additionalProperties: false,
});

const reference = (name: string): Schema => ({
  type: 'object',
  properties: { [name]: text() },
  required: [name],
  additionalProperties: false,
});

// Not more than this: what a provider makes of other fields is not the client's to choose.
const USER_PARTS: readonly Schema[] = [
  part('input_text', { text: text() }, ['text']),
  part('input_image', { image: { anyOf: [text(), reference('id')] }, detail: text() }, ['image']),
  part('input_file', { file: { anyOf: [text(), reference('id'), reference('url')] }, filename: text() }, ['file']),
  part('audio', { audio: { anyOf: [text(), reference('id')] }, format: text() }, ['audio']),
];

export const USER_MESSAGE: Schema = {
  title: 'UserMessage',
  description: 'Clients speak as users.',
  type: 'object',
  properties: {
    type: { type: 'string', enum: ['message'] },
    role: { type: 'string', enum: ['user'] },
    content: { anyOf: [text(), { type: 'array', minItems: 1, maxItems: 1_000, items: { anyOf: USER_PARTS } }] },
    id: { type: 'string', maxLength: 256 },
  },
  required: ['role', 'content'],
  additionalProperties: false,
};

export const INPUT: Schema = {
  title: 'Input',
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', minItems: 1, maxItems: 10_000, items: USER_MESSAGE },
  ],
};

export const ERROR: Schema = {
  title: 'Error',
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: text('One of the codes of the list of errors.'),
        message: text('For people. It may change.'),
      },
      required: ['code', 'message'],
    },
  },
  required: ['error'],
};

const STATUS_NAME: Schema = {
  title: 'RunStatusName',
  type: 'string',
  enum: ['submitted', 'running', 'suspended', 'completed', 'failed', 'cancelled'],
};
export const STATUS_FILTER: Schema = STATUS_NAME;

const ABOUT: Readonly<Record<string, Schema>> = {
  id: RUN_ID_SCHEMA,
  status: STATUS_NAME,
  agent: text(),
  sessionId: text(),
  metadata: ANY,
  at: TIME,
};

const FAILURE: Schema = {
  type: 'object',
  properties: { code: text(), message: text(), retryable: { type: 'boolean' } },
  required: ['code', 'message', 'retryable'],
  additionalProperties: false,
};

const APPROVAL: Schema = {
  title: 'PendingApproval',
  type: 'object',
  properties: {
    step: text('Names the call where one id was used twice. Decide by it as by the id.'),
    callId: text(),
    tool: text(),
    agent: text(),
    arguments: text('JSON. For whoever may decide, or where the tool shows them to clients.'),
    expiresAt: TIME,
  },
  required: ['callId', 'tool', 'agent'],
  additionalProperties: false,
};

const WAIT: Schema = {
  title: 'PendingWait',
  type: 'object',
  properties: {
    step: text(),
    callId: text(),
    tool: text(),
    agent: text(),
    for: text(),
    prompt: ANY,
    until: TIME,
  },
  required: ['step', 'callId', 'tool', 'agent', 'for'],
  additionalProperties: false,
};

export const RUN_STATUS: Schema = {
  title: 'RunStatus',
  type: 'object',
  properties: {
    ...ABOUT,
    output: text('The final output, as text.'),
    error: FAILURE,
    reason: text('Why it was cancelled.'),
    usage: { type: 'object' },
    waitsFor: text(),
    wakeAt: TIME,
    approvals: { type: 'array', items: APPROVAL },
    waits: { type: 'array', items: WAIT },
  },
  required: ['id', 'status', 'agent', 'at', 'usage', 'approvals', 'waits'],
  additionalProperties: false,
};

export const RUN_LIST: Schema = {
  title: 'RunList',
  type: 'object',
  properties: {
    runs: {
      type: 'array',
      items: {
        title: 'RunSummary',
        type: 'object',
        properties: { ...ABOUT, updatedAt: TIME },
        required: ['id', 'status', 'agent', 'at', 'updatedAt'],
        additionalProperties: false,
      },
    },
    next: { ...RUN_ID_SCHEMA, description: 'Give it as `after` for the next page. Not there on the last one.' },
  },
  required: ['runs'],
  additionalProperties: false,
};

export const EVENT: Schema = {
  title: 'Event',
  description:
    'An event of the run’s log. Its fields depend on its type; numbers have gaps where something is not shown.',
  type: 'object',
  properties: {
    type: text(),
    run: RUN_ID_SCHEMA,
    seq: wholeNumber('Its place in the log.'),
    epoch: wholeNumber('Its writer.'),
    at: TIME,
  },
  required: ['type', 'run', 'seq', 'epoch', 'at'],
};

export const EVENT_PAGE: Schema = {
  title: 'EventPage',
  type: 'object',
  properties: {
    events: { type: 'array', items: EVENT },
    next: wholeNumber('Go on with it as `from`.'),
    position: { ...POSITION, description: 'Go on with it as `after`.' },
    snapshot: { type: 'object', description: 'Takes the place of all that the reader has.' },
  },
  required: ['events', 'next'],
  additionalProperties: false,
};

export const TRACE: Schema = {
  title: 'Trace',
  type: 'object',
  properties: {
    run: RUN_ID_SCHEMA,
    traceId: text(),
    spans: {
      type: 'array',
      items: { type: 'object', description: 'A span: id, data, startedAt, endedAt, error, children.' },
    },
  },
  required: ['run', 'spans'],
  additionalProperties: false,
};

export const SESSION: Schema = {
  title: 'Session',
  type: 'object',
  properties: { id: text(), items: { type: 'array', items: { type: 'object' } } },
  required: ['id', 'items'],
  additionalProperties: false,
};

export const RUN_REFERENCE: Schema = {
  type: 'object',
  properties: { id: RUN_ID_SCHEMA, callId: text(), approved: { type: 'boolean' } },
  required: ['id'],
  additionalProperties: false,
};

export const OK: Schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };
