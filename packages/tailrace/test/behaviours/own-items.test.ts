// [I15] The items of a run are its own: what others do to those that they are given changes neither the log nor what was said.
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type AgentInputItem,
  handoff,
  MemoryLogStore,
  MemorySession,
  type Model,
  type RunEvent,
  run,
  Runner,
  tool,
  user,
} from '../../src/index.ts';
import { assertCleanRun, assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';

const spoil = (items: readonly AgentInputItem[]): void => {
  for (const item of items) {
    if ('role' in item && item.role === 'user') {
      if (Array.isArray(item.content)) item.content.splice(0, 9, { type: 'input_text', text: 'SPOILT' });
      else item.content = 'SPOILT';
    }
    if (item.type === 'function_call') item.arguments = '{"SPOILT":1}';
    if (item.type === 'function_call_result') item.output = 'SPOILT';
  }
};
const isSpoilt = (value: unknown): boolean => JSON.stringify(value).includes('SPOILT');

const tick = (does: () => void = () => undefined) =>
  tool({
    name: 'tick',
    description: 'Ticks.',
    parameters: z.object({}),
    execute: () => {
      does();
      return 'tock';
    },
  });
const twoSteps = (): ScriptedModel =>
  new ScriptedModel([[functionCall('tick', {}, { callId: 'c1' })], [assistantMessage('Done.')]]);

for (const stream of [false, true]) {
  const way = stream ? 'streamed' : 'whole';

  async function played(agent: Agent, input: AgentInputItem[], options: object = {}) {
    const store = new MemoryLogStore();
    const result = await new Runner({ store }).run(agent, input, { ...options, stream, runId: 'r1' } as never);
    if ('completed' in result) await result.completed;
    await assertCleanRun(result);
    const log: readonly RunEvent[] = store.read('r1', 0, 1_000);
    return { result, log };
  }

  test(`[I15] a tool that changes what its caller gave (${way})`, async () => {
    const input = [user('Hi')];
    const model = twoSteps();
    const tools = [
      tick(() => {
        spoil(input);
        input.push(user('more'));
      }),
    ];
    const { result, log } = await played(new Agent({ name: 'A', model, tools }), input);
    expect(isSpoilt(input)).toBe(true);
    expect(isSpoilt([log, result.history, model.calls.map(({ request }) => request.input)])).toBe(false);
    expect(result.history).toHaveLength(4);
  });

  test(`a filter that changes its copy in place (${way})`, async () => {
    const input = [user('Hi')];
    const model = twoSteps();
    const lengths: number[] = [];
    const { result, log } = await played(new Agent({ name: 'A', model, tools: [tick()] }), input, {
      callModelInputFilter: ({ modelData }: { modelData: { input: AgentInputItem[] } }) => {
        lengths.push(modelData.input.length);
        spoil(modelData.input);
        return modelData;
      },
    });
    expect(model.calls.every(({ request }) => isSpoilt(request.input))).toBe(true);
    expect(isSpoilt([input, log, result.history, result.newItems.map(({ rawItem }) => rawItem)])).toBe(false);
    expect(lengths).toEqual([1, 3]);
  });

  test(`a model that changes what it is asked (${way})`, async () => {
    const input = [user('Hi')];
    const inner = twoSteps();
    const model: Model = {
      getResponse: (request) => {
        spoil(request.input as AgentInputItem[]);
        return inner.getResponse(request);
      },
      getStreamedResponse: (request) => {
        spoil(request.input as AgentInputItem[]);
        return inner.getStreamedResponse(request);
      },
    };
    const { result, log } = await played(new Agent({ name: 'A', model, tools: [tick()] }), input);
    expect(isSpoilt(inner.calls.map(({ request }) => request.input))).toBe(true);
    expect(isSpoilt([input, log, result.history, result.newItems.map(({ rawItem }) => rawItem)])).toBe(false);
  });

  test(`an input guardrail that changes what it looks at (${way})`, async () => {
    for (const runInParallel of [false, true]) {
      const input = [user('Hi')];
      const model = twoSteps();
      const looks: unknown[] = [];
      const guard = {
        name: 'guard',
        runInParallel,
        execute: async ({ input: seen }: { input: string | AgentInputItem[] }) => {
          looks.push(isSpoilt(seen));
          spoil(seen as AgentInputItem[]);
          return { tripwireTriggered: false, outputInfo: null };
        },
      };
      const agent = new Agent({ name: 'A', model, tools: [tick()], inputGuardrails: [guard, { ...guard, name: 'b' }] });
      const { result, log } = await played(agent, input);
      expect(looks).toEqual([false, false]);
      expect(isSpoilt([input, log, result.history, model.calls.map(({ request }) => request.input)])).toBe(false);
    }
  });

  test(`a handoff filter that changes the history in place (${way})`, async () => {
    const input = [user('Hi')];
    const model = new ScriptedModel([[assistantMessage('Done.')]]);
    const next = new Agent({ name: 'B', model });
    const first = Agent.create({
      name: 'A',
      model: new ScriptedModel([[functionCall('transfer_to_B', {}, { callId: 'c1' })]]),
      handoffs: [
        handoff(next, {
          inputFilter: (data) => {
            spoil(data.inputHistory as AgentInputItem[]);
            return data;
          },
        }),
      ],
    });
    const { result, log } = await played(first, input);
    expect(isSpoilt(input)).toBe(false);
    expect(isSpoilt(log.find(({ type }) => type === 'run.started'))).toBe(false);
    // What it gave back is what was said from there on.
    expect(isSpoilt(model.calls[0]?.request.input)).toBe(true);
    expect(isSpoilt(result.history)).toBe(true);
  });

  test(`a session that changes what it stores, and a callback that keeps what it gave (${way})`, async () => {
    class Marking extends MemorySession {
      override async addItems(items: AgentInputItem[]): Promise<void> {
        await super.addItems(items);
        spoil(items);
      }
    }
    const input = [user('Hi')];
    const model = twoSteps();
    let given: AgentInputItem[] = [];
    const { result, log } = await played(new Agent({ name: 'A', model, tools: [tick(() => spoil(given))] }), input, {
      session: new Marking(),
      sessionInputCallback: (history: AgentInputItem[], fresh: AgentInputItem[]) =>
        (given = [...history, user('Note'), ...fresh]),
    });
    expect(isSpoilt(given)).toBe(true);
    expect(isSpoilt([input, log, result.history, model.calls.map(({ request }) => request.input)])).toBe(false);
  });
}

test('[I15] what a run has in memory alone is its own, too', async () => {
  const input = [user('Hi')];
  const model = twoSteps();
  const result = await run(new Agent({ name: 'A', model, tools: [tick(() => spoil(input))] }), input);
  expect(isSpoilt([result.history, result.input, model.calls.map(({ request }) => request.input)])).toBe(false);
  await assertCleanRun(result);
});
