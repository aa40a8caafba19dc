import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, MemoryLogStore, MemorySession, Runner, type RunEvent, tool } from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { dyingStore } from './dying-store.ts';

interface World {
  agent: (model: ScriptedModel) => Agent;
  counts: Map<string, number>;
  steps: () => ScriptedModelInput[];
}

function world(): World {
  const counts = new Map<string, number>();
  const counted = (name: string, effects: 'once' | 'idempotent') =>
    tool({
      name,
      description: 'Counts its calls.',
      parameters: z.object({ n: z.number() }),
      effects,
      execute: ({ n }) => {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        return `${name} ${n}`;
      },
    });
  return {
    counts,
    steps: () => [
      [
        assistantMessage('Both.'),
        functionCall('once', { n: 1 }, { callId: 'c1' }),
        functionCall('again', { n: 2 }, { callId: 'c2' }),
      ],
      [functionCall('transfer_to_Second', {}, { callId: 'c3' })],
      [functionCall('once', { n: 3 }, { callId: 'c4' })],
      [assistantMessage('All done.')],
    ],
    agent: (model) => {
      const second = new Agent({ name: 'Second', model, tools: [counted('once', 'once')] });
      return new Agent({
        name: 'First',
        model,
        tools: [counted('once', 'once'), counted('again', 'idempotent')],
        handoffs: [second],
      });
    },
  };
}

/** Steps of the script that the log has not recorded. */
function unanswered(events: readonly RunEvent[], steps: ScriptedModelInput[]): ScriptedModelInput[] {
  return steps.slice(events.filter(({ type }) => type === 'model.returned').length);
}

async function appendsOf(stream: boolean): Promise<number> {
  const store = new MemoryLogStore();
  let appends = 0;
  const counting = new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key === 'append') appends += 0;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (key === 'append') appends += 1;
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  const { agent, steps } = world();
  await finish(new Runner({ store: counting }), agent(new ScriptedModel(steps())), stream);
  return appends;
}

async function finish(runner: Runner, agent: Agent, stream: boolean): Promise<void> {
  if (!stream) return void (await runner.run(agent, 'Go'));
  const result = await runner.run(agent, 'Go', { stream: true });
  await result.completed;
}

for (const stream of [false, true]) {
  for (const stored of [true, false]) {
    test(`a run whose writer dies at any append is taken up (${stream ? 'streamed' : 'whole'}, append ${stored ? 'stored' : 'lost'})`, async () => {
      const appends = await appendsOf(stream);
      expect(appends).toBeGreaterThan(20);
      for (let dies = 1; dies <= appends; dies++) {
        const store = new MemoryLogStore();
        const session = new MemorySession();
        const first = world();
        const dying = dyingStore(store, dies, stored);
        const options = { runId: 'run_1', session };
        const dead = new Runner({ store: dying });
        void (stream
          ? dead.run(first.agent(new ScriptedModel(first.steps())), 'Go', { ...options, stream: true })
          : dead.run(first.agent(new ScriptedModel(first.steps())), 'Go', options));
        await dying.dead;
        await sleep(0);
        const before = store.read('run_1', 0, 10_000);
        if (before.length === 0 || before.at(-1)?.type === 'run.completed') continue;
        const copy = new MemorySession({ initialItems: await session.getItems() });
        const model = new ScriptedModel(unanswered(before, first.steps()));
        const result = await new Runner({ store }).resume(first.agent(model), 'run_1', { session: copy, stream });
        if ('completed' in result) await result.completed;
        const label = `death at append ${dies}`;
        expect(result.finalOutput, label).toBe('All done.');
        expect(model.remainingSteps, label).toBe(0);
        const events = store.read('run_1', 0, 10_000);
        expect(logViolations(events), label).toEqual([]);
        expect(
          events.filter(({ type }) => type === 'run.resumed'),
          label,
        ).toHaveLength(1);
        const called = events.flatMap((event) =>
          event.type === 'tool.called' && event.effects === 'once' ? [event.callId] : [],
        );
        expect(new Set(called).size, label).toBe(called.length);
        const items = await copy.getItems();
        expect(
          items.map((item) =>
            'callId' in item ? `${item.type} ${item.callId}` : 'role' in item ? item.role : item.type,
          ),
          label,
        ).toEqual([
          'user',
          'assistant',
          'function_call c1',
          'function_call c2',
          'function_call_result c1',
          'function_call_result c2',
          'function_call c3',
          'function_call_result c3',
          'function_call c4',
          'function_call_result c4',
          'assistant',
        ]);
      }
    });
  }
}
