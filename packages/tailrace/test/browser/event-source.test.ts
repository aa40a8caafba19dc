// Clients that know nothing of us: what speaks server-sent events can read a run, and come back to it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EventSource as EventSourcePackage } from 'eventsource';
import { createClient } from 'tailrace/client';
import { EventSource as EventSourceUndici } from 'undici';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { tearingProxy } from '../client/tearing-proxy.ts';
import { openBrowser, type OpenedBrowser } from './browser.ts';
import { PIECES, servePages, TEXT } from './page-server.ts';

const TYPES = [
  'run.started',
  'turn.started',
  'model.called',
  'model.delta',
  'item.added',
  'turn.ended',
  'run.completed',
];

interface Heard {
  ids: string[];
  text: string;
  /** How often it was connected. */
  opened: number;
}

type Source = new (url: string) => {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: never) => void): void;
  close(): void;
};

/** Listens until the source is closed by what the server says. Runs in pages, too: it knows nothing but what it is given. */
async function listen(Source: Source, url: string, types: string[]): Promise<Heard> {
  const source = new Source(url);
  const heard: Heard = { ids: [], text: '', opened: 0 };
  return new Promise((resolve) => {
    source.addEventListener('open', () => (heard.opened += 1));
    source.addEventListener('error', () => source.readyState === 2 && resolve(heard));
    for (const type of types)
      source.addEventListener(type, ({ data, lastEventId }: { data: string; lastEventId: string }) => {
        heard.ids.push(lastEventId);
        if (type === 'model.delta') heard.text += (JSON.parse(data) as { text: string }).text;
      });
  });
}

/** A run that is over, its ids, and a server before which a proxy cuts the first connection in the middle. */
async function torn() {
  const server = await servePages(new Map([['/cases.js', '']]));
  server.tap.allow(PIECES.length);
  const reader = createClient({ baseURL: `${server.url}/api` }).run({ agent: 'writer', input: 'Say it.' });
  const ids: string[] = [];
  for await (const event of reader)
    if ('id' in event && event.id !== undefined && TYPES.includes(event.type)) ids.push(event.id);
  let streams = 0;
  const proxy = await tearingProxy(server.url, (_, { accept }) =>
    accept === 'text/event-stream' && ++streams === 1 ? { bytes: 5_000, how: 'break' } : 'pass',
  );
  return {
    ids,
    path: `/api/runs/${reader.run}/events`,
    proxy,
    streams: () => proxy.asked.filter((what) => what.endsWith('/events')),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe.concurrent('EventSource comes back after a cut with Last-Event-ID, repeats nothing, and ends on 204', () => {
  it.each([
    ['eventsource', EventSourcePackage],
    ['undici', EventSourceUndici],
  ])('of %s', { timeout: 60_000 }, async (_, Source) => {
    await using run = await torn();
    const heard = await listen(Source as Source, `${run.proxy.url}${run.path}`, TYPES);
    expect(heard.text).toBe(TEXT);
    expect(heard.ids).toEqual(run.ids);
    expect(run.streams()).toHaveLength(3);
  });
});

describe('in a page', () => {
  let browser: OpenedBrowser;
  beforeAll(async () => {
    browser = await openBrowser(inject('chromium'));
  }, 60_000);
  afterAll(async () => browser?.[Symbol.asyncDispose]());

  it('EventSource of Chromium does the same', { timeout: 60_000 }, async () => {
    await using run = await torn();
    await using opened = await browser.open(`${run.proxy.url}/cases`);
    const { page } = opened;
    const given = `${JSON.stringify(run.path)}, ${JSON.stringify(TYPES)}`;
    const heard: Heard = await page.evaluate(`(${listen.toString()})(EventSource, ${given})`);
    expect(heard.text).toBe(TEXT);
    expect(heard.ids).toEqual(run.ids);
    expect(run.streams()).toHaveLength(3);
  });
});

it('curl reads a run as it comes, and goes on from an id', async () => {
  const server = await servePages(new Map());
  await using _server = server;
  const { id } = await server.runtime.submit('writer', 'Say it.');
  const curl = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('curl', ['-sSN', '--max-time', '20', ...args, `${server.url}/api/runs/${id}/events`]))
      .stdout;
  const reading = curl('-H', 'accept: text/event-stream');
  server.tap.allow(PIECES.length);
  const whole = await reading;
  const events = whole.split('\n\n').filter((event) => event.startsWith('event:') || event.startsWith('id:'));
  expect(events.at(-1)).toContain('run.completed');
  const ids = [...whole.matchAll(/^id: ?(.*)$/gm)].map((match) => match[1] as string);
  const middle = ids[20] as string;
  const rest = await curl('-H', 'accept: text/event-stream', '-H', `last-event-id: ${middle}`);
  expect([...rest.matchAll(/^id: ?(.*)$/gm)].map((match) => match[1])).toEqual(ids.slice(21));
  expect(await curl('-w', '%{http_code}', '-H', `last-event-id: ${ids.at(-1)}`)).toBe('204');
});
