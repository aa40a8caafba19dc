// S3: pages of other sites cannot reach a server of this machine, by whatever name or trick.
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'tailrace';
import { createHandler, createNodeListener, type HandlerOptions } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';

const options = (): HandlerOptions => ({
  agents: { one: new Agent({ name: 'One', model: new ScriptedModel([[assistantMessage('Hi.')]]) }) },
  store: sqlite(':memory:'),
});

const JSON_POST = { 'content-type': 'application/json' };

async function post(
  headers: Record<string, string>,
  {
    given = options(),
    url = 'http://localhost/runs',
    method = 'POST',
  }: { given?: HandlerOptions; url?: string; method?: string } = {},
): Promise<{ status: number; code: string | undefined; headers: Headers; runs: number }> {
  const handler = createHandler(given);
  const body = method === 'POST' ? { body: JSON.stringify({ input: 'Hi' }) } : {};
  const response = await handler(new Request(url, { method, headers, ...body }));
  const text = await response.text();
  const code = /"code":"(\w+)"/.exec(text)?.[1];
  const runs = (await given.store?.list())?.length ?? 0;
  await handler.stop({ graceMs: 0 });
  return { status: response.status, code, headers: response.headers, runs };
}

describe('S3: a server without authorize', () => {
  it.each([
    'evil.com:4111',
    'evil.com',
    '10.0.0.1',
    '127.0.0.1.evil.com',
    'localhost.evil.com',
    '[::2]',
    '169.254.169.254',
    '0.0.0.0',
    '@localhost',
    'localhost:80:80',
  ])('S3 does not go by the name %s', async (host) => {
    expect(await post({ ...JSON_POST, host })).toMatchObject({ status: 421, code: 'HOST_REFUSED', runs: 0 });
  });

  it.each(['localhost:4111', '127.0.0.1', '127.1.2.3:80', '[::1]:4111', 'LOCALHOST'])('S3 goes by %s', async (host) => {
    expect(await post({ ...JSON_POST, host })).toMatchObject({ status: 200, runs: 1 });
  });

  it.each(['https://evil.com', 'http://localhost:1', 'null', 'file://', 'http://localhost.evil.com'])(
    'S3 refuses pages of %s',
    async (origin) => {
      const seen = await post({ ...JSON_POST, host: 'localhost:4111', origin });
      expect(seen).toMatchObject({ status: 403, code: 'ORIGIN_REFUSED', runs: 0 });
      expect(seen.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('S3 serves pages of its own', async () => {
    const headers = { ...JSON_POST, host: 'localhost:4111', origin: 'http://localhost:4111' };
    expect(await post({ ...headers, 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 200 });
  });

  it('S3 refuses what a browser marks as cross-site, and gives a preflight nothing', async () => {
    expect(await post({ ...JSON_POST, 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403, runs: 0 });
    const preflight = await post(
      { origin: 'https://evil.com', 'access-control-request-method': 'POST' },
      { method: 'OPTIONS' },
    );
    expect(preflight.status).toBe(403);
    for (const name of preflight.headers.keys()) expect(name).not.toMatch(/^access-control/);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'text/plain; application/json',
    '',
  ])('S3 takes no body of type %j, which a form could send', async (type) => {
    const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
    expect(await post(headers)).toMatchObject({ status: 415, code: 'MEDIA_TYPE', runs: 0 });
  });

  it('S3 answers no connection but those to a loopback address', async () => {
    const listener = createNodeListener(options());
    const server = createServer(listener).listen(0, '0.0.0.0');
    // Not every machine has an address that others reach: the connection says that it came to one.
    let cameTo: string | undefined;
    server.on('connection', (socket) => {
      if (cameTo !== undefined) Object.defineProperty(socket, 'localAddress', { value: cameTo });
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const statusAt = async (host: string): Promise<number | undefined> => {
      const sent = ask({ host, port, path: '/runs', headers: { host: 'localhost' }, agent: false }).end();
      const [response] = (await once(sent, 'response')) as [{ statusCode?: number; resume(): void }];
      response.resume();
      return response.statusCode;
    };
    expect(await statusAt('127.0.0.1')).toBe(200);
    for (cameTo of ['192.0.2.7', '10.0.0.1', '::ffff:10.0.0.1', 'fd00::2', '0.0.0.0', ''])
      expect(await statusAt('127.0.0.1'), cameTo).toBe(403);
    cameTo = undefined;
    const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    for (const { internal, family, address } of own)
      if (!internal && family === 'IPv4') expect(await statusAt(address), address).toBe(403);
    await listener.stop({ graceMs: 0 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('S3: origins that may call', () => {
  const given = (): HandlerOptions => ({ ...options(), cors: { origins: ['https://app.example'] } });
  const page = { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' };

  it('S3 are told so, and may read what clients need', async () => {
    const preflight = await post(
      {
        ...page,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type, x-stainless-os, openai-beta, x-other',
      },
      { given: given(), method: 'OPTIONS' },
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    // What OpenAI's client sends is allowed; headers that nobody here knows are not.
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'authorization, content-type, idempotency-key, last-event-id, traceparent, x-stainless-os, openai-beta',
    );
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    const seen = await post({ ...JSON_POST, ...page }, { given: given() });
    expect(seen.status).toBe(200);
    expect(seen.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(seen.headers.get('access-control-expose-headers')).toMatch(/location.*retry-after/);
    expect(seen.headers.get('vary')).toBe('origin');
    expect(seen.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('S3 may send cookies only where the server says so', async () => {
    const cors = { origins: ['https://app.example'], credentials: true };
    const asked = { ...page, 'access-control-request-method': 'POST' };
    for (const answer of [
      await post(asked, { given: { ...options(), cors }, method: 'OPTIONS' }),
      await post({ ...JSON_POST, ...page }, { given: { ...options(), cors } }),
    ])
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    const wrong = { origins: [], credentials: 'yes' } as unknown as { origins: string[] };
    expect(() => createHandler({ ...options(), cors: wrong })).toThrow(
      expect.objectContaining({ code: 'OPTION_TYPE' }),
    );
  });

  it('S3 are no others, and never any', async () => {
    for (const origin of [
      'https://app.example.evil.com',
      'http://app.example',
      'https://app.example:8443',
      '*',
      'https://evil.com',
    ]) {
      const seen = await post({ ...JSON_POST, origin }, { given: given() });
      expect(seen).toMatchObject({ status: 403, runs: 0 });
      expect(seen.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('S3 errors can be read by them, too', async () => {
    const seen = await post({ ...JSON_POST, ...page }, { given: given(), url: 'http://localhost/nothing' });
    expect(seen.status).toBe(404);
    expect(seen.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });
});

describe('S3: a server with authorize', () => {
  it('S3 goes by any name, or by those that it is given', async () => {
    const authorize = (): { id: string } => ({ id: 'a' });
    expect(await post({ ...JSON_POST, host: 'api.example' }, { given: { ...options(), authorize } })).toMatchObject({
      status: 200,
    });
    const named = (): HandlerOptions => ({ ...options(), authorize, hosts: ['api.example'] });
    expect(await post({ ...JSON_POST, host: 'API.example:443' }, { given: named() })).toMatchObject({ status: 200 });
    expect(await post({ ...JSON_POST, host: 'evil.com' }, { given: named() })).toMatchObject({ status: 421 });
  });
});
