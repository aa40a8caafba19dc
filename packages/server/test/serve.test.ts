// A server on a real port: routes of one's own beside the handler's, what it refuses, its limits, and its end.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createApp, mount, serve } from '@tailrace/server';
import { Hono } from 'hono';
import { Agent, MemoryLogStore } from 'tailrace';
import { createHandler } from 'tailrace/http';
import { assistantMessage, ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';

const agents = (answer = 'Hello.'): { writer: Agent } => ({
  writer: new Agent({ name: 'Writer', model: new ScriptedModel([[assistantMessage(answer)]]) }),
});
const ask = async (url: string): Promise<Response> =>
  fetch(`${url}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'Hi' }),
  });

describe('serve()', () => {
  it('answers runs, and an app of Hono answers the rest', async () => {
    const app = new Hono().get('/hello', (context) => context.text('from the app'));
    await using running = await serve({ agents: agents(), store: new MemoryLogStore(), port: 0, app });
    expect(running.url).toBe(`http://127.0.0.1:${running.port}`);
    expect(await (await ask(running.url)).json()).toMatchObject({ status: 'completed', output: 'Hello.' });
    expect(await (await fetch(`${running.url}/hello`)).text()).toBe('from the app');
    expect((await fetch(`${running.url}/nowhere`)).status).toBe(404);
    expect((await fetch(`${running.url}/runs`, { method: 'PUT' })).status).toBe(405);
  });

  it('below a base path, leaves everything else to the app', async () => {
    const app = new Hono().get('/runs', (context) => context.text('races'));
    await using running = await serve({ agents: agents(), store: new MemoryLogStore(), port: 0, basePath: '/ai', app });
    expect(await (await ask(`${running.url}/ai`)).json()).toMatchObject({ status: 'completed' });
    expect(await (await fetch(`${running.url}/runs`)).text()).toBe('races');
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('refuses %s without authorize', async (hostname) => {
    await expect(serve({ agents: agents(), store: new MemoryLogStore(), port: 0, hostname })).rejects.toMatchObject({
      code: 'AUTHORIZE_REQUIRED',
    });
  });

  // Linux answers on all of 127.0.0.0/8: the address beside the one that is listened on stands for another interface.
  it.runIf(process.platform === 'linux')('S3 listens on 127.0.0.1 by default, and nowhere else', async () => {
    await using running = await serve({ agents: agents(), store: new MemoryLogStore(), port: 0 });
    const reached = async (host: string): Promise<string> => {
      const socket = connect(running.port, host);
      try {
        await once(socket, 'connect');
        return 'connected';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? 'failed';
      } finally {
        socket.destroy();
      }
    };
    expect([await reached('127.0.0.1'), await reached('127.0.0.2')]).toEqual(['connected', 'ECONNREFUSED']);
  });

  it.each(['127.0.0.1', 'localhost', '::1'])('listens on %s without', async (hostname) => {
    await using running = await serve({ agents: agents(), store: new MemoryLogStore(), port: 0, hostname });
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
  });

  it('says when the port is taken, and leaves nothing open', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(serve({ agents: agents(), store: new MemoryLogStore(), port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    other.close();
    await once(other, 'close');
    await using running = await serve({ agents: agents(), store: new MemoryLogStore(), port });
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
  });

  it('closes a connection that never says what it wants', async () => {
    const server = { headersMs: 100, requestMs: 100 };
    await using running = await serve({ agents: agents(), store: new MemoryLogStore(), port: 0, server });
    const socket = connect(running.port, '127.0.0.1');
    socket.write('POST /runs HTTP/1.1\r\n');
    let answer = '';
    socket.on('data', (data: Buffer) => (answer += data.toString()));
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('takes no more connections than it may', async () => {
    await using running = await serve({
      agents: agents(),
      store: new MemoryLogStore(),
      port: 0,
      server: { connections: 1 },
    });
    const open = async (): Promise<Socket> => {
      const socket = connect(running.port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    };
    const first = await open();
    const second = await open();
    await once(second, 'close');
    expect(first.destroyed).toBe(false);
    first.destroy();
  });

  it('stops once, however often it is asked to, and frees its port', async () => {
    const running = await serve({ agents: agents(), store: new MemoryLogStore(), port: 0 });
    expect((await ask(running.url)).status).toBe(200);
    const [one, other] = [running.stop(), running.stop()];
    await Promise.all([one, other]);
    await running.stop();
    await expect(fetch(`${running.url}/healthz`)).rejects.toThrow('fetch failed');
  });
});

describe('an app of Hono', () => {
  it('has the routes of a handler, and others before them', async () => {
    const handler = createHandler({ agents: agents(), store: new MemoryLogStore() });
    const app = mount(
      new Hono().get('/runs', (context) => context.text('mine')),
      handler,
    );
    expect(await (await app.request('http://127.0.0.1/runs')).text()).toBe('mine');
    const posted = await createApp(handler).request('http://127.0.0.1/runs', {
      method: 'POST',
      body: JSON.stringify({ input: 'Hi' }),
      headers: { 'content-type': 'application/json' },
    });
    expect(await posted.json()).toMatchObject({ status: 'completed' });
    await handler.stop();
  });

  it('has them below a path', async () => {
    const handler = createHandler({ agents: agents(), store: new MemoryLogStore(), basePath: '/ai' });
    const app = createApp(handler, '/ai');
    expect((await app.request('http://127.0.0.1/ai/healthz')).status).toBe(200);
    expect((await app.request('http://127.0.0.1/healthz')).status).toBe(404);
    await handler.stop();
  });
});
