// An agent for every client of the OpenAI Responses API: here the official one.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { serveClerk } from './clerk.ts';

await using clerk = await serveClerk();
const client = new OpenAI({ baseURL: `${clerk.url}/v1`, apiKey: 'whatever-authorize-reads' });

// `model` names the agent. The connection may break: `starting_after` is where to go on.
const stream = await client.responses.create({ model: 'clerk', input: 'Pay invoice 7.', stream: true });
let [id, seen] = ['', -1];
for await (const event of stream) {
  if (event.type === 'response.created') id = event.response.id;
  seen = event.sequence_number;
  if (event.type === 'response.output_text.delta') break;
}
for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: seen })) {
  assert.equal(event.sequence_number, ++seen);
}

// It waits: somebody must say whether it may pay.
const waiting = await client.responses.retrieve(id);
for (const item of waiting.output) console.log(item.type, 'name' in item ? item.name : '');
const request = waiting.output.find((item) => item.type === 'mcp_approval_request');
assert.equal(request?.arguments, '{"amount":40}');

const done = await client.responses.create({
  model: 'clerk',
  previous_response_id: id,
  input: [{ type: 'mcp_approval_response', approval_request_id: request.id, approve: true }],
});
console.log(done.output_text);
assert.equal(done.output_text, 'Invoice 7 is paid.');
