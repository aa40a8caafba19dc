// A session with a callback, and one that compacts: wherever the process before died, each item is stored once.
import { expect, test } from 'vitest';
import {
  Agent,
  type AgentInputItem,
  type LogStore,
  MemoryLogStore,
  MemorySession,
  RequestUsage,
  Runner,
  type RunEvent,
  user,
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

const OLD = user('old');
const steps = (): ScriptedModelInput[] => [
  [functionCall('weather', { city: 'Oslo' }, { callId: 'c1' })],
  [assistantMessage('Sunny.')],
];

/** Lives in this test as a file would: it outlives the runs. */
class Kept extends MemorySession {
  compactions = 0;

  runCompaction(): { usage: RequestUsage } {
    this.compactions += 1;
    return { usage: new RequestUsage({ inputTokens: 5, outputTokens: 1, endpoint: 'responses.compact' }) };
  }
}

const kinds = (items: readonly AgentInputItem[]): unknown[] =>
  items.map((item) => ('role' in item ? `${item.role} ${JSON.stringify(item.content).length}` : item.type));

const answered = (events: readonly RunEvent[]): number => events.filter(({ type }) => type === 'model.returned').length;

interface World {
  session: Kept;
  options: object;
}

function world(stream: boolean): World {
  const session = new Kept({ initialItems: [OLD] });
  const sessionInputCallback = (history: AgentInputItem[], fresh: AgentInputItem[]): AgentInputItem[] => [
    ...history,
    user('added by the callback'),
    ...fresh,
  ];
  return { session, options: { session, sessionInputCallback, stream } };
}

const agentOf = (model: ScriptedModel): Agent => new Agent({ name: 'A', model, tools: [weather()] });

for (const { stream, stored, how } of WAYS) {
  test(`a session with a callback that compacts (${how})`, async () => {
    let expected: unknown[] = [];
    const fresh = () => ({ ...world(stream), store: new MemoryLogStore() });
    const live = ({ options }: World, store: LogStore) =>
      new Runner({ store }).run(agentOf(new ScriptedModel(steps())), 'new', { ...options, runId: 'run_1' } as never);
    const uncut = async ({ session, store }: ReturnType<typeof fresh>) => {
      expected = kinds(await session.getItems());
      expect(expected).toHaveLength(6);
      expect(session.compactions).toBe(1);
      const usage = { requests: 3, inputTokens: 5, outputTokens: 1 };
      expect(store.read('run_1', 0, 10_000).at(-1)).toMatchObject({ type: 'run.completed', usage });
    };
    for await (const { world: cut, before, label } of deaths({ fresh, live, stored, moreThan: 10, uncut })) {
      const { session, options, store: left } = cut;
      // The process that died is not to write to it any more.
      const copy = new Kept({ initialItems: await session.getItems() });
      copy.compactions = session.compactions;
      const model = new ScriptedModel(steps().slice(answered(before)));
      const again = { ...options, session: copy };
      const result = await new Runner({ store: left }).resume(agentOf(model), 'run_1', again);
      if ('completed' in result) await result.completed;
      expect(kinds(await copy.getItems()), label).toEqual(expected);
      const events = left.read('run_1', 0, 10_000);
      expect(logViolations(events), label).toEqual([]);
      const compacted = events.filter(({ type }) => type === 'session.compacted');
      expect(compacted, label).toHaveLength(1);
      expect([1, 2], label).toContain(copy.compactions);
      const end = events.findLast(({ type }) => type === 'run.completed');
      expect(end, label).toMatchObject({ usage: { inputTokens: 5, outputTokens: 1 } });
    }
  });
}
