// A client of the UI message stream whose server dies: what it gets before and after is one message, wherever the cut was.
import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type LogStore,
  MemoryLogStore,
  type RunEvent,
  Runner,
  StreamedRunResult,
  tool,
} from '../../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel, type ScriptedModelInput } from '../../src/testing/index.ts';
import { type UiFrame, uiMessageView } from '../../src/ui/index.ts';
import { deaths } from '../resume/deaths.ts';

const steps = (): ScriptedModelInput[] => [
  [assistantMessage('Let me look.'), functionCall('look', { n: 1 }, { callId: 'c1' })],
  [functionCall('look', { n: 2 }, { callId: 'c2' })],
  [assistantMessage('All done.')],
];

function agentOf(model: ScriptedModel): Agent {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({ n: z.number() }),
    effects: 'idempotent',
    execute: ({ n }) => `seen ${n}`,
  });
  return new Agent({ name: 'A', tools: [look], model });
}

async function partsOf(frames: readonly UiFrame[]): Promise<{ parts: unknown[]; errors: unknown[] }> {
  const errors: unknown[] = [];
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const { chunk } of frames) controller.enqueue(chunk);
      controller.close();
    },
  });
  let last: UIMessage | undefined;
  for await (const next of readUIMessageStream({ stream, onError: (error) => void errors.push(error) })) last = next;
  const parts = (last?.parts ?? []).flatMap((part): unknown[] => {
    if (part.type === 'text') return [part.text];
    if (part.type === 'dynamic-tool') return [[part.toolCallId, part.state, part.output]];
    return [];
  });
  return { parts, errors };
}

const PARTS = ['Let me look.', ['c1', 'output-available', 'seen 1'], ['c2', 'output-available', 'seen 2'], 'All done.'];

test('a run that dies at any append, and is taken up, is one message', async () => {
  let whole = 0;
  for (const stored of [true, false]) {
    const fresh = () => ({ store: new MemoryLogStore() });
    const live = (_: object, store: LogStore) =>
      new Runner({ store }).run(agentOf(new ScriptedModel(steps())), 'Go', { runId: 'run_1', stream: true });
    for await (const { world, before, label } of deaths({ fresh, live, stored, moreThan: 20 })) {
      const { store } = world;
      const answered = before.filter(({ type }) => type === 'model.returned').length;
      const model = new ScriptedModel(steps().slice(answered));
      const result = await new Runner({ store }).resume(agentOf(model), 'run_1', { stream: true });
      if (!(result instanceof StreamedRunResult)) throw new Error('not streamed');
      const after: UiFrame[] = [];
      for await (const frame of result.uiFrames({ from: before.length })) after.push(frame);
      await result.completed;

      const events: readonly RunEvent[] = store.read('run_1', 0, 10_000);
      const seen = [...uiMessageView()(before), ...after];
      expect(await partsOf(seen), label).toEqual({ parts: PARTS, errors: [] });
      expect(await partsOf(uiMessageView()(events)), label).toEqual({ parts: PARTS, errors: [] });
      expect(seen, label).toEqual(uiMessageView()(events));
      whole += 1;
    }
  }
  expect(whole).toBeGreaterThan(40);
});
