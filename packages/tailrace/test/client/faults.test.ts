// What servers and networks do, one by one, and what the client makes of it.
import { createRuntime } from 'tailrace';
import {
  type ClientEvent,
  createClient,
  EMPTY_VIEW,
  type RunView,
  type TailraceClient,
  viewRun,
} from 'tailrace/client';
import { sqlite } from 'tailrace/sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serve } from '../http/serve.ts';
import { type Fate, tearingProxy } from './tearing-proxy.ts';
import { TEXT, writer } from './writer.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };

async function all(events: AsyncIterable<ClientEvent>): Promise<ClientEvent[]> {
  const found: ClientEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

describe('over a proxy', () => {
  const fates: Record<string, Fate[]> = {
    'refused connections': ['refuse', 'refuse', 'refuse'],
    'an answer that is lost': ['lose', 'lose'],
    'errors of servers and proxies': [
      { status: 500 },
      { status: 502, body: '<html>Bad gateway</html>' },
      { status: 503, body: '{"error":{"code":"SHUTTING_DOWN","message":"Ask again."}}' },
      { status: 408 },
      { status: 429, headers: { 'retry-after': '0' } },
      { status: 507, body: '{"error":null}' },
    ],
    'lines that are no events': [
      { status: 200, headers: NDJSON, body: '\n1\nnull\n{"code":"INTERNAL"}\n{"type":"error"}\n' },
    ],
    'a connection that says nothing': ['silent', 'silent'],
    'a stream that falls silent': [{ bytes: 700, how: 'silence' }],
  };
  for (const [name, given] of Object.entries(fates)) {
    it(`${name}: the run is begun once and read whole`, async () => {
      const silent = name.includes('nothing') || name.includes('silent');
      await using runtime = createRuntime({ agents: { writer }, store: sqlite(':memory:') });
      await runtime.start();
      await using served = await serve({ runtime });
      await using proxy = await tearingProxy(served.url, (count) => given[count - 1] ?? 'pass');
      const client = createClient({ baseURL: proxy.url, delayMs: () => 0, ...(silent && { idleMs: 500 }) });
      const events = await all(client.run({ input: 'Go.' }));
      expect(events.filter(({ type }) => type === 'model.delta').map((event) => 'text' in event && event.text)).toEqual(
        ['Grüß', 'e ', '🌦️ ', '雨'],
      );
      expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: TEXT });
      expect(await runtime.list({})).toHaveLength(1);
      // On a busy machine a connection that is not silent may seem so.
      expect(proxy.asked.length).toBeGreaterThan(given.length);
      if (!silent) expect(proxy.asked).toHaveLength(given.length + 1);
    });
  }

  it('a server that goes away and comes back elsewhere is one stream', async () => {
    await using runtime = createRuntime({ agents: { writer }, store: sqlite(':memory:') });
    await runtime.start();
    const first = await serve({ runtime });
    await using proxy = await tearingProxy(first.url, (count) =>
      count === 1 ? { bytes: 900, how: 'silence' } : 'pass',
    );
    const client = createClient({ baseURL: proxy.url, delayMs: () => 1, idleMs: 200, maxTries: 1_000 });
    const reader = client.run({ input: 'Go.' });
    const events: ClientEvent[] = [];
    let second: Awaited<ReturnType<typeof serve>> | undefined;
    for await (const event of reader) {
      events.push(event);
      if (second) continue;
      await first[Symbol.asyncDispose]();
      second = await serve({ runtime });
      proxy.target = second.url;
    }
    await second?.[Symbol.asyncDispose]();
    const view = events.reduce(viewRun, EMPTY_VIEW);
    expect(view).toMatchObject({ status: 'completed', output: TEXT });
    expect(new Set(events.map((event) => 'seq' in event && event.seq)).size).toBe(events.length);
  });
});

/** A client of a server that answers as it is told, and what it was asked. */
function told(
  answers: (() => Response | Promise<Response>)[],
  options: { maxTries?: number } = {},
): [TailraceClient, Request[]] {
  const asked: Request[] = [];
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    asked.push(request);
    const answer = answers[asked.length - 1];
    if (!answer) throw new TypeError('fetch failed');
    return answer();
  };
  return [createClient({ baseURL: 'http://local.test', fetch: send, ...options }), asked];
}

const event = (seq: number, type = 'model.delta'): object => ({
  type,
  run: 'r',
  seq,
  epoch: 1,
  at: 0,
  text: String(seq),
  id: `${seq}.1`,
});
const stream =
  (...events: object[]) =>
  (): Response =>
    new Response(events.map((each) => `${JSON.stringify(each)}\n`).join(''), { headers: NDJSON });

describe('with a clock of its own', () => {
  const waits: number[] = [];
  beforeEach(() => {
    waits.length = 0;
    vi.useFakeTimers();
  });
  afterEach(() => void vi.useRealTimers());

  /** Reads to the end, and notes each wait between two tries. */
  async function read(events: AsyncIterable<ClientEvent>): Promise<ClientEvent[]> {
    let over = false;
    const reading = all(events).finally(() => (over = true));
    // The test awaits it below; until then it is nobody's.
    reading.catch(() => undefined);
    while (!over) {
      const before = Date.now();
      await vi.advanceTimersToNextTimerAsync();
      if (Date.now() > before) waits.push(Date.now() - before);
    }
    return reading;
  }

  it('gives up after ten tries in a row without a sign of life, each later than the one before', async () => {
    const [client, asked] = told([]);
    await expect(read(client.attach('r'))).rejects.toMatchObject({ code: 'UNREACHABLE', status: 0, retryable: true });
    expect(asked).toHaveLength(11);
    for (const [index, wait] of waits.entries()) {
      const most = Math.min(10_000, 250 * 2 ** index);
      expect(wait).toBeGreaterThanOrEqual(Math.floor(most / 2));
      expect(wait).toBeLessThanOrEqual(most);
    }
  });

  it('counts anew after each event and each heartbeat', async () => {
    const answers = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? stream(event(index)) : () => new Response('\n', { headers: NDJSON }),
    );
    const [client, asked] = told([...answers, stream(event(40, 'run.completed'))], { maxTries: 1 });
    expect(await read(client.attach('r'))).toHaveLength(21);
    expect(asked).toHaveLength(41);
    expect(Math.max(...waits)).toBeLessThanOrEqual(250);
  });

  it.each([
    ['says that it failed', '{"type":"error"}\n', 'INTERNAL'],
    ['is not JSON', 'hello\n', 'UNREACHABLE'],
    ['is no event', 'null\n3\n[]\n{"type":"x"}\n', 'UNREACHABLE'],
    ['was given before', `${JSON.stringify(event(0))}\n`, 'UNREACHABLE'],
    [
      'is the same snapshot',
      `${JSON.stringify({ type: 'snapshot', run: 'r', next: 1, view: EMPTY_VIEW, position: '0.1' })}\n`,
      'UNREACHABLE',
    ],
  ])('does not count as progress what %s', async (_, line, code) => {
    const again = (): Response => new Response(line, { headers: NDJSON });
    const [client, asked] = told([stream(event(0)), ...Array.from({ length: 20 }, () => again)], { maxTries: 3 });
    await expect(read(client.attach('r'))).rejects.toMatchObject({ code });
    // The first one that came starts the count, and is not one of them.
    expect(asked).toHaveLength(4);
  });

  it('does not count as silence what a loop does with an event', async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(`${JSON.stringify(event(0))}\n${JSON.stringify(event(1))}\n`));
      },
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 44_000));
        controller.enqueue(new TextEncoder().encode(`${JSON.stringify(event(2, 'run.completed'))}\n`));
      },
    });
    const [client, asked] = told([() => new Response(body, { headers: NDJSON })]);
    const slow = async function* (): AsyncGenerator<ClientEvent> {
      for await (const each of client.attach('r')) {
        yield each;
        await new Promise((resolve) => setTimeout(resolve, 100_000));
      }
    };
    expect(await read(slow())).toHaveLength(3);
    expect(asked).toHaveLength(1);
  });

  it('does not count a stream that ends at once as progress', async () => {
    const [client, asked] = told(
      Array.from({ length: 9 }, () => stream()),
      { maxTries: 5 },
    );
    await expect(read(client.attach('r'))).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(asked).toHaveLength(6);
  });

  it.each([
    ['7', 7_000],
    ['100000', 60_000],
    [new Date(Date.UTC(2026, 0, 1, 0, 0, 20)).toUTCString(), 20_000],
    ['nonsense', 250],
  ])('waits as Retry-After: %s asks, a minute at most', async (text, ms) => {
    vi.setSystemTime(Date.UTC(2026, 0, 1));
    const refuse = (): Response => new Response(null, { status: 429, headers: { 'retry-after': text } });
    const [client] = told([refuse, stream(event(0, 'run.completed'))]);
    await read(client.attach('r'));
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeLessThanOrEqual(ms);
    expect(waits[0]).toBeGreaterThanOrEqual(ms / 2);
  });

  it('gives up a connection that is silent for 45 seconds, also while it is made and in the middle of an error', async () => {
    const body = (status: number) => (): Response =>
      new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }), { status, headers: NDJSON });
    const [client, asked] = told([body(200), body(503), stream(event(0, 'run.completed'))]);
    expect(await read(client.attach('r'))).toHaveLength(1);
    expect(asked).toHaveLength(3);
    expect(waits.filter((wait) => wait === 45_000)).toHaveLength(2);
  });

  it('is patient while the browser is offline, and goes on as soon as it is online', async () => {
    const page = Object.assign(new EventTarget(), { onLine: false });
    vi.stubGlobal('navigator', page);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const answers: (() => Response)[] = [];
    const [client, asked] = told(answers, { maxTries: 1 });
    const reading = all(client.attach('r'));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked).toHaveLength(1);
    page.onLine = true;
    answers[1] = stream(event(0, 'run.completed'));
    page.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(250);
    expect(await reading).toHaveLength(1);
    vi.unstubAllGlobals();
  });
});

describe('what a server says of a place', () => {
  const snapshot = { type: 'snapshot', run: 'r', next: 8, view: { ...EMPTY_VIEW, run: 'r' }, position: '7.1' };
  const gone = (): Response =>
    new Response(JSON.stringify({ error: { code: 'OFFSET_PRUNED', message: 'Pruned.', snapshot } }), { status: 410 });

  it('204: there is nothing more', async () => {
    const [client, asked] = told([() => new Response(null, { status: 204 })]);
    expect(await all(client.attach('r', { after: '9.1' }))).toEqual([]);
    expect(asked[0]?.headers.get('last-event-id')).toBe('9.1');
  });

  it('410: goes on from the snapshot', async () => {
    const [client, asked] = told([gone, stream(event(8), event(9, 'run.completed'))]);
    const events = await all(client.attach('r', { after: '2.1' }));
    expect(events.map(({ type }) => type)).toEqual(['snapshot', 'model.delta', 'run.completed']);
    expect(asked.map(({ headers }) => headers.get('last-event-id'))).toEqual(['2.1', '7.1']);
  });

  it('410 again and again is no progress, 410 without a snapshot an error', async () => {
    const client = createClient({
      baseURL: 'http://local.test',
      fetch: async () => gone(),
      maxTries: 3,
      delayMs: () => 0,
    });
    await expect(all(client.attach('r', { after: '2.1' }))).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const [other] = told([() => new Response(null, { status: 410 })]);
    await expect(all(other.attach('r'))).rejects.toMatchObject({ status: 410, code: 'HTTP_410', retryable: false });
  });

  it('a snapshot in a stream takes the place of what was superseded', async () => {
    const [client, asked] = told([
      stream(event(0, 'run.started'), event(1), event(2)),
      stream({ ...snapshot, next: 1, position: '0.2' }, event(1), event(2, 'run.completed')),
    ]);
    const events = await all(client.attach('r'));
    expect(events.map(({ type }) => type)).toEqual([
      'run.started',
      'model.delta',
      'model.delta',
      'snapshot',
      'model.delta',
      'run.completed',
    ]);
    expect(asked[1]?.headers.get('last-event-id')).toBe('2.1');
  });

  it.each([400, 401, 403, 404, 409, 422, 501])('%i ends it with what the server says', async (status) => {
    const [client, asked] = told([() => Response.json({ error: { code: 'NO', message: 'No.', at: 1 } }, { status })]);
    await expect(all(client.attach('r'))).rejects.toMatchObject({
      code: 'NO',
      message: 'No.',
      status,
      data: { at: 1 },
    });
    expect(asked).toHaveLength(1);
  });

  it('a page in place of an answer is not tried again', async () => {
    const html = (): Response => new Response('<html></html>', { headers: { 'content-type': 'text/html' } });
    const [client, asked] = told([html, html, html, html]);
    const wanted = { code: 'NOT_TAILRACE', status: 200, retryable: false };
    await expect(all(client.run({ input: 'Go.' }))).rejects.toMatchObject(wanted);
    await expect(all(client.attach('r'))).rejects.toMatchObject(wanted);
    await expect(client.get('r')).rejects.toMatchObject(wanted);
    expect(asked).toHaveLength(3);
  });

  it('asks for headers each time, so that a token can be renewed', async () => {
    let token = 0;
    const seen: (string | null)[] = [];
    const answers = [stream(event(0)), stream(event(1, 'run.completed'))];
    const client = createClient({
      baseURL: 'http://local.test/',
      headers: () => ({ authorization: `Bearer ${token++}` }),
      delayMs: () => 0,
      fetch: async (_, init) => {
        seen.push(new Headers(init?.headers).get('authorization'));
        return answers[seen.length - 1]?.() ?? Response.error();
      },
    });
    let view: RunView = EMPTY_VIEW;
    for await (const each of client.attach('r')) view = viewRun(view, each);
    expect(view.status).toBe('completed');
    expect(seen).toEqual(['Bearer 0', 'Bearer 1']);
  });
});
