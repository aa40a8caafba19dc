// Thousands of readers come and go while a run goes on: nothing of them is left.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { handlerOf } from '../../src/http/handler.ts';
import { listenerOf } from '../../src/http/node-listener.ts';
import { type Service, serviceOf } from '../../src/http/service.ts';
import { Agent } from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { modelStall, ScriptedModel, startCleanRunProbe } from '../../src/testing/index.ts';
import { expect, it } from 'vitest';
import { post } from './serve.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function heap(): Promise<number> {
  for (let time = 0; time < 4; time++) {
    collect();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

function serviceWithStall(): Service {
  const stall = modelStall([{ type: 'response_started' }, { type: 'output_text_delta', delta: 'Hm' }]);
  const agent = new Agent({ name: 'A', model: new ScriptedModel([stall]) });
  return serviceOf({ agents: { agent }, store: sqlite(':memory:'), onDisconnect: { cancelAfterMs: 60_000 } });
}

const headers = { accept: 'text/event-stream' };
const asked = (path: string, init: RequestInit = {}): Request =>
  new Request(`http://localhost${path}`, { headers, ...init });

it('5,000 readers of web requests leave nothing behind', { timeout: 60_000 }, async () => {
  const probe = startCleanRunProbe();
  const service = serviceWithStall();
  const handler = handlerOf(service);
  const first = await handler(asked('/runs', post({ input: 'Hi', stream: true }, headers)));
  const path = `${first.headers.get('location')}/events`;
  const reader = (first.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  const visit = async (index: number): Promise<void> => {
    const left = new AbortController();
    const response = await handler(asked(path, { signal: left.signal }));
    const body = (response.body as ReadableStream<Uint8Array>).getReader();
    // Never read; left with what was read in hand; left while it waits for more.
    if (index % 3 > 0) await body.read();
    const waiting = index % 3 === 2 ? body.read() : undefined;
    if (index % 2 === 0) left.abort();
    await body.cancel();
    await waiting;
  };
  const rounds = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 50)
      await Promise.all(Array.from({ length: 50 }, async (_, each) => visit(index + each)));
  };
  await rounds(1_000);
  const before = await heap();
  await rounds(5_000);
  const grown = (await heap()) - before;
  expect(service.streams.size).toBe(1);
  expect(service.readership.size).toBe(1);
  expect(service.runtime.store.presence?.list()).toHaveLength(1);
  expect(grown).toBeLessThan(1024 * 1024);
  const over = handler(asked(`${path}?waitMs=30000&from=0`, { headers: { accept: 'text/event-stream' } }));
  await handler(asked(path.replace('events', 'cancel'), { method: 'POST' }));
  expect(await (await over).text()).toContain('run.cancelled');
  await reader.cancel();
  expect(service.streams.size).toBe(0);
  await handler.stop({ graceMs: 50 });
  expect(service.readership.size).toBe(0);
  await turn();
  expect(probe.violations()).toEqual([]);
  probe[Symbol.dispose]();
});

it('readers over connections that break off leave nothing behind', { timeout: 60_000 }, async () => {
  const service = serviceWithStall();
  const listener = listenerOf(service);
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const begun = await fetch(`http://127.0.0.1:${port}/runs`, post({ input: 'Hi', stream: true }, headers));
  const path = `${begun.headers.get('location')}/events`;
  const visit = async (index: number): Promise<void> => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`);
    if (index % 2 === 0) await once(socket, 'data');
    if (index % 3 === 0) socket.resetAndDestroy();
    else socket.destroy();
  };
  const rounds = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 25)
      await Promise.all(Array.from({ length: 25 }, async (_, each) => visit(index + each)));
    await expect.poll(() => service.streams.size, { timeout: 15_000 }).toBe(1);
  };
  await rounds(500);
  const before = await heap();
  await rounds(1_500);
  const grown = (await heap()) - before;
  expect(service.readership.size).toBe(1);
  expect(grown).toBeLessThan(1024 * 1024);
  await listener.stop({ graceMs: 50 });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect([service.streams.size, service.readership.size]).toEqual([0, 0]);
});

it('a stream that is held and not read is let go of: nothing follows if it was never read, what was declared if it was', async () => {
  const stall = (): ReturnType<typeof modelStall> =>
    modelStall([{ type: 'response_started' }, { type: 'output_text_delta', delta: 'Hm' }]);
  const agent = new Agent({ name: 'A', model: new ScriptedModel([stall(), stall()]) });
  const service = serviceOf({
    agents: { agent },
    store: sqlite(':memory:'),
    onDisconnect: 'cancel',
    heartbeatMs: 20,
    limits: { stallMs: 500 },
  });
  const handler = handlerOf(service);
  const begin = async (): Promise<{ run: string; body: ReadableStreamDefaultReader<Uint8Array> }> => {
    const response = await handler(asked('/runs', post({ input: 'Hi', stream: true }, headers)));
    const run = response.headers.get('location')?.split('/').at(-1) ?? '';
    return { run, body: (response.body as ReadableStream<Uint8Array>).getReader() };
  };
  const [unread, read] = [await begin(), await begin()];
  await read.body.read();
  expect(service.streams.size).toBe(2);
  await expect.poll(() => service.streams.size).toBe(0);
  const statusOf = async (run: string): Promise<string> => (await service.runtime.get(run)).status;
  await expect.poll(() => statusOf(read.run)).toBe('cancelled');
  expect(await statusOf(unread.run)).toBe('running');
  expect((await unread.body.read()).done).toBe(true);
  expect(service.readership.size).toBe(0);
  await service.runtime.cancel(unread.run);
  await expect.poll(() => statusOf(unread.run)).toBe('cancelled');
  await handler.stop({ graceMs: 50 });
});
