import { Agent, tool, waitForInput } from 'tailrace';
import {
  type ClientEvent,
  createClient,
  EMPTY_VIEW,
  type RunView,
  type TailraceClient,
  viewRun,
} from 'tailrace/client';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelStall, ScriptedModel } from 'tailrace/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { serve, type Served } from '../http/serve.ts';

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  parameters: z.object({ euros: z.number() }),
  needsApproval: true,
  exposeToClient: true,
  async *execute() {
    await Promise.resolve();
    yield { paid: 'half' };
    return 'paid';
  },
});
const ask = tool({
  name: 'ask',
  description: 'Asks.',
  parameters: z.object({}),
  execute: () => waitForInput({ prompt: { question: 'Which?' } }),
});

async function clerk(
  ...script: ConstructorParameters<typeof ScriptedModel>[0] & unknown[]
): Promise<Served & { client: TailraceClient }> {
  const agent = new Agent({ name: 'Clerk', model: new ScriptedModel(script as never), tools: [pay, ask] });
  const served = await serve({ agents: { clerk: agent }, store: sqlite(':memory:') });
  return Object.assign(served, { client: createClient({ baseURL: served.url, delayMs: () => 0 }) });
}

/** Reads a run to its end, and calls `at` with each view. */
async function follow(
  events: AsyncIterable<ClientEvent>,
  at: (view: RunView, event: ClientEvent) => Promise<void> | void,
): Promise<RunView> {
  let view: RunView = EMPTY_VIEW;
  for await (const event of events) {
    view = viewRun(view, event);
    await at(view, event);
  }
  return view;
}

it('approves a call that waits, once', async () => {
  await using served = await clerk([functionCall('pay', { euros: 5 }, { callId: 'c1' })], [assistantMessage('Paid.')]);
  const { client } = served;
  const reader = client.run({ agent: 'clerk', input: 'Pay.', metadata: { order: 7 } });
  const progress: unknown[] = [];
  const view = await follow(reader, async ({ run = '', approvals }, event) => {
    if (event.type === 'tool.progress') progress.push(event.data);
    if (event.type !== 'run.suspended') return;
    expect(approvals).toMatchObject([{ callId: 'c1', tool: 'pay', agent: 'Clerk', arguments: '{"euros":5}' }]);
    expect(await client.get(run)).toMatchObject({
      status: 'suspended',
      waitsFor: 'approval',
      approvals: [{ callId: 'c1', arguments: '{"euros":5}' }],
    });
    await client.approve(run, 'c1');
    await expect(client.approve(run, 'c1')).rejects.toMatchObject({ status: 409 });
    await expect(client.approve(run, 'c9')).rejects.toMatchObject({
      code: expect.stringMatching(/^(APPROVAL_UNKNOWN|RUN_ENDED)$/),
    });
  });
  expect(view).toMatchObject({
    status: 'completed',
    output: 'Paid.',
    approvals: [],
    calls: [{ callId: 'c1', tool: 'pay', state: 'returned', arguments: '{"euros":5}' }],
  });
  expect(progress).toEqual([{ paid: 'half' }]);
  expect(await client.list({ status: 'completed', limit: 1 })).toMatchObject({
    runs: [{ id: view.run, metadata: { order: 7 } }],
  });
  expect(await client.list({ after: view.run as string })).toEqual({ runs: [] });
  // A run that has ended is not stopped, and that is no error.
  await client.cancel(view.run as string);
  expect((await client.get(view.run as string)).status).toBe('completed');
  await client.delete(view.run as string);
  await expect(client.get(view.run as string)).rejects.toMatchObject({ status: 404 });
});

it('lists a page at a time, by agent and by session', async () => {
  await using served = await clerk(...Array.from({ length: 5 }, () => [assistantMessage('Hi.')]));
  const { client } = served;
  const begun: string[] = [];
  for (let index = 0; index < 5; index++) {
    const view = await follow(client.run({ input: 'Hi', sessionId: `s${index % 2}` }), () => undefined);
    begun.unshift(view.run ?? '');
  }
  const seen: string[][] = [];
  let after: string | undefined;
  do {
    const { runs, next } = await client.list({ status: undefined, agent: undefined, limit: 2, after });
    seen.push(runs.map(({ id }) => id));
    after = next;
  } while (after !== undefined);
  expect(seen).toEqual([begun.slice(0, 2), begun.slice(2, 4), begun.slice(4)]);
  expect((await client.list({ sessionId: 's1' })).runs.map(({ id }) => id)).toEqual([begun[1], begun[3]]);
  expect((await client.list({ agent: 'clerk' })).runs).toHaveLength(5);
  expect((await client.list({ agent: 'nobody' })).runs).toEqual([]);
});

it('rejects a call, and the model is told why', async () => {
  await using served = await clerk(
    [functionCall('pay', { euros: 5 }, { callId: 'c1' })],
    [assistantMessage('So be it.')],
  );
  const { client } = served;
  const view = await follow(client.run({ input: 'Pay.' }), async ({ run = '' }, { type }) => {
    if (type === 'run.suspended') await client.reject(run, 'c1', { message: 'Too much.' });
  });
  expect(view).toMatchObject({
    status: 'completed',
    output: 'So be it.',
    calls: [{ state: 'returned', output: expect.anything() }],
  });
  expect(JSON.stringify(view.calls)).toContain('Too much.');
});

it('answers a call that waits, and says more to a run that is under way', async () => {
  await using served = await clerk([functionCall('ask', {}, { callId: 'c1' })], [assistantMessage('Red, and quick.')]);
  const { client } = served;
  const view = await follow(client.run({ input: 'Order.' }), async ({ run = '', waits }, { type }) => {
    if (type !== 'run.suspended') return;
    expect(waits).toMatchObject([{ callId: 'c1', tool: 'ask', for: 'input', prompt: { question: 'Which?' } }]);
    await client.input(run, [{ role: 'user', content: 'Quick!' }], { messageId: 'm1' });
    await client.input(run, [{ role: 'user', content: 'Quick!' }], { messageId: 'm1' });
    await client.answer(run, 'c1', { colour: 'red' }, { messageId: 'm2' });
    await client.answer(run, 'c1', { colour: 'red' }, { messageId: 'm2' });
    await expect(client.answer(run, 'c1', 'blue')).rejects.toMatchObject({
      // The run may have gone on to its end meanwhile.
      code: expect.stringMatching(/^(WAIT_ANSWERED|RUN_ENDED)$/),
    });
  });
  expect(view).toMatchObject({ status: 'completed', waits: [], output: 'Red, and quick.' });
  expect(view.messages).toEqual([
    { role: 'user', text: 'Order.' },
    { role: 'user', text: 'Quick!' },
    { role: 'assistant', text: 'Red, and quick.' },
  ]);
  await expect(client.input(view.run as string, 'More.')).rejects.toMatchObject({ code: 'RUN_ENDED', status: 409 });
});

it('stops a run, again and again, and keeps what was said', async () => {
  await using served = await clerk(modelStall());
  const { client } = served;
  const view = await follow(client.run({ input: 'Go.' }), async ({ run = '' }, { type }) => {
    if (type !== 'model.called') return;
    await client.cancel(run, { reason: 'enough' });
    await client.cancel(run);
  });
  expect(view).toMatchObject({ status: 'cancelled', reason: 'enough' });
});

it('an answer that is no JSON, and a server that is not there, are errors that say so', async () => {
  const html = createClient({ baseURL: 'http://local.test', fetch: async () => new Response('<html>') });
  await expect(html.get('r')).rejects.toMatchObject({ code: 'NOT_TAILRACE', status: 200, retryable: false });
  const broken = createClient({
    baseURL: 'http://local.test',
    fetch: async () => new Response('{', { headers: { 'content-type': 'application/json' } }),
  });
  await expect(broken.get('r')).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: true });
  const none = createClient({ baseURL: 'http://local.test', fetch: async () => Promise.reject(new TypeError('no')) });
  await expect(none.list()).rejects.toMatchObject({ code: 'UNREACHABLE', status: 0, retryable: true });
  const teapot = createClient({
    baseURL: 'http://local.test',
    fetch: async () => new Response('<html>', { status: 418 }),
  });
  await expect(teapot.get('r')).rejects.toMatchObject({ code: 'HTTP_418', retryable: false });
});
