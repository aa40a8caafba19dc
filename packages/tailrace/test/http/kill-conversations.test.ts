// A server is killed in mid-stream and started again, and readers of conversations come back: clients of the AI SDK's UI message stream, and of AG-UI.
import { setTimeout as sleep } from 'node:timers/promises';
import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/index.ts';
import { assertCleanRun } from '../../src/testing/index.ts';
import { uiMessageView } from '../../src/ui/index.ts';
import { chance, inLanes, long, seeds } from '../durable/random.ts';
import { ended, eventsOf, framesOf, isOneAttempt, script, tossed, whole } from './killed-server.ts';
import { Place } from './processes.ts';
import { STREAM_KINDS, type StreamKind } from './stream-kinds.ts';

const ROUNDS = long ? 100 : 3;
const LANES = 2;
const [UI, AG_UI] = ['AI SDK UI', 'AG-UI'].map((name) => STREAM_KINDS.find((kind) => kind.name === name) as StreamKind);

interface Frame {
  type: string;
}

interface Reading {
  kind: StreamKind | undefined;
  /** Begins a stream, and with it the message: what was read before is void when it comes again. */
  first: string;
  /** The types that end it. */
  last: RegExp;
}

/** What a client has that comes back after the last position it was given, and how often it had to begin anew. */
async function readerOf<T extends Frame>(
  url: string,
  { kind, first, last }: Reading,
): Promise<{ frames: T[]; anew: number }> {
  if (!kind) throw new Error('There is no such stream.');
  const key = `thread-${kind.name.replaceAll(' ', '-')}`;
  const begin = kind.begin('writer', key);
  const headers = { ...(begin.init.headers as Record<string, string>), 'idempotency-key': crypto.randomUUID() };
  let frames: T[] = [];
  /** How many of the frames lie before the position. */
  let kept = 0;
  let position: string | undefined;
  let anew = 0;
  for (;;) {
    try {
      const { path, init } =
        position === undefined
          ? { path: begin.path, init: { ...begin.init, headers } }
          : { ...kind.resume?.('', key, `id: ${position}\n\n`) };
      const response = await fetch(`${url}${path}`, init);
      if (response.status === 204) return { frames, anew };
      expect(response.status).toBe(200);
      // Frames of an event that was not told to its end are told again.
      frames = frames.slice(0, kept);
      for await (const { data, id } of framesOf(response)) {
        if (data === '[DONE]') return { frames, anew };
        const frame = JSON.parse(data) as T;
        if (frame.type === first && frames.length > 0) {
          frames = [];
          anew += 1;
        }
        frames.push(frame);
        if (id !== undefined) [position, kept] = [id, frames.length];
        if (last.test(frame.type)) return { frames, anew };
      }
    } catch (error) {
      if ((error as { name?: string }).name === 'AssertionError') throw error;
    }
    await sleep(20);
  }
}

const partsOf = ({ parts }: UIMessage): unknown[] =>
  parts.flatMap((part): unknown[] => {
    if (part.type === 'text') return [part.text];
    return part.type === 'dynamic-tool' ? [[part.toolCallId, part.state, part.output]] : [];
  });

/** What the AI SDK's own reader makes of the chunks, at each of them. */
async function messagesOf(chunks: readonly UIMessageChunk[]): Promise<UIMessage[]> {
  const stream = ReadableStream.from(chunks);
  const messages: UIMessage[] = [];
  const onError = (error: unknown): never => {
    throw error;
  };
  for await (const message of readUIMessageStream({ stream, onError })) messages.push(structuredClone(message));
  return messages;
}

async function checkUi(chunks: UIMessageChunk[], events: readonly RunEvent[]): Promise<void> {
  const messages = await messagesOf(chunks);
  for (const message of messages)
    for (const part of partsOf(message))
      if (typeof part === 'string' && !isOneAttempt(part)) throw new Error(`The message mixes attempts: ${part}`);
  const last = messages.at(-1);
  if (!last) throw new Error('no message');
  const [first, call, second, ...more] = partsOf(last);
  for (const text of [first, second]) if (!whole(String(text))) throw new Error(`Not one answer: ${String(text)}`);
  expect([call, more]).toEqual([['c1', 'output-available', 'seen'], []]);
  const told = (await messagesOf(uiMessageView()(events).map(({ chunk }) => chunk))).at(-1);
  expect(told && partsOf(told)).toEqual(partsOf(last));
}

interface AgUiFrame extends Frame {
  messageId?: string;
  toolCallId?: string;
  delta?: string;
  code?: string;
}

/** True when its reader had to be told that text was taken back. */
function checkAgUi(frames: AgUiFrame[], events: readonly RunEvent[]): boolean {
  const texts = new Map<string, string>();
  for (const { type, messageId = '', delta = '' } of frames) {
    if (type === 'TEXT_MESSAGE_START' && texts.has(messageId)) throw new Error(`Told twice: ${messageId}`);
    if (type === 'TEXT_MESSAGE_START') texts.set(messageId, '');
    if (type === 'TEXT_MESSAGE_CONTENT') texts.set(messageId, `${texts.get(messageId)}${delta}`);
  }
  const said = [...texts.values()];
  const last = frames.at(-1);
  const open = last?.type === 'RUN_FINISHED' ? undefined : said.pop();
  for (const text of said) if (!whole(text)) throw new Error(`Not one answer: ${text}`);
  const steps = frames.flatMap(({ type }) => (type.startsWith('STEP_') ? [type] : []));
  expect(steps).toEqual(steps.map((_, index) => (index % 2 === 0 ? 'STEP_STARTED' : 'STEP_FINISHED')));
  if (open === undefined) {
    expect(said).toHaveLength(2);
    expect(frames.filter(({ toolCallId }) => toolCallId === 'c1').map(({ type }) => type)).toEqual([
      'TOOL_CALL_START',
      'TOOL_CALL_ARGS',
      'TOOL_CALL_END',
      'TOOL_CALL_RESULT',
    ]);
    return false;
  }
  expect([last?.type, last?.code]).toEqual(['RUN_ERROR', 'ATTEMPT_SUPERSEDED']);
  // It had text of the attempt that died, and of no other.
  expect([open !== '', isOneAttempt(open)]).toEqual([true, true]);
  const kept = events.flatMap((event) => (event.type === 'item.added' ? [JSON.stringify(event.item)] : []));
  expect(kept.some((item) => item.includes(/a\d+w/.exec(open)?.[0] ?? '?'))).toBe(false);
  return true;
}

interface Came {
  kills: number;
  anew: number;
  /** Text that was replaced in the one protocol, and that ended the stream in the other. */
  replaced: number;
  superseded: number;
}

async function round(seed: number): Promise<Came> {
  const place = await Place.make(script());
  await using _place = place;
  let over = false;
  await using server = await tossed(place, chance(seed), () => over);
  const [ui, agUi] = await Promise.all([
    readerOf<UIMessageChunk>(server.url, { kind: UI, first: 'start', last: /^never$/ }),
    readerOf<AgUiFrame>(server.url, { kind: AG_UI, first: 'RUN_STARTED', last: /^RUN_(FINISHED|ERROR)$/ }),
  ]);
  over = true;
  const runs = new Map((await place.store.list()).map(({ run }) => [sessionOf(place, run), run]));
  const [chatted, talked] = [UI, AG_UI].map((kind) => runs.get(`thread-${kind?.name.replaceAll(' ', '-')}`) ?? '');
  await checkUi(ui.frames, await ended(place, chatted ?? ''));
  const superseded = checkAgUi(agUi.frames, await ended(place, talked ?? ''));
  expect(runs.size).toBe(2);
  for (const run of runs.values()) await assertCleanRun(eventsOf(place, run));
  await server.over;
  return {
    kills: server.kills,
    anew: ui.anew + agUi.anew,
    replaced: ui.frames.filter(({ type }) => String(type) === 'reset-step').length,
    superseded: superseded ? 1 : 0,
  };
}

function sessionOf(place: Place, run: string): string {
  const [started] = eventsOf(place, run);
  return (started?.type === 'run.started' && started.sessionId) || '';
}

it(
  'one message across the death of the server: what is taken back is replaced, or the stream says so and ends',
  { timeout: long ? 1_800_000 : 120_000 },
  async () => {
    const sum: Came = { kills: 0, anew: 0, replaced: 0, superseded: 0 };
    const all = seeds(ROUNDS);
    await inLanes(all, LANES, async (seed) => {
      try {
        const came = await round(seed);
        for (const name of ['kills', 'anew', 'replaced', 'superseded'] as const) sum[name] += came[name];
      } catch (error) {
        throw new Error(`TAILRACE_SEED=${seed}`, { cause: error });
      }
    });
    if (long) process.stdout.write(`figure: conversations whose server was killed: ${JSON.stringify(sum)}\n`);
    expect(sum.kills).toBeGreaterThan(0);
  },
);
