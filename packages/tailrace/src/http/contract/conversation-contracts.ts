/** What coming back to a conversation's answer and stopping it take and give, in each protocol whose conversations are sessions. */
import type { Contract } from './contract.ts';
import { RUN_ID_SCHEMA, SESSION_ID } from './parts.ts';

/** @param what the protocol's word for a conversation, in the sentence that the document has */
export function answerContract(id: string, what: string, param: string): Contract {
  return {
    id,
    summary: `The answer of a ${what} that is under way, from its beginning or after a position.`,
    action: 'read',
    params: { [param]: SESSION_ID },
    query: { after: { type: 'string', maxLength: 64 } },
    headers: { 'last-event-id': { type: 'string' } },
    answers: {
      200: { description: 'The answer, as it comes.', types: ['text/event-stream'] },
      204: { description: 'Nothing is under way.' },
    },
    errors: [410],
  };
}

export function stopContract(id: string, what: string, param: string): Contract {
  return {
    id,
    summary: `Stops the answer of a ${what}.`,
    action: 'cancel',
    params: { [param]: SESSION_ID },
    answers: {
      202: {
        description: 'It has been asked to stop.',
        schema: { type: 'object', properties: { id: RUN_ID_SCHEMA }, required: ['id'] },
      },
      204: { description: 'Nothing is under way.' },
    },
  };
}
