// `tailrace serve` as a process: what it says, what it answers, and how it ends.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SERVED_OPTIONS } from '../src/served-module.ts';
import { type Running, TAILRACE, Workplace } from './command.ts';

const MODULES = join(import.meta.dirname, 'modules');
const AGENTS = join(MODULES, 'agents.ts');
const LONG = 'Say this back: one two three four five six seven eight nine ten eleven twelve.';

async function urlOf(running: Running): Promise<string> {
  const said = await running.shows(/ on (http:\/\/\S+)\n/);
  return said[1] ?? '';
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe.concurrent('a served module', () => {
  it('answers the line that it gives to try, and SIGTERM ends it with 0', async () => {
    using place = new Workplace(TAILRACE);
    const running = place.start(['serve', AGENTS, '--port', '0']);
    const url = await urlOf(running);
    const [, path, body] = await running.shows(
      /curl -N http:\/\/[^/]+(\/\S+) -H 'content-type: application\/json' -d '(.*)'\n/,
    );
    const response = await post(`${url}${path}`, JSON.parse(body ?? ''));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(await response.text()).toContain('run.completed');
    expect(existsSync(join(place.path, 'tailrace.db'))).toBe(true);
    const signalled = performance.now();
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(performance.now() - signalled).toBeLessThan(5_000);
  });

  it('leaves a run within the grace at SIGINT, and goes on with it when it is served again', async () => {
    using place = new Workplace(TAILRACE);
    const serve = ['serve', AGENTS, '--port', '0', '--db', 'here.db', '--grace', '100'];
    const first = place.start(serve);
    const begun = await post(`${await urlOf(first)}/runs`, { agent: 'slow', input: LONG, background: true });
    const { id } = (await begun.json()) as { id: string };
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
    expect(readdirSync(place.path)).toContain('here.db');

    const second = place.start(serve);
    const url = await urlOf(second);
    const events = await (await fetch(`${url}/runs/${id}/events`)).text();
    expect(events.match(/event: run\.completed/g)).toHaveLength(1);
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
  });

  it('a second signal ends it at once', async () => {
    using place = new Workplace(TAILRACE);
    const running = place.start(['serve', AGENTS, '--port', '0', '--grace', '60000']);
    const begun = await post(`${await urlOf(running)}/runs`, { agent: 'slow', input: LONG, background: true });
    expect(begun.status).toBe(202);
    running.child.kill('SIGTERM');
    await running.shows('Stopping');
    running.child.kill('SIGTERM');
    expect((await running.ended).signal).toBe('SIGTERM');
  });

  it('asks its own authorize', async () => {
    using place = new Workplace(TAILRACE);
    const running = place.start(['serve', join(MODULES, 'guarded.ts'), '--port', '0', '--host', '0.0.0.0']);
    const { port } = new URL(await urlOf(running));
    const url = `http://127.0.0.1:${port}/runs`;
    expect((await post(url, { input: 'Hi' })).status).toBe(401);
    expect((await post(url, { input: 'Hi' }, { authorization: 'Bearer open-sesame' })).status).toBe(200);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });
});

/** Nothing else sends a Host of one's own. */
async function statusAs(host: string, url: string): Promise<number | undefined> {
  const asked = request(`${url}/healthz`, { headers: { host } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

it('takes hosts and limits from its module', async () => {
  using place = new Workplace(TAILRACE);
  const running = place.start(['serve', join(MODULES, 'configured.ts'), '--port', '0']);
  const url = await urlOf(running);
  expect((await post(`${url}/runs`, { input: 'Hi' })).status).toBe(200);
  expect((await post(`${url}/runs`, { input: 'x'.repeat(100) })).status).toBe(413);
  expect([await statusAs('agents.example.com', url), await statusAs('evil.example.com', url)]).toEqual([200, 421]);
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
});

describe.concurrent('what cannot be served', () => {
  it.each([
    ['no module', [], 2, /Which module\? For example: tailrace serve agents\.ts/],
    ['a module that is not there', ['gone.ts'], 2, /There is no module .*gone\.ts/],
    ['a module without agents', [join(MODULES, 'nothing.ts')], 2, /exports no agents/],
    [
      'a module that throws',
      [join(MODULES, 'broken.ts')],
      1,
      /broken\.ts cannot be loaded: this module cannot be loaded \(.*broken\.ts:1:7\)\n/,
    ],
    ['two modules', [AGENTS, 'more.ts'], 2, /One module is served, got 2: .*agents\.ts, more\.ts/],
    ['an unknown option', [AGENTS, '--prot', '1'], 2, /Unknown option --prot\. Known are --port/],
    ['no port', [AGENTS, '--port', 'http'], 2, /--port takes a whole number of 0 to 65535, got http/],
    [
      'the world without authorize',
      [AGENTS, '--host', '0.0.0.0'],
      1,
      /Refusing to listen on 0\.0\.0\.0.*AUTHORIZE_REQUIRED/,
    ],
    ['the world by its other name', [AGENTS, '--host', '::'], 1, /Refusing to listen on ::.*AUTHORIZE_REQUIRED/],
  ])('%s: is said in one line, and makes no file', async (_, args, code, message) => {
    using place = new Workplace(TAILRACE);
    const ended = await place.run(['serve', ...args]);
    expect(ended.stderr).toMatch(message);
    expect([ended.code, ended.stdout, ended.stderr.trim().split('\n').length]).toEqual([code, '', 1]);
    expect(readdirSync(place.path)).toEqual([]);
  });

  it.each([
    ['syntax.ts', 'export const a = 1;\nexport const b = {;\n', /^syntax\.ts cannot be loaded: .+ \(syntax\.ts:2\)\n$/],
    [
      'syntax.mjs',
      'export const a = 1;\nexport const b = {;\n',
      /^syntax\.mjs cannot be loaded: Unexpected token ';' \(syntax\.mjs:2\)\n$/,
    ],
    ['deep.ts', "import './thrown.ts';\n", /^deep\.ts cannot be loaded: not here \(thrown\.ts:2:9\)\n$/],
    [
      'missing.ts',
      "import 'no-such-package';\n",
      /^missing\.ts cannot be loaded: Cannot find package .*missing\.ts \[ERR_MODULE_NOT_FOUND\]\n$/,
    ],
    ['null.ts', 'throw null;\n', /^null\.ts cannot be loaded: it throws null\n$/],
    ['never.ts', 'await new Promise(() => {});\n', /^never\.ts never finished loading: a top-level await, .*\n$/],
  ])('%s, which cannot be loaded: is named, with the line', async (name, source, message) => {
    using place = new Workplace(TAILRACE);
    writeFileSync(join(place.path, name), source);
    writeFileSync(join(place.path, 'thrown.ts'), "function f(): never {\n  throw new Error('not here');\n}\nf();\n");
    const { code, stdout, stderr } = await place.run(['serve', name]);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([1, '']);
  });

  it('a port that is taken', async () => {
    using place = new Workplace(TAILRACE);
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await place.run(['serve', AGENTS, '--port', String(port)]);
    other.close();
    expect([code, stderr]).toEqual([
      1,
      `Port ${port} is taken on 127.0.0.1. Choose another with --port; 0 takes any that is free.\n`,
    ]);
  });
});

it('--help tells the options', async () => {
  using place = new Workplace(TAILRACE);
  const { code, stdout } = await place.run(['serve', '--help']);
  expect(code).toBe(0);
  for (const option of ['--port', '--host', '--db', '--grace', ...SERVED_OPTIONS]) expect(stdout).toContain(option);
});
