/** What the routes of other protocols take and give: as much of it as is checked here. Fields that are not named are ignored, as their clients send many. */
import type { Contract } from './contract.ts';
import { answerContract, stopContract } from './conversation-contracts.ts';
import { AGENT, ANY, SESSION_ID } from './parts.ts';
import type { Schema } from './schema.ts';

const STREAM = ['text/event-stream'] as const;

const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const FLAG: Schema = orNull({ type: 'boolean' });
const LIST: Schema = { type: 'array', maxItems: 10_000, items: { type: 'object' } };

const TEXT_FORMAT: Schema = {
  type: 'object',
  properties: { type: { type: 'string', enum: ['text'], description: 'The form of the output is the agent’s own.' } },
  required: ['type'],
};

const RESPONSE: Schema = {
  title: 'Response',
  type: 'object',
  properties: { id: { type: 'string' }, object: { type: 'string', enum: ['response'] }, status: { type: 'string' } },
  required: ['id', 'object', 'status'],
};

const RESPONSE_ID: Schema = {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]{1,128}(\\.[1-9]\\d{0,5})?$',
  description: 'The id of a response: of its run, with `.n` behind it for what follows its n-th wait.',
};

export const CREATE_RESPONSE: Contract = {
  id: 'createResponse',
  summary: 'OpenAI Responses: asks an agent, which `model` names.',
  action: 'run',
  body: {
    title: 'ResponseRequest',
    type: 'object',
    properties: {
      model: AGENT,
      input: {
        anyOf: [
          { type: 'string', minLength: 1 },
          { ...LIST, minItems: 1 },
        ],
      },
      stream: FLAG,
      background: FLAG,
      previous_response_id: orNull(RESPONSE_ID),
      conversation: {
        anyOf: [SESSION_ID, { type: 'object', properties: { id: SESSION_ID }, required: ['id'] }, { type: 'null' }],
      },
      metadata: orNull({ type: 'object' }),
      instructions: { type: 'null', description: 'Instructions are the agent’s own.' },
      tools: orNull({ type: 'array', maxItems: 0, description: 'Tools are the agent’s own.' }),
      text: orNull({ type: 'object', properties: { format: orNull(TEXT_FORMAT) } }),
    },
    required: ['model', 'input'],
  },
  answers: { 200: { description: 'The response, or its events.', schema: RESPONSE, types: STREAM } },
  errors: [409, 422],
};

export const GET_RESPONSE: Contract = {
  id: 'getResponse',
  summary: 'A response as it is, or its events.',
  action: 'read',
  params: { id: RESPONSE_ID },
  query: {
    stream: { type: 'string', enum: ['true', 'false'], description: '`true` for its events.' },
    starting_after: { type: 'integer', minimum: 0, description: 'The number of the last event that was seen.' },
  },
  answers: { 200: { description: 'The response, or its events.', schema: RESPONSE, types: STREAM } },
  errors: [410],
};

export const CANCEL_RESPONSE: Contract = {
  id: 'cancelResponse',
  summary: 'Stops a response.',
  action: 'cancel',
  params: { id: RESPONSE_ID },
  answers: { 200: { description: 'The response.', schema: RESPONSE } },
};

export const POST_CHAT: Contract = {
  id: 'postChat',
  summary: 'AI SDK UI message stream: what the user says next, or decides.',
  action: 'run',
  body: {
    title: 'ChatRequest',
    type: 'object',
    properties: {
      id: SESSION_ID,
      messages: { type: 'array', minItems: 1, maxItems: 10_000, items: { type: 'object' } },
      trigger: { type: 'string', enum: ['submit-message'], description: 'What was said stays as it was said.' },
      messageId: orNull({ type: 'string', description: 'Not of a message of the user that was said before.' }),
      agent: AGENT,
      metadata: ANY,
    },
    required: ['id', 'messages'],
  },
  answers: { 200: { description: 'The answer, as it comes.', types: STREAM } },
  errors: [409],
};

export const GET_CHAT: Contract = answerContract('getChat', 'chat', 'id');

export const STOP_CHAT: Contract = stopContract('stopChat', 'chat', 'id');
