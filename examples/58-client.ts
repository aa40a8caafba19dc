// The client: a run is begun, its connection is cut in the middle of each turn, a call is approved, and each event is read once.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent, tool } from 'tailrace';
import { createClient, EMPTY_VIEW, type RunView, viewRun } from 'tailrace/client';
import { createNodeListener } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { functionCall, ScriptedModel, textStream } from 'tailrace/testing';
import { z } from 'zod';
import { urlOf } from './visit.ts';

const pay = tool({
  name: 'pay',
  description: 'Pays an invoice.',
  parameters: z.object({ invoice: z.number() }),
  needsApproval: true,
  exposeToClient: true,
  execute: ({ invoice }) => `Invoice ${invoice} is paid.`,
});
const model = new ScriptedModel([
  [functionCall('pay', { invoice: 7 }, { callId: 'call_1' })],
  textStream('Invoice 7 is paid, as you asked.'),
]);
const clerk = new Agent({ name: 'Clerk', tools: [pay], model });
const store = sqlite(':memory:');
const listener = createNodeListener({ agents: { clerk }, store });
const server = createServer(listener).listen(0, '127.0.0.1');
await once(server, 'listening');

// In a page this is all: `createClient({ baseURL: '/api' })`.
const client = createClient({ baseURL: urlOf(server), delayMs: () => 10 });

const reader = client.run({ agent: 'clerk', input: 'Pay invoice 7.' });
const seen: number[] = [];
let view: RunView = EMPTY_VIEW;
for await (const event of reader) {
  view = viewRun(view, event);
  if ('seq' in event) seen.push(event.seq);
  if (event.type === 'turn.started') server.closeAllConnections();
  if (event.type !== 'run.suspended') continue;
  for (const { callId, tool: name, arguments: args } of view.approvals) {
    console.log(`${name} ${args}: approved`);
    await client.approve(event.run, callId);
  }
}
console.log(view.messages);
assert.equal(view.status, 'completed');
assert.equal(view.output, 'Invoice 7 is paid, as you asked.');
assert.deepEqual(
  seen,
  seen.toSorted((a, b) => a - b),
);
assert.equal(new Set(seen).size, seen.length);

// Another reader, elsewhere and later, from the beginning or from any place.
let again: RunView = EMPTY_VIEW;
for await (const event of client.attach(view.run ?? '')) again = viewRun(again, event);
assert.deepEqual(again, view);
const { runs } = await client.list({ status: 'completed' });
console.log(runs);

await listener.stop();
server.close();
await store.close();
