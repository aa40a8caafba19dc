import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, type LogStore, MemoryLogStore, MemorySession, Runner, type RunEvent, tool } from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { deaths, WAYS } from './deaths.ts';

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

for (const { stream, stored, how } of WAYS) {
  test(`a run whose writer dies at any append is taken up (${how})`, async () => {
    const fresh = () => ({ ...world(), store: new MemoryLogStore(), session: new MemorySession() });
    const live = (first: ReturnType<typeof fresh>, store: LogStore) => {
      const options = { runId: 'run_1', session: first.session, stream: stream as false };
      return new Runner({ store }).run(first.agent(new ScriptedModel(first.steps())), 'Go', options);
    };
    for await (const { world: first, before, label } of deaths({ fresh, live, stored, moreThan: 20 })) {
      const { session, store } = first;
      const copy = new MemorySession({ initialItems: await session.getItems() });
      const model = new ScriptedModel(unanswered(before, first.steps()));
      const result = await new Runner({ store }).resume(first.agent(model), 'run_1', { session: copy, stream });
      if ('completed' in result) await result.completed;
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
