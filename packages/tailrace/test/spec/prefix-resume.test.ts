// I3: a reader that comes back at the place where it left has missed nothing and sees nothing twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  Agent,
  isTerminal,
  type LogReader,
  type LogStore,
  MemoryLogStore,
  openLogSource,
  readLog,
  type RunEvent,
  Runner,
  type RunStreamEvent,
  type StreamedRunResult,
} from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { functionCall, ScriptedModel, textStream } from '../../src/testing/index.ts';
import { streamView } from '../../src/view/stream-view.ts';
import { upTo } from './course.ts';
import { lookTool } from './flows.ts';
import { type Play, SCRIPTS } from './scripts.ts';

const ROUNDS = process.env['TAILRACE_ROUNDS'] === 'long' ? 2_000 : 60;

interface Place {
  store: LogStore;
  /** The store as another process has it. */
  elsewhere: LogStore;
}

const directory = mkdtempSync(join(tmpdir(), 'tailrace-prefix-'));
const opened: LogStore[] = [];

afterAll(async () => {
  for (const store of opened) await store.close();
  rmSync(directory, { recursive: true });
});

const STORES: Record<string, () => Place> = {
  'a MemoryLogStore': () => {
    const store = new MemoryLogStore();
    return { store, elsewhere: store };
  },
  'sqlite()': () => {
    const path = join(directory, 'log.db');
    const [store, elsewhere] = [sqlite(path, { groupMs: 1 }), sqlite(path)];
    opened.push(store, elsewhere);
    return { store, elsewhere };
  },
};

let runs = 0;

function play(store: LogStore, { agent, input, config = {}, maxTurns, session }: Play): Promise<StreamedRunResult> {
  const options = { runId: `run_${++runs}`, ...(maxTurns !== undefined && { maxTurns }), ...(session && { session }) };
  return new Runner({ ...config, store }).run(agent, input, { ...options, stream: true, onDisconnect: 'continue' });
}

/** Up to `count` events, then the reader leaves. */
async function take(reader: LogReader, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const next = await reader.next();
    if (next.done) return taken;
    taken.push(bytes(next.value));
  }
  await reader.return();
  return taken;
}

function bytes(event: RunEvent): string {
  return JSON.stringify(event);
}

async function shown(
  events: AsyncIterable<RunStreamEvent>,
  look: (event: RunStreamEvent) => void = () => undefined,
): Promise<string[]> {
  const seen: string[] = [];
  try {
    for await (const event of events) {
      look(event);
      seen.push(told(event));
    }
  } catch {
    // Of a failed run: after all that was committed.
  }
  return seen;
}

function told(event: RunStreamEvent): string {
  switch (event.type) {
    case 'raw_model_stream_event':
      return JSON.stringify(event.data);
    case 'run_item_stream_event':
      return JSON.stringify([event.name, event.item.type, event.item.rawItem]);
    case 'agent_updated_stream_event':
      return JSON.stringify(event.agent.name);
  }
}

describe.each(Object.entries(STORES))('in %s', (_, open) => {
  const { store, elsewhere } = open();

  it.each(SCRIPTS)('[I3] prefix and rest are the whole, at every event: $name', async (script) => {
    const result = await play(store, script.play());
    await result.completed.catch(() => undefined);
    const whole = await take(result.events());
    const log = whole.map((event) => JSON.parse(event) as RunEvent);
    expect(log.map(({ seq }) => seq)).toEqual([...upTo(log.length)]);
    expect(log.filter(isTerminal)).toEqual([log.at(-1)]);
    const stored = openLogSource(elsewhere, result.runId);
    for (const cut of upTo(whole.length + 1)) {
      const prefix = await take(result.events(), cut);
      expect(prefix.concat(await take(result.events({ from: cut })))).toEqual(whole);
      expect(prefix.concat(await take(readLog(stored, { from: cut })))).toEqual(whole);
    }
  });

  it.each(SCRIPTS)('[I3] the stream from an event on is the rest of the stream: $name', async (script) => {
    const { agent, ...rest } = script.play();
    const result = await play(store, { agent, ...rest });
    await result.completed.catch(() => undefined);
    const named = new Map([[agent.name, agent]]);
    const whole = await shown(result, (event) => {
      if (event.type === 'agent_updated_stream_event') named.set(event.agent.name, event.agent);
    });
    const log = (await take(result.events())).map((event) => JSON.parse(event) as RunEvent);
    for (const cut of upTo(log.length + 1)) {
      const before = streamView((key) => named.get(key) ?? agent)(log.slice(0, cut)).map(told);
      expect(before.concat(await shown(result.streamEvents({ from: cut })))).toEqual(whole);
    }
  });

  it('[I3] a reader of a run that goes on may leave and come back anywhere, any number of times', async () => {
    await fc.assert(
      fc.asyncProperty(scriptOf, fc.array(cutsOf, { minLength: 1, maxLength: 4 }), async (turns, readers) => {
        const result = await play(store, agentOf(turns));
        const seen = await Promise.all(readers.map((cuts) => inPieces(result, cuts)));
        await result.completed;
        const whole = await take(readLog(openLogSource(elsewhere, result.runId)));
        for (const pieces of seen) expect(pieces).toEqual(whole);
      }),
      { numRuns: ROUNDS },
    );
  }, 120_000);
});

interface Turn {
  pieces: string[];
  calls: number;
  provider: 'responses' | 'chat' | 'none';
}

const scriptOf = fc.array(
  fc.record<Turn>({
    pieces: fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 6 }),
    calls: fc.integer({ min: 1, max: 3 }),
    provider: fc.constantFrom('responses', 'chat', 'none'),
  }),
  { maxLength: 4 },
);

/** How many events to take before leaving, each time; and what is waited for between. */
const cutsOf = fc.array(fc.record({ count: fc.nat(12), pause: fc.constantFrom('none', 'turn', 'timer') }), {
  maxLength: 8,
});

function agentOf(turns: readonly Turn[]): Play {
  const steps = turns.map(({ pieces, calls, provider }, turn) => {
    const more = Array.from({ length: calls }, (_, at) => functionCall('look', {}, { callId: `c${turn}_${at}` }));
    return textStream(pieces.join(''), { chunks: pieces, provider, more });
  });
  const model = new ScriptedModel([...steps, textStream('That is all there is to say')]);
  return { input: 'Go', agent: new Agent({ name: 'a', model, tools: [lookTool()] }) };
}

async function inPieces(
  result: StreamedRunResult,
  cuts: readonly { count: number; pause: string }[],
): Promise<string[]> {
  const seen: string[] = [];
  for (const { count, pause } of cuts) {
    seen.push(...(await take(result.events({ from: seen.length }), count)));
    const last = seen.at(-1);
    if (last !== undefined && isTerminal(JSON.parse(last) as RunEvent)) return seen;
    if (pause === 'turn') await new Promise((resolve) => void setImmediate(resolve));
    if (pause === 'timer') await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return seen.concat(await take(result.events({ from: seen.length })));
}
