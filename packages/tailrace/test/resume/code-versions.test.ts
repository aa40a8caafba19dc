import { expect, test } from 'vitest';
import { z } from 'zod';
import type { RunEvent } from '../../src/event/run-event.ts';
import { Agent, handoff, MemoryLogStore, Runner, tool } from '../../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';
import { eventsOf, storeWith, upTo } from '../durable/cut.ts';

interface Version {
  /** What the tool's parameters are called. */
  parameter?: string;
  effects?: 'once' | 'idempotent';
  toolName?: string;
  agentName?: string;
  handoffTo?: string;
  outputType?: boolean;
  instructions?: string;
  extraTool?: boolean;
  execute?: () => string;
}

const script = ({ toolName = 'pay', parameter = 'amount' }: Version = {}) => [
  [functionCall(toolName, { [parameter]: 1 }, { callId: 'c1' })],
  [functionCall('transfer_to_Second', {}, { callId: 'c2' })],
  [assistantMessage('{"text":"Done."}')],
];

function agentOf(model: ScriptedModel, version: Version): Agent {
  const {
    parameter = 'amount',
    effects = 'once',
    toolName = 'pay',
    agentName = 'First',
    handoffTo = 'Second',
  } = version;
  const pay = tool({
    name: toolName,
    description: 'Pays.',
    parameters: z.object({ [parameter]: z.number() }),
    effects,
    execute: version.execute ?? (() => 'paid'),
  });
  const output = version.outputType ? { outputType: z.object({ text: z.string() }) } : {};
  const second = new Agent({ name: handoffTo, model, ...output }) as unknown as Agent;
  const other = tool({ name: 'other', description: '', parameters: z.object({}), execute: () => '' });
  return new Agent({
    name: agentName,
    model,
    tools: version.extraTool ? [pay, other] : [pay],
    instructions: version.instructions ?? 'Be brief.',
    handoffs: [handoff(second, { toolNameOverride: 'transfer_to_Second' })],
  });
}

async function wholeLog(): Promise<RunEvent[]> {
  const store = new MemoryLogStore();
  const runner = new Runner({ store, codeVersion: '1.0' });
  await runner.run(agentOf(new ScriptedModel(script()), {}), 'Go', { runId: 'run_1' });
  return eventsOf(store, 'run_1');
}

/** Takes up the run in another version of the program. */
async function takeUp(log: readonly RunEvent[], version: Version) {
  const store = storeWith(log);
  const steps = script(version).slice(log.filter(({ type }) => type === 'model.returned').length);
  const runner = new Runner({ store, codeVersion: '2.0' });
  const before = await eventsOf(store, 'run_1');
  try {
    const result = await runner.resume(agentOf(new ScriptedModel(steps), version), 'run_1');
    return { output: result.finalOutput, events: await eventsOf(store, 'run_1') };
  } catch (error) {
    // Whoever can go on with it finds it as it was.
    expect(await eventsOf(store, 'run_1')).toEqual(before);
    return error as Error & { code: string; data: { differences: unknown[] } };
  }
}

test('a run in a store records its code version and what its agents are', async () => {
  const [started] = await wholeLog();
  expect(started).toMatchObject({
    codeVersion: '1.0',
    graph: {
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      agents: {
        First: {
          tools: { pay: expect.stringMatching(/^[0-9a-f]{16} once$/) as string },
          handoffs: { transfer_to_Second: 'Second' },
          output: 'text',
        },
        Second: { tools: {}, handoffs: {}, output: 'text' },
      },
    },
  });
});

test('a run in memory records neither', async () => {
  const result = await new Runner({ codeVersion: '1.0' }).run(agentOf(new ScriptedModel(script()), {}), 'Go', {
    stream: true,
  });
  const events: RunEvent[] = [];
  for await (const event of result.events()) events.push(event);
  expect(events[0]).not.toHaveProperty('graph');
  expect(events[0]).not.toHaveProperty('codeVersion');
  expect(events.some((event) => 'inputHash' in event)).toBe(false);
});

test('the hash is the same for the same agents made again, and says nothing of functions and instructions', async () => {
  const hashOf = async (version: Version): Promise<unknown> => {
    const store = new MemoryLogStore();
    await new Runner({ store }).run(agentOf(new ScriptedModel(script()), version), 'Go', { runId: 'r' });
    const [started] = store.read('r', 0, 1);
    return started?.type === 'run.started' && started.graph?.hash;
  };
  const hash = await hashOf({});
  expect(await hashOf({ instructions: 'Be long.', execute: () => 'other' })).toBe(hash);
  for (const other of [{ effects: 'idempotent' }, { outputType: true }, { extraTool: true }] as const)
    expect(await hashOf(other)).not.toBe(hash);
});

const cuts: [name: string, cut: (log: readonly RunEvent[]) => RunEvent[]][] = [
  ['before the first model call', (log) => upTo(log, 'turn.started')],
  ['while the model is at it', (log) => upTo(log, 'model.called')],
  ['with a call that was asked for', (log) => upTo(log, 'item.added')],
  ['with a call under way', (log) => upTo(log, 'tool.called')],
  ['with a result', (log) => upTo(log, 'tool.returned')],
  ['between turns', (log) => upTo(log, 'turn.ended')],
  ['with a handoff that was asked for', (log) => upTo(log, 'model.returned', 2)],
  ['after the handoff', (log) => upTo(log, 'turn.ended', 2)],
  ['with the answer', (log) => upTo(log, 'model.returned', 3)],
  ['with everything but the end', (log) => upTo(log, 'turn.ended', 3)],
];

const calls = ['with a call that was asked for', 'with a call under way', 'with a result'];
const handoffAsked = ['with a handoff that was asked for'];
const answered = ['with the answer', 'with everything but the end'];
const second = ['after the handoff', ...answered];
const none: string[] = [];

const versions: [name: string, version: Version, differs: object, refusedAt: string[]][] = [
  ['the same agents', {}, {}, none],
  ['other functions and instructions', { instructions: 'Be long.', execute: () => 'paid' }, {}, none],
  ['a tool more', { extraTool: true }, {}, none],
  ['a tool less', { toolName: 'pay_2' }, { what: 'tool_missing', agent: 'First', tool: 'pay' }, calls],
  ['other parameters', { parameter: 'cents' }, { what: 'tool_schema_changed', agent: 'First', tool: 'pay' }, calls],
  ['other effects', { effects: 'idempotent' }, { what: 'tool_effects_changed', agent: 'First', tool: 'pay' }, calls],
  [
    'another agent',
    { agentName: 'Other' },
    { what: 'agent_missing', agent: 'First' },
    cuts.map(([name]) => name).filter((name) => !second.includes(name)),
  ],
  ['another output type', { outputType: true }, { what: 'output_type_changed', agent: 'Second' }, answered],
];

for (const [name, version, differs, refusedAt] of versions) {
  test(`taken up with ${name}: ${refusedAt.length === 0 ? 'goes on everywhere' : `refused where the open turn needs what differs`}`, async () => {
    const log = await wholeLog();
    for (const [where, cut] of cuts) {
      const outcome = await takeUp(cut(log), version);
      if (!refusedAt.includes(where)) {
        expect(outcome, where).toHaveProperty('events');
        continue;
      }
      expect(outcome, where).toMatchObject({
        code: 'RESUME_INCOMPATIBLE',
        name: 'UserError',
        runId: 'run_1',
        data: { differences: [differs], recorded: '1.0', current: '2.0' },
      });
    }
  });
}

test('a handoff that leads to another agent is refused where the model has asked for it', async () => {
  const log = await wholeLog();
  for (const [where, cut] of cuts) {
    const outcome = await takeUp(cut(log), { handoffTo: 'Third' });
    if (handoffAsked.includes(where)) {
      expect(outcome).toMatchObject({
        data: { differences: [{ what: 'handoff_leads_elsewhere', tool: 'transfer_to_Second' }] },
      });
      expect((outcome as Error).message).toMatch(/leads to another agent.*code version 1\.0/);
    } else if (second.includes(where)) {
      expect(outcome).toMatchObject({ data: { differences: [{ what: 'agent_missing', agent: 'Second' }] } });
    } else expect(outcome, where).toHaveProperty('events');
  }
});

test('the code that went on is recorded, and is what the next one is compared with', async () => {
  const log = await wholeLog();
  const cut = upTo(log, 'turn.started');
  const renamed: Version = { parameter: 'cents' };
  const outcome = await takeUp(cut, renamed);
  if (!('events' in outcome)) throw outcome;
  const resumed = outcome.events.find((event) => event.type === 'run.resumed');
  expect(resumed).toMatchObject({ codeVersion: '2.0', graph: { agents: { First: {} } } });
  const again = upTo(outcome.events, 'tool.called');
  expect(await takeUp(again, renamed)).toHaveProperty('events');
  expect(await takeUp(again, {})).toMatchObject({ code: 'RESUME_INCOMPATIBLE' });
});

test('a run that a writer still drives is not taken from it by code that cannot go on', async () => {
  const log = upTo(await wholeLog(), 'item.added');
  const store = storeWith(log);
  const epoch = store.head('run_1')?.epoch;
  await expect(
    new Runner({ store }).resume(agentOf(new ScriptedModel([]), { toolName: 'other_pay' }), 'run_1'),
  ).rejects.toMatchObject({ code: 'RESUME_INCOMPATIBLE' });
  expect(store.head('run_1')?.epoch).toBe(epoch);
});

test('a log without a graph, of an earlier version, is taken up as it is', async () => {
  const log = upTo(await wholeLog(), 'item.added').map((event) => {
    if (event.type !== 'run.started') return event;
    const { graph: _graph, ...rest } = event;
    return rest;
  });
  expect(await takeUp(log, { effects: 'idempotent' })).toHaveProperty('events');
});

test('a tool that comes and goes is missed by name where its call has no result, and not where it has one', async () => {
  let enabled = true;
  const look = tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({}),
    effects: 'idempotent',
    isEnabled: () => enabled,
    execute: () => 'seen',
  });
  const agent = (model: ScriptedModel): Agent => new Agent({ name: 'First', model, tools: [look] });
  const asked = [functionCall('look', {}, { callId: 'c1' })];
  const store = new MemoryLogStore();
  await new Runner({ store }).run(agent(new ScriptedModel([asked, [assistantMessage('Done.')]])), 'Go', {
    runId: 'run_1',
  });
  const log = await eventsOf(store, 'run_1');
  enabled = false;
  const goOn = (cut: RunEvent[]): Promise<unknown> => {
    const model = new ScriptedModel([[assistantMessage('Done.')]]);
    return new Runner({ store: storeWith(cut) }).resume(agent(model), 'run_1').then(
      ({ finalOutput }) => finalOutput,
      (error: unknown) => error,
    );
  };
  for (const type of ['item.added', 'tool.called'] as const) {
    expect(await goOn(upTo(log, type)), type).toMatchObject({
      code: 'RESUME_INCOMPATIBLE',
      data: { differences: [{ what: 'tool_missing', agent: 'First', tool: 'look' }] },
    });
  }
  expect(await goOn(upTo(log, 'tool.returned'))).toBe('Done.');
  expect(await goOn(upTo(log, 'turn.ended'))).toBe('Done.');
});

interface NestedVersion {
  payName?: string;
  parameter?: string;
  helperName?: string;
  askName?: string;
}

function hostOf(model: ScriptedModel, version: NestedVersion): Agent {
  const { payName = 'pay', parameter = 'amount', helperName = 'Helper', askName = 'ask' } = version;
  const pay = tool({
    name: payName,
    description: 'Pays.',
    parameters: z.object({ [parameter]: z.number() }),
    execute: () => 'paid',
  });
  const helper = new Agent({ name: helperName, model, tools: [pay] });
  return new Agent({ name: 'Host', model, tools: [helper.asTool({ toolName: askName, toolDescription: 'Helps.' })] });
}

const nestedSteps = [
  [functionCall('ask', { input: 'Pay.' }, { callId: 'c1' })],
  [functionCall('pay', { amount: 1 }, { callId: 'c2' })],
  [assistantMessage('Paid.')],
  [assistantMessage('Done.')],
];

test.each<[name: string, version: NestedVersion, differs: object]>([
  ['a tool less', { payName: 'pay_2' }, { what: 'tool_missing', agent: 'Helper', tool: 'pay' }],
  ['other parameters', { parameter: 'cents' }, { what: 'tool_schema_changed', agent: 'Helper', tool: 'pay' }],
  ['another name', { helperName: 'Other' }, { what: 'agent_missing', agent: 'Helper' }],
  ['no tool that asks it', { askName: 'ask_2' }, { what: 'tool_missing', agent: 'Host', tool: 'ask' }],
])('an agent that is a tool and under way, with %s, is refused by name', async (_name, version, differs) => {
  const store = new MemoryLogStore();
  await new Runner({ store, codeVersion: '1.0' }).run(hostOf(new ScriptedModel(nestedSteps), {}), 'Go', {
    runId: 'run_1',
  });
  const log = await eventsOf(store, 'run_1');
  for (const cut of [upTo(log, 'tool.called', 2), upTo(log, 'tool.returned', 1)]) {
    const goOn = async (as: NestedVersion): Promise<unknown> => {
      const model = new ScriptedModel(nestedSteps.slice(2));
      return new Runner({ store: storeWith(cut), codeVersion: '2.0' }).resume(hostOf(model, as), 'run_1');
    };
    await expect(goOn(version)).rejects.toMatchObject({
      code: 'RESUME_INCOMPATIBLE',
      data: { differences: [differs], recorded: '1.0', current: '2.0' },
    });
    expect(await goOn({})).toMatchObject({ finalOutput: 'Done.' });
  }
});
