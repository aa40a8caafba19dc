// What node:http takes for a request and the web does not: each is answered, and the server goes on.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Agent, MemoryLogStore } from '../../src/index.ts';
import { createNodeListener, type NodeListener } from '../../src/http/index.ts';
import { ScriptedModel } from '../../src/testing/index.ts';

let server: Server;
let listener: NodeListener;
const heard: unknown[] = [];

beforeAll(async () => {
  listener = createNodeListener({
    agents: { a: new Agent({ name: 'A', model: new ScriptedModel([]) }) },
    store: new MemoryLogStore(),
    authorize: () => ({ id: 'ann' }),
    onError: (error) => void heard.push(error),
  });
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  await listener.stop();
  server.closeAllConnections();
  server.close();
});

interface Answer {
  status: number;
  code: string | undefined;
}

/** Sends these bytes, and gives the first answer. */
async function raw(text: string): Promise<Answer> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    socket.setEncoding('latin1').write(text, 'latin1');
    let answer = '';
    for await (const chunk of socket as AsyncIterable<string>) {
      answer += chunk;
      const head = /^HTTP\/1\.1 (\d{3})[^]*?\r\n\r\n/.exec(answer);
      if (!head) continue;
      const length = Number(/content-length: (\d+)/i.exec(head[0])?.[1] ?? 0);
      const body = answer.slice(head[0].length);
      if (body.length < length) continue;
      return { status: Number(head[1]), code: /"code":"(\w+)"/.exec(body)?.[1] };
    }
    return { status: 0, code: undefined };
  } finally {
    socket.destroy();
  }
}

const HOST = 'Host: localhost\r\n';
const INVALID = { status: 400, code: 'REQUEST_INVALID' };
const NOWHERE = { status: 404, code: 'NOT_FOUND' };

test.each<[string, string, Answer]>([
  ['a host that is none', 'GET /healthz HTTP/1.1\r\nHost: [\r\n', INVALID],
  ['a host of two words', 'GET /healthz HTTP/1.1\r\nHost: a b\r\n', INVALID],
  ['a port that is none', 'GET /healthz HTTP/1.1\r\nHost: x:99999999\r\n', INVALID],
  ['an empty host', 'GET /healthz HTTP/1.1\r\nHost: \r\n', INVALID],
  ['two hosts', `GET /healthz HTTP/1.1\r\n${HOST}Host: b\r\n`, INVALID],
  ['a host with a user', 'GET /healthz HTTP/1.1\r\nHost: u:p@localhost\r\n', INVALID],
  ['a host with a path', 'GET /healthz HTTP/1.1\r\nHost: localhost/runs?\r\n', INVALID],
  ['no host, as old clients', 'GET /healthz HTTP/1.0\r\n', { status: 200, code: undefined }],
  ['no path but slashes', `GET // HTTP/1.1\r\n${HOST}`, NOWHERE],
  ['a path that looks like a host', `GET //evil.example/runs HTTP/1.1\r\n${HOST}`, NOWHERE],
  ['a path that looks like a broken host', `GET //[ HTTP/1.1\r\n${HOST}`, NOWHERE],
  ['a whole URL', `GET http://localhost/healthz HTTP/1.1\r\n${HOST}`, { status: 200, code: undefined }],
  ['a whole URL with a user', `GET http://u:p@localhost/healthz HTTP/1.1\r\n${HOST}`, { status: 200, code: undefined }],
  ['a whole URL that is none', `GET http://[ HTTP/1.1\r\n${HOST}`, INVALID],
  ['a star', `OPTIONS * HTTP/1.1\r\n${HOST}`, NOWHERE],
  ['a method that the web forbids', `TRACE /healthz HTTP/1.1\r\n${HOST}`, { status: 405, code: 'METHOD_NOT_ALLOWED' }],
  ['a method that nobody has', `QUERY /runs HTTP/1.1\r\n${HOST}`, { status: 405, code: 'METHOD_NOT_ALLOWED' }],
])('%s is answered', async (_, head, expected) => {
  expect(await raw(`${head}\r\n`)).toEqual(expected);
  expect(await raw(`GET /healthz HTTP/1.1\r\n${HOST}\r\n`)).toEqual({ status: 200, code: undefined });
  expect(heard).toEqual([]);
});

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 30,
});
const odd = fc.oneof(
  printable,
  fc.constantFrom('[::1]', '[', 'a:b:c', '\\', '%', '//', '/\\', '..', '?#', '@', 'http://', '/runs', '/runs/%ff'),
);

test('any request line and any Host are answered, and not as a failure of the server', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'DELETE', 'HEAD', 'PUT', 'TRACE'),
      odd,
      odd,
      async (method, target, host) => {
        const { status } = await raw(
          `${method} /${target.replaceAll(' ', '')} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`,
        );
        expect(status).toBeGreaterThanOrEqual(200);
        expect(status).toBeLessThan(500);
      },
    ),
    { numRuns: 300 },
  );
  expect(heard).toEqual([]);
});
