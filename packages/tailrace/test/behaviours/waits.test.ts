import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { Json } from '../../src/base/json.ts';
import {
  defineToolOutputGuardrail,
  MemoryLogStore,
  Runner,
  RunState,
  tool,
  ToolGuardrailFunctionOutputFactory,
  type ToolOptions,
  waitForInput,
  type WaitForInputOptions,
  waitUntil,
} from '../../src/index.ts';
import { answer, leaveInput } from '../../src/run/answer.ts';
import { assistantMessage, functionCall, logViolations } from '../../src/testing/index.ts';
import { kinds, modelOf, scripted, TestSession } from './cast.ts';
import { failure, wait } from './stage.ts';

type Extra = Partial<ToolOptions<undefined>>;

const ask = (options: WaitForInputOptions = {}, extra: Extra = {}) =>
  tool({
    name: 'ask',
    description: 'Asks somebody.',
    parameters: z.object({}),
    execute: () => waitForInput(options),
    ...(extra as object),
  });
const sleep = (ms: number, output?: Json) =>
  tool({
    name: 'sleep',
    description: 'Waits.',
    parameters: z.object({}),
    execute: () => waitUntil({ ms }, output),
  });
const look = tool({ name: 'look', description: 'Looks.', parameters: z.object({}), execute: () => 'seen' });

const asks = (callId = 'c1') => functionCall('ask', {}, { callId });
const done = [assistantMessage('Done.')];

function logOf(store: MemoryLogStore) {
  const log = store.read('run_1', 0, 10_000);
  expect(logViolations(log)).toEqual([]);
  return log;
}

/** What the model was told at the end of its input. */
function told(agent: ReturnType<typeof scripted>): unknown {
  return modelOf(agent).lastCall?.request.input.at(-1);
}

describe.each([false, true])('a tool that asks somebody (streamed: %s)', (stream) => {
  const store = () => new MemoryLogStore();

  async function begin(agent: ReturnType<typeof scripted>, kept: MemoryLogStore, input: unknown = 'Hi') {
    const options = { runId: 'run_1', stream };
    const result = await new Runner({ store: kept }).run(agent, input as string, options as { stream: false });
    if ('completed' in result) await result.completed;
    return result;
  }

  test('gets the answer as its output; the other calls are made first, and nothing is held', async () => {
    const kept = store();
    const agent = scripted([[asks(), functionCall('look', {}, { callId: 'c2' })], done], {
      tools: [ask({ prompt: { question: 'Which colour?' } }), look],
    });
    const asked = await begin(agent, kept);
    expect(asked.finalOutput).toBeUndefined();
    expect(asked.interruptions).toEqual([]);
    expect(asked.waits).toEqual([
      {
        step: '1:tool:c1',
        callId: 'c1',
        tool: 'ask',
        agent: 'Alpha',
        for: 'input',
        prompt: { question: 'Which colour?' },
      },
    ]);
    expect(kept.watching).toBe(0);
    expect(kinds(asked.history)).toEqual(['user', 'function_call', 'function_call_result']);
    expect(logOf(kept).at(-1)).toMatchObject({ type: 'run.suspended', waitsFor: 'input', calls: ['c1'] });
    void asked.state.answer(asked.waits[0] as { callId: string }, { colour: 'red' }, { by: 'ada' });
    const result = await begin(agent, kept, asked.state);
    expect(result.finalOutput).toBe('Done.');
    expect(result.waits).toEqual([]);
    expect(told(agent)).toMatchObject({
      type: 'function_call_result',
      callId: 'c1',
      output: { type: 'text', text: '{"colour":"red"}' },
    });
    const log = logOf(kept);
    expect(log.filter(({ type }) => type === 'tool.called')).toHaveLength(2);
    expect(log.find(({ type }) => type === 'wait.ended')).toMatchObject({ how: 'answered', by: 'ada', mail: 1 });
    expect(log.find(({ type }) => type === 'run.resumed')).toMatchObject({ by: 'input' });
    expect(kinds(result.history)).toEqual([
      'user',
      'function_call',
      'function_call',
      'function_call_result',
      'function_call_result',
      'assistant',
    ]);
  });

  test('that nobody answers in time says so to the model', async () => {
    const kept = store();
    const agent = scripted([[asks()], [asks('c2')], done], { tools: [ask({ expiresInMs: 400 })] });
    const asked = await begin(agent, kept);
    expect(asked.waits[0]?.until).toBeTypeOf('number');
    // Early: it goes on waiting.
    const still = await begin(agent, kept, asked.state);
    expect(still.waits).toHaveLength(1);
    await wait(410);
    expect(await failure(still.state.answer({ callId: 'c1' }, 'late'))).toMatchObject({ code: 'WAIT_EXPIRED' });
    const again = await begin(agent, kept, still.state);
    expect(told(agent)).toMatchObject({
      output: { text: expect.stringContaining('Nobody answered in time') as string },
    });
    expect(await failure(again.state.answer({ callId: 'c1' }, 'late'))).toMatchObject({ code: 'WAIT_EXPIRED' });
    expect(again.waits).toMatchObject([{ callId: 'c2' }]);
    await again.state.answer({ callId: 'c2' }, 'blue');
    expect((await begin(agent, kept, again.state)).finalOutput).toBe('Done.');
    expect(logOf(kept).filter(({ type }) => type === 'wait.started')).toHaveLength(2);
  });

  test('that needs approval waits twice: for the decision, then for the answer', async () => {
    const kept = store();
    const agent = scripted([[asks()], done], { tools: [ask({}, { needsApproval: true })] });
    const first = await begin(agent, kept);
    expect(first.waits).toEqual([]);
    const [call] = first.interruptions;
    if (!call) throw new Error('Nobody is asked.');
    await first.state.approve(call);
    const second = await begin(agent, kept, first.state);
    expect(second.interruptions).toEqual([]);
    expect(second.waits).toHaveLength(1);
    await second.state.answer({ callId: 'c1' }, 'yes');
    const result = await begin(agent, kept, second.state);
    expect(result.finalOutput).toBe('Done.');
    expect(logOf(kept).filter(({ type }) => type === 'tool.called')).toHaveLength(1);
  });

  test('and one that sleeps, together: the run waits for both', async () => {
    const kept = store();
    const agent = scripted([[asks(), functionCall('sleep', {}, { callId: 'c2' })], done], {
      tools: [ask(), sleep(15, { rested: true })],
    });
    const asked = await begin(agent, kept);
    expect(logOf(kept).at(-1)).toMatchObject({
      type: 'run.suspended',
      waitsFor: 'input',
      calls: ['c1', 'c2'],
      wakeAt: asked.waits[1]?.until,
    });
    await wait(20);
    const woken = await begin(agent, kept, asked.state);
    expect(woken.waits).toMatchObject([{ callId: 'c1' }]);
    await woken.state.answer({ callId: 'c1' }, 'a text');
    const result = await begin(agent, kept, woken.state);
    expect(result.finalOutput).toBe('Done.');
    const outputs = modelOf(agent).lastCall?.request.input.slice(-2);
    expect(outputs).toMatchObject([
      { callId: 'c2', output: { text: '{"rested":true}' } },
      { callId: 'c1', output: { text: 'a text' } },
    ]);
  });

  test('that is called where another one ends the run is final, as any output', async () => {
    const kept = store();
    const agent = scripted([[asks()]], { tools: [ask()], toolUseBehavior: 'stop_on_first_tool' });
    const asked = await begin(agent, kept);
    await asked.state.answer({ callId: 'c1' }, '42');
    expect((await begin(agent, kept, asked.state)).finalOutput).toBe('42');
  });

  test('is in the session together with its answer', async () => {
    const kept = store();
    const session = new TestSession();
    const agent = scripted([[asks()], done], { tools: [ask()] });
    const runner = new Runner({ store: kept });
    const options = { runId: 'run_1', session, stream } as { stream: false };
    const asked = await runner.run(agent, 'Hi', options);
    if ('completed' in asked) await asked.completed;
    expect(kinds(await session.getItems())).toEqual(['user']);
    await asked.state.answer({ callId: 'c1' }, 'red');
    await begin(agent, kept, asked.state);
    expect(kinds(await session.getItems())).toEqual(['user', 'function_call', 'function_call_result', 'assistant']);
  });

  test('of a run that is cancelled is refused an answer, and the run ends', async () => {
    const kept = store();
    const agent = scripted([[asks()]], { tools: [ask()] });
    const asked = await begin(agent, kept);
    kept.post('run_1', { id: 'x', kind: 'cancel', body: { reason: 'enough' } });
    expect(await failure(asked.state.answer({ callId: 'c1' }, 'red'))).toMatchObject({ code: 'RUN_ENDED' });
    const ended = begin(agent, kept, asked.state);
    if (stream) await ended;
    else expect(await failure(ended)).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(logOf(kept).at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
    expect(await failure(asked.state.answer({ callId: 'c1' }, 'red'))).toMatchObject({ code: 'RUN_ENDED' });
  });

  test('is not waited for by a run that was to stop after this turn', async () => {
    const kept = store();
    const agent = scripted([[asks()]], { tools: [ask()] });
    const asked = await begin(agent, kept);
    kept.post('run_1', { id: 'x', kind: 'cancel', body: { mode: 'after_turn' } });
    const ended = begin(agent, kept, asked.state);
    if (stream) await ended;
    else expect(await failure(ended)).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(logOf(kept).at(-1)).toMatchObject({ type: 'run.cancelled', mode: 'after_turn' });
  });
});

describe('answers', () => {
  async function waiting(count = 1) {
    const store = new MemoryLogStore();
    const calls = Array.from({ length: count }, (_, index) => asks(`c${index + 1}`));
    const agent = scripted([calls, done], { tools: [ask()] });
    const result = await new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' });
    return { store, agent, result, goOn: () => new Runner({ store }).run(agent, result.state) };
  }

  test('are taken once; the second is told', async () => {
    const { store, agent, result, goOn } = await waiting();
    await result.state.answer({ callId: 'c1' }, 'first');
    expect(await failure(result.state.answer({ callId: 'c1' }, 'second'))).toMatchObject({ code: 'WAIT_ANSWERED' });
    expect(await failure(result.state.answer({ callId: 'c9' }, 'what?'))).toMatchObject({ code: 'WAIT_UNKNOWN' });
    expect((await goOn()).finalOutput).toBe('Done.');
    expect(told(agent)).toMatchObject({ output: { text: 'first' } });
    expect(await failure(answer(store, 'run_1', 'c1', 'third'))).toMatchObject({ code: 'RUN_ENDED' });
    expect(await failure(answer(store, 'run_2', 'c1', 'x'))).toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  test('that are given in time hold, however late the run goes on', async () => {
    const store = new MemoryLogStore();
    const agent = scripted([[asks()], done], { tools: [ask({ expiresInMs: 400 })] });
    const asked = await new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' });
    await asked.state.answer({ callId: 'c1' }, 'red');
    await wait(410);
    expect((await new Runner({ store }).run(agent, asked.state)).finalOutput).toBe('Done.');
    expect(told(agent)).toMatchObject({ output: { text: 'red' } });
  });

  test('must be JSON', async () => {
    const { store } = await waiting();
    for (const wrong of [undefined, 1n, () => 1])
      expect(await failure(answer(store, 'run_1', 'c1', wrong as never))).toMatchObject({ code: 'OPTION_TYPE' });
  });

  test('that are sent again under their name change nothing', async () => {
    const { store, agent, goOn } = await waiting();
    await answer(store, 'run_1', 'c1', 'red', { messageId: 'm1' });
    await answer(store, 'run_1', 'c1', 'red', { messageId: 'm1' });
    await leaveInput(store, 'run_1', 'red', { messageId: 'm1' });
    await goOn();
    await answer(store, 'run_1', 'c1', 'red', { messageId: 'm1' });
    // Also when the run has ended: whoever got no answer is not told that it was too late.
    await leaveInput(store, 'run_1', 'red', { messageId: 'm1' });
    expect(await failure(leaveInput(store, 'run_1', 'red', { messageId: 'm2' }))).toMatchObject({ code: 'RUN_ENDED' });
    expect(store.mail('run_1', 0)).toHaveLength(1);
    expect(told(agent)).toMatchObject({ output: { text: 'red' } });
  });

  test('need no call where the run waits for one alone', async () => {
    const { store, agent, goOn } = await waiting();
    await leaveInput(store, 'run_1', 'red');
    // The next text is what the user says.
    await leaveInput(store, 'run_1', 'Hurry.');
    expect((await goOn()).finalOutput).toBe('Done.');
    const input = modelOf(agent).lastCall?.request.input.slice(-2);
    expect(input).toMatchObject([{ output: { text: 'red' } }, { role: 'user', content: 'Hurry.' }]);
  });

  test('need a call where the run waits for two', async () => {
    const { store, agent, result, goOn } = await waiting(2);
    await leaveInput(store, 'run_1', 'Which one?');
    const still = await goOn();
    expect(still.waits).toHaveLength(2);
    await result.state.answer({ callId: 'c2' }, 'two');
    await result.state.answer({ callId: 'c1' }, 'one');
    expect((await new Runner({ store }).run(agent, still.state)).finalOutput).toBe('Done.');
    const input = modelOf(agent).lastCall?.request.input.slice(-3);
    expect(input).toMatchObject([
      { callId: 'c1', output: { text: 'one' } },
      { callId: 'c2', output: { text: 'two' } },
      { role: 'user', content: 'Which one?' },
    ]);
  });

  test('that come while other calls are made are taken at once: the run does not stop for them', async () => {
    const store = new MemoryLogStore();
    const slow = tool({
      name: 'slow',
      description: 'Takes its time.',
      parameters: z.object({}),
      execute: async () => {
        await vi.waitFor(
          () => expect(store.read('run_1', 0, 100).some(({ type }) => type === 'wait.started')).toBe(true),
          10_000,
        );
        await answer(store, 'run_1', 'c1', 'red');
        await wait(5);
        return 'done';
      },
    });
    const agent = scripted([[asks(), functionCall('slow', {}, { callId: 'c2' })], done], { tools: [ask(), slow] });
    const result = await new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' });
    expect(result.finalOutput).toBe('Done.');
    expect(logOf(store).filter(({ type }) => type === 'run.suspended')).toEqual([]);
  });

  test('that nobody can make are told to whoever left them in the mailbox all the same', async () => {
    const { store, goOn } = await waiting();
    store.post('run_1', { id: 'a', kind: 'input', body: { answer: 1 } });
    store.post('run_1', { id: 'b', kind: 'input', body: { answer: 1, step: '9:tool:c', callId: 'c' } });
    const still = await goOn();
    expect(still.waits).toHaveLength(1);
    expect(logOf(store).filter(({ type }) => type === 'mail.ignored')).toMatchObject([
      { id: 'a', why: 'invalid' },
      { id: 'b', why: 'unknown' },
    ]);
  });
});

describe('an answer', () => {
  const guarded = (extra: object) => scripted([[asks()], done], { tools: [ask({ expiresInMs: 400 }, extra)] });

  async function answeredWith(agent: ReturnType<typeof guarded>, said: Json | undefined) {
    const store = new MemoryLogStore();
    const asked = await new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' });
    if (said === undefined) await wait(410);
    else await asked.state.answer({ callId: 'c1' }, said);
    const result: unknown = await new Runner({ store }).run(agent, asked.state).catch((error: unknown) => error);
    return { result, log: logOf(store) };
  }

  test('is looked at by the output guardrails of its tool, as what a function gives', async () => {
    const seen: unknown[] = [];
    const guard = defineToolOutputGuardrail({
      name: 'no secrets',
      run: async ({ output }) => {
        seen.push(output);
        return ToolGuardrailFunctionOutputFactory.rejectContent('Not to be told.');
      },
    });
    const agent = guarded({ outputGuardrails: [guard] });
    const { log } = await answeredWith(agent, 'the key is 123');
    expect(seen).toEqual(['the key is 123']);
    expect(told(agent)).toMatchObject({ output: { text: 'Not to be told.' } });
    expect(log.find(({ type }) => type === 'tool.checked')).toMatchObject({ guardrail: 'no secrets' });
  });

  test('that a guardrail wants the run to fail for fails it', async () => {
    const guard = defineToolOutputGuardrail({
      name: 'strict',
      run: async () => ToolGuardrailFunctionOutputFactory.throwException(),
    });
    const { result, log } = await answeredWith(guarded({ outputGuardrails: [guard] }), 'x');
    expect(result).toMatchObject({ code: 'TOOL_GUARDRAIL_TRIPPED' });
    expect(log.at(-1)?.type).toBe('run.failed');
  });

  test('has to fit the schema of the tool’s output, and one that does not come need not', async () => {
    const agents = [1, 2, 3].map(() => guarded({ outputSchema: z.object({ n: z.number() }) }));
    const [good, bad, none] = agents as [(typeof agents)[0], (typeof agents)[0], (typeof agents)[0]];
    await answeredWith(good, { n: 1 });
    expect(told(good)).toMatchObject({ output: { text: '{"n":1}' } });
    await answeredWith(bad, 'one');
    expect(JSON.stringify(told(bad))).not.toContain('one"');
    await answeredWith(none, undefined);
    expect(told(none)).toMatchObject({ output: { text: expect.stringContaining('Nobody answered') as string } });
  });
});

describe('of an agent that is a tool', () => {
  /** Two agents below another one, as they are before and after they have asked. */
  function team(asked: boolean) {
    const inner = (name: string) => {
      const script = [[asks()], [assistantMessage('Asked.')]].slice(asked ? 1 : 0);
      return scripted(script, { name: `Inner ${name}`, tools: [ask({ prompt: name })] }).asTool({
        toolName: name,
        toolDescription: 'Asks.',
      });
    };
    const calls = ['one', 'two'].map((name, index) => functionCall(name, { input: 'x' }, { callId: `o${index}` }));
    return scripted([calls, done].slice(asked ? 1 : 0), { tools: [inner('one'), inner('two')] });
  }

  function answersOf(store: MemoryLogStore): string[] {
    const log = logOf(store);
    return log.flatMap((event) =>
      event.type === 'wait.ended' ? [`${event.step}: ${JSON.stringify(event.output)}`] : [],
    );
  }

  test('calls wait, and are answered, each its own, also in a state that was a text', async () => {
    const store = new MemoryLogStore();
    const asked = await new Runner({ store }).run(team(false), 'Hi', { runId: 'run_1' });
    expect(asked.waits).toMatchObject([
      { callId: 'c1', prompt: 'one' },
      { callId: 'c1', prompt: 'two' },
    ]);
    for (const waiting of asked.waits) await asked.state.answer(waiting, ['to', waiting.prompt ?? '']);
    const later = team(true);
    const revived = await RunState.fromString(later, asked.state.toString());
    expect(revived.getWaits()).toHaveLength(2);
    const copy = await new Runner().run(later, revived);
    const result = await new Runner({ store }).run(team(true), asked.state);
    for (const { finalOutput, waits } of [copy, result]) expect([finalOutput, waits]).toEqual(['Done.', []]);
    expect(answersOf(store).toSorted()).toEqual([
      '1:tool:o0/1:tool:c1: ["to","one"]',
      '1:tool:o1/1:tool:c1: ["to","two"]',
    ]);
  });
});

describe('a tool that sleeps', () => {
  test('gives its output when its time has come, and not before', async () => {
    const store = new MemoryLogStore();
    const agent = scripted([[functionCall('sleep', {}, { callId: 'c1' })], done], { tools: [sleep(400)] });
    const asleep = await new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' });
    expect(asleep.waits).toMatchObject([{ for: 'timer', tool: 'sleep' }]);
    expect(await failure(asleep.state.answer({ callId: 'c1' }, 'Wake up.'))).toMatchObject({ code: 'WAIT_UNKNOWN' });
    const still = await new Runner({ store }).run(agent, asleep.state);
    expect(still.waits).toHaveLength(1);
    await wait(410);
    const result = await new Runner({ store }).run(agent, still.state);
    expect(result.finalOutput).toBe('Done.');
    expect(told(agent)).toMatchObject({
      output: { text: expect.stringMatching(/^The time has come: .*Z\.$/) as string },
    });
    expect(logOf(store).find(({ type }) => type === 'wait.ended')).toMatchObject({ how: 'fired' });
  });

  test('until a time that is past does not wait', async () => {
    const nap = tool({
      name: 'sleep',
      description: 'Naps.',
      parameters: z.object({}),
      execute: () => waitUntil(new Date(0), 'awake'),
    });
    const agent = scripted([[functionCall('sleep', {}, { callId: 'c1' })], done], { tools: [nap] });
    const result = await new Runner().run(agent, 'Hi');
    expect(result.finalOutput).toBe('Done.');
    expect(told(agent)).toMatchObject({ output: { text: 'awake' } });
  });

  test('refuses what is no time, and what is no data', () => {
    for (const wrong of [new Date(NaN), { ms: -1 }, { ms: NaN }, { ms: Infinity }])
      expect(() => waitUntil(wrong)).toThrow(/takes a Date/);
    expect(() => waitUntil({ ms: 1 }, 1n as never)).toThrow(/must be JSON/);
    expect(() => waitForInput({ expiresInMs: 0 })).toThrow(/over 0/);
    expect(() => waitForInput({ prompt: (() => 1) as never })).toThrow(/must be JSON/);
  });
});
