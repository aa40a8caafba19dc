import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  addTraceProcessor,
  Agent,
  getGlobalTraceProvider,
  InMemoryTraceProcessor,
  MemoryLogStore,
  type RunEvent,
  Runner,
  tool,
} from '../../src/index.ts';
import { foldRun } from '../../src/event/fold.ts';
import { assistantMessage, functionCall, modelStall, ScriptedModel } from '../../src/testing/index.ts';

function logOf(store: MemoryLogStore): RunEvent[] {
  return [...store.read('run_1', 0, 10_000)];
}

/** Begins a run whose process dies while it waits for the model. */
async function dieWaiting(store: MemoryLogStore, name = 'A'): Promise<void> {
  const agent = new Agent({ name, model: new ScriptedModel([modelStall()]) });
  void new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' }).catch(() => undefined);
  while (!logOf(store).some(({ type }) => type === 'model.called')) await sleep(1);
}

test('an attempt that its process did not live to end counts as a request, for the run as for its log', async () => {
  const store = new MemoryLogStore();
  await dieWaiting(store);
  const agent = new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('Done.')]]) });
  const result = await new Runner({ store }).resume(agent, 'run_1');
  const folded = foldRun(logOf(store));
  expect(folded?.ended?.usage).toEqual(folded?.usage.toData());
  expect(result.runContext.usage.requests).toBe(folded?.usage.requests);
});

test('a process in which tracing is switched off tells no processor of a run that it takes up', async () => {
  const store = new MemoryLogStore();
  await dieWaiting(store);
  const trace = new InMemoryTraceProcessor();
  addTraceProcessor(trace);
  const agent = new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('Done.')]]) });
  await new Runner({ store, tracingDisabled: true }).resume(agent, 'run_1');
  getGlobalTraceProvider().setProcessors([]);
  expect(trace.spans).toEqual([]);
});

test('maxTurns that is given to a run that goes on holds from then on', async () => {
  const store = new MemoryLogStore();
  const look = tool({ name: 'look', description: 'Looks.', parameters: z.object({}), execute: () => 'seen' });
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const model = new ScriptedModel([
    [functionCall('pay', {}, { callId: 'c1' })],
    [functionCall('look', {}, { callId: 'c2' })],
    [assistantMessage('Done.')],
  ]);
  const agent = new Agent({ name: 'A', model, tools: [look, pay] });
  const runner = new Runner({ store });
  const first = await runner.run(agent, 'Hi', { maxTurns: 1 });
  await first.state.approve(first.interruptions[0] as never);
  const last = await runner.run(agent, first.state, { maxTurns: 5 });
  expect(last.finalOutput).toBe('Done.');
});
