// Coming back: after every place, and at places that are wrong, in the future, pruned, somebody else's, or not what they were.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, type RunEvent, tool } from '../../src/index.ts';
import { createHandler, createNodeListener, type HandlerOptions } from '../../src/http/index.ts';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import { assistantMessage, functionCall, ScriptedModel, textStream } from '../../src/testing/index.ts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { post } from './serve.ts';
import { type Asked, native, STREAM_KINDS } from './stream-kinds.ts';

interface World extends AsyncDisposable {
  store: MemoryLogStore;
  ask(asked: Asked, user?: string): Promise<Response>;
}

function optionsOf(): HandlerOptions & { store: MemoryLogStore } {
  const steps = Array.from({ length: 4 }, () => textStream('It is sunny in Basel.', { provider: 'none', chunks: 5 }));
  const agent = new Agent({ name: 'Weather', model: new ScriptedModel(steps) });
  return {
    agents: { weather: agent },
    store: new MemoryLogStore(),
    authorize: (request) => ({ id: request.headers.get('x-user') ?? 'ann' }),
  };
}

const asUser = ({ init }: Asked, user: string): RequestInit => ({
  ...init,
  headers: { ...(init.headers as Record<string, string>), 'x-user': user },
});

async function onWeb(): Promise<World> {
  const options = optionsOf();
  const handler = createHandler(options);
  return {
    store: options.store,
    ask: async (asked, user = 'ann') => handler(new Request(`http://localhost${asked.path}`, asUser(asked, user))),
    [Symbol.asyncDispose]: () => handler.stop({ graceMs: 100 }),
  };
}

async function onNode(): Promise<World> {
  const options = optionsOf();
  const listener = createNodeListener(options);
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    store: options.store,
    ask: async (asked, user = 'ann') => fetch(`${url}${asked.path}`, asUser(asked, user)),
    [Symbol.asyncDispose]: async () => {
      await listener.stop({ graceMs: 100 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function begun(world: World, kind = native): Promise<{ text: string; run: string; events: RunEvent[] }> {
  const response = await world.ask(kind.begin('weather', 'talk'));
  expect(response.status).toBe(200);
  const text = await response.text();
  const run = world.store.list()[0]?.run ?? '';
  return { text, run, events: world.store.read(run, 0, 1_000) as RunEvent[] };
}

const at = (run: string, position: string): Asked => ({
  path: `/runs/${run}/events`,
  init: { headers: { accept: 'text/event-stream', 'last-event-id': position } },
});

/** The streams of protocols that name a conversation, and where one comes back to it. */
const CONVERSATIONS = [
  ['AI SDK UI', '/chat/talk/stream'],
  ['AG-UI', '/ag-ui/talk/stream'],
] as const;

async function codeOf(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
}

describe.each([
  ['web requests', onWeb],
  ['node:http', onNode],
])('over %s', (_, serving) => {
  it.each(STREAM_KINDS.filter(({ resume }) => resume).map((kind) => [kind.name, kind] as const))(
    '%s goes on after every place that it was given, byte for byte',
    async (__, kind) => {
      await using world = await serving();
      const { text, run } = await begun(world, kind);
      const blocks = kind.blocks(text);
      let places = 0;
      for (const [index, { id }] of blocks.entries()) {
        if (id === undefined) continue;
        places += 1;
        const read = blocks.slice(0, index + 1);
        const rest = await world.ask(kind.resume?.(run, 'talk', read.map((block) => block.text).join('')) as Asked);
        const expected = blocks.slice(index + 1).map((block) => block.text);
        expect([200, 204]).toContain(rest.status);
        const came = await rest.text();
        // After the last event there is nothing, or what every stream of the protocol ends with.
        if (rest.status === 200) expect(came).toBe(expected.join(''));
        else expect(expected.join('')).toMatch(/^(data: \[DONE\]\n\n)?$/);
      }
      expect(places).toBeGreaterThan(5);
    },
  );

  it('positions that are none are refused, and so are those that nobody has had yet', async () => {
    await using world = await serving();
    const { run, events } = await begun(world);
    for (const wrong of ['x', '1', '-1.1', '1.0', '01.1', '1.1.1', '9'.repeat(20) + '.1', '1.1 ; drop'])
      expect(await codeOf(await world.ask(at(run, wrong)))).toEqual([400, 'OFFSET_INVALID']);
    const { epoch = 0, seq = 0 } = events.at(-1) ?? {};
    for (const future of [`${seq + 1}.${epoch}`, `${seq}.${epoch + 1}`, `${2 ** 40}.${epoch}`])
      expect(await codeOf(await world.ask(at(run, future)))).toEqual([400, 'OFFSET_FUTURE']);
    const from = await world.ask({ path: `/runs/${run}/events?from=${seq + 2}`, init: {} });
    expect(await codeOf(from)).toEqual([400, 'OFFSET_FUTURE']);
  });

  it.each(CONVERSATIONS)(
    '%s: positions that are none or of nobody yet are refused, and pruned ones',
    async (name, path) => {
      await using world = await serving();
      const kind = STREAM_KINDS.find((each) => each.name === name);
      const { run, events } = await begun(world, kind);
      const ask = async (position: string): Promise<Response[]> => [
        await world.ask({ path, init: { headers: { 'last-event-id': position } } }),
        await world.ask({ path: `${path}?after=${encodeURIComponent(position)}`, init: {} }),
      ];
      const refused = async (position: string, wanted: [number, string]): Promise<void> => {
        for (const response of await ask(position))
          expect([position, await codeOf(response)]).toEqual([position, wanted]);
      };
      for (const wrong of ['x', '1', '-1.1', '1.0', '01.1', '1.1.1', '9'.repeat(20) + '.1', '1.1 ; drop'])
        await refused(wrong, [400, 'OFFSET_INVALID']);
      const { epoch = 0, seq = 0 } = events.at(-1) ?? {};
      for (const future of [`${seq + 1}.${epoch}`, `${seq}.${epoch + 1}`, `${2 ** 40}.${epoch}`])
        await refused(future, [400, 'OFFSET_FUTURE']);
      const deltas = events.filter(({ type }) => type === 'model.delta');
      expect(deltas.length).toBeGreaterThan(2);
      world.store.prune(run, [{ from: deltas[0]?.seq ?? 0, to: deltas.at(-1)?.seq ?? 0 }]);
      for (const pruned of deltas) await refused(`${pruned.seq}.${pruned.epoch}`, [410, 'OFFSET_PRUNED']);
      // Before what was pruned, and after it, the answer goes on.
      const around = events.filter(({ type, seq: at }) => type === 'run.started' || at > (deltas.at(-1)?.seq ?? 0));
      for (const kept of around)
        for (const response of await ask(`${kept.seq}.${kept.epoch}`)) {
          expect([200, 204]).toContain(response.status);
          await response.text();
        }
    },
  );

  it("somebody else's run is not there, at any position and in any protocol", async () => {
    await using world = await serving();
    const { run, events } = await begun(world);
    for (const { seq, epoch } of events)
      expect(await codeOf(await world.ask(at(run, `${seq}.${epoch}`), 'bob'))).toEqual([404, 'NOT_FOUND']);
    const others = [`/runs/${run}`, `/runs/${run}/events`, `/v1/responses/${run}`, `/v1/responses/${run}?stream=true`];
    for (const path of others) expect((await world.ask({ path, init: {} }, 'bob')).status).toBe(404);
    for (const path of ['/chat/talk/stream', '/ag-ui/talk/stream'])
      expect((await world.ask({ path, init: {} }, 'bob')).status).toBe(204);
  });

  it('after pruning: a snapshot in place of what is gone, and the rest', async () => {
    await using world = await serving();
    const { text, run, events } = await begun(world);
    const deltas = events.filter(({ type }) => type === 'model.delta');
    const [first, last] = [deltas[0], deltas.at(-1)];
    if (!first || !last) throw new Error('no deltas');
    world.store.prune(run, [{ from: first.seq, to: last.seq }]);
    const blocks = native.blocks(text);
    for (const { seq, epoch } of deltas.slice(0, -1)) {
      const response = await world.ask(at(run, `${seq}.${epoch}`));
      expect(response.status).toBe(410);
      const { error } = (await response.json()) as { error: { code: string; snapshot: { position: string } } };
      expect(error.code).toBe('OFFSET_PRUNED');
      expect(error.snapshot).toMatchObject({ type: 'snapshot', run });
      const rest = await world.ask(at(run, error.snapshot.position));
      const next = Number.parseInt(error.snapshot.position) + 1;
      const later = blocks.filter(({ id }) => Number.parseInt(id ?? '') >= next);
      expect(later.length).toBeGreaterThan(0);
      expect(await rest.text()).toBe(later.map((block) => block.text).join(''));
    }
    const responses = await world.ask({ path: `/v1/responses/${run}?stream=true&starting_after=3`, init: {} });
    expect(await codeOf(responses)).toEqual([410, 'OFFSET_PRUNED']);
  });

  it('a position of a writer whose events are others now is answered with a snapshot of what holds', async () => {
    await using world = await serving();
    const { run, events } = await begun(world);
    for (const { seq, epoch } of events) {
      if (epoch === 1) continue;
      const response = await world.ask(at(run, `${seq}.1`));
      const text = await response.text();
      expect(response.status).toBe(200);
      const [only, ...more] = native.blocks(text);
      expect(more).toEqual([]);
      expect(only?.text).toMatch(/^event: snapshot\n/);
      expect(only?.id).toBe(`${events.length - 1}.${epoch}`);
      expect(only?.text).toContain('It is sunny in Basel.');
    }
  });
});

it('a snapshot holds what its reader may see: all of it with `?view=full`', async () => {
  const look = tool({
    name: 'look',
    description: 'x',
    parameters: z.object({ at: z.string() }),
    execute: () => 'seen',
  });
  const model = new ScriptedModel([
    [functionCall('look', { at: 'home' }, { callId: 'c1' })],
    [assistantMessage('Seen.')],
  ]);
  const store = new MemoryLogStore();
  const handler = createHandler({ agents: { a: new Agent({ name: 'A', model, tools: [look] }) }, store });
  const ask = async (path: string, init: RequestInit = {}): Promise<string> =>
    (await handler(new Request(`http://localhost${path}`, init))).text();
  const { id } = JSON.parse(await ask('/runs', post({ input: 'Go.' }))) as { id: string };
  // Of a writer that has gone: what it wrote there is not what is there now.
  const gone = (accept: string): RequestInit => ({ headers: { accept, 'last-event-id': '3.1' } });
  for (const accept of ['text/event-stream', 'application/x-ndjson', 'application/json']) {
    const shown = await ask(`/runs/${id}/events`, gone(accept));
    const full = await ask(`/runs/${id}/events?view=full`, gone(accept));
    for (const text of [shown, full]) expect(text).toContain('"status":"completed"');
    expect([shown, full].map((text) => [text.includes('home'), text.includes('seen')])).toEqual([
      [false, false],
      [true, true],
    ]);
  }
  await handler.stop({ graceMs: 0 });
});
