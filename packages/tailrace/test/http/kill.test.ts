// A server is killed in mid-stream and started again on the same file and port. Its readers come back, and hear each word once.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../../src/index.ts';
import { createClient, EMPTY_VIEW, type RunView, viewRun } from '../../src/client/index.ts';
import { assertCleanRun } from '../../src/testing/index.ts';
import { expect, it } from 'vitest';
import { chance, inLanes, long, seeds } from '../durable/random.ts';
import { ended, eventsOf, framesOf, isOneAttempt, script, tossed, whole } from './killed-server.ts';
import { Place } from './processes.ts';
import { post } from './serve.ts';

const ROUNDS = long ? 150 : 4;
const LANES = 2;
interface ResponseFrame {
  type: string;
  sequence_number: number;
  delta?: string;
  response?: { id: string; status: string; error: { code: string } | null; output: { type: string }[] };
}

/** What a client of the Responses API comes to that goes on after the last frame that it got. */
async function responsesReader(url: string): Promise<{ frames: ResponseFrame[]; id: string }> {
  const frames: ResponseFrame[] = [];
  const key = { 'idempotency-key': crypto.randomUUID() };
  let id: string | undefined;
  for (;;) {
    const after = frames.at(-1)?.sequence_number;
    const at = after === undefined ? '' : `&starting_after=${after}`;
    try {
      const response = await (id === undefined
        ? fetch(`${url}/v1/responses`, post({ model: 'writer', input: 'Write.', stream: true }, key))
        : fetch(`${url}/v1/responses/${id}?stream=true${at}`));
      expect(response.status).toBe(200);
      for await (const { data } of framesOf(response)) {
        const frame = JSON.parse(data) as ResponseFrame;
        id ??= frame.response?.id;
        frames.push(frame);
        if (/^response\.(completed|failed|incomplete)$/.test(frame.type)) return { frames, id: id ?? '' };
      }
    } catch (error) {
      if ((error as { name?: string }).name === 'AssertionError') throw error;
    }
    await sleep(20);
  }
}

async function clientReader(url: string): Promise<{ view: RunView; run: string; seqs: number[] }> {
  const reader = createClient({ baseURL: url, idleMs: 3_000, maxTries: 50 }).run({ agent: 'writer', input: 'Write.' });
  let view: RunView = EMPTY_VIEW;
  const seqs: number[] = [];
  for await (const event of reader) {
    view = viewRun(view, event);
    seqs.push(event.type === 'snapshot' ? event.next - 1 : event.seq);
    if (!isOneAttempt(view.text)) throw new Error(`The view mixes attempts: ${view.text}`);
  }
  return { view, run: reader.run ?? '', seqs };
}

async function round(seed: number): Promise<{ kills: number; superseded: boolean }> {
  const place = await Place.make(script());
  await using _place = place;
  let over = false;
  await using server = await tossed(place, chance(seed), () => over);
  const [client, responses] = await Promise.all([clientReader(server.url), responsesReader(server.url)]);
  over = true;
  expect(client.view.status).toBe('completed');
  expect(client.seqs).toEqual([...new Set(client.seqs)].sort((a, b) => a - b));
  const said = client.view.messages.filter(({ role }) => role === 'assistant').map(({ text }) => text);
  expect(said).toHaveLength(2);
  for (const text of [...said, client.view.output ?? '']) if (!whole(text)) throw new Error(`Not one answer: ${text}`);
  await assertCleanRun(eventsOf(place, client.run));
  const superseded = checkResponses(responses, await ended(place, responses.id));
  await server.over;
  await checkLatecomer(server.url, responses.id);
  return { kills: server.kills, superseded };
}

/** Whoever comes after it all is told what holds, whatever was taken back before. */
async function checkLatecomer(url: string, id: string): Promise<void> {
  const retrieved = (await (await fetch(`${url}/v1/responses/${id}`)).json()) as ResponseFrame['response'];
  expect(retrieved?.status).toBe('completed');
  const frames: ResponseFrame[] = [];
  for await (const { data } of framesOf(await fetch(`${url}/v1/responses/${id}?stream=true`)))
    frames.push(JSON.parse(data) as ResponseFrame);
  expect(frames.at(-1)?.response).toEqual(retrieved);
  for (const index of frames.keys()) {
    if (index % 7 !== 0 && !long) continue;
    const rest = `${url}/v1/responses/${id}?stream=true&starting_after=${frames[index]?.sequence_number}`;
    const later: ResponseFrame[] = [];
    for await (const { data } of framesOf(await fetch(rest))) later.push(JSON.parse(data) as ResponseFrame);
    expect(later).toEqual(frames.slice(index + 1));
  }
}

/** True when its reader had to be told that text was taken back. */
function checkResponses({ frames }: { frames: ResponseFrame[] }, events: readonly RunEvent[]): boolean {
  const numbers = frames.map(({ sequence_number }) => sequence_number);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  const last = frames.at(-1)?.response;
  const texts = [''];
  for (const { type, delta } of frames) {
    if (type === 'response.output_text.delta') texts[texts.length - 1] += delta ?? '';
    if (type === 'response.output_text.done') texts.push('');
  }
  const open = texts.pop();
  for (const text of texts) if (!whole(text)) throw new Error(`Not one answer: ${text}`);
  if (last?.status === 'completed') {
    expect(texts).toHaveLength(2);
    expect(open).toBe('');
    return false;
  }
  expect([last?.status, last?.error?.code]).toEqual(['failed', 'ATTEMPT_SUPERSEDED']);
  // It had text of the attempt that died, and of no other.
  expect(open).not.toBe('');
  expect(isOneAttempt(open ?? '')).toBe(true);
  const kept = events.flatMap((event) => (event.type === 'item.added' ? [JSON.stringify(event.item)] : []));
  expect(kept.some((item) => item.includes(/a\d+w/.exec(open ?? '')?.[0] ?? '?'))).toBe(false);
  return true;
}

it(
  'one continuous stream across the death of the server: nothing twice, nothing left out',
  { timeout: long ? 1_800_000 : 60_000 },
  async () => {
    let [kills, superseded] = [0, 0];
    const all = seeds(ROUNDS);
    await inLanes(all, LANES, async (seed) => {
      try {
        const came = await round(seed);
        kills += came.kills;
        superseded += came.superseded ? 1 : 0;
      } catch (error) {
        throw new Error(`TAILRACE_SEED=${seed}`, { cause: error });
      }
    });
    if (long)
      process.stdout.write(
        `figure: servers killed in mid-stream: ${all.length} rounds, ${kills} kills, ${superseded} streams superseded\n`,
      );
    expect(kills).toBeGreaterThan(0);
  },
);
