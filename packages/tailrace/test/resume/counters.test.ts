// What is counted over the whole of a run goes on where a run is taken up.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, type LogStore, type RunEvent, Runner, tool } from '../../src/index.ts';
import { foldRun } from '../../src/event/fold.ts';
import {
  assertCleanRun,
  assistantMessage,
  functionCall,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { eventsOf, storeWith } from '../durable/cut.ts';

const RUN = 'run_1';

async function errorOf(promise: Promise<unknown>): Promise<{ code?: string }> {
  return promise.then(
    () => ({}),
    (error: unknown) => error as { code?: string },
  );
}

/** A run from its beginning, and its log. */
async function whole(
  agent: (steps: ScriptedModelInput[]) => Agent,
  steps: ScriptedModelInput[],
  config: ConstructorParameters<typeof Runner>[0] = {},
): Promise<{ events: RunEvent[]; error: { code?: string } }> {
  const store = storeWith([]);
  const error = await errorOf(new Runner({ ...config, store }).run(agent(steps), 'Hi', { runId: RUN, maxTurns: 20 }));
  return { events: await eventsOf(store, RUN), error };
}

/** Taken up from every cut, a run comes to the same end as if nothing had happened. */
async function fromEveryCut(
  agent: (steps: ScriptedModelInput[]) => Agent,
  steps: () => ScriptedModelInput[],
  config: ConstructorParameters<typeof Runner>[0] = {},
): Promise<{ code?: string }> {
  const { events, error } = await whole(agent, steps(), config);
  for (let cut = 1; cut < events.length; cut++) {
    const store: LogStore = storeWith(events.slice(0, cut));
    const answered = events.slice(0, cut).filter(({ type }) => type === 'model.returned').length;
    const resumed = new Runner({ ...config, store }).resume(agent(steps().slice(answered)), RUN);
    expect((await errorOf(resumed)).code, `cut at ${cut}`).toBe(error.code);
    const log = await eventsOf(store, RUN);
    await assertCleanRun(log);
    expect(log.at(-1)?.type, `cut at ${cut}`).toBe(events.at(-1)?.type);
  }
  return error;
}

test('calls of tools that are not there are counted over the whole run', async () => {
  const look = tool({ name: 'look', description: 'Looks.', parameters: z.object({}), execute: () => 'seen' });
  const steps = (): ScriptedModelInput[] =>
    ['a', 'b', 'c', 'd'].map((name) => [functionCall(name, {}, { callId: `call_${name}` })]);
  const error = await fromEveryCut(
    (given) => new Agent({ name: 'A', model: new ScriptedModel(given), tools: [look] }),
    steps,
    { toolNotFoundBehavior: 'return_error_to_model' },
  );
  expect(error.code).toBe('TOOL_UNKNOWN');
});

test('handoffs are counted over the whole run', async () => {
  const agents = (steps: ScriptedModelInput[]): Agent => {
    const model = new ScriptedModel(steps);
    const first: Agent = new Agent({ name: 'First', model });
    const second: Agent = new Agent({ name: 'Second', model, handoffs: [first] });
    first.handoffs = [second];
    return first;
  };
  const steps = (): ScriptedModelInput[] =>
    ['Second', 'First', 'Second', 'First'].map((to, index) => [
      functionCall(`transfer_to_${to}`, {}, { callId: `c${index}` }),
    ]);
  const error = await fromEveryCut(agents, steps, { maxHandoffs: 3 });
  expect(error.code).toBe('MAX_HANDOFFS');
});

test('runMs is of all the time in which a run is driven, without that in which it waits or nobody drives it', async () => {
  const slow = tool({
    name: 'slow',
    description: 'Takes its time.',
    parameters: z.object({}),
    execute: async () => {
      await sleep(60);
      return 'done';
    },
  });
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const store = storeWith([]);
  const agent = (steps: ScriptedModelInput[]): Agent =>
    new Agent({ name: 'A', model: new ScriptedModel(steps), tools: [slow, pay] });
  const asks = (name: string, callId: string): ScriptedModelInput => [functionCall(name, {}, { callId })];
  const runner = (runMs: number): Runner => new Runner({ store, timeouts: { runMs } });
  const steps = [asks('slow', 'c1'), asks('pay', 'c2'), asks('slow', 'c3'), [assistantMessage('Done.')]];
  const model = agent(steps);
  const first = await runner(10_000).run(model, 'Hi', { runId: RUN });
  // It waits for longer than it may run.
  await sleep(1_500);
  await first.state.approve(first.interruptions[0] as never);
  const driven = foldRun(await eventsOf(store, RUN))?.drivenMs ?? 0;
  expect(driven).toBeGreaterThanOrEqual(50);
  expect(driven).toBeLessThan(1_500);
  const enough = await runner(driven + 10_000).run(model, first.state);
  expect(enough.finalOutput).toBe('Done.');

  // The same log, cut behind its first tool: what it has used up is used up, whoever goes on.
  const events = await eventsOf(store, RUN);
  const cut = events.findIndex(({ type }) => type === 'turn.ended') + 1;
  const again = storeWith(events.slice(0, cut));
  const rest = agent([[assistantMessage('Too late.')]]);
  const late = new Runner({ store: again, timeouts: { runMs: 50 } }).resume(rest, RUN);
  expect((await errorOf(late)).code).toBe('RUN_DEADLINE');
  const log = await eventsOf(again, RUN);
  await assertCleanRun(log);
  expect(log.slice(cut).some(({ type }) => type === 'model.called')).toBe(false);
});
