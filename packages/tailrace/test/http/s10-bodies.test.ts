// S10, S11: what a body may be, how long it may take, and how many may listen.
import { once } from 'node:events';
import { request as ask } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Agent } from 'tailrace';
import type { HandlerOptions } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { HTTP_DEFAULTS } from '../../src/http/options.ts';
import { guarded, onNode } from './guarded.ts';

const options = (more: Partial<HandlerOptions> = {}): HandlerOptions =>
  ({
    agents: { one: new Agent({ name: 'One', model: new ScriptedModel([[assistantMessage('Hi.')]]) }) },
    store: sqlite(':memory:'),
    ...more,
  }) as HandlerOptions;

const HEAD = 'POST /runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

/** All that the server says on a connection, until it closes it or has said `enough`. */
async function said(socket: Socket, enough?: RegExp): Promise<{ text: string; closed: boolean }> {
  let text = '';
  const over = Promise.withResolvers<boolean>();
  socket.on('data', (chunk) => {
    text += chunk.toString();
    if (enough?.test(text)) over.resolve(false);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => over.resolve(true));
  const closed = await Promise.race([over.promise, sleep(10_000, false)]);
  socket.destroy();
  return { text, closed };
}

const ANSWER = /^HTTP\/1.1 \d{3}/;

function sent(port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  return socket;
}

describe('S10: bodies', () => {
  it('S10 one byte over the limit is 413, and the limit itself is not', async () => {
    await using served = guarded();
    const frame = JSON.stringify({ agent: 'echo', input: '' }).length;
    const input = 'a'.repeat(HTTP_DEFAULTS.bodyBytes - frame);
    expect((await served.post('alice', '/runs', { agent: 'echo', input })).status).toBe(200);
    const over = await served.post('alice', '/runs', { agent: 'echo', input: `${input}a` });
    expect([over.status, await over.text()]).toEqual([413, expect.stringContaining('BODY_TOO_LARGE')]);
  });

  it('S10 a length beyond the limit is refused before the body has come', async () => {
    await using served = await onNode(options());
    const { text } = await said(sent(served.port, `${HEAD}Content-Length: 1099511627776\r\n\r\n{`), ANSWER);
    expect(text).toMatch(/^HTTP\/1.1 413/);
  });

  it('S10 a body without an end is refused at the limit, and little of it is held', async () => {
    await using served = await onNode(options());
    const before = process.memoryUsage().rss;
    const sending = ask({
      port: served.port,
      method: 'POST',
      path: '/runs',
      headers: { 'content-type': 'application/json' },
    });
    sending.on('error', () => undefined);
    const answered = once(sending, 'response') as Promise<[{ statusCode: number }]>;
    let over = false;
    void answered.then(() => (over = true));
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    for (let total = 0; !over && total < 64 * 1024 * 1024; total += chunk.length) {
      if (!sending.write(chunk)) await Promise.race([once(sending, 'drain'), answered]);
      await sleep(0);
    }
    const [{ statusCode }] = await answered;
    expect(statusCode).toBe(413);
    sending.destroy();
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('S10 a length that lies makes no run', async () => {
    const given = options();
    await using served = await onNode(given);
    const short = await said(sent(served.port, `${HEAD}Content-Length: 5\r\n\r\n{"input":"Hi"}`), ANSWER);
    expect(short.text).toMatch(/^HTTP\/1.1 400/);
    const both = `${HEAD}Content-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{"input":"Hi"}\r\n0\r\n\r\n`;
    expect((await said(sent(served.port, both), ANSWER)).text).toMatch(/^HTTP\/1.1 400/);
    const torn = sent(served.port, `${HEAD}Content-Length: 500\r\n\r\n{"input":"Hi"}`);
    await sleep(50);
    torn.destroy();
    await sleep(50);
    expect(await given.store?.list()).toEqual([]);
  });

  it('S10 compressed bodies are not unpacked', async () => {
    await using served = guarded();
    const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024, 0x20));
    const response = await served.ask('alice', '/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: bomb,
    });
    expect(response.status).toBe(415);
  });

  it.each([
    ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['100,000 levels of objects', `{"a":`.repeat(100_000)],
    ['levels in metadata', `{"agent":"echo","input":"x","metadata":${'['.repeat(65)}${']'.repeat(65)}}`],
    ['an unfinished text', '{"input":"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"x"'],
    ['nothing', ''],
    ['NaN', '{"agent":"echo","input":NaN}'],
  ])('S10 %s is 400', async (_, body) => {
    await using served = guarded();
    const response = await served.post('alice', '/runs', body);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('BODY_INVALID')]);
  });

  it('S10 a million keys are 413', async () => {
    await using served = guarded();
    const keys = Array.from({ length: 1_000_000 }, (_, index) => `"${index}":1`).join(',');
    expect((await served.post('alice', '/runs', `{${keys}}`)).status).toBe(413);
  });

  it('S10 invalid UTF-8 is 400', async () => {
    await using served = guarded();
    const body = Buffer.concat([
      Buffer.from('{"agent":"echo","input":"'),
      Buffer.from([0xc3, 0x28, 0xff]),
      Buffer.from('"}'),
    ]);
    const response = await served.ask('alice', '/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(400);
    expect(await served.store.list()).toEqual([]);
  });

  it('S10 of a key that comes twice, the last counts', async () => {
    await using served = guarded();
    const response = await served.post('alice', '/runs', '{"agent":"slow","agent":"echo","input":"x"}');
    expect(await response.json()).toMatchObject({ agent: 'echo' });
  });
});

describe('S11: slow clients', () => {
  it('S11 a head that does not end is cut off by the server’s limit', async () => {
    await using served = await onNode(options(), (server) => {
      server.headersTimeout = 200;
      server.requestTimeout = 300;
    });
    const { text, closed } = await said(sent(served.port, 'POST /runs HTTP/1.1\r\nHost: loc'));
    expect(closed).toBe(true);
    expect(text).toMatch(/^HTTP\/1.1 408/);
  });

  it('S11 a body that trickles is cut off by `bodyMs`, whatever the server', async () => {
    const given = options({ limits: { bodyMs: 200 } });
    await using served = await onNode(given, (server) => {
      server.requestTimeout = 0;
    });
    const socket = sent(served.port, `${HEAD}Content-Length: 1000\r\n\r\n{`);
    const trickle = setInterval(() => socket.write(' '), 40);
    const { text, closed } = await said(socket);
    clearInterval(trickle);
    expect(text).toMatch(/^HTTP\/1.1 408/);
    expect(text).toContain('BODY_TIMEOUT');
    expect(closed).toBe(true);
    expect(await given.store?.list()).toEqual([]);
  });

  it('S11 2,000 idle streams: as many as a principal may have, and little memory', async () => {
    await using served = guarded();
    const id = await served.waiting('p0');
    const streams: Response[] = [];
    const open = async (token: string, run: string): Promise<Response> =>
      served.ask(token, `/runs/${run}/events`, { headers: { accept: 'text/event-stream' } });
    for (let index = 0; index < HTTP_DEFAULTS.streamsPerPrincipal; index++) streams.push(await open('p0', id));
    expect(streams.every(({ status }) => status === 200)).toBe(true);
    const refused = await open('p0', id);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await refused.text()).toContain('LIMIT_REACHED');
    const before = process.memoryUsage().heapUsed;
    for (let who = 1; who < 20; who++) {
      const own = await served.waiting(`p${who}`);
      for (let index = 0; index < 100; index++) streams.push(await open(`p${who}`, own));
    }
    expect(streams).toHaveLength(2_000);
    expect((process.memoryUsage().heapUsed - before) / 1_900).toBeLessThan(64 * 1024);
    // A place that is given up can be taken.
    await streams[0]?.body?.cancel();
    expect((await open('p0', id)).status).toBe(200);
    for (const stream of streams.slice(1)) await stream.body?.cancel();
  }, 60_000);

  it('S11 a silent stream sends a comment with every beat: of 15 s, by default', async () => {
    expect(HTTP_DEFAULTS.heartbeatMs).toBe(15_000);
    await using served = guarded({ heartbeatMs: 30 });
    const id = await served.waiting('alice');
    const stream = await served.ask('alice', `/runs/${id}/events`, { headers: { accept: 'text/event-stream' } });
    let text = '';
    for await (const chunk of stream.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.split(': ping\n\n').length > 3) break;
    }
    expect(text.split(': ping\n\n').length).toBeGreaterThan(3);
  });
});
