// A conversation that the provider keeps: each call sends what is new. The server here is a local one that keeps histories as OpenAI does.
import assert from 'node:assert/strict';
import {
  Agent,
  OpenAIConversationsSession,
  OpenAIResponsesModel,
  run,
  startOpenAIConversationsSession,
  tool,
} from 'tailrace';
import { startWireServer, type WireBody } from 'tailrace/testing';
import { z } from 'zod';

const inputOf = (body: WireBody | undefined): unknown[] => (body?.['input'] ?? []) as unknown[];

await using server = await startWireServer({
  script: ({ body }) => {
    const asked = JSON.stringify(inputOf(body).at(-1));
    if (asked.includes('weather')) return { steps: [{ type: 'tool_call', name: 'look', arguments: {} }] };
    return { steps: [{ type: 'text', text: 'Bring an umbrella.' }] };
  },
});
const client = { baseURL: server.url, apiKey: 'local' };
const look = tool({ name: 'look', description: 'Looks outside.', parameters: z.object({}), execute: () => 'Rain.' });
const agent = new Agent({ name: 'Guide', model: new OpenAIResponsesModel(client, 'scripted'), tools: [look] });
const sent = (): number[] => server.requests.map(({ body }) => inputOf(body).length);

// By the id of a conversation: the question, then the tool's output alone, then the next question.
const conversationId = await startOpenAIConversationsSession(client);
await run(agent, 'How is the weather?', { conversationId });
await run(agent, 'Anything else?', { conversationId });
assert.deepEqual(sent(), [1, 1, 1]);

// As a chain of responses, from the last one that there is.
const first = await run(agent, 'Hello');
assert(first.lastResponseId);
const second = await run(agent, 'How is the weather?', { previousResponseId: first.lastResponseId });
assert.deepEqual(sent().slice(3), [1, 1, 1]);
assert.equal(second.finalOutput, 'Bring an umbrella.');

// As a session that lives at OpenAI: loaded and sent whole, like any other session.
const session = new OpenAIConversationsSession({ ...client, conversationId });
await run(agent, 'Thanks', { session });
console.log(`${(await session.getItems()).length} items in ${session.sessionId}`);
assert.equal(sent().at(-1), 7);
