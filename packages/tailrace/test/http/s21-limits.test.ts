// S21: everything that a client can ask for more of has a limit, with a default that SPEC.md states.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, createRuntime, handoff, type LogStore, MemoryLogStore, Runner, tool } from 'tailrace';
import { createHandler, type HandlerOptions } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fake, mcpTool } from '../mcp/tiny.ts';
import { HTTP_DEFAULTS } from '../../src/http/options.ts';
import { guarded } from './guarded.ts';

const spec = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'SPEC.md'), 'utf8');

const repeated = (step: ReturnType<typeof modelResponder>): ScriptedModel =>
  new ScriptedModel(Array.from({ length: 200 }, () => step));

interface Status {
  status: string;
  error?: { code: string };
}

const ended = (agent: Agent, more: object = {}, { store = sqlite(':memory:') }: { store?: LogStore } = {}) =>
  endedWith({ store, agents: { one: agent } }, more);

async function endedWith(options: HandlerOptions, more: object): Promise<Status> {
  const handler = createHandler(options);
  const response = await handler(
    new Request('http://localhost/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'Go.', ...more }),
    }),
  );
  const status = (await response.json()) as Status;
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

  it.each(['in memory', 'on disk'])('S21 the log of a run, %s: as much as the runtime says', async (where) => {
    const loud = tool({
      name: 'again',
      description: 'Loud.',
      parameters: z.object({}),
      execute: () => 'x'.repeat(50_000),
    });
    let calls = 0;
    const model = repeated(modelResponder(() => [functionCall('again', {}, { callId: `c${(calls += 1)}` })]));
    const store = where === 'in memory' ? new MemoryLogStore() : sqlite(':memory:');
    const agents = { one: new Agent({ name: 'Loud', model, tools: [loud] }) };
    const runtime = createRuntime({ agents, store, runConfig: { maxLogBytes: 500_000 } });
    await runtime.start();
    const status = await endedWith({ runtime }, { maxTurns: 100 });
    await runtime.stop();
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
    expect(await endedWith({ runtime }, {})).toMatchObject({ status: 'completed' });
    expect(peak).toBe(3);
    await runtime.stop();
  });

  it('S21 calls made at the same time: 512 by default, the others wait, and none fails', async () => {
    let now = 0;
    let peak = 0;
    let done = 0;
    const busy = tool({
      name: 'again',
      description: 'Busy.',
      parameters: z.object({}),
      execute: async () => {
        peak = Math.max(peak, (now += 1));
        await sleep(20);
        now -= 1;
        return `done ${(done += 1)}`;
      },
    });
    const calls = Array.from({ length: 600 }, (_, index) => functionCall('again', {}, { callId: `c${index}` }));
    const model = new ScriptedModel([calls, [assistantMessage('Done.')]]);
    expect(await ended(new Agent({ name: 'Busy', model, tools: [busy] }))).toMatchObject({ status: 'completed' });
    expect([peak, done]).toEqual([512, 600]);
  }, 60_000);

  it('S21 tools of an agent: 1,000 in a turn by default, those of MCP servers and handoffs included', async () => {
    const many = (count: number): ReturnType<typeof tool>[] =>
      Array.from({ length: count }, (_, index) =>
        tool({ name: `tool_${index}`, description: 'One.', parameters: z.object({}), execute: () => 'x' }),
      );
    const model = repeated(modelResponder(() => [assistantMessage('Hi.')]));
    const other = new Agent({ name: 'Other', model });
    expect(await ended(new Agent({ name: 'Many', model, tools: many(1_000) }))).toMatchObject({ status: 'completed' });
    const given = model.calls.length;
    for (const agent of [
      new Agent({ name: 'Many', model, tools: many(1_001) }),
      new Agent({ name: 'Many', model, tools: many(1_000), handoffs: [other] }),
      new Agent({ name: 'Many', model, tools: many(1_000), mcpServers: [fake('one', [mcpTool('more')])] }),
    ])
      expect(await ended(agent)).toMatchObject({ status: 'failed', error: { code: 'TOOLS_TOO_MANY' } });
    expect(model.calls.length).toBe(given);
    const few = new Runner({ maxTools: 2, tracingDisabled: true });
    await expect(few.run(new Agent({ name: 'Three', model, tools: many(3) }), 'Hi')).rejects.toMatchObject({
      code: 'TOOLS_TOO_MANY',
      data: { count: 3, limit: 2 },
    });
    expect(() => new Runner({ maxTools: 0 })).toThrow(expect.objectContaining({ code: 'OPTION_RANGE' }));
  });

  it.each(['sqlite', 'memory'])(
    'S21 one event: the run fails, and its store goes on (%s)',
    async (kind) => {
      const { MemoryLogStore } = await import('tailrace');
      const store = kind === 'sqlite' ? sqlite(':memory:') : new MemoryLogStore();
      const huge = modelResponder(() => [assistantMessage('x'.repeat(65 * 1024 * 1024))]);
      const small = modelResponder(() => [assistantMessage('Hi.')]);
      const agent = new Agent({ name: 'Huge', model: new ScriptedModel([huge, small]) });
      expect(await ended(agent, {}, { store })).toMatchObject({ status: 'failed', error: { code: 'LOG_FULL' } });
      expect(await ended(agent, {}, { store })).toMatchObject({ status: 'completed' });
      expect((await store.list()).map(({ ended: over, status }) => [over, status])).toEqual([
        [true, 'completed'],
        [true, 'failed'],
      ]);
    },
    60_000,
  );

  it('S21 what a tool gives is cut before it is an event: 1 Mi characters by default', async () => {
    const loud = tool({
      name: 'again',
      description: 'Loud.',
      parameters: z.object({}),
      execute: () => 'x'.repeat(65 * 1024 * 1024),
    });
    const model = new ScriptedModel([[functionCall('again', {}, { callId: 'c1' })], [assistantMessage('Done.')]]);
    const store = sqlite(':memory:');
    const agent = new Agent({ name: 'Loud', model, tools: [loud] });
    expect(await ended(agent, {}, { store })).toMatchObject({ status: 'completed' });
    expect(JSON.stringify(model.lastCall?.request.input).length).toBeLessThan(1.1 * 1024 * 1024);
  }, 60_000);

  it('S21 messages that wait for the next turn: 1,000, and the next is 429', async () => {
    await using served = guarded();
    const posted = await served.post('alice', '/runs', { agent: 'slow', input: 'Go.', stream: true });
    const id = posted.headers.get('location')?.split('/')[2] ?? '';
    for (let index = 0; index < 1_000; index++)
      await served.store.post(id, { id: `m${index}`, kind: 'input', body: { text: 'x' } });
    const refused = await served.post('alice', `/runs/${id}/input`, { input: 'One more.', messageId: 'late' });
    expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([
      429,
      '5',
      expect.stringContaining('LIMIT_REACHED'),
    ]);
    // What was sent before is there, whoever asks again; and a run that has too much to read can be stopped.
    expect((await served.post('alice', `/runs/${id}/input`, { input: 'x', messageId: 'm1' })).status).toBe(202);
    const runtime = createRuntime({ agents: {}, store: served.store });
    await expect(runtime.input(id, 'One more.')).rejects.toMatchObject({
      code: 'MAILBOX_FULL',
      data: { unread: 1_000, limit: 1_000 },
    });
    expect((await served.post('alice', `/runs/${id}/cancel`, {})).status).toBe(202);
    await posted.body?.cancel();
    expect(served.errors).toEqual([]);
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
    // Who waits for a page or for a run's end holds a connection as well.
    const poll = { headers: { accept: 'application/json' } };
    expect((await served.ask('alice', `/runs/${id}/events?from=999999`, poll)).status).toBe(400);
    const { next } = (await (await served.ask('bob', `/runs/${await served.waiting('bob')}/events`, poll)).json()) as {
      next: number;
    };
    expect((await served.ask('alice', `/runs/${id}/events?from=${next}`, poll)).status).toBe(429);
    const before = (await served.store.list({ principal: 'alice' })).length;
    expect((await served.post('alice', '/runs', { agent: 'echo', input: 'Hi' })).status).toBe(429);
    expect((await served.post('alice', '/runs', { agent: 'echo', input: 'Hi', stream: true })).status).toBe(429);
    expect(await served.store.list({ principal: 'alice' })).toHaveLength(before);
    for (const stream of kept) await stream.body?.cancel();
    const polls = [1, 2, 3].map(async () => served.ask('alice', `/runs/${id}/events?from=${next}&waitMs=2000`, poll));
    expect((await Promise.all(polls)).map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 429]);
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
