// Who may do what, and for whom: each caller has a principal, runs belong to it, and tools get a context made for it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent, type RunContext, tool } from 'tailrace';
import { createNodeListener, type Principal } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';
import { urlOf } from './visit.ts';

interface Shop {
  user: string;
}
const looked: string[] = [];
const orders = new Map([
  ['ann', 'a lamp'],
  ['ben', 'a kite'],
]);
const myOrder = tool({
  name: 'my_order',
  description: 'What the customer has ordered.',
  parameters: z.object({}),
  execute: (_, context?: RunContext<Shop>) => {
    const user = context?.context.user ?? '';
    looked.push(user);
    return orders.get(user) ?? 'nothing';
  },
});
const model = new ScriptedModel([
  [functionCall('my_order', {}, { callId: 'call_1' })],
  [assistantMessage('You have ordered a lamp.')],
]);
const support = new Agent<Shop>({ name: 'Support', model, tools: [myOrder] });

const tokens = new Map<string, Principal>([
  ['Bearer token-of-ann', { id: 'ann' }],
  ['Bearer token-of-ben', { id: 'ben' }],
]);
const store = sqlite('runs.db');
const listener = createNodeListener({
  agents: { support },
  store,
  authorize: (request) => tokens.get(request.headers.get('authorization') ?? ''),
  context: (_request, principal): Shop => ({ user: principal.id }),
  // A browser that reloads has a minute; then the run is cancelled.
  onDisconnect: { cancelAfterMs: 60_000 },
  limits: { runsPerPrincipal: 5, streamsPerPrincipal: 10, bodyBytes: 64 * 1024 },
});
const server = createServer(listener).listen(0, '127.0.0.1');
await once(server, 'listening');

async function ask(path: string, token: string, input?: string): Promise<Response> {
  return fetch(`${urlOf(server)}${path}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(input !== undefined && { method: 'POST', body: JSON.stringify({ input }) }),
  });
}
const run = (await (await ask('/runs', 'token-of-ann', 'What did I order?')).json()) as { id: string; output: string };
console.log(`ann: ${run.output}`);
const [stranger, other, owner] = await Promise.all([
  ask(`/runs/${run.id}`, 'no-token'),
  ask(`/runs/${run.id}`, 'token-of-ben'),
  ask(`/runs/${run.id}`, 'token-of-ann'),
]);
console.log(`asked for her run: a stranger gets ${stranger.status}, ben ${other.status}, ann ${owner.status}`);
assert.deepEqual([stranger.status, other.status, owner.status], [401, 404, 200]);
assert.deepEqual(looked, ['ann']);

await listener.stop();
server.close();
await store.close();
