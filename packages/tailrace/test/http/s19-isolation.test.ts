// S7, S19: of 200 runs at the same time, on one agent, none hears of another; and what is secret is seen only where it may be.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, tool } from 'tailrace';
import { createHandler } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from 'tailrace/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { guarded } from './guarded.ts';

const canaries = (text: string): string[] => [...new Set(text.match(/CANARY-\d+!/g) ?? [])];

it('S19 200 runs of 20 principals over HTTP: no canary outside its own run', async () => {
  const ambient = new AsyncLocalStorage<string>();
  const strays: string[] = [];
  const look = tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({ at: z.string() }),
    exposeToClient: true,
    execute: async ({ at }, context) => {
      await sleep(Math.random() * 10);
      const { canary: own } = (context?.context ?? {}) as { canary?: string };
      const around = ambient.getStore();
      if (own !== at || (around !== undefined && around !== at)) strays.push(`${at} ${own} ${String(around)}`);
      return `saw ${own}`;
    },
  });
  const step = modelResponder(async ({ request: { input } }) => {
    await sleep(Math.random() * 10);
    const text = JSON.stringify(input);
    const [own = '', ...others] = canaries(text);
    if (others.length > 0) strays.push(text);
    return [
      text.includes('saw ') ? assistantMessage(`It was ${own}`) : functionCall('look', { at: own }, { callId: 'c1' }),
    ];
  });
  const model = new ScriptedModel(Array.from({ length: 500 }, () => step));
  const handler = createHandler({
    agents: { one: new Agent({ name: 'One', model, tools: [look] }) },
    store: sqlite(':memory:'),
    authorize: (request) => ({ id: request.headers.get('authorization') ?? '' }),
    context: (request) => ({ canary: request.headers.get('x-canary') ?? '' }),
  });
  const formats = ['text/event-stream', 'application/x-ndjson', 'application/json'];
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const own = `CANARY-${index}!`;
      const headers = {
        'content-type': 'application/json',
        authorization: `p${index % 20}`,
        'x-canary': own,
        accept: formats[index % 3] ?? '',
      };
      const body = JSON.stringify({ input: own, sessionId: `s${index}`, metadata: { own }, stream: index % 3 !== 2 });
      const response = await ambient.run(own, async () =>
        handler(new Request('http://localhost/runs', { method: 'POST', headers, body })),
      );
      const text = await response.text();
      expect(canaries(text)).toEqual([own]);
      expect(text).toContain(`It was ${own}`);
      const at = response.headers.get('location') ?? '';
      for (const path of [at, `${at}/events?view=full`, `${at}/trace`, `/sessions/s${index}`]) {
        const again = await handler(new Request(`http://localhost${path}`, { headers }));
        expect(canaries(await again.text()), path).toEqual([own]);
      }
    }),
  );
  expect(strays).toEqual([]);
  for (let index = 0; index < 20; index++) {
    const list = await handler(
      new Request('http://localhost/runs?limit=100', { headers: { authorization: `p${index}` } }),
    );
    for (const found of canaries(await list.text())) expect(Number(/\d+/.exec(found)?.[0]) % 20).toBe(index);
  }
  await handler.stop({ graceMs: 0 });
}, 60_000);

it('S7 what failed a run, and what a tool keeps, is told to nobody but who may inspect', async () => {
  const secret = 'CANARY-key sk-live-1234567890abcdef postgres://root:CANARY-pw@10.0.0.7/db';
  const step = modelResponder(() => {
    throw new Error(secret);
  });
  const handler = createHandler({
    agents: { one: new Agent({ name: 'One', model: new ScriptedModel(Array.from({ length: 20 }, () => step)) }) },
    store: sqlite(':memory:'),
    authorize: (request, { action }) => (action === 'inspect' && !request.headers.has('x-admin') ? false : { id: 'a' }),
  });
  const headers = { 'content-type': 'application/json' };
  const post = async (path: string, body: unknown): Promise<string> =>
    (
      await handler(new Request(`http://localhost${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
    ).text();
  const texts = [
    await post('/runs', { input: 'Hi', metadata: 1 }),
    await post('/runs', { input: 'Hi', stream: true }),
    await post('/v1/responses', { model: 'one', input: 'Hi' }),
    await post('/v1/responses', { model: 'one', input: 'Hi', stream: true }),
    await post('/chat', { id: 'c', messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }] }),
  ];
  const { id } = JSON.parse(texts[0] ?? '') as { id: string };
  for (const path of [
    `/runs/${id}`,
    `/runs/${id}/events`,
    `/v1/responses/${id}`,
    '/runs',
    `/runs/${id}/trace`,
    `/runs/${id}/events?view=full`,
  ])
    texts.push(await (await handler(new Request(`http://localhost${path}`))).text());
  for (const text of texts) expect(text).not.toMatch(/CANARY|sk-live|10\.0\.0\.7/);
  expect(texts[0]).toContain('The run failed');
  const inspected = await handler(
    new Request(`http://localhost/runs/${id}/events?view=full`, { headers: { 'x-admin': '1' } }),
  );
  expect(await inspected.text()).toContain('CANARY-key');
  await handler.stop({ graceMs: 0 });
});

it('S12 a name with line ends and ANSI in it stays one line of every stream', async () => {
  await using served = guarded();
  const hostile = 'x\nlevel=error msg=fake\u001b[31m';
  const posted = await served.post(
    'alice',
    '/runs',
    { agent: 'echo', input: hostile, metadata: { [hostile]: 1 }, stream: true },
    { accept: 'application/x-ndjson' },
  );
  const lines = (await posted.text()).trimEnd().split('\n');
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  expect(lines.join('')).not.toContain('\u001b');
});
