// S21: everything that a client can ask for more of has a limit, with a default that SPEC.md states.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, createRuntime, handoff, tool } from 'tailrace';
import { createHandler, type HandlerOptions } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HTTP_DEFAULTS } from '../../src/http/options.ts';
import { guarded } from './guarded.ts';

const spec = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'SPEC.md'), 'utf8');

const repeated = (step: ReturnType<typeof modelResponder>): ScriptedModel =>
  new ScriptedModel(Array.from({ length: 200 }, () => step));

async function ended(
  agent: Agent,
  more: object = {},
  given: Partial<HandlerOptions> = {},
): Promise<{ status: string; error?: { code: string } }> {
  const handler = createHandler({ store: sqlite(':memory:'), ...given, agents: { one: agent } } as HandlerOptions);
  const response = await handler(
    new Request('http://localhost/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'Go.', ...more }),
    }),
  );
  const status = (await response.json()) as { status: string };
  await handler.stop({ graceMs: 0 });
  return status;
}

const again = tool({ name: 'again', description: 'Again.', parameters: z.object({}), execute: () => 'more' });

describe('S21: limits', () => {
  it.each(Object.entries(HTTP_DEFAULTS).filter(([, value]) => typeof value === 'number'))(
    'S21 %s is in SPEC.md',
    (name) => {
      expect(spec).toContain(`src/http/options.ts ${name}`);
    },
  );

  it('S21 turns: 10 by default, and no more than a client may ask for', async () => {
    let calls = 0;
    const model = repeated(modelResponder(() => [functionCall('again', {}, { callId: `c${(calls += 1)}` })]));
    const agent = new Agent({ name: 'Loop', model, tools: [again] });
    expect(await ended(agent)).toMatchObject({ status: 'failed', error: { code: 'MAX_TURNS' } });
    expect(calls).toBe(10);
    expect(await ended(agent, { maxTurns: 3 })).toMatchObject({ status: 'failed', error: { code: 'MAX_TURNS' } });
    expect(calls).toBe(13);
    await using served = guarded();
    for (const maxTurns of [0, 1_001, 1.5, null, 1e9])
      expect((await served.post('alice', '/runs', { agent: 'echo', input: 'x', maxTurns })).status).toBe(400);
  });

  it('S21 handoffs: 50 by default', async () => {
    let calls = 0;
    const model = repeated(
      modelResponder(({ request }) => [
        functionCall(request.handoffs[0]?.toolName ?? '', {}, { callId: `h${(calls += 1)}` }),
      ]),
    );
    const one: Agent = new Agent({ name: 'One', model });
    const two: Agent = new Agent({ name: 'Two', model, handoffs: [handoff(one)] });
    one.handoffs.push(handoff(two));
    expect(await ended(one, { maxTurns: 200 })).toMatchObject({ error: { code: 'MAX_HANDOFFS' } });
    expect(calls).toBe(51);
  });

  it('S21 the log of a run: in memory 64 MiB by default, and as much as the runtime says', async () => {
    const loud = tool({
      name: 'again',
      description: 'Loud.',
      parameters: z.object({}),
      execute: () => 'x'.repeat(50_000),
    });
    let calls = 0;
    const model = repeated(modelResponder(() => [functionCall('again', {}, { callId: `c${(calls += 1)}` })]));
    const { MemoryLogStore } = await import('tailrace');
    const store = new MemoryLogStore({ maxLogBytes: 500_000 });
    const status = await ended(new Agent({ name: 'Loud', model, tools: [loud] }), { maxTurns: 100 }, { store });
    expect(status).toMatchObject({ status: 'failed', error: { code: 'LOG_FULL' } });
    expect(calls).toBeLessThan(20);
  });

  it('S21 calls made at the same time: as many as the runtime says', async () => {
    let now = 0;
    let peak = 0;
    const busy = tool({
      name: 'again',
      description: 'Busy.',
      parameters: z.object({}),
      execute: async () => {
        peak = Math.max(peak, (now += 1));
        await sleep(5);
        now -= 1;
        return 'done';
      },
    });
    const calls = Array.from({ length: 20 }, (_, index) => functionCall('again', {}, { callId: `c${index}` }));
    const model = new ScriptedModel([calls, [assistantMessage('Done.')]]);
    const runtime = createRuntime({
      agents: { one: new Agent({ name: 'Busy', model, tools: [busy] }) },
      store: sqlite(':memory:'),
      runConfig: { toolExecution: { maxFunctionToolConcurrency: 3 } },
    });
    await runtime.start();
    const handler = createHandler({ runtime });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ input: 'Go.' });
    const response = await handler(new Request('http://localhost/runs', { method: 'POST', headers, body }));
    expect(await response.json()).toMatchObject({ status: 'completed' });
    expect(peak).toBe(3);
    await handler.stop({ graceMs: 0 });
    await runtime.stop();
  });

  it('S21 unfinished runs of one principal: 100 by default', async () => {
    expect(HTTP_DEFAULTS.runsPerPrincipal).toBe(100);
    await using served = guarded({ limits: { runsPerPrincipal: 3 } });
    const posts = await Promise.all(
      Array.from({ length: 8 }, async () => served.post('alice', '/runs', { agent: 'careful', input: 'x' })),
    );
    expect(posts.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
    const refused = posts.find(({ status }) => status === 429);
    expect([refused?.headers.get('retry-after'), await refused?.text()]).toEqual([
      '5',
      expect.stringContaining('LIMIT_REACHED'),
    ]);
    // Each way to begin one.
    expect((await served.post('alice', '/v1/responses', { model: 'echo', input: 'x' })).status).toBe(429);
    const chat = { id: 'c', agent: 'echo', messages: [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }] };
    expect((await served.post('alice', '/chat', chat)).status).toBe(429);
    // Nobody else's, and none that has ended.
    expect((await served.post('bob', '/runs', { agent: 'echo', input: 'x' })).status).toBe(200);
    const { runs } = (await (await served.ask('alice', '/runs')).json()) as { runs: { id: string }[] };
    await served.post('alice', `/runs/${runs[0]?.id ?? ''}/cancel`, {});
    await expect
      .poll(async () => (await served.post('alice', '/runs', { agent: 'echo', input: 'x' })).status)
      .toBe(200);
  });

  it('S21 a request that is sent again begins no run, and is not refused', async () => {
    await using served = guarded({ limits: { runsPerPrincipal: 1 } });
    const key = { 'idempotency-key': 'k' };
    const body = { agent: 'careful', input: 'x' };
    const first = (await (await served.post('alice', '/runs', body, key)).json()) as { id: string };
    const second = await served.post('alice', '/runs', body, key);
    expect([second.status, await second.json()]).toMatchObject([200, { id: first.id }]);
    expect((await served.post('alice', '/runs', body)).status).toBe(429);
  });

  it('S21 open streams of one principal, of every kind', async () => {
    await using served = guarded({ limits: { streamsPerPrincipal: 2 } });
    const id = await served.waiting('alice');
    const open = async (token: string, path: string): Promise<Response> =>
      served.ask(token, path, { headers: { accept: 'text/event-stream' } });
    const kept = [await open('alice', `/runs/${id}/events`), await open('alice', `/runs/${id}/events`)];
    expect((await open('alice', `/runs/${id}/events`)).status).toBe(429);
    expect((await open('alice', `/v1/responses/${id}?stream=true`)).status).toBe(429);
    for (const stream of kept) await stream.body?.cancel();
    const last = await open('alice', `/runs/${id}/events`);
    expect(last.status).toBe(200);
    await last.body?.cancel();
  });

  it('S21 messages and parts of an input, and what a page may have', async () => {
    await using served = guarded();
    const message = { role: 'user', content: 'x' };
    const input = Array.from({ length: 10_001 }, () => message);
    expect((await served.post('alice', '/runs', { agent: 'echo', input })).status).toBe(400);
    const content = Array.from({ length: 1_001 }, () => ({ type: 'input_text', text: 'x' }));
    expect((await served.post('alice', '/runs', { agent: 'echo', input: [{ role: 'user', content }] })).status).toBe(
      400,
    );
    for (const query of ['limit=0', 'limit=101', 'limit=-1', 'limit=1.5', 'limit=x'])
      expect((await served.ask('alice', `/runs?${query}`)).status).toBe(400);
  });
});
