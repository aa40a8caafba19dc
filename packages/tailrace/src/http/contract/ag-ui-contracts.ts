/** What the routes of AG-UI take and give. Fields that are not named are ignored, as its clients send many. */
import type { Contract } from './contract.ts';
import { answerContract, stopContract } from './conversation-contracts.ts';
import { AGENT, SESSION_ID } from './parts.ts';
import type { Schema } from './schema.ts';

const STREAM = ['text/event-stream'] as const;

const none = (description: string): Schema => ({
  anyOf: [{ type: 'array', maxItems: 0, description }, { type: 'null' }],
});

const RUN_AGENT: Contract = {
  id: 'postAgUi',
  summary: 'AG-UI 1.0: what the user says next, or answers.',
  action: 'run',
  body: {
    title: 'RunAgentInput',
    type: 'object',
    properties: {
      threadId: SESSION_ID,
      runId: { type: 'string', minLength: 1, maxLength: 256 },
      messages: { type: 'array', maxItems: 10_000, items: { type: 'object' } },
      tools: none('Tools are the agent’s own.'),
      context: none('Context is the server’s own.'),
      resume: {
        anyOf: [
          {
            type: 'array',
            maxItems: 1_000,
            items: {
              type: 'object',
              properties: {
                interruptId: { type: 'string' },
                status: { type: 'string', enum: ['resolved', 'cancelled'] },
              },
              required: ['interruptId', 'status'],
            },
          },
          { type: 'null' },
        ],
      },
    },
    required: ['threadId', 'runId', 'messages'],
  },
  answers: { 200: { description: 'The answer, as it comes.', types: STREAM } },
  errors: [409],
};

export const POST_AG_UI: Contract = RUN_AGENT;

export const POST_AG_UI_AGENT: Contract = { ...RUN_AGENT, id: 'postAgUiAgent', params: { agent: AGENT } };

export const GET_AG_UI: Contract = answerContract('getAgUi', 'thread', 'thread');

export const STOP_AG_UI: Contract = stopContract('stopAgUi', 'thread', 'thread');
