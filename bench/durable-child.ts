/** One measurement of durable runs, in a process of its own: `durable-child.ts <part> <options as JSON>` prints its figures as JSON. */
import {
  Agent,
  type LogStore,
  MemoryLogStore,
  type Model,
  openLogSource,
  readLog,
  type RunEvent,
  Runner,
  setTracingDisabled,
  tool,
} from 'tailrace';
import { OpenAIResponsesModel } from 'tailrace/models';
import { sqlite } from 'tailrace/sqlite';
import { type Figures, spent } from './cases/case.ts';
import { modelEvents } from './subjects/in-process-model.ts';
import { measureDistance, QUESTION, TOOL } from './task.ts';

export interface DurableOptions {
  /** Of the model server. */
  readonly server: string;
  /** A file that is not there yet. */
  readonly path: string;
  readonly quick: boolean;
}

const TURNS = 20;
const RUN = 'live';

const stores: Readonly<Record<string, (path: string) => LogStore | undefined>> = {
  none: () => undefined,
  memory: () => new MemoryLogStore(),
  sqlite: (path) => sqlite(path),
};

/** CPU of a run of turns with 20 deltas and a tool call each, the model over HTTP. */
async function run(kind: string, { server, path, quick }: DurableOptions): Promise<Figures> {
  const store = stores[kind]?.(path);
  const runner = new Runner({ ...(store && { store }) });
  const measure = tool({ ...TOOL, strict: true, execute: () => measureDistance(0) });
  const model = new OpenAIResponsesModel({ baseURL: `${server}/w1/v1`, apiKey: 'sk-bench' }, `work:${TURNS}`);
  const agent = new Agent({ name: 'Surveyor', instructions: 'Be brief.', model, tools: [measure] });
  const one = async (): Promise<void> => {
    const result = await runner.run(agent, QUESTION, { stream: true, maxTurns: 1_000 });
    let deltas = 0;
    for await (const event of result)
      if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') deltas++;
    await result.completed;
    if (deltas !== (TURNS + 1) * 20) throw new Error(`The reader saw ${deltas} deltas`);
  };
  await spent(10, one);
  const { cpuMs, wallMs } = await spent(quick ? 10 : 40, one);
  await store?.close();
  return { cpuMsPerTurn: cpuMs / (TURNS + 1), wallMsPerTurn: wallMs / (TURNS + 1) };
}

const answerDelta = (seq: number): RunEvent => ({
  type: 'model.delta',
  step: '1:model:0',
  attempt: 1,
  text: ` word${seq % 97}`,
  raw: {
    type: 'response.output_text.delta',
    item_id: 'msg_0',
    output_index: 0,
    content_index: 0,
    delta: ` word${seq % 97}`,
    logprobs: [],
    sequence_number: seq,
  },
  source: 'openai-responses',
  echo: 'after',
  run: RUN,
  seq,
  epoch: 1,
  at: 1_760_000_000_000 + seq,
});

/** Deltas as the Responses wire gives them, appended in groups of 32, by the store alone. */
async function append({ path, quick }: DurableOptions): Promise<Figures> {
  const store = sqlite(path);
  await store.claim(RUN);
  const count = quick ? 64_000 : 320_000;
  const events = Array.from({ length: count }, (_, seq) => answerDelta(seq));
  let clientSeq = 0;
  const write = (from: number, to: number): void => {
    for (let at = from; at < to; at += 32)
      void store.append(RUN, 1, ++clientSeq, events.slice(at, Math.min(to, at + 32)), 'group');
  };
  write(0, count / 4);
  const { cpuMs, wallMs } = await spent(1, async () => write(count / 4, count));
  await store.close();
  const measured = (count * 3) / 4;
  return { perSecond: (measured / wallMs) * 1_000, cpuµs: (cpuMs * 1_000) / measured };
}

/** The same through a run: a model in this process that gives them as fast as they are taken. */
async function stream({ path, quick }: DurableOptions): Promise<Figures> {
  setTracingDisabled(true);
  const store = sqlite(path);
  const count = quick ? 20_000 : 100_000;
  const model = {
    getResponse: () => Promise.reject(new Error('Streamed only')),
    getStreamedResponse: ({ input }) => modelEvents(`text:${count}`, input),
  } as Model;
  const agent = new Agent({ name: 'Surveyor', model });
  const one = async (): Promise<void> => {
    const result = await new Runner({ store }).run(agent, QUESTION, { stream: true });
    await result.completed;
  };
  await one();
  const { cpuMs, wallMs } = await spent(2, one);
  await store.close();
  return { perSecond: (count / wallMs) * 1_000, cpuµs: (cpuMs * 1_000) / count };
}

/** Writes a run whose model says the time, now and then, for `tail` in another process to read. */
async function speak({ path, quick }: DurableOptions): Promise<Figures> {
  const words = quick ? 200 : 1_000;
  const model = {
    getResponse: () => Promise.reject(new Error('Streamed only')),
    async *getStreamedResponse() {
      yield { type: 'response_started' };
      await pause(500);
      for (let word = 0; word < words; word++) {
        yield { type: 'output_text_delta', delta: String(process.hrtime.bigint()) };
        await pause(3 + Math.random() * 10);
      }
      const content = [{ type: 'output_text', text: 'done' }];
      const output = [{ type: 'message', role: 'assistant', status: 'completed', content }];
      yield {
        type: 'response_done',
        response: { id: 'r', output, usage: { requests: 1, inputTokens: 0, outputTokens: 0, totalTokens: 0 } },
      };
    },
  } as unknown as Model;
  const store = sqlite(path);
  const result = await new Runner({ store }).run(new Agent({ name: 'Clock', model }), QUESTION, {
    stream: true,
    runId: RUN,
  });
  await result.completed;
  await store.close();
  return {};
}

/** How long after the model said it a word is here. */
async function tail({ path }: DurableOptions): Promise<Figures> {
  const store = sqlite(path);
  const source = openLogSource(store, RUN);
  while ((await source.head()) === undefined) await pause(5);
  // Somebody who only looks on keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  const ages: number[] = [];
  const began = process.cpuUsage();
  const wall = performance.now();
  for await (const event of readLog(source)) {
    if (event.type === 'model.delta' && event.text !== undefined)
      ages.push(Number(process.hrtime.bigint() - BigInt(event.text)) / 1e6);
  }
  const { user, system } = process.cpuUsage(began);
  const took = performance.now() - wall;
  await store.close();
  clearInterval(alive);
  ages.sort((a, b) => a - b);
  const at = (share: number): number => ages[Math.floor(ages.length * share)] ?? Number.NaN;
  return {
    words: ages.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    readerCpuShare: (user + system) / 1_000 / took,
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const [part = '', options = '{}'] = process.argv.slice(2);
const given = JSON.parse(options) as DurableOptions;
const parts: Readonly<Record<string, () => Promise<Figures>>> = {
  none: () => run('none', given),
  memory: () => run('memory', given),
  sqlite: () => run('sqlite', given),
  append: () => append(given),
  stream: () => stream(given),
  speak: () => speak(given),
  tail: () => tail(given),
};
const measured = await parts[part]?.();
if (!measured) throw new Error(`No part '${part}'`);
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit());
