// A reader may leave at any moment, in three ways: its signal, `leave()`, and the end of its loop.
import { type ClientEvent, createClient, type EventReader } from 'tailrace/client';
import { sqlite } from 'tailrace/sqlite';
import { expect, it } from 'vitest';
import { serve } from '../http/serve.ts';
import { writer } from './writer.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const line = `${JSON.stringify({ type: 'run.started', run: 'r', seq: 0, epoch: 1, at: 0, agent: 'A', input: 'Go.', v: 1 })}\n`;

/** A server for each thing that a reader can be in the middle of. `closed` tells that the client let go of what it had. */
const states: Record<string, (signal: AbortSignal, closed: () => void) => Promise<Response>> = {
  'while it connects': async (signal, closed) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        closed();
        reject(signal.reason as Error);
      });
    }),
  'while it waits for an event': async (_, closed) =>
    new Response(new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode(line)), cancel: closed }), {
      headers: NDJSON,
    }),
  'while it reads an error': async (_, closed) => new Response(new ReadableStream({ cancel: closed }), { status: 503 }),
  'while it rests': async (_, closed) => {
    closed();
    return new Response(null, { status: 503, headers: { 'retry-after': '60' } });
  },
};
const reason = new Error('no more');
const ways: Record<
  string,
  [leave: (reader: EventReader, loop: AsyncIterator<ClientEvent>, abort: AbortController) => unknown, outcome: unknown]
> = {
  'by its signal': [(_, __, abort) => abort.abort(reason), reason],
  'by leave()': [(reader) => reader.leave(), 'done'],
  'by the end of its loop': [async (_, loop) => loop.return?.(), 'done'],
};

for (const [state, answer] of Object.entries(states)) {
  for (const [way, [leave, outcome]] of Object.entries(ways)) {
    it(`leaves ${state}, ${way}`, async () => {
      let closed = 0;
      const begun = Promise.withResolvers<void>();
      const client = createClient({
        baseURL: 'http://local.test',
        fetch: async (_, init) => {
          setTimeout(begun.resolve, 5);
          return answer(init?.signal as AbortSignal, () => (closed += 1));
        },
      });
      const abort = new AbortController();
      const reader = client.attach('r', { signal: abort.signal });
      const loop = reader[Symbol.asyncIterator]();
      if (state === 'while it waits for an event') await loop.next();
      const pending = loop.next().then(
        ({ done }) => (done === true ? 'done' : 'event'),
        (error: unknown) => error,
      );
      await begun.promise;
      await leave(reader, loop, abort);
      expect(await pending).toBe(outcome);
      expect(closed).toBe(1);
      expect(await loop.next()).toEqual({ done: true, value: undefined });
    });
  }
}

it('a signal that is aborted already begins nothing', async () => {
  let asked = 0;
  const client = createClient({ baseURL: 'http://local.test', fetch: async () => Response.json(asked++) });
  const events = client.run({ input: 'Go.', signal: AbortSignal.abort(reason) });
  await expect(events[Symbol.asyncIterator]().next()).rejects.toBe(reason);
  expect(asked).toBe(0);
});

it('a loop that is left at any event can be followed by another one, or by another reader, that goes on there', async () => {
  await using served = await serve({ agents: { writer }, store: sqlite(':memory:') });
  const client = createClient({ baseURL: served.url });
  const ids: (string | undefined)[] = [];
  const reader = client.run({ input: 'Go.' });
  for await (const event of reader) ids.push('id' in event ? event.id : undefined);
  for (let left = 1; left < ids.length; left += 1) {
    const again = client.attach(reader.run ?? '');
    const seen: (string | undefined)[] = [];
    for await (const event of again) {
      seen.push('id' in event ? event.id : undefined);
      if (seen.length === left) break;
    }
    const others = [...seen];
    for await (const event of client.attach(reader.run ?? '', { after: again.position as string }))
      others.push('id' in event ? event.id : undefined);
    for await (const event of again) seen.push('id' in event ? event.id : undefined);
    expect(seen).toEqual(ids);
    expect(others).toEqual(ids);
  }
});
