// Every protocol is a fold of the log: the same for all readers, in whatever pieces they get it, and whole for who leaves and comes back.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpAgent, type Message } from '@ag-ui/client';
import { readUIMessageStream, type UIMessage } from 'ai';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgUiTelling } from '../../src/http/ag-ui/ag-ui-telling.ts';
import { clientView, type ExposureOf } from '../../src/http/client-view.ts';
import { type DeadAttempts, withoutDead } from '../../src/http/dead-attempts.ts';
import { type Frame, sseText } from '../../src/http/frame.ts';
import { nativeTelling } from '../../src/http/native.ts';
import { ResponsesTelling } from '../../src/http/responses/responses-telling.ts';
import { RunBody } from '../../src/http/run-body.ts';
import type { Telling } from '../../src/http/telling.ts';
import { TextTelling } from '../../src/http/text-telling.ts';
import { UiTelling } from '../../src/http/ui/ui-telling.ts';
import { isTerminal, type LogReader, type RunEvent } from '../../src/index.ts';
import { attemptName, supersededBy } from '../../src/event/superseded.ts';
import { course, logOf, textOf } from './scripted-log.ts';

const numRuns = process.env['TAILRACE_ROUNDS'] === 'long' ? 1_000 : 60;
const exposureOf: ExposureOf = () => ({ arguments: true, output: true });
const redaction = { exposureOf, decides: true, reasoning: true };
const facts = { run: 'run_1', threadId: 't', runId: 'r' };
const about = {
  id: 'run_1',
  createdAt: 0,
  background: false,
  agent: 'A',
  previous: undefined,
  conversation: undefined,
  metadata: {},
};

interface Kind {
  name: string;
  /** For a reader that goes on at event `from`, in the stretch after `waits` waits. */
  telling(waits: number, from: number, dead: DeadAttempts): Telling;
  write?: (frame: Frame) => string;
}

const KINDS: readonly Kind[] = [
  { name: 'SSE, as clients see it', telling: () => nativeTelling(clientView(exposureOf)) },
  { name: 'SSE, whole', telling: () => nativeTelling((event) => event) },
  { name: 'UI message stream', telling: (waits) => new UiTelling(redaction, waits) },
  {
    name: 'AG-UI',
    telling: (waits, from, dead) => withoutDead(new AgUiTelling(facts, redaction, waits), dead, from),
  },
  {
    name: 'text',
    telling: (waits, from, dead) => withoutDead(new TextTelling(waits), dead, from),
    write: ({ data }) => data,
  },
];

/** The log, in pieces: `cuts` are their lengths, in turn. */
function readerOf(log: readonly RunEvent[], from: number, cuts: readonly number[]): LogReader {
  let at = from;
  let piece = 0;
  return {
    nextBatch: () => {
      if (at >= log.length) return Promise.resolve(undefined);
      const length = cuts.length === 0 ? log.length : (cuts[piece++ % cuts.length] ?? 1);
      const events = log.slice(at, at + length);
      at += length;
      return Promise.resolve(events);
    },
    return: () => Promise.resolve({ done: true, value: undefined }),
  } as unknown as LogReader;
}

interface Reading {
  log: readonly RunEvent[];
  waits?: number;
  from?: number;
  dead?: DeadAttempts;
  cuts?: readonly number[];
  chunkChars?: number;
}

async function told(kind: Kind, { log, waits = 0, from = 0, dead = new Map(), cuts = [], chunkChars = 99 }: Reading) {
  const telling = kind.telling(waits, from, dead);
  const body = new RunBody({
    reader: readerOf(log, telling.folds ? 0 : from, cuts),
    telling,
    write: kind.write ?? sseText,
    sendFrom: from,
    chunkChars,
    onBegin: () => undefined,
    onEnd: () => undefined,
    onError: (error) => expect(error).toBe('no error'),
  });
  let text = '';
  for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) text += chunk;
  body.close();
  return { text, broken: body.broken };
}

function deadIn(log: readonly RunEvent[]): DeadAttempts {
  const dead = new Map<string, number>();
  for (const event of log)
    if (event.type === 'step.attempt' && event.of === 'model' && !event.scope) dead.set(supersededBy(event), event.seq);
  return dead;
}

const waitsIn = (log: readonly RunEvent[]): number =>
  log.filter(({ type, scope }) => type === 'run.suspended' && !scope).length;
const dataOf = (text: string): unknown[] =>
  [...text.matchAll(/^data: (\{[^\n]*)\n/gm)].map(([, data]) => JSON.parse(data ?? '') as unknown);

const KEPT = join(import.meta.dirname, '../logs/v1');
const kept = readdirSync(KEPT)
  .filter((name) => name.endsWith('.ndjson'))
  .map((name) => ({
    name,
    log: readFileSync(join(KEPT, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent),
  }));

/** Comes back after every event of the stretch, and compares with the whole. */
async function comesBack(kind: Kind, log: readonly RunEvent[], waits: number): Promise<void> {
  const dead = deadIn(log);
  const whole = await told(kind, { log, waits, dead });
  for (let from = 1; from <= log.length; from++) {
    const rest = await told(kind, { log, waits, dead, from });
    const before = whole.text.slice(0, whole.text.length - rest.text.length);
    const hadDead = [...dead].some(([name, at]) =>
      log.some((event) => 'attempt' in event && attemptName(event) === name && event.seq < from && from <= at + 1),
    );
    // Who has had text that is void since is told that, and not the rest.
    if (hadDead && kind.name !== 'UI message stream' && !kind.name.startsWith('SSE')) continue;
    expect(before + rest.text, `${kind.name}, from ${from}`).toBe(whole.text);
  }
  // A client that has an id has all of that event.
  for (const { 0: line, 1: seq, index } of whole.text.matchAll(/^id: (\d+)\.\d+$/gm)) {
    const end = whole.text.indexOf('\n\n', index + line.length) + 2;
    const rest = await told(kind, { log, waits, dead, from: Number(seq) + 1 });
    expect(whole.text.slice(0, end) + rest.text, `${kind.name}, after ${line}`).toBe(whole.text);
  }
}

describe.each(KINDS)('$name', (kind) => {
  it('is the same in whatever pieces it comes', async () => {
    const shape = fc.tuple(
      course,
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 400 }),
    );
    await fc.assert(
      fc.asyncProperty(shape, async ([made, cuts, chunkChars]) => {
        const log = logOf(made);
        for (let waits = 0; waits <= waitsIn(log); waits++) {
          const whole = await told(kind, { log, waits });
          expect(await told(kind, { log, waits, cuts, chunkChars })).toEqual(whole);
        }
      }),
      { numRuns },
    );
  });

  it('goes on after any event of any log', async () => {
    await fc.assert(
      fc.asyncProperty(course, async (made) => {
        const log = logOf(made);
        for (let waits = 0; waits <= waitsIn(log); waits++) await comesBack(kind, log, waits);
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  });

  it.each(kept)('goes on after any event of the kept log $name', async ({ log }) => {
    for (let waits = 0; waits <= waitsIn(log); waits++) await comesBack(kind, log, waits);
  });
});

it('Responses go on after any frame, and count them the same', async () => {
  const frames = (log: readonly RunEvent[], segment: number, from: number): string[] => {
    const telling = new ResponsesTelling(about, exposureOf, { segment, from, dead: deadIn(log) });
    return log.flatMap((event) => telling.tell(event)).map(({ data }) => data);
  };
  const check = (log: readonly RunEvent[]): void => {
    for (let segment = 0; segment <= waitsIn(log); segment++) {
      const whole = frames(log, segment, 0);
      const numbers = whole.map((data) => (JSON.parse(data) as { sequence_number: number }).sequence_number);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      for (const [index, number] of numbers.entries())
        expect(frames(log, segment, number + 1)).toEqual(whole.slice(index + 1));
    }
  };
  for (const { log } of kept) check(log);
  fc.assert(
    fc.property(course, (made) => check(logOf(made))),
    { numRuns },
  );
});

it('the client of the AI SDK makes one message of every log', async () => {
  const [, , kind] = KINDS;
  await fc.assert(
    fc.asyncProperty(course, async (made) => {
      const log = logOf(made);
      const waits = waitsIn(log);
      const chunks = dataOf((await told(kind as Kind, { log, waits })).text);
      const errors: unknown[] = [];
      let last: UIMessage | undefined;
      const stream = new ReadableStream({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk);
          controller.close();
        },
      });
      for await (const message of readUIMessageStream({
        stream: stream as never,
        onError: (error) => void errors.push(error),
      }))
        last = message;
      expect(last?.id).toBe('run_1');
      const texts = (last?.parts ?? []).map((part) => (part.type === 'text' ? part.text : ''));
      expect(texts.join('')).toBe(made.turns.map((turn) => textOf(turn)).join(''));
      expect(errors.map(String)).toEqual(made.end === 'failed' ? [expect.stringContaining('MODEL_UNAVAILABLE')] : []);
    }),
    { numRuns },
  );
});

const saidOf = ({ role, content }: Message): string =>
  role === 'assistant' && typeof content === 'string' ? content : '';

it('the client of AG-UI finds every log in order', async () => {
  const kind = KINDS[3] as Kind;
  await fc.assert(
    fc.asyncProperty(course, fc.boolean(), async (made, late) => {
      const log = logOf(made);
      const ended = log.some((event) => isTerminal(event));
      const dead = late ? deadIn(log) : new Map<string, number>();
      const texts: string[] = [];
      for (let waits = 0; waits <= waitsIn(log); waits++) {
        const { text } = await told(kind, { log, waits, dead });
        const events = dataOf(text);
        if (events.length === 0) continue;
        const headers = { 'content-type': 'text/event-stream' };
        const client = new HttpAgent({ url: 'http://localhost/', fetch: async () => new Response(text, { headers }) });
        const seen: unknown[] = [];
        client.subscribe({ onEvent: ({ event }) => void seen.push(event) });
        await client.runAgent().catch(() => undefined);
        expect(seen).toEqual(events);
        texts.push(...client.messages.map(saidOf));
        const { type } = events.at(-1) as { type: string };
        if (ended || waits < waitsIn(log)) expect(type).toMatch(/^RUN_(FINISHED|ERROR)$/);
      }
      if (late) expect(texts.join('')).toBe(made.turns.map((turn) => textOf(turn)).join(''));
    }),
    { numRuns },
  );
});

it('a text is what was said, and nothing else', async () => {
  const kind = KINDS[4] as Kind;
  await fc.assert(
    fc.asyncProperty(course, async (made) => {
      const log = logOf(made);
      const { text, broken } = await told(kind, { log, waits: waitsIn(log), dead: deadIn(log) });
      const said = made.turns.map((turn) => textOf(turn)).filter((each) => each !== '');
      const whole = made.end === 'completed' || made.end === 'open';
      const marker = made.end === 'failed' ? '[MODEL_UNAVAILABLE]\n' : '[RUN_CANCELLED]\n';
      expect(text).toBe([...said, ...(whole ? [] : [marker])].join('\n\n'));
      expect(broken).toBe(!whole);
    }),
    { numRuns },
  );
});
