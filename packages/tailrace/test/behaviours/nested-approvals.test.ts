// Calls of nested agents that somebody has to decide about.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  MemoryLogStore,
  Runner,
  type RunResult,
  type RunState,
  run,
  type StreamedRunResult,
  tool,
} from '../../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel, type ScriptedModelInput } from '../../src/testing/index.ts';
import { decide } from '../../src/run/decide.ts';
import { Stage as Processes } from '../runtime/stage.ts';
import { failure, itemWords, on, read, type Stage, wait } from './stage.ts';

type Result = RunResult | StreamedRunResult;

const say = (text: string): ScriptedModelInput => [assistantMessage(text)];
const pay = (n: number, callId: string) => functionCall('pay', { n }, { callId });

interface World {
  outer: Agent;
  ran: number[];
}

/** An agent that asks another one, which pays what it is scripted to. */
function world(inner: ScriptedModelInput[], beside: ScriptedModelInput = [], options: object = {}): World {
  const ran: number[] = [];
  const made = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({ n: z.number() }),
    needsApproval: true,
    execute: ({ n }) => {
      ran.push(n);
      return `paid ${n}`;
    },
  });
  const agent = new Agent({ name: 'Inner', model: new ScriptedModel(inner), tools: [made] });
  const asked = functionCall('inner', { input: 'go' }, { callId: 'c1' });
  const outer = new Agent({
    name: 'Outer',
    model: new ScriptedModel([[asked, ...(beside as never[])], say('Done.')]),
    tools: [agent.asTool({ toolName: 'inner', toolDescription: 'Asks Inner.', ...options }), made],
  });
  return { outer, ran };
}

async function begin(stage: Stage, agent: Agent, stream: boolean, options: object = {}): Promise<Result> {
  if (stream) return (await stage.seen(agent, 'Hi', options)).result;
  const { result, error } = await stage.whole(agent, 'Hi', options);
  if (!result) throw error;
  return result;
}

async function goOn(agent: Agent, state: RunState, stream: boolean): Promise<Result> {
  if (!stream) return run(agent, state);
  const result = await run(agent, state, { stream: true });
  await result.completed;
  return result;
}

const who = ({ interruptions }: Result): string[] =>
  interruptions.map((item) => `${item.agent.name} ${item.callId} ${item.arguments}`);
const outputs = ({ newItems }: Result): unknown[] =>
  newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item.output] : []));

describe('a call of a nested agent that needs approval', () => {
  for (const stream of [false, true]) {
    const how = stream ? 'streamed' : 'whole';

    on(`suspends the whole run, and is made when somebody has approved it, ${how} [F105] [F106]`, async ({ stage }) => {
      const { outer, ran } = world([[pay(1, 'n1')], say('inner done')]);
      const first = await begin(stage, outer, stream);
      expect(who(first)).toEqual(['Inner n1 {"n":1}']);
      expect(first.finalOutput).toBeUndefined();
      expect(first.newItems.map(({ type }) => type)).toEqual(['tool_call_item']);
      expect(first.history).toHaveLength(1);
      expect(ran).toEqual([]);
      const [item] = first.interruptions;
      if (item) await first.state.approve(item);
      const last = await goOn(outer, first.state, stream);
      expect([last.finalOutput, ran, last.interruptions]).toEqual(['Done.', [1], []]);
      expect(outputs(last)).toEqual(['inner done']);
      expect(last.state.usage.requests).toBe(4);
      expect(stage.log().filter(({ type }) => type === 'tool.called')).toHaveLength(2);
    });

    on(`is decided apart from those beside it, ${how} [F107] [F108]`, async ({ stage }) => {
      const { outer, ran } = world([[pay(1, 'n1'), pay(2, 'n2')], say('inner done')], [pay(3, 'n1')] as never);
      let result = await begin(stage, outer, stream);
      // The same id twice: once the caller's own, once its nested agent's.
      expect(who(result)).toEqual(['Outer n1 {"n":3}', 'Inner n1 {"n":1}', 'Inner n2 {"n":2}']);
      const [own, one] = result.interruptions;
      if (own) await result.state.reject(own, { message: 'Not that.' });
      if (one) await result.state.approve(one);
      result = await goOn(outer, result.state, stream);
      expect([who(result), ran]).toEqual([['Inner n2 {"n":2}'], [1]]);
      const [two] = result.interruptions;
      if (two) await result.state.reject(two);
      result = await goOn(outer, result.state, stream);
      expect([result.finalOutput, ran]).toEqual(['Done.', [1]]);
      expect(new Set(outputs(result))).toEqual(new Set(['Not that.', 'inner done']));
    });

    on(`may be approved for good, ${how} [F109]`, async ({ stage }) => {
      const { outer, ran } = world([[pay(1, 'n1')], [pay(2, 'n2')], say('inner done')]);
      const first = await begin(stage, outer, stream);
      const [item] = first.interruptions;
      if (item) await first.state.approve(item, { alwaysApprove: true });
      const last = await goOn(outer, first.state, stream);
      expect([last.finalOutput, ran]).toEqual(['Done.', [1, 2]]);
    });
  }

  on('is not in its caller’s stream, nor is what follows of it', async ({ stage }) => {
    const { outer } = world([[pay(1, 'n1')], say('inner done')]);
    const { events, result } = await stage.seen(outer);
    expect(itemWords(events)).toEqual(['tool_called']);
    for (const item of result.interruptions) await result.state.approve(item);
    const next = await run(outer, result.state, { stream: true });
    expect(itemWords((await read(next)).events)).toEqual(['tool_output', 'message_output_created']);
  });

  on('begun and gone on with in either way, is the same [F111]', async ({ stage }) => {
    const shown: unknown[] = [];
    for (const [first, second] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      const { outer } = world([[pay(1, 'n1')], say('inner done')]);
      const before = await begin(stage, outer, first);
      for (const item of before.interruptions) await before.state.approve(item);
      const { finalOutput, newItems, state } = await goOn(outer, before.state, second);
      shown.push(JSON.stringify([finalOutput, newItems.map((item) => item.rawItem), state.usage]));
    }
    expect(new Set(shown).size).toBe(1);
  });

  on('waits beside a nested agent that goes on, and two levels down', async ({ stage }) => {
    const { outer: middle, ran } = world([[pay(1, 'n1')], say('inner done')]);
    const model = new ScriptedModel([
      [functionCall('deep', { input: 'x' }, { callId: 'c1' }), functionCall('quick', { input: 'y' }, { callId: 'c2' })],
      say('All.'),
    ]);
    const quick = new Agent({ name: 'Quick', model: new ScriptedModel([say('quick done')]) });
    const top = new Agent({
      name: 'Top',
      model,
      tools: [
        middle.asTool({ toolName: 'deep', toolDescription: 'x' }),
        quick.asTool({ toolName: 'quick', toolDescription: 'y' }),
      ],
    });
    const first = await begin(stage, top, false);
    expect([who(first), outputs(first)]).toEqual([['Inner n1 {"n":1}'], ['quick done']]);
    for (const item of first.interruptions) await first.state.approve(item);
    const last = await goOn(top, first.state, false);
    expect([last.finalOutput, ran]).toEqual(['All.', [1]]);
    expect(outputs(last)).toEqual(['quick done', 'Done.']);
  });

  on('counts as rejected when its time is over', async ({ stage }) => {
    const { outer, ran } = world([[pay(1, 'n1')], say('inner done')]);
    const first = await begin(stage, outer, false, { approvalTimeoutMs: 200 });
    expect(first.interruptions).toHaveLength(1);
    await wait(210);
    const last = await goOn(outer, first.state, false);
    expect([last.finalOutput, ran]).toEqual(['Done.', []]);
  });

  on('is not made when the run is cancelled while it waits', async ({ stage }) => {
    const { outer, ran } = world([[pay(1, 'n1')], say('inner done')]);
    const { result } = await stage.seen(outer);
    result.cancel({ reason: 'never mind' });
    const error = await failure(run(outer, result.state));
    expect(error).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(ran).toEqual([]);
  });

  on('may be the agent tool itself', async ({ stage }) => {
    const { outer } = world([say('inner done')], [], { needsApproval: true });
    const first = await begin(stage, outer, false);
    expect(who(first)).toEqual(['Outer c1 {"input":"go"}']);
    for (const item of first.interruptions) await first.state.approve(item);
    expect((await goOn(outer, first.state, false)).finalOutput).toBe('Done.');
  });
});

test('a runtime decides about calls of nested agents by their ids', async () => {
  await using stage = new Processes();
  const { outer, ran } = world([[pay(1, 'n1'), pay(2, 'n2')], say('inner done')]);
  const runtime = stage.runtime({ agents: { outer } });
  await runtime.start();
  const { id } = await runtime.submit('outer', 'Hi');
  const waits = async (): Promise<void> => {
    while ((await runtime.get(id)).status !== 'suspended') await wait(5);
  };
  await waits();
  const { approvals } = await runtime.get(id);
  expect(approvals.map(({ callId, agent }) => [callId, agent])).toEqual([
    ['n1', 'Inner'],
    ['n2', 'Inner'],
  ]);
  await runtime.approve(id, 'n1');
  await runtime.reject(id, 'n2', { message: 'No.' });
  while ((await runtime.get(id)).status !== 'completed') await wait(5);
  expect(ran).toEqual([1]);
  expect((await runtime.get(id)).output).toBe('Done.');
});

test('of two calls with one id, nobody approves one for the other [S14]', async () => {
  const store = new MemoryLogStore();
  const { outer, ran } = world([[pay(1, 'n1')], say('inner done')], [pay(3, 'n1')] as never);
  const first = await new Runner({ store }).run(outer, 'Hi', { runId: 'run_1' });
  expect(first.interruptions).toHaveLength(2);
  const unclear = await failure(decide(store, 'run_1', { callId: 'n1', approved: true }));
  expect(unclear).toMatchObject({ code: 'APPROVAL_UNKNOWN' });
  expect((unclear as Error).message).toContain("'1:tool:n1', '1:tool:c1/1:tool:n1'");
  await decide(store, 'run_1', { callId: '1:tool:c1/1:tool:n1', approved: true });
  await decide(store, 'run_1', { callId: 'n1', approved: false });
  const last = await new Runner({ store }).resume(outer, 'run_1');
  expect([last.finalOutput, ran]).toEqual(['Done.', [1]]);
});

test('a decision that comes while the others are at work is taken at once', async () => {
  const store = new MemoryLogStore();
  const slow = tool({
    name: 'slow',
    description: 'Decides meanwhile.',
    parameters: z.object({}),
    execute: async () => {
      for (;;) {
        const asked = store.read('run_1', 0, 1_000).find((event) => event.type === 'approval.requested');
        if (asked) {
          await decide(store, 'run_1', { callId: 'n1', approved: true });
          await wait(30);
          return 'slow';
        }
        await wait(1);
      }
    },
  });
  const { outer, ran } = world([[pay(1, 'n1')], say('inner done')], [
    functionCall('slow', {}, { callId: 's' }),
  ] as never);
  outer.tools.push(slow);
  const result = await new Runner({ store }).run(outer, 'Hi', { runId: 'run_1' });
  expect([result.finalOutput, ran]).toEqual(['Done.', [1]]);
  expect(store.read('run_1', 0, 1_000).some(({ type }) => type === 'run.suspended')).toBe(false);
});
