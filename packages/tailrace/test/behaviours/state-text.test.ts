// A run's state as text: the log itself, from which the run goes on anywhere.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  MemorySession,
  RunContext,
  run,
  RunState,
  type RunToolApprovalItem,
  Runner,
  tool,
} from '../../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel, type ScriptedModelInput } from '../../src/testing/index.ts';
import { failure, on } from './stage.ts';

interface World {
  agent: Agent;
  ran: string[];
}

/** An agent that pays twice, which somebody has to approve, and asks another one that does, too. `answered`: turns that are behind it. */
function world(answered = 0, inner = 0): World {
  const ran: string[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({ n: z.number() }),
    needsApproval: true,
    execute: ({ n }, context) => {
      const { who } = (context?.context ?? {}) as { who?: string };
      ran.push(`${n}${who ?? ''}`);
      return `paid ${n}`;
    },
  });
  const call = (n: number, callId: string) => functionCall('pay', { n }, { callId });
  const nested: ScriptedModelInput[] = [[call(2, 'n1')], [assistantMessage('inner done')]];
  const script: ScriptedModelInput[] = [
    [assistantMessage('Let me see.'), call(1, 'c1'), functionCall('ask', { input: 'go' }, { callId: 'c2' })],
    [call(3, 'c3')],
    [assistantMessage('Done.')],
  ];
  const other = new Agent({ name: 'Other', model: new ScriptedModel(nested.slice(inner)), tools: [pay] });
  const agent = new Agent({
    name: 'Payer',
    model: new ScriptedModel(script.slice(answered)),
    tools: [pay, other.asTool({ toolName: 'ask', toolDescription: 'Asks.' })],
  });
  return { agent, ran };
}

const names = (items: readonly RunToolApprovalItem[]): string[] =>
  items.map((item) => `${item.agent.name} ${item.callId}`);

async function interrupted(stream = false, context: object = { who: 'me' }) {
  const made = world();
  if (!stream) return { ...made, result: await run(made.agent, 'Hi', { context }) };
  const result = await run(made.agent, 'Hi', { context, stream: true });
  await result.completed;
  return { ...made, result };
}

/** Approves all that waits until the run has completed. */
async function finish(agent: Agent, from: RunState, stream: boolean) {
  let state = from;
  for (;;) {
    for (const item of state.getInterruptions()) void state.approve(item);
    const result = stream ? await run(agent, state, { stream: true }) : await run(agent, state);
    if ('completed' in result) await result.completed;
    if (result.interruptions.length === 0) return result;
    state = result.state;
  }
}

describe('a state as text', () => {
  for (const first of [false, true])
    for (const second of [false, true])
      test(`goes on as the state itself does, ${first ? 'streamed' : 'whole'} then ${second ? 'streamed' : 'whole'} [F111]`, async () => {
        const live = await interrupted(first);
        const text = live.result.state.toString();
        const kept = await finish(live.agent, live.result.state, second);
        const { agent, ran } = world(1, 1);
        const state = await RunState.fromString<{ who: string }>(agent, text);
        expect(names(state.getInterruptions())).toEqual(['Payer c1', 'Other n1']);
        expect(state.history).toEqual([...live.result.history]);
        const read = await finish(agent, state, second);
        expect([read.finalOutput, ran]).toEqual(['Done.', ['1me', '2me', '3me']]);
        expect(read.newItems.map((item) => item.rawItem)).toEqual(kept.newItems.map((item) => item.rawItem));
        expect(read.state.usage).toEqual(kept.state.usage);
        expect(read.rawResponses).toHaveLength(kept.rawResponses.length);
      });

  test('is one line of what it is, and the log as it was, without deltas', async () => {
    const { result } = await interrupted(true);
    const lines = result.state.toString().split('\n');
    const [header, ...events] = lines.map((line) => JSON.parse(line) as { type: string; seq: number; to?: number });
    expect(header).toMatchObject({ format: 'tailrace-run-state', version: 1, context: { who: 'me' } });
    let next = 0;
    for (const { seq, to } of events) {
      expect(seq).toBe(next);
      next = (to ?? seq) + 1;
    }
    const types = new Set(events.map(({ type }) => type));
    expect([types.has('model.delta'), types.has('log.pruned'), types.has('model.returned')]).toEqual([
      false,
      true,
      true,
    ]);
    expect(events.at(-1)?.type).toBe('run.suspended');
  });

  test('goes on with the session that it is given, and stores nothing twice [F113]', async () => {
    const stored: string[] = [];
    for (const throughText of [false, true]) {
      const session = new MemorySession();
      const first = world();
      const asked = await run(first.agent, 'Hi', { session });
      const copy = new MemorySession({ initialItems: await session.getItems() });
      const second = throughText ? world(1, 1) : first;
      const text = asked.state.toString();
      let state: RunState = throughText ? await RunState.fromString(second.agent, text) : asked.state;
      const kept = throughText ? copy : session;
      for (;;) {
        for (const item of state.getInterruptions()) void state.approve(item);
        const result = await run(second.agent, state, { session: kept });
        if (result.interruptions.length === 0) break;
        state = result.state;
      }
      stored.push(JSON.stringify(await kept.getItems()));
    }
    expect(stored[1]).toBe(stored[0]);
    expect(JSON.parse(stored[0] ?? '')).toHaveLength(9);
  });

  test('may be one between any two decisions', async () => {
    const { result } = await interrupted();
    let text = result.state.toString();
    const { agent, ran } = world(1, 1);
    for (let rounds = 0; ; rounds++) {
      const state = await RunState.fromString(agent, text);
      const [item] = state.getInterruptions();
      if (item) await state.approve(item);
      const next = await run(agent, state);
      text = next.state.toString();
      if (next.interruptions.length > 0) continue;
      expect([rounds, next.finalOutput, ran]).toEqual([2, 'Done.', ['1me', '2me', '3me']]);
      break;
    }
  });

  test('holds input that is staged, and says it when the run goes on; what was taken back it does not', async () => {
    const { agent } = world();
    const first = await run(agent, 'Pay.');
    first.state.addInput('never mind');
    first.state.clearPendingInput();
    first.state.addInput('And hurry.');
    const state = await RunState.fromString(world().agent, first.state.toString());
    expect(state.pendingInput).toEqual([{ type: 'message', role: 'user', content: 'And hurry.' }]);
    for (const item of first.interruptions) void first.state.approve(item);
    const next = await run(agent, first.state);
    expect(first.state.pendingInput).toEqual([]);
    expect(next.newItems.filter(({ type }) => type === 'input_item')).toHaveLength(1);
    expect(JSON.stringify(next.history)).toContain('And hurry.');
    expect(JSON.stringify(next.history)).not.toContain('never mind');
  });

  test('may be one object, however it is laid out', async () => {
    const { result } = await interrupted();
    const text = JSON.stringify(result.state, undefined, 2);
    const { agent } = world(1, 1);
    const state = await RunState.fromString(agent, text);
    expect(names(state.getInterruptions())).toEqual(['Payer c1', 'Other n1']);
    expect((await finish(agent, state, false)).finalOutput).toBe('Done.');
    expect(await failure(RunState.fromString(agent, text.replace('"seq": 4', '"seq": 5')))).toMatchObject({
      code: 'STATE_INVALID',
    });
  });

  test('holds what was decided with the state, and what was decided for good [F109]', async () => {
    const { result } = await interrupted();
    const [own, nested] = result.interruptions;
    if (own) void result.state.approve(own, { alwaysApprove: true });
    if (nested) void result.state.reject(nested, { message: 'Not that.' });
    const { agent, ran } = world(1, 1);
    const state = await RunState.fromString(agent, result.state.toString());
    const last = await run(agent, state);
    expect([last.finalOutput, ran, last.interruptions]).toEqual(['Done.', ['1me', '3me'], []]);
    const again = await RunState.fromString(agent, last.state.toString());
    expect(again.history).toEqual(last.history);
  });

  test('is a checkpoint of its own: what follows of it changes no other one [F116]', async () => {
    const { result } = await interrupted();
    const text = result.state.toString();
    const before = JSON.stringify([result.history, result.newItems, result.state.usage, names(result.interruptions)]);
    const runs = [true, false].map(async (approved) => {
      const { agent, ran } = world(1, 1);
      const state = await RunState.fromString(agent, text);
      for (const item of state.getInterruptions())
        if (approved) void state.approve(item, { alwaysApprove: true });
        else void state.reject(item, { alwaysReject: true });
      return { output: (await run(agent, state)).finalOutput, ran };
    });
    expect(await Promise.all(runs)).toEqual([
      { output: 'Done.', ran: ['1me', '2me', '3me'] },
      { output: 'Done.', ran: [] },
    ]);
    expect(JSON.stringify([result.history, result.newItems, result.state.usage, names(result.interruptions)])).toBe(
      before,
    );
    expect(result.state.toString()).toBe(text);
  });

  on('goes on in the same trace [E97]', async ({ stage }) => {
    const { agent } = world();
    const { result } = await stage.whole(agent, 'Hi', { context: { who: 'me' } });
    const text = result?.state.toString() ?? '';
    const before = new Set(stage.trace.spans.map(({ traceId }) => traceId));
    const other = world(1, 1);
    const state = await RunState.fromString(other.agent, text);
    expect((await finish(other.agent, state, false)).finalOutput).toBe('Done.');
    expect(new Set(stage.trace.spans.map(({ traceId }) => traceId))).toEqual(before);
    // The run of the stage's own store waits for ever, unless somebody ends it.
    if (result) await finish(agent, result.state, false);
  });

  test('never holds a tracing key, nor anything of a model [E98]', async () => {
    const { agent } = world();
    const tracing = { apiKey: 'sk-CANARY-1' };
    const runner = new Runner({ tracing, traceMetadata: { plan: 'free' } });
    const result = await runner.run(agent, 'Hi');
    expect(result.state.toString({ includeTracingApiKey: true })).not.toContain('CANARY');
  });

  test('has its context where JSON can carry it; another one may be given', async () => {
    const cycle: { self?: object } = {};
    cycle.self = cycle;
    const { result } = await interrupted(false, cycle);
    const text = result.state.toString();
    const { agent, ran } = world(1, 1);
    expect((await RunState.fromString(agent, text)).runContext.context).toBeUndefined();
    const state = await RunState.fromStringWithContext(agent, text, new RunContext({ who: 'you' }));
    await finish(agent, state, false);
    expect(ran).toEqual(['1you', '2you', '3you']);
  });

  test('goes on in another process', async () => {
    const { result } = await interrupted();
    const index = new URL('../../src/index.ts', import.meta.url).href;
    const testing = new URL('../../src/testing/index.ts', import.meta.url).href;
    const program = `
      import { Agent, run, RunState, tool } from '${index}';
      import { assistantMessage, functionCall, ScriptedModel } from '${testing}';
      import { readFileSync } from 'node:fs';
      const parameters = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false };
      const pay = tool({ name: 'pay', description: 'Pays.', parameters, needsApproval: true, execute: ({ n }) => 'paid ' + n });
      const other = new Agent({ name: 'Other', model: new ScriptedModel([[assistantMessage('inner done')]]), tools: [pay] });
      const agent = new Agent({ name: 'Payer', model: new ScriptedModel([[assistantMessage('Elsewhere.')]]),
        tools: [pay, other.asTool({ toolName: 'ask', toolDescription: 'Asks.' })] });
      const state = await RunState.fromString(agent, readFileSync(0, 'utf8'));
      for (const item of state.getInterruptions()) void state.approve(item);
      const result = await run(agent, state);
      console.log(JSON.stringify([result.finalOutput, result.newItems.map((item) => item.type), result.runContext.context]));`;
    const args = ['--conditions=@tailrace/source', '--input-type=module', '-e', program];
    const said = execFileSync(process.execPath, args, { input: result.state.toString(), encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual([
      'Elsewhere.',
      [
        'message_output_item',
        'tool_call_item',
        'tool_call_item',
        'tool_call_output_item',
        'tool_call_output_item',
        'message_output_item',
      ],
      { who: 'me' },
    ]);
  });
});

/** The text with one line changed, and its hash made to fit. */
function forged(text: string, change: (lines: string[]) => void, header: object = {}): string {
  const [first = '', ...lines] = text.split('\n');
  change(lines);
  const sha256 = createHash('sha256').update(lines.join('\n')).digest('hex');
  return [JSON.stringify({ ...(JSON.parse(first) as object), sha256, ...header }), ...lines].join('\n');
}

describe('a text that is no state', () => {
  const refused = async (text: unknown, agent: Agent = world().agent): Promise<unknown> =>
    failure(RunState.fromString(agent, text as string));

  test('is refused for what is wrong with it', async () => {
    const { result } = await interrupted();
    const text = result.state.toString();
    const cases: [what: string, text: unknown, code: string][] = [
      ['nothing', '', 'STATE_INVALID'],
      ['no text', undefined, 'STATE_INVALID'],
      ['an object', { format: 'tailrace-run-state' }, 'STATE_INVALID'],
      ['half a line', '{', 'STATE_INVALID'],
      ['null', 'null', 'STATE_INVALID'],
      ['a state of the reference', '{"$schemaVersion":"1.22"}', 'STATE_INVALID'],
      ['a version to come', text.replace('"version":1', '"version":2'), 'STATE_VERSION'],
      ['a field that is not known', text.replace('{', '{"__class":"Agent",'), 'STATE_INVALID'],
      ['an agent of another name', text.replaceAll('"Payer"', '"Admin"'), 'STATE_INVALID'],
      ['a changed argument', text.replace('{\\"n\\":1}', '{\\"n\\":9}'), 'STATE_INVALID'],
      ['half of it', text.slice(0, text.length / 2), 'STATE_INVALID'],
      ['a missing event', forged(text, (lines) => void lines.splice(5, 1)), 'STATE_INVALID'],
      ['no beginning', forged(text, (lines) => void lines.splice(0, lines.length)), 'STATE_INVALID'],
      ['what is no event', forged(text, (lines) => (lines[3] = '[]')), 'STATE_INVALID'],
      [
        'another run’s event',
        forged(text, (lines) => (lines[3] = '{"type":"x.y","seq":3,"epoch":1,"at":1,"run":"z"}')),
        'STATE_INVALID',
      ],
      [
        'a mailbox without end',
        forged(text, (lines) => (lines[4] = (lines[4] ?? '').replace('{', '{"mail":1e9,'))),
        'STATE_INVALID',
      ],
      ['a run id that is a path', forged(text, () => undefined, { run: '../x' }), 'STATE_INVALID'],
      [
        'a stranger',
        forged(text, (lines) => lines.forEach((line, at) => (lines[at] = line.replaceAll('"Payer"', '"Admin"')))),
        'STATE_AGENT_UNKNOWN',
      ],
      ['more than fits', 'x'.repeat(64 * 1024 * 1024 + 1), 'STATE_TOO_LARGE'],
    ];
    for (const [what, given, code] of cases) expect([what, await refused(given)]).toMatchObject([what, { code }]);
  });

  test('is refused when the agents are others', async () => {
    const { result } = await interrupted();
    const stranger = new Agent({ name: 'Stranger', model: new ScriptedModel([]) });
    expect(await refused(result.state.toString(), stranger)).toMatchObject({ code: 'STATE_AGENT_UNKNOWN' });
    const alone = new Agent({ name: 'Payer', model: new ScriptedModel([]) });
    expect(await refused(result.state.toString(), alone)).toMatchObject({ code: 'STATE_AGENT_UNKNOWN' });
  });

  test('pollutes no prototype', async () => {
    const { result } = await interrupted();
    const poison = result.state.toString().replace('"context":{', '"context":{"__proto__":{"polluted":1},');
    await RunState.fromString(world().agent, poison).catch(() => undefined);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
