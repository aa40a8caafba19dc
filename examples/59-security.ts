// What a server of runs does by default, asked by those whom it should not serve.
import assert from 'node:assert/strict';
import { Agent, tool } from 'tailrace';
import { type Authorize, createHandler } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

let paid = 0;
const pay = tool({
  name: 'pay',
  description: 'Pays a bill.',
  parameters: z.object({ euros: z.number() }),
  needsApproval: true,
  execute: ({ euros }) => `Paid ${(paid += euros)}.`,
});
const model = new ScriptedModel([
  [functionCall('pay', { euros: 90 }, { callId: 'call_1' })],
  [assistantMessage('The bill is paid.')],
]);

// One place says who asks. The clerk may begin runs and read them; only the manager decides, about anybody's.
const authorize: Authorize = (request, { action }) => {
  const token = request.headers.get('authorization');
  if (token === 'Bearer clerk') return action === 'approve' || action === 'inspect' ? false : { id: 'clerk' };
  if (token === 'Bearer manager') return { id: 'manager', allRuns: true };
  return null;
};

const store = sqlite('runs.db');
const agents = { bills: new Agent({ name: 'Bills', model, tools: [pay] }) };
const handler = createHandler({ agents, store, authorize, limits: { runsPerPrincipal: 1 } });

async function ask(
  token: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return handler(
    new Request(`https://runs.example${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    }),
  );
}

const { id } = (await (await ask('clerk', '/runs', { input: 'Pay the bill.' })).json()) as { id: string };
const decision = `/runs/${id}/approvals/call_1`;

const refused: [what: string, answer: Response, status: number][] = [
  ['somebody who is not known', await ask('nobody', `/runs/${id}`), 401],
  ['the clerk decides', await ask('clerk', decision, { approved: true }), 403],
  ['the clerk reads the whole log', await ask('clerk', `/runs/${id}/events?view=full`), 403],
  ['a run too many', await ask('clerk', '/runs', { input: 'Another one.' }), 429],
  ['a call that waits for nothing', await ask('manager', `/runs/${id}/approvals/call_2`, { approved: true }), 404],
  ['a field that is none', await ask('manager', decision, { approved: true, euros: 9_000 }), 400],
  ['a page of another site', await ask('clerk', '/runs', { input: 'Hi' }, { origin: 'https://evil.example' }), 403],
];
for (const [what, answer, status] of refused) {
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  console.log(`${what}: ${answer.status} ${error.code}`);
  assert.equal(answer.status, status);
}
assert.equal(paid, 0);

// Whoever decides sees what they decide about. Once.
const waiting = (await (await ask('manager', `/runs/${id}`)).json()) as { approvals: { arguments: string }[] };
assert.equal(waiting.approvals[0]?.arguments, '{"euros":90}');
assert.equal((await ask('manager', decision, { approved: true })).status, 200);
assert.equal((await ask('manager', decision, { approved: true })).status, 409);
await (await ask('clerk', `/runs/${id}/events`, undefined, { accept: 'text/event-stream' })).text();
assert.equal(paid, 90);

// The same data that requests are checked by, for clients and their tools.
const { paths } = (await (await ask('nobody', '/openapi.json')).json()) as { paths: object };
assert('/runs/{id}/approvals/{callId}' in paths);

await handler.stop();
await store.close();
