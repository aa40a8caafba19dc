import { createServer, type Server } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test, describe } from 'vitest';
import { createTransport } from '../../src/model/transport-choice.ts';
import { createFetchTransport } from '../../src/model/transport-fetch.ts';
import { readBody, type Transport } from '../../src/model/transport.ts';
import { startWireServer } from '../../src/testing/wire-server.ts';
import { abortListeners, collect, failureOf, modelOn, request } from './calls.ts';

const TRANSPORTS: [string, Transport][] = [
  ['node:http', createTransport()],
  ['fetch', createFetchTransport((url, init) => fetch(url, init))],
];

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/v1`;
}

describe.each(TRANSPORTS)('%s', (_, transport) => {
  const post = (url: string, signal?: AbortSignal): ReturnType<Transport> =>
    transport({ url, headers: { 'content-type': 'application/json' }, body: '{"ü":1}', signal });

  test('sends a POST with its body and reads the answer', async () => {
    await using server = await startWireServer({
      script: () => ({ status: 418, body: 'short and stout', headers: { 'x-a': 'b' } }),
    });
    const answer = await post(`${server.url}/responses`);
    expect([answer.status, answer.header('x-a'), answer.header('x-none')]).toEqual([418, 'b', undefined]);
    expect(await readBody(answer, 100, 'fail')).toBe('short and stout');
    expect(server.requests[0]).toMatchObject({ method: 'POST', text: '{"ü":1}' });
    await expect(readBody(await post(`${server.url}/responses`), 5, 'fail')).rejects.toMatchObject({
      kind: 'too_large',
    });
    expect(await readBody(await post(`${server.url}/responses`), 5, 'cut')).toBe('short');
  });

  test('follows redirects within the origin, five at most', async () => {
    await using server = await startWireServer({
      script: ({ path }) => {
        const n = Number(path.split('n')[1] ?? '0');
        return n < 5 ? { status: 307, headers: { location: `/v1/n${n + 1}` }, body: '' } : { body: `arrived ${path}` };
      },
    });
    const arrived = await post(`${server.url}/x`);
    expect(await readBody(arrived, 100, 'fail')).toBe('arrived /v1/n5');
    expect(server.requests.every((each) => each.method === 'POST' && each.text === '{"ü":1}')).toBe(true);
    await using loop = await startWireServer({
      script: () => ({ status: 308, headers: { location: '/v1/again' }, body: '' }),
    });
    await expect(post(`${loop.url}/x`)).rejects.toMatchObject({
      kind: 'redirect',
      message: expect.stringContaining('more than 5 times'),
    });
    expect(loop.requests).toHaveLength(6);
  });

  test('does not follow a redirect to another origin', async () => {
    await using other = await startWireServer();
    await using server = await startWireServer({
      script: () => ({ status: 302, headers: { location: `${other.url}/responses?key=CANARY` }, body: '' }),
    });
    const fault = await failureOf(post(`${server.url}/responses`));
    expect(fault).toMatchObject({ kind: 'redirect' });
    expect(fault.message).toContain('another origin');
    expect(fault.message).not.toContain('CANARY');
    expect(other.requests).toHaveLength(0);
  });

  test.each([
    [303, '/v1/y'],
    [302, undefined],
    [301, 'http://['],
  ])('status %i to %s is an error', async (status, location) => {
    await using server = await startWireServer({
      script: () => ({ status, body: '', ...(location === undefined ? {} : { headers: { location } }) }),
    });
    await expect(post(`${server.url}/responses`)).rejects.toMatchObject({ kind: 'redirect' });
  });

  test('an abort closes the connection at once, before the head and after', async () => {
    await using server = await startWireServer({
      script: (_request, index) => (index === 0 ? { headDelayMs: 9999 } : { delivery: { stall: { afterBytes: 10 } } }),
    });
    for (let n = 0; n < 2; n++) {
      const stop = new AbortController();
      const work = transport({
        url: `${server.url}/responses`,
        headers: {},
        body: '{"stream":true}',
        signal: stop.signal,
      }).then(async (answer) => {
        for (;;) if ((await answer.body.pull()) === undefined) return;
      });
      const failed = failureOf(work);
      while (server.requests.length === n) await wait(5);
      await wait(20);
      const at = performance.now();
      stop.abort(new Error('enough'));
      expect(await failed).toMatchObject({ message: 'enough' });
      expect(await server.requests[n]!.finished).toBe('left');
      expect(performance.now() - at).toBeLessThan(5_000);
      expect(abortListeners(stop.signal)).toBe(0);
    }
  });

  test('a finished call leaves no listener on the signal', async () => {
    await using server = await startWireServer();
    const stop = new AbortController();
    for (let n = 0; n < 3; n++) await readBody(await post(`${server.url}/responses`, stop.signal), 1e6, 'fail');
    expect(abortListeners(stop.signal)).toBe(0);
  });

  test.each(['ftp://x/', 'not a url', 'http://'])('%s is refused', async (url) => {
    await expect(post(url)).rejects.toMatchObject({ kind: 'url' });
  });
});

test('a pooled connection that the server closed meanwhile costs one silent new connection', async () => {
  // Answers the first request on each connection and resets it when a second one comes.
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    let requests = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      requests++;
      if (requests > 1) socket.resetAndDestroy();
      else
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 44\r\n\r\n{"id":"x","status":"completed","output":[]}  ',
        );
    });
  });
  const model = modelOn('responses', await listen(server));
  for (let n = 0; n < 3; n++) {
    expect(await model.getResponse(request())).toMatchObject({ responseId: 'x' });
    await wait(5);
  }
  expect(connections).toBeGreaterThanOrEqual(2);
  server.close();
});

test('idle connections closed by the server are no failure', async () => {
  await using server = await startWireServer();
  const model = modelOn('chat', server.url);
  for (let n = 0; n < 3; n++) {
    expect((await collect(model)).error).toBeUndefined();
    server.closeIdleConnections();
    if (n === 1) await wait(20);
  }
});

test('a connection that dies after a byte of the answer is not tried again', async () => {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      requests++;
      if (requests === 1)
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
      else socket.write('HTTP/1.1 2', () => socket.resetAndDestroy());
    });
  });
  const transport = createTransport();
  const url = await listen(server);
  await readBody(await transport({ url, headers: {}, body: '{}' }), 10, 'fail');
  await wait(5);
  await expect(transport({ url, headers: {}, body: '{}' })).rejects.toMatchObject({ kind: 'connect' });
  expect(requests).toBe(2);
  server.close();
});

test('what is not HTTP is a failed connection', async () => {
  const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
  const error = await failureOf(modelOn('chat', await listen(server)).getResponse(request()));
  expect(error).toMatchObject({ code: 'MODEL_CONNECTION' });
  server.close();
});

test('a slow reader pauses the socket instead of filling memory', async () => {
  let written = 0;
  const server = createHttpServer((_request, response) => {
    const piece = Buffer.alloc(64 * 1024);
    const push = (): void => {
      while (written < 256 * 1024 * 1024) {
        written += piece.length;
        if (!response.write(piece)) {
          response.once('drain', push);
          return;
        }
      }
    };
    push();
  });
  const answer = await createTransport()({ url: await listen(server), headers: {}, body: '' });
  await wait(300);
  expect(written).toBeLessThan(32 * 1024 * 1024);
  const before = written;
  for (let n = 0; n < 500 && written === before; n++) await answer.body.pull();
  expect(written).toBeGreaterThan(before);
  answer.body.close();
  server.closeAllConnections();
  server.close();
});

test('an idle pool does not keep the process alive, and importing the models loads no node:http', async () => {
  await using server = await startWireServer();
  const index = new URL('../../src/model/index.ts', import.meta.url).href;
  const program = `
    import { OpenAIResponsesModel } from ${JSON.stringify(index)};
    const early = process.moduleLoadList.filter((name) => /NativeModule _?https?(_|$)/.test(name));
    const model = new OpenAIResponsesModel({ baseURL: ${JSON.stringify(server.url)} }, 'm');
    await model.getResponse({ input: 'x', modelSettings: {}, tools: [], handoffs: [], outputType: 'text', tracing: false });
    console.log(JSON.stringify({ early }));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 15_000,
  });
  expect(JSON.parse(stdout)).toEqual({ early: [] });
  expect(server.requests).toHaveLength(1);
});
