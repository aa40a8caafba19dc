// `tailrace serve` as a process of its own: what a signal does to it, and to those who read.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent as HttpAgent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertCleanRun, startWireServer, type WireAnswer, type WireServer } from 'tailrace/testing';
import { createClient, EMPTY_VIEW, type RunView, viewRun } from 'tailrace/client';
import { sqlite } from 'tailrace/sqlite';
import { expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');
const MODULE = join(import.meta.dirname, 'served-writer.ts');

class Serve implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  stdout = '';
  stderr = '';

  static async start(db: string, model: WireServer, { port = 0, graceMs = 10_000 } = {}): Promise<Serve> {
    const serve = new Serve(db, model.url, port, graceMs);
    await expect.poll(() => serve.stdout, { timeout: 30_000, interval: 10 }).toContain('http://');
    return serve;
  }

  private constructor(db: string, modelUrl: string, port: number, graceMs: number) {
    const args = ['--no-warnings', '--conditions=@tailrace/source', MAIN, 'serve', MODULE];
    const options = ['--port', `${port}`, '--db', db, '--grace', `${graceMs}`];
    const env = { ...process.env, MODEL_URL: modelUrl };
    this.child = spawn(process.execPath, [...args, ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
  }

  get url(): string {
    return /http:\/\/\S+/.exec(this.stdout)?.[0] ?? '';
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  signal(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): void {
    this.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}

function folder(): { db: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'tailrace-serve-'));
  return { db: join(path, 'runs.db'), [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const WORDS = Array.from({ length: 30 }, (_, index) => `w${index} `);
const steps = [{ type: 'text', text: WORDS }] as const;
/** A call, and then words: the call's output is in the request for them. */
const script =
  (delayMs: number) =>
  (asked: { text: string }): WireAnswer =>
    asked.text.includes('function_call_output')
      ? { steps, delivery: { delayMs } }
      : {
          steps: [
            { type: 'text', text: WORDS },
            { type: 'tool_call', id: 'c1', name: 'look', arguments: {} },
          ],
          delivery: { delayMs },
        };

const ask = (stream: boolean): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(stream && { accept: 'text/event-stream' }) },
  body: JSON.stringify({ input: 'Write.', stream }),
});

it.each([
  ['within the grace, at a step boundary', 5_000, 3],
  ['when the grace is over, in the middle of an answer', 100, 40],
])('SIGTERM lets go of a run %s, and its reader goes on at the next server', async (_, graceMs, delayMs) => {
  using place = folder();
  await using model = await startWireServer({ script: script(delayMs) });
  await using first = await Serve.start(place.db, model, { graceMs });
  const client = createClient({ baseURL: first.url, idleMs: 5_000 });
  const reader = client.run({ input: 'Write.' });
  let view: RunView = EMPTY_VIEW;
  let second: Promise<Serve> | undefined;
  const { port } = first;
  const seqs: number[] = [];
  for await (const event of reader) {
    view = viewRun(view, event);
    if (event.type !== 'snapshot') seqs.push(event.seq);
    if (second || event.type !== 'model.delta') continue;
    first.signal();
    second = first.ended.then(async (how) => {
      expect({ ...how, stderr: first.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
      return Serve.start(place.db, model, { port });
    });
  }
  await using _second = await (second as Promise<Serve>);
  expect(view.status).toBe('completed');
  expect(view.output).toBe(WORDS.join(''));
  expect(view.messages.filter(({ role }) => role === 'assistant').map(({ text }) => text)).toEqual(
    Array(2).fill(WORDS.join('')),
  );
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  const store = sqlite(place.db);
  const events = await store.read(reader.run ?? '', 0, 10_000);
  expect(events.filter(({ type }) => type === 'run.resumed').length).toBeGreaterThan(0);
  await assertCleanRun(events);
  // A run that was left at a boundary asked for nothing twice.
  expect(model.requests).toHaveLength(graceMs === 100 ? 3 : 2);
  await store.close();
});

it('tells streams when to come back and ends them properly, answers who waits, and takes nothing more', async () => {
  using place = folder();
  await using model = await startWireServer({ script: script(100) });
  await using serve = await Serve.start(place.db, model, { graceMs: 600 });
  const stream = await fetch(`${serve.url}/runs`, ask(true));
  const text = stream.text();
  const waiting = fetch(`${serve.url}/runs`, ask(false));
  const polling = fetch(`${serve.url}${stream.headers.get('location')}/events?from=1&waitMs=30000`, {
    headers: { accept: 'application/json' },
  });
  const { port } = serve;
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  const kept = async (): Promise<{ status: number | undefined; connection: string | undefined }> => {
    const asked = request({ port, path: '/runs', agent, host: '127.0.0.1' }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    return { status: response.statusCode, connection: response.headers.connection };
  };
  await expect.poll(() => model.activeRequests).toBe(2);
  serve.signal();
  expect(await text).toMatch(/\n\nretry: \d+\n\n$/);
  await expect.poll(() => refused(port)).toBe(true);
  const answer = await waiting;
  expect([answer.status, ((await answer.json()) as { status: string }).status]).toEqual([202, 'running']);
  expect((await polling).status).toBe(200);
  await expect(kept()).rejects.toThrow(/ECONNREFUSED|ECONNRESET|socket hang up/);
  expect(await serve.ended).toEqual({ code: 0, signal: null });
  agent.destroy();
});

it('a second signal ends it at once', async () => {
  using place = folder();
  await using model = await startWireServer({ script: script(1_000) });
  await using serve = await Serve.start(place.db, model, { graceMs: 60_000 });
  await fetch(`${serve.url}/runs`, ask(true));
  await expect.poll(() => model.activeRequests).toBe(1);
  serve.signal();
  await expect.poll(() => refused(serve.port)).toBe(true);
  expect(serve.child.exitCode).toBe(null);
  const asked = performance.now();
  serve.signal();
  expect(await serve.ended).toEqual({ code: null, signal: 'SIGTERM' });
  expect(performance.now() - asked).toBeLessThan(10_000);
});

it('connections that nobody uses do not hold it up', async () => {
  using place = folder();
  await using model = await startWireServer({ script: script(1) });
  await using serve = await Serve.start(place.db, model);
  const agent = new HttpAgent({ keepAlive: true });
  const asked = request({ port: serve.port, path: '/healthz', agent, host: '127.0.0.1' }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  const silent = connect(serve.port, '127.0.0.1');
  await once(silent, 'connect');
  const began = performance.now();
  serve.signal('SIGINT');
  expect(await serve.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(8_000);
  silent.destroy();
  agent.destroy();
});

async function refused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
