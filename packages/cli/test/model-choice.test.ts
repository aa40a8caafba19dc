import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startWireServer } from 'tailrace/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { findLocalServer, listModels } from '../src/local-server.ts';
import { chooseModel, NoModelError } from '../src/model-choice.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const json =
  (body: unknown, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
const list = (...ids: unknown[]): unknown => ({ object: 'list', data: ids.map((id) => ({ id })) });
const none = (): Promise<undefined> => Promise.resolve(undefined);

describe('a local server', () => {
  it('is the first of the list that answers with models, whoever answers first', async () => {
    const first = await serve((request, response) =>
      setTimeout(() => json(list('slow', 'other'))(request, response), 60),
    );
    const second = await serve(json(list('fast')));
    const candidates = [
      { name: 'A', port: first },
      { name: 'B', port: second },
    ];
    const found = await findLocalServer(candidates, 5_000);
    expect(found).toEqual({ name: 'A', baseURL: `http://127.0.0.1:${first}/v1`, models: ['slow', 'other'] });
  });

  it('leaves out models that do not write', async () => {
    const port = await serve(json(list('nomic-embed-text', 'llama3')));
    expect((await findLocalServer([{ name: 'A', port }], 5_000))?.models).toEqual(['llama3']);
  });

  const bad: [string, RequestListener][] = [
    [
      'a web page',
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works</h1>'),
    ],
    ['another list', json({ data: ['a'] })],
    ['ids that are no texts', json(list(1))],
    ['no models', json(list())],
    ['null', json(null)],
    ['404', json(list('a'), 404)],
    ['500', json(list('a'), 500)],
    ['a redirect', (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['a body without end', (_request, response) => void response.writeHead(200).write('{"object":"list","data":[')],
    ['silence', () => undefined],
    ['2 MB', (_request, response) => response.writeHead(200).end(JSON.stringify(list('x'.repeat(2_000_000))))],
  ];
  it.each(bad)('is not what answers with %s, and that is known within the limit', async (_name, listener) => {
    const port = await serve(listener);
    const begun = performance.now();
    expect(await findLocalServer([{ name: 'A', port }])).toBe(undefined);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('is not where nothing listens', async () => {
    expect(await findLocalServer([{ name: 'A', port: 1 }])).toBe(undefined);
  });

  it('may want a key', async () => {
    let authorization: string | undefined;
    const port = await serve((request, response) => {
      ({ authorization } = request.headers);
      json(list('a'))(request, response);
    });
    expect(await listModels(`http://127.0.0.1:${port}/v1/`, 'secret', 10_000)).toEqual(['a']);
    expect(authorization).toBe('Bearer secret');
  });
});

describe('the model', () => {
  it('is offline-demo when it is asked for, whatever else there is', async () => {
    const { why } = await chooseModel('offline-demo', { OPENAI_API_KEY: 'sk-x' }, none);
    expect(why).toMatch(/^offline-demo \(not a language model\)/);
  });

  it('is OpenAI with a key, by the name that was asked for', async () => {
    const { why } = await chooseModel(undefined, { OPENAI_API_KEY: 'sk-secret', OPENAI_DEFAULT_MODEL: 'gpt-x' }, none);
    expect(why).toBe('gpt-x at https://api.openai.com/v1 (OPENAI_API_KEY)');
    expect((await chooseModel('gpt-y', { OPENAI_API_KEY: 'sk-secret' }, none)).why).toMatch(/^gpt-y at/);
  });

  it('is what the server of OPENAI_BASE_URL has, and the URL shows no password', async () => {
    const port = await serve(json(list('own-model')));
    const { why } = await chooseModel(
      undefined,
      { OPENAI_BASE_URL: `http://u:secret@127.0.0.1:${port}/v1?key=secret` },
      none,
    );
    expect(why).toContain(`at http://127.0.0.1:${port}/v1 (OPENAI_BASE_URL)`);
    expect(why).not.toContain('secret');
  });

  it('is a local server when there is no key', async () => {
    const server = { name: 'Ollama', baseURL: 'http://127.0.0.1:11434/v1', models: ['llama3', 'qwen'] };
    const chosen = await chooseModel(undefined, {}, () => Promise.resolve(server));
    expect(chosen.why).toBe('llama3 at http://127.0.0.1:11434/v1 (Ollama, found on this machine)');
    expect((await chooseModel('qwen', {}, () => Promise.resolve(server))).why).toMatch(/^qwen at/);
  });

  it('is offline-demo when there is nothing else, but never for a name', async () => {
    expect((await chooseModel(undefined, { OPENAI_API_KEY: ' ' }, none)).why).toMatch(
      /^offline-demo .*no local model server/,
    );
    await expect(chooseModel('gpt-5', {}, none)).rejects.toBeInstanceOf(NoModelError);
  });

  it('answers through Chat Completions of a server that is not OpenAI', async () => {
    await using server = await startWireServer();
    const { model } = await chooseModel('m', { OPENAI_BASE_URL: server.url }, none);
    await model.getResponse({
      input: 'hi',
      modelSettings: {},
      tools: [],
      outputType: 'text',
      handoffs: [],
      tracing: false,
    });
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/chat/completions']);
  });
});
