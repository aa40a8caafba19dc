import { createRuntime } from 'tailrace';
import { type ClientEvent, createClient } from 'tailrace/client';
import { sqlite } from 'tailrace/sqlite';
import { expect, it } from 'vitest';
import { serve } from '../http/serve.ts';
import { tearingProxy } from './tearing-proxy.ts';
import { TEXT, writer } from './writer.ts';

const PARALLEL = 8;
const long = process.env['TAILRACE_ROUNDS'] === 'long';
const QUESTION = 'Wie ist das Wetter?';

async function all(events: AsyncIterable<ClientEvent>): Promise<ClientEvent[]> {
  const found: ClientEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

/** Calls `each` with every number below `end`, or every `step`th, several at a time. */
async function every(end: number, step: number, each: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < end) {
      const number = next;
      next += step;
      await each(number);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

it(
  'a stream that is cut at any byte goes on without a gap and without a repetition',
  { timeout: 240_000 },
  async () => {
    await using served = await serve({ agents: { writer }, store: sqlite(':memory:') });
    const begun = createClient({ baseURL: served.url }).run({ input: QUESTION });
    const whole = await all(begun);
    const run = begun.run ?? '';
    const body = await served.ask(`/runs/${run}/events`, { headers: { accept: 'application/x-ndjson' } });
    const size = (await body.arrayBuffer()).byteLength;
    expect(whole.at(-1)).toMatchObject({ type: 'run.completed', output: TEXT });

    // Each client names itself; its first connection is cut.
    const connections = new Map<string, number>();
    await using proxy = await tearingProxy(served.url, (_, headers) => {
      const client = String(headers['x-client']);
      connections.set(client, (connections.get(client) ?? 0) + 1);
      const [how, bytes] = client.split(' ') as ['break' | 'end', string];
      return connections.get(client) === 1 ? { bytes: Number(bytes), how } : 'pass';
    });
    for (const how of ['break', 'end']) {
      await every(size, how === 'break' || long ? 1 : 31, async (bytes) => {
        const client = `${how} ${bytes}`;
        const reader = createClient({ baseURL: proxy.url, headers: { 'x-client': client }, delayMs: () => 0 });
        const events = await all(reader.attach(run));
        // Comparing thousands of lists event by event takes minutes.
        if (JSON.stringify(events) !== JSON.stringify(whole)) expect(events, client).toEqual(whole);
        expect(connections.get(client), client).toBe(2);
      });
    }
    console.log(`figure: streams cut at every byte, ${connections.size} cuts in ${size} bytes`);
  },
);

it('a run whose first answer is cut at any byte is begun once, and read whole', { timeout: 240_000 }, async () => {
  await using runtime = createRuntime({ agents: { writer }, store: sqlite(':memory:') });
  await runtime.start();
  await using served = await serve({ runtime });
  const whole = await all(createClient({ baseURL: served.url }).run({ input: QUESTION }));
  const told = ({ type, seq }: ClientEvent & { seq?: number }): string => `${seq} ${type}`;
  const size = whole.reduce((sum, event) => sum + Buffer.byteLength(`${JSON.stringify(event)}\n`), 0);
  const cut = new Set<string>();
  await using proxy = await tearingProxy(served.url, (_, headers) => {
    const bytes = String(headers['x-client']);
    if (cut.has(bytes)) return 'pass';
    cut.add(bytes);
    return { bytes: Number(bytes), how: 'break' };
  });
  // Each of them is a run of its own: a few every day, all of them in the long run.
  await every(size, long ? 1 : 7, async (bytes) => {
    const headers = { 'x-client': String(bytes) };
    const events = await all(createClient({ baseURL: proxy.url, headers, delayMs: () => 0 }).run({ input: QUESTION }));
    const [got, wanted] = [events.map(told), whole.map(told)];
    if (got.join() !== wanted.join()) expect(got, `cut at ${bytes}`).toEqual(wanted);
  });
  expect(cut.size).toBe(Math.ceil(size / (long ? 1 : 7)));
  expect(await runtime.list({ limit: 10_000 })).toHaveLength(cut.size + 1);
  console.log(`figure: answers to begun runs, ${cut.size} cuts in ${size} bytes`);
});
