// The final output while it is being written.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, MemoryLogStore, ModelProviderError, OpenAIResponsesModel, run, Runner, tool } from '../../src/index.ts';
import {
  assertCleanRun,
  assistantMessage,
  functionCall,
  modelStream,
  ScriptedModel,
  type ScriptedModelInput,
  startWireServer,
} from '../../src/testing/index.ts';

const recipe = z.object({
  name: z.string(),
  steps: z.array(z.string()),
  minutes: z.number(),
  note: z.string().optional(),
});

/** A streamed answer in these pieces; with `fails`, it ends in an error in place of an answer. */
function streamed(pieces: readonly string[], fails = false): ScriptedModelInput {
  const text = pieces.join('');
  return modelStream(
    (async function* () {
      yield { type: 'response_started' as const };
      for (const delta of pieces) {
        yield { type: 'output_text_delta' as const, delta };
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (fails) throw new ModelProviderError('gone', { code: 'MODEL_CONNECTION' });
      const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
      yield { type: 'response_done' as const, response: { id: 'r', usage, output: [assistantMessage(text)] } };
    })(),
  );
}

const PIECES = ['{"name":"Tea', '","steps":["Boil', ' water","Wait"],"min', 'utes":', '5,"note":null}'];

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of stream) all.push(value);
  return all;
}

test('each value is the whole of what is certain; the last is the final output', async () => {
  const agent = new Agent({ name: 'Cook', model: new ScriptedModel([streamed(PIECES)]), outputType: recipe });
  const result = await run(agent, 'Tea', { stream: true });
  const parts = await collect(result.partialOutputStream());
  expect(parts).toEqual([
    { name: 'Tea' },
    { name: 'Tea', steps: ['Boil'] },
    { name: 'Tea', steps: ['Boil water', 'Wait'] },
    { name: 'Tea', steps: ['Boil water', 'Wait'], minutes: 5 },
    { name: 'Tea', steps: ['Boil water', 'Wait'], minutes: 5 },
  ]);
  expect(parts.at(-1)).toBe(result.finalOutput);
  // A second reader sees the end, and whatever the batches of the log show on the way.
  expect((await collect(result.partialOutputStream())).at(-1)).toBe(result.finalOutput);
  await assertCleanRun(result);
});

test('an answer of text grows', async () => {
  const agent = new Agent({ name: 'A', model: new ScriptedModel([streamed(['One ', 'two.'])]) });
  const result = await run(agent, 'Hi', { stream: true });
  expect(await collect(result.partialOutputStream())).toEqual(['One ', 'One two.', 'One two.']);
});

test('each step begins anew, and text that is no JSON shows nothing', async () => {
  const look = tool({ name: 'look', description: 'Looks.', parameters: z.object({}), execute: () => 'seen' });
  const model = new ScriptedModel([
    [assistantMessage('Let me look.'), functionCall('look', {}, { callId: 'c1' })],
    [assistantMessage('{"name":"first"', {}), functionCall('look', {}, { callId: 'c2' })],
    streamed(PIECES),
  ]);
  const result = await run(new Agent({ name: 'Cook', model, outputType: recipe, tools: [look] }), 'Tea', {
    stream: true,
  });
  const parts = await collect(result.partialOutputStream());
  expect(parts.slice(0, 2)).toEqual([{ name: 'first' }, { name: 'Tea' }]);
  expect(parts.at(-1)).toEqual({ name: 'Tea', steps: ['Boil water', 'Wait'], minutes: 5 });
});

test('of several messages the last one counts', async () => {
  const model = new ScriptedModel([
    [assistantMessage('{"name":"no"', { id: 'm1' }), assistantMessage(PIECES.join(''), { id: 'm2' })],
  ]);
  const result = await run(new Agent({ name: 'Cook', model, outputType: recipe }), 'Tea', { stream: true });
  expect((await collect(result.partialOutputStream())).at(-2)).toEqual({
    name: 'Tea',
    steps: ['Boil water', 'Wait'],
    minutes: 5,
  });
});

test('after a handoff it is the other agent’s', async () => {
  const second = new Agent({ name: 'Cook', model: new ScriptedModel([streamed(PIECES)]), outputType: recipe });
  const first = Agent.create({
    name: 'Desk',
    model: new ScriptedModel([[functionCall('transfer_to_Cook', {}, { callId: 'c1' })]]),
    handoffs: [second],
  });
  const result = await run(first, 'Tea', { stream: true });
  const parts = await collect(result.partialOutputStream());
  expect(parts[0]).toEqual({ name: 'Tea' });
  expect(parts.at(-1)).toBe(result.finalOutput);
});

test('an attempt that is made again begins again', async () => {
  const store = new MemoryLogStore();
  const options = { runId: 'run_1', stream: true } as const;
  const broken = new ScriptedModel([streamed(['{"name":"Void', '","steps":["never'], true)]);
  const agentOf = (model: ScriptedModel) => new Agent({ name: 'Cook', model, outputType: recipe });
  const first = await new Runner({ store }).run(agentOf(broken), 'Tea', options);
  await expect(collect(first.partialOutputStream())).rejects.toThrow('gone');
  // The log without its end, as a process that died would have left it.
  const cut = new MemoryLogStore();
  const { epoch } = cut.claim('run_1');
  const events = store.read('run_1', 0, 1000).filter(({ type }) => type !== 'run.failed' && type !== 'model.stopped');
  cut.append(
    'run_1',
    epoch,
    1,
    events.map((event, seq) => ({ ...event, seq })),
    'full',
  );
  const agent = agentOf(new ScriptedModel([streamed(PIECES)]));
  const result = await new Runner({ store: cut }).resume(agent, 'run_1', { stream: true });
  if (!('partialOutputStream' in result)) throw new Error('not streamed');
  const parts = await collect(result.partialOutputStream());
  expect(parts[0]).toEqual({ name: 'Void', steps: ['never'] });
  expect(parts[1]).toEqual({ name: 'Tea' });
  expect(parts.at(-1)).toEqual({ name: 'Tea', steps: ['Boil water', 'Wait'], minutes: 5 });
});

test('what does not fit the schema fails the run behind its parts', async () => {
  const agent = new Agent({ name: 'Cook', model: new ScriptedModel([streamed(['{"name":7}'])]), outputType: recipe });
  const result = await run(agent, 'Tea', { stream: true });
  const parts: unknown[] = [];
  const reading = async (): Promise<void> => {
    for await (const part of result.partialOutputStream()) parts.push(part);
  };
  await expect(reading()).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
  expect(parts).toEqual([{ name: 7 }]);
});

test('leaving is leaving', async () => {
  const agent = new Agent({ name: 'Cook', model: new ScriptedModel([streamed(PIECES)]), outputType: recipe });
  const result = await run(agent, 'Tea', { stream: true });
  for await (const part of result.partialOutputStream()) if (part.name !== undefined) break;
  await result.completed;
  expect(result.cancelled).toBe(true);
});

test('over HTTP, in pieces of any size', async () => {
  const text = PIECES.join('');
  await using server = await startWireServer({
    script: () => ({
      steps: [{ type: 'text', text: text.split('') }],
      delivery: { chunkSizes: [37, 5, 211], delayMs: 1 },
    }),
  });
  const model = new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'k' }, 'm');
  const result = await run(new Agent({ name: 'Cook', model, outputType: recipe }), 'Tea', { stream: true });
  const parts = await collect(result.partialOutputStream());
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.at(-1)).toEqual({ name: 'Tea', steps: ['Boil water', 'Wait'], minutes: 5 });
  await assertCleanRun(result);
});
