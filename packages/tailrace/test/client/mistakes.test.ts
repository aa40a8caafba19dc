// What is wrong in the program is said at once, under its own name: nothing that is tried again for a minute and called a server that cannot be reached.
import { type ClientEvent, type ClientOptions, createClient, TailraceClientError } from 'tailrace/client';
import { sqlite } from 'tailrace/sqlite';
import { expect, it } from 'vitest';
import { chunks, lines } from '../../src/client/lines.ts';
import { serve } from '../http/serve.ts';
import { writer } from './writer.ts';

async function all(events: AsyncIterable<ClientEvent>): Promise<ClientEvent[]> {
  const found: ClientEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

it.each([undefined, null, 7, 'http://', 'localhost:3000', 'ftp://local.test'])('%s is no baseURL', (baseURL) => {
  expect(() => createClient({ baseURL: baseURL as string })).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', retryable: false, message: expect.stringContaining('baseURL') }),
  );
});

const requests: Record<string, Partial<ClientOptions>> = {
  'a path outside of a page': { baseURL: '/api' },
  'a name and a password in the address': { baseURL: 'http://a:b@local.test' },
  'a header that is none': { headers: { authorization: 'Bearer x\ny' } },
};
it.each(Object.keys(requests))('%s is asked once', async (name) => {
  let asked = 0;
  const client = createClient({
    baseURL: 'http://local.test',
    fetch: async (input, init) => {
      asked += 1;
      return fetch(input, init);
    },
    ...requests[name],
  });
  const wanted = { code: 'REQUEST_INVALID', status: 0, retryable: false };
  await expect(all(client.run({ input: 'Go.' }))).rejects.toMatchObject(wanted);
  await expect(all(client.attach('r'))).rejects.toMatchObject(wanted);
  await expect(client.get('r')).rejects.toMatchObject(wanted);
  // Pages show it.
  await expect(client.get('r')).rejects.not.toThrow('Bearer');
  expect(asked).toBe(4);
});

it('what is not JSON is refused before anything is asked', async () => {
  const client = createClient({ baseURL: 'http://local.test', fetch: async () => expect.unreachable() });
  const metadata: Record<string, unknown> = {};
  metadata['self'] = metadata;
  expect(() => client.run({ input: 'Go.', metadata })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  await expect(client.answer('r', 'c', 1n)).rejects.toMatchObject({ code: 'REQUEST_INVALID', retryable: false });
});

it('what `headers` throws ends it, but for what says that it can be tried again', async () => {
  await using served = await serve({ agents: { writer }, store: sqlite(':memory:') });
  const expired = new Error('The token expired.');
  let asked = 0;
  const client = createClient({
    baseURL: served.url,
    headers: () => {
      asked += 1;
      throw expired;
    },
  });
  const wanted = { code: 'HEADERS_FAILED', retryable: false, cause: expired };
  await expect(all(client.run({ input: 'Go.' }))).rejects.toMatchObject(wanted);
  await expect(client.get('r')).rejects.toMatchObject(wanted);
  expect(asked).toBe(2);

  const patient = createClient({
    baseURL: served.url,
    delayMs: () => 0,
    headers: async () => {
      asked += 1;
      if (asked < 5) throw new TailraceClientError('No token yet.', { code: 'NO_TOKEN', status: 0 });
      return {};
    },
  });
  expect((await all(patient.run({ input: 'Go.' }))).at(-1)?.type).toBe('run.completed');
});

it('a second loop over a reader throws at once, and the first one reads all', async () => {
  await using served = await serve({ agents: { writer }, store: sqlite(':memory:') });
  const client = createClient({ baseURL: served.url });
  const reader = client.run({ input: 'Go.' });
  const seen: ClientEvent[] = [];
  for await (const event of reader) {
    seen.push(event);
    await expect(all(reader)).rejects.toMatchObject({ code: 'READER_IN_USE', retryable: false });
  }
  expect(seen).toEqual(await all(client.attach(reader.run ?? '')));
  expect(await all(reader)).toEqual([]);
});

it('a long line costs as much as its length, however many pieces it comes in', async () => {
  const piece = new TextEncoder().encode('x'.repeat(1_000));
  const PIECES = 20_000;
  const body = (): ReadableStream<Uint8Array> => {
    let left = PIECES;
    return new ReadableStream({
      pull(controller) {
        if (left === 0) {
          controller.enqueue(new TextEncoder().encode('\ny\n\nz'));
          return controller.close();
        }
        left -= 1;
        controller.enqueue(piece);
      },
    });
  };
  let before = performance.now();
  for await (const _ of chunks(body(), undefined)) {
    // What reading alone costs, on this machine, now.
  }
  const alone = performance.now() - before;
  const found: string[] = [];
  before = performance.now();
  for await (const each of lines(body(), AbortSignal.any([]))) found.push(...each);
  const took = performance.now() - before;
  expect(found.map(({ length }) => length)).toEqual([PIECES * 1_000, 1, 0]);
  console.log(`figure: a line in ${PIECES} pieces ${took.toFixed()} ms, its pieces alone ${alone.toFixed()} ms`);
  expect(took).toBeLessThan(10 * alone + 200);
});
