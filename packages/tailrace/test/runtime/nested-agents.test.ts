// Nested agents of runs that change hands, on stores that take their time, and on logs that are full.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, MemoryLogStore, Runner, tool } from '../../src/index.ts';
import { assistantMessage, functionCall, logViolations, ScriptedModel } from '../../src/testing/index.ts';
import { failure, Moment, wait } from '../behaviours/stage.ts';
import { Stage } from './stage.ts';

const say = (text: string) => [assistantMessage(text)];

test('a run that is left in the middle of a nested agent is gone on with there', async () => {
  await using stage = new Stage();
  const begun = new Moment();
  const calls: string[] = [];
  const made = (blocks: boolean) => {
    const slow = tool({
      name: 'slow',
      description: 'Waits in the first process.',
      parameters: z.object({}),
      effects: 'idempotent',
      execute: async (_input, _context, details) => {
        calls.push(details?.idempotencyKey ?? '');
        begun.reach();
        if (blocks) await new Promise(() => undefined);
        return 'slept';
      },
    });
    return slow;
  };
  const outerModel = new ScriptedModel([[functionCall('inner', { input: 'x' }, { callId: 'c1' })], say('Done.')]);
  const innerModel = new ScriptedModel([[functionCall('slow', {}, { callId: 'k' })], say('inner done')]);
  const agentOf = (blocks: boolean): Agent => {
    const inner = new Agent({ name: 'Inner', model: innerModel, tools: [made(blocks)] });
    const tools = [inner.asTool({ toolName: 'inner', toolDescription: 'x', onStream: () => undefined })];
    return new Agent({ name: 'Outer', model: outerModel, tools });
  };
  const runConfig = { timeouts: { toolGraceMs: 20 } };
  const first = stage.runtime({ agents: { outer: agentOf(true) }, runConfig });
  await first.start();
  const { id } = await first.submit('outer', 'Hi');
  await begun.reached;
  await first.stop({ graceMs: 0 });
  const second = stage.runtime({ agents: { outer: agentOf(false) } });
  await second.start();
  while ((await second.get(id)).status !== 'completed') await wait(10);
  expect((await second.get(id)).output).toBe('Done.');
  expect(calls).toHaveLength(2);
  expect(new Set(calls).size).toBe(1);
  expect([outerModel.remainingSteps, innerModel.remainingSteps]).toEqual([0, 0]);
});

function pair(blob = 'inner done'): Agent {
  const look = tool({ name: 'look', description: 'x', parameters: z.object({}), execute: () => blob });
  const innerModel = new ScriptedModel([[functionCall('look', {}, { callId: 'k' })], say('inner done')]);
  const inner = new Agent({ name: 'Inner', model: innerModel, tools: [look] });
  const model = new ScriptedModel([
    [functionCall('inner', { input: 'x' }, { callId: 'c1' }), functionCall('inner', { input: 'y' }, { callId: 'c2' })],
    say('Done.'),
  ]);
  innerModel.enqueue([functionCall('look', {}, { callId: 'k' })], say('inner done'));
  const tools = [inner.asTool({ toolName: 'inner', toolDescription: 'x', onStream: () => undefined })];
  return new Agent({ name: 'Outer', model, tools });
}

test('a store that takes its time over each append gets the same log', async () => {
  const store = new MemoryLogStore();
  const slow = new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key !== 'append') return value.bind(target) as unknown;
      return async (...args: Parameters<MemoryLogStore['append']>) => {
        await wait(1);
        target.append(...args);
      };
    },
  });
  const result = await new Runner({ store: slow }).run(pair(), 'Hi', { runId: 'run_1' });
  expect(result.finalOutput).toBe('Done.');
  expect(logViolations(store.read('run_1', 0, 10_000))).toEqual([]);
});

test('a store that fails in the middle of a nested agent ends the run, once', async () => {
  for (let fails = 8; fails < 30; fails++) {
    const store = new MemoryLogStore();
    let appends = 0;
    const failing = new Proxy(store, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        if (key !== 'append') return value.bind(target) as unknown;
        return (...args: Parameters<MemoryLogStore['append']>) => {
          appends += 1;
          if (appends >= fails) throw new Error('disk on fire');
          target.append(...args);
        };
      },
    });
    const run = new Runner({ store: failing }).run(pair(), 'Hi', { runId: 'run_1' });
    const error = await run.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) break;
    expect(error).toMatchObject({ code: 'STORE_FAILED' });
  }
});

test('a log that is full ends the run, and its nested agents with it', async () => {
  const agent = pair('x'.repeat(60_000));
  const error = await failure(new Runner({ maxLogBytes: 64_000 }).run(agent, 'Hi'));
  expect(error).toMatchObject({ code: 'LOG_FULL' });
});
