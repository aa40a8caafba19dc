// A session beside a filter: wherever the process before died, what is stored is what the filter made, each item once.
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type AgentInputItem,
  type CallModelInputFilter,
  type LogStore,
  MemoryLogStore,
  type RunEvent,
  Runner,
  type Session,
  tool,
  user,
} from '../../src/index.ts';
import { assistantMessage, functionCall, logViolations, ScriptedModel } from '../../src/testing/index.ts';
import { deaths, WAYS } from './deaths.ts';

const textOf = (item: AgentInputItem): string =>
  'role' in item ? `${item.role}: ${JSON.stringify(item.content)}` : item.type;

class World {
  readonly store: MemoryLogStore = new MemoryLogStore();
  readonly saved: AgentInputItem[] = [user('old secret')];
  /** What each request of a model was. */
  readonly asked: string[] = [];
  #filtered = 0;

  get log(): readonly RunEvent[] {
    return this.store.read('run_1', 0, 10_000);
  }

  /** Writes all items anew, adds one, and never gives the same twice. */
  readonly #filter: CallModelInputFilter = ({ modelData }) => {
    this.#filtered += 1;
    const text = JSON.stringify(modelData.input).replaceAll('secret', `[${this.#filtered}]`);
    const input = JSON.parse(text) as AgentInputItem[];
    return { ...modelData, input: [...input, user(`added [${this.#filtered}]`)] };
  };

  #agent(): Agent {
    const answered = this.log.filter(({ type }) => type === 'model.returned').length;
    const script = [
      [functionCall('work', {}, { callId: 'c' })],
      [functionCall('work', {}, { callId: 'd' })],
      [assistantMessage('Done.')],
    ];
    const work = tool({
      name: 'work',
      description: 'Works.',
      parameters: z.object({}),
      execute: () => {
        const body = { text: 'more secret' };
        this.store.post('run_1', { id: 'm', kind: 'input', body });
        return 'worked';
      },
    });
    const inner = new ScriptedModel(script.slice(answered));
    const asked = (input: unknown): void => void this.asked.push(JSON.stringify(input));
    return new Agent({
      name: 'A',
      tools: [work],
      model: {
        getResponse: (request) => (asked(request.input), inner.getResponse(request)),
        getStreamedResponse: (request) => (asked(request.input), inner.getStreamedResponse(request)),
      },
    });
  }

  #session(): Session {
    return {
      getSessionId: async () => 's',
      getItems: async (limit = Infinity) => structuredClone(this.saved.slice(-limit)),
      addItems: async (items) => void this.saved.push(...structuredClone(items)),
      popItem: async () => this.saved.pop(),
      clearSession: async () => undefined,
    };
  }

  async finish(store: LogStore, stream: boolean): Promise<void> {
    const runner = new Runner({ store, callModelInputFilter: this.#filter });
    const options = { session: this.#session(), stream };
    const running =
      this.log.length === 0
        ? runner.run(this.#agent(), 'Go secret', { runId: 'run_1', ...options } as { stream: false })
        : runner.resume(this.#agent(), 'run_1', options);
    const result = await running;
    if ('completed' in result) await result.completed;
  }
}

function check(world: World, label: string): void {
  expect(logViolations(world.log), label).toEqual([]);
  expect(world.log.at(-1), label).toMatchObject({ type: 'run.completed', output: 'Done.' });
  const saved = world.saved.map(textOf);
  const call = ['function_call', 'function_call_result'];
  const stored = saved.map((text) => text.replaceAll(/\d/g, 'N'));
  const more = stored.indexOf('user: "more [N]"');
  expect(more, label).toBeGreaterThan(4);
  expect(stored.toSpliced(more, 1), label).toEqual([
    'user: [{"type":"input_text","text":"old secret"}]',
    'user: "Go [N]"',
    'user: [{"type":"input_text","text":"added [N]"}]',
    ...[...call, ...call],
    'assistant: [{"type":"output_text","text":"Done."}]',
  ]);
  // What was stored is what one call of the filter made, and nothing is told unfiltered.
  expect(saved[2], label).toContain(saved[1]?.match(/\[\d\]/)?.[0]);
  expect(
    world.asked.filter((text) => text.includes('secret')),
    label,
  ).toEqual([]);
}

for (const { stream, stored, how } of WAYS) {
  test(`a filter, and input that comes meanwhile (${how})`, async () => {
    const fresh = (): World => new World();
    const live = (world: World, store: LogStore) => world.finish(store, stream);
    const uncut = (world: World) => check(world, 'uncut');
    for await (const { world, label } of deaths({ fresh, live, stored, moreThan: 12, uncut })) {
      await world.finish(world.store, stream);
      // A call that may have been made is not made again, and so nobody may have posted the input.
      if (world.store.mail('run_1', 0).length > 0) check(world, label);
    }
  });
}
