// Wherever the process before died, the next one sends what the provider has not answered, and nothing else.
import { expect, test } from 'vitest';
import {
  Agent,
  type AgentInputItem,
  type LogStore,
  MemoryLogStore,
  Runner,
  type RunEvent,
  Usage,
} from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { weather } from '../behaviours/cast.ts';
import { deaths, WAYS } from './deaths.ts';

const steps = (): ScriptedModelInput[] => [
  {
    usage: new Usage({ inputTokens: 1, outputTokens: 1 }),
    responseId: 'resp_1',
    output: [
      assistantMessage('Both.'),
      functionCall('weather', { city: 'Oslo' }, { callId: 'c1' }),
      functionCall('weather', { city: 'Rome' }, { callId: 'c2' }),
    ],
  },
  {
    usage: new Usage({ inputTokens: 1, outputTokens: 1 }),
    responseId: 'resp_2',
    output: [
      functionCall('transfer_to_Second', {}, { callId: 'c3' }),
      functionCall('transfer_to_Third', {}, { callId: 'c4' }),
    ],
  },
  {
    usage: new Usage({ inputTokens: 1, outputTokens: 1 }),
    responseId: 'resp_3',
    output: [functionCall('weather', { city: 'Bonn' }, { callId: 'c5' })],
  },
  {
    usage: new Usage({ inputTokens: 1, outputTokens: 1 }),
    responseId: 'resp_4',
    output: [assistantMessage('All done.')],
  },
];

const TOLD = [
  { previousResponseId: 'resp_0', input: ['user'] },
  { previousResponseId: 'resp_1', input: ['c1', 'c2'] },
  { previousResponseId: 'resp_2', input: ['c3', 'c4'] },
  { previousResponseId: 'resp_3', input: ['c5'] },
];

function agentOf(model: ScriptedModel): Agent {
  const second = new Agent({ name: 'Second', model, tools: [weather()] });
  const third = new Agent({ name: 'Third', model });
  return new Agent({ name: 'First', model, tools: [weather()], handoffs: [second, third] });
}

function told(model: ScriptedModel): unknown[] {
  return model.calls.map(({ request: { input, conversationId, previousResponseId } }) => ({
    ...(conversationId !== undefined && { conversationId }),
    ...(previousResponseId !== undefined && { previousResponseId }),
    input: (input as AgentInputItem[]).map((item) =>
      'callId' in item ? item.callId : 'role' in item ? item.role : '?',
    ),
  }));
}

const answers = (events: readonly RunEvent[]): number => events.filter(({ type }) => type === 'model.returned').length;

for (const kind of [{ conversationId: 'conv_1' }, { previousResponseId: 'resp_0' }]) {
  for (const { stream, stored, how } of WAYS) {
    test(`${Object.keys(kind)[0]}: after a death at any append (${how})`, async () => {
      const expected = 'conversationId' in kind ? TOLD.map(({ input }) => ({ ...kind, input })) : TOLD;
      const options = { ...kind, stream: stream as false, runId: 'run_1' };
      const fresh = () => ({ store: new MemoryLogStore() });
      const live = (_: object, store: LogStore) =>
        new Runner({ store }).run(agentOf(new ScriptedModel(steps())), 'Go', options);
      for await (const { world, before, label } of deaths({ fresh, live, stored, moreThan: 15 })) {
        const { store } = world;
        const done = answers(before);
        const model = new ScriptedModel(steps().slice(done));
        const result = await new Runner({ store }).resume(agentOf(model), 'run_1', { stream });
        if ('completed' in result) await result.completed;
        expect(result.finalOutput, label).toBe('All done.');
        expect(told(model), label).toEqual(expected.slice(done));
        expect(logViolations(store.read('run_1', 0, 10_000)), label).toEqual([]);
      }
    });
  }
}
