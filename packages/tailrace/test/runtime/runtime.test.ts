import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  createRuntime,
  type Driver,
  InMemoryTraceProcessor,
  type LogStore,
  MemoryLogStore,
  type Model,
  type RunEvent,
  Runner,
  setTraceProcessors,
  tool,
} from '../../src/index.ts';
import { assistantMessage, functionCall, logViolations, modelStall, ScriptedModel } from '../../src/testing/index.ts';
import { Stage, typesOf, until } from './stage.ts';

const says = (...texts: string[]): ScriptedModel => new ScriptedModel(texts.map((text) => [assistantMessage(text)]));
const agentWith = (model: Model): Agent => new Agent({ name: 'Greeter', model });

describe.each(['memory', 'SQLite'])('a runtime on %s', (kind) => {
  const storeOf = (stage: Stage): LogStore => (kind === 'memory' ? new MemoryLogStore() : stage.store());

  test('drives what is submitted, and everybody can read it to its end', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const runtime = stage.runtime({ store, agents: { greeter: agentWith(says('Hello there.')) } });
    await runtime.start();
    const { id } = await runtime.submit('greeter', 'Hi', { metadata: { from: 'test' } });
    const events: RunEvent[] = [];
    for await (const event of runtime.attach(id)) events.push(event);
    expect(logViolations(events)).toEqual([]);
    expect(events[0]).toMatchObject({ type: 'run.started', registered: 'greeter', agent: 'Greeter' });
    const status = await runtime.get(id);
    expect(status).toMatchObject({ id, status: 'completed', agent: 'greeter', output: 'Hello there.', approvals: [] });
    expect(status.metadata).toEqual({ from: 'test' });
    const late: RunEvent[] = [];
    for await (const event of runtime.attach(id, { from: 3 })) late.push(event);
    expect(late).toEqual(events.slice(3));
    expect(await store.leases?.due(Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  test('takes up what was submitted before it started', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const submitter = stage.runtime({ store, agents: { greeter: agentWith(says()) } });
    const { id } = await submitter.submit('greeter', 'Hi');
    expect((await submitter.get(id)).status).toBe('submitted');
    const runtime = stage.runtime({ store, agents: { greeter: agentWith(says('Hello.')) } });
    await runtime.start();
    await runtime.start();
    await until(async () => (await submitter.get(id)).status === 'completed');
  });

  test('finds a run whose submitter died before it could ask its own driver', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const driver: Driver = {
      submit: () => {
        throw new Error('killed');
      },
      serve: () => ({ stop: async () => undefined }),
    };
    const submitter = stage.runtime({ store, driver, agents: { greeter: agentWith(says()) } });
    await expect(submitter.submit('greeter', 'Hi', { runId: 'r' })).rejects.toThrow('killed');
    const runtime = stage.runtime({ store, agents: { greeter: agentWith(says('Hello.')) } });
    await runtime.start();
    await until(async () => (await runtime.get('r')).status === 'completed');
  });

  test('takes the same run again for the same, and another under its id for a mistake', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const model = says('Hello.');
    const runtime = stage.runtime({ store, agents: { greeter: agentWith(model), other: agentWith(says()) } });
    const options = { runId: 'r', sessionId: 's', metadata: { a: 1, b: [2] }, maxTurns: 3 };
    await runtime.submit('greeter', 'Hi', options);
    const again = { ...options, metadata: { b: [2], a: 1 } };
    expect(await runtime.submit('greeter', 'Hi', again)).toEqual({ id: 'r' });
    await runtime.start();
    await until(async () => (await runtime.get('r')).status === 'completed');
    expect(await runtime.submit('greeter', 'Hi', again)).toEqual({ id: 'r' });
    expect(await store.leases?.due(Number.MAX_SAFE_INTEGER)).toEqual([]);
    const exists = { code: 'RUN_EXISTS' };
    await expect(runtime.submit('greeter', 'Ho', options)).rejects.toMatchObject(exists);
    await expect(runtime.submit('other', 'Hi', options)).rejects.toMatchObject(exists);
    await expect(runtime.submit('greeter', 'Hi', { ...options, maxTurns: 4 })).rejects.toMatchObject(exists);
    await expect(runtime.submit('greeter', 'Hi', { ...options, metadata: null })).rejects.toMatchObject(exists);
    await expect(runtime.submit('greeter', 'Hi', { runId: 'r' })).rejects.toMatchObject(exists);
    expect(model.calls).toHaveLength(1);
    await new Runner({ store }).run(agentWith(says('Plain.')), 'Hi', { runId: 'plain' });
    await expect(runtime.submit('greeter', 'Hi', { runId: 'plain' })).rejects.toMatchObject(exists);
  });

  test('leaves a plain run on the same store alone', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const runner = new Runner({ store });
    const plain = await runner.run(agentWith(new ScriptedModel([modelStall()])), 'Hi', { stream: true });
    await until(async () => ((await store.head(plain.runId))?.next ?? 0) > 2);
    const agents = { greeter: agentWith(says()), Greeter: agentWith(says()) };
    const runtime = stage.runtime({ store, agents });
    await runtime.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await runtime.get(plain.runId)).status).toBe('running');
    await runtime.cancel(plain.runId, { reason: 'enough' });
    await plain.completed;
    expect(await store.leases?.due(Number.MAX_SAFE_INTEGER)).toEqual([]);
    expect(await runtime.get(plain.runId)).toMatchObject({ status: 'cancelled', reason: 'enough', agent: 'Greeter' });
  });

  test('says how runs stand, newest first', async () => {
    await using stage = new Stage();
    const model = new ScriptedModel([
      [assistantMessage('one')],
      { type: 'error', error: new Error('two') },
      modelStall(),
    ]);
    const runtime = stage.runtime({ store: storeOf(stage), agents: { greeter: agentWith(model) } });
    await runtime.start();
    const ends = ['completed', 'failed', 'running'];
    for (const [index, end] of ends.entries()) {
      await runtime.submit('greeter', 'Hi', { runId: `r${index}` });
      await until(async () => (await runtime.get(`r${index}`)).status === end && model.calls.length === index + 1);
    }
    await runtime.submit('greeter', 'Hi', { runId: 'r3' });
    const names = async (...query: Parameters<typeof runtime.list>): Promise<string[]> =>
      (await runtime.list(...query)).map(({ id, status }) => `${id} ${status}`);
    expect((await names()).slice(1)).toEqual(['r2 running', 'r1 failed', 'r0 completed']);
    expect(await names({ status: 'failed' })).toEqual(['r1 failed']);
    expect(await names({ after: 'r2', limit: 1 })).toEqual(['r1 failed']);
    expect(await names({ agent: 'greeter', after: 'r2' })).toEqual(['r1 failed', 'r0 completed']);
    expect(await names({ agent: 'nobody' })).toEqual([]);
    expect((await runtime.get('r1')).error).toMatchObject({ code: 'UNEXPECTED' });
    await expect(runtime.list({ limit: 0 })).rejects.toMatchObject({ code: 'OPTION_RANGE' });
    await expect(runtime.list({ status: 'done' as 'failed' })).rejects.toMatchObject({ code: 'OPTION_TYPE' });
  });

  test('gives a session to one run at a time, and its history to the next', async () => {
    await using stage = new Stage();
    const model = new ScriptedModel([modelStall(), [assistantMessage('Second.')], [assistantMessage('Third.')]]);
    const runtime = stage.runtime({ store: storeOf(stage), agents: { greeter: agentWith(model) } });
    await runtime.start();
    const first = await runtime.submit('greeter', 'One', { sessionId: 's' });
    await until(() => model.calls.length === 1);
    await expect(runtime.submit('greeter', 'Two', { sessionId: 's', runId: 'busy' })).rejects.toMatchObject({
      code: 'SESSION_BUSY',
      data: { holder: first.id },
    });
    await expect(runtime.get('busy')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await runtime.cancel(first.id);
    await until(async () => (await runtime.get(first.id)).status === 'cancelled');
    for (const input of ['Two', 'Three']) {
      // The session is let go of right after the end.
      const { id } = await eventually(async () => runtime.submit('greeter', input, { sessionId: 's' }));
      await until(async () => (await runtime.get(id)).status === 'completed');
    }
    expect(textsOf(model.calls[2]?.request.input)).toEqual(['One', 'Two', 'Second.', 'Three']);
  });

  test('a call that waits for a decision holds nothing, and goes on when it comes', async () => {
    await using stage = new Stage();
    let ran = 0;
    const model = new ScriptedModel([
      [functionCall('pay', { amount: 1 }, { callId: 'c1' }), functionCall('pay', { amount: 2 }, { callId: 'c2' })],
      [assistantMessage('Paid once.')],
    ]);
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({ amount: z.number() }),
      needsApproval: true,
      execute: () => `paid ${++ran}`,
    });
    const store = storeOf(stage);
    const runtime = stage.runtime({ store, agents: { payer: new Agent({ name: 'Payer', model, tools: [pay] }) } });
    await runtime.start();
    const { id } = await runtime.submit('payer', 'Pay', { sessionId: 's' });
    await until(async () => (await runtime.get(id)).status === 'suspended');
    const status = await runtime.get(id);
    expect(status).toMatchObject({ waitsFor: 'approval' });
    expect(status.approvals).toMatchObject([
      { callId: 'c1', tool: 'pay', arguments: '{"amount":1}' },
      { callId: 'c2', tool: 'pay', arguments: '{"amount":2}' },
    ]);
    await expect(runtime.submit('payer', 'Pay', { sessionId: 's' })).rejects.toMatchObject({ code: 'SESSION_BUSY' });
    // From a runtime that drives nothing.
    const desk = stage.runtime({ store, agents: {} });
    await desk.approve(id, 'c1', { by: 'Ann' });
    await expect(desk.reject(id, 'c1')).rejects.toMatchObject({ code: 'APPROVAL_DECIDED' });
    await desk.reject(id, 'c2', { by: 'Bob', message: 'Too much.' });
    await until(async () => (await runtime.get(id)).status === 'completed');
    expect(ran).toBe(1);
    const events: RunEvent[] = [];
    for await (const event of desk.attach(id)) events.push(event);
    expect(logViolations(events)).toEqual([]);
    expect(typesOf(events).filter((type) => type === 'run.suspended').length).toBeGreaterThan(0);
    await expect(desk.approve(id, 'c1')).rejects.toMatchObject({ code: 'RUN_ENDED' });
  });

  test('a call that nobody decides about in time goes on as rejected, by a durable timer', async () => {
    await using stage = new Stage();
    const model = new ScriptedModel([[functionCall('pay', {}, { callId: 'c' })], [assistantMessage('Not paid.')]]);
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({}),
      needsApproval: true,
      approvalTimeoutMs: 1_000,
      execute: () => 'paid',
    });
    const store = storeOf(stage);
    const agents = { payer: new Agent({ name: 'Payer', model, tools: [pay] }) };
    const first = stage.runtime({ store, agents });
    await first.start();
    const { id } = await first.submit('payer', 'Pay');
    await until(async () => (await first.get(id)).status === 'suspended');
    expect((await first.get(id)).wakeAt).toBeGreaterThan(Date.now() - 1_000);
    // The timer is in the store: whoever is there when its time has come goes on.
    await first.stop();
    const second = stage.runtime({ store, agents });
    await second.start();
    await until(async () => (await second.get(id)).status === 'completed');
    expect(JSON.stringify(model.calls[1]?.request.input)).not.toContain('paid"');
    await expect(second.approve(id, 'c')).rejects.toMatchObject({ code: 'RUN_ENDED' });
  });

  test('a suspended run is cancelled from anywhere', async () => {
    await using stage = new Stage();
    const model = new ScriptedModel([[functionCall('pay', {}, { callId: 'c' })]]);
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({}),
      needsApproval: true,
      execute: () => 'paid',
    });
    const store = storeOf(stage);
    const runtime = stage.runtime({ store, agents: { payer: new Agent({ name: 'Payer', model, tools: [pay] }) } });
    await runtime.start();
    const { id } = await runtime.submit('payer', 'Pay');
    await until(async () => (await runtime.get(id)).status === 'suspended');
    await stage.runtime({ store, agents: {} }).cancel(id, { reason: 'changed my mind' });
    await until(async () => (await runtime.get(id)).status === 'cancelled');
    expect(await runtime.get(id)).toMatchObject({ reason: 'changed my mind', approvals: [] });
  });

  test('input from outside joins the conversation before the next turn', async () => {
    await using stage = new Stage();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const wait = tool({
      name: 'wait',
      description: 'Waits.',
      parameters: z.object({}),
      execute: async () => {
        await gate;
        return 'waited';
      },
    });
    const model = new ScriptedModel([[functionCall('wait', {}, { callId: 'c' })], [assistantMessage('Heard.')]]);
    const runtime = stage.runtime({
      store: storeOf(stage),
      agents: { a: new Agent({ name: 'A', model, tools: [wait] }) },
    });
    await runtime.start();
    const { id } = await runtime.submit('a', 'Hi');
    await until(() => model.calls.length === 1);
    await runtime.input(id, 'And hurry.', { messageId: 'm1' });
    await runtime.input(id, 'And hurry.', { messageId: 'm1' });
    open();
    await until(async () => (await runtime.get(id)).status === 'completed');
    expect(textsOf(model.calls[1]?.request.input)).toEqual(['Hi', 'And hurry.']);
    await expect(runtime.input(id, 'Too late.')).rejects.toMatchObject({ code: 'RUN_ENDED' });
  });
});

describe('a cancel', () => {
  test('reaches a run that another process drives, and its model', async () => {
    await using stage = new Stage();
    const model = new ScriptedModel([modelStall()]);
    const runtime = stage.runtime({ agents: { greeter: agentWith(model) } });
    await runtime.start();
    const { id } = await runtime.submit('greeter', 'Hi');
    await until(() => model.calls.length === 1);
    const other = stage.runtime({ agents: {} });
    await other.cancel(id, { reason: 'enough' });
    await other.cancel(id, { reason: 'twice' });
    const events = await stage.whole(id);
    expect(logViolations(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough', mode: 'immediate' });
    await other.cancel(id);
    expect(await stage.whole(id)).toEqual(events);
  });

  test('of a run that nobody has begun keeps its model from being called', async () => {
    await using stage = new Stage();
    const model = says('never');
    const runtime = stage.runtime({ agents: { greeter: agentWith(model) } });
    const { id } = await runtime.submit('greeter', 'Hi');
    await runtime.cancel(id, { reason: 'oops' });
    await runtime.start();
    expect((await stage.whole(id)).at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'oops' });
    expect(model.calls).toHaveLength(0);
  });

  test('of an unknown run is an error', async () => {
    await using stage = new Stage();
    const runtime = stage.runtime({ agents: {} });
    for (const call of [
      () => runtime.cancel('no'),
      () => runtime.get('no'),
      () => runtime.approve('no', 'c'),
      () => runtime.input('no', 'x'),
      () => runtime.attach('no').next(),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});

describe('what is submitted', () => {
  test('is checked at the door', async () => {
    await using stage = new Stage();
    const runtime = stage.runtime({ agents: { greeter: agentWith(says()) } });
    const fails = async (code: string, ...args: unknown[]): Promise<void> =>
      expect(runtime.submit(...(args as Parameters<typeof runtime.submit>))).rejects.toMatchObject({ code });
    await fails('AGENT_NOT_REGISTERED', 'nobody', 'Hi');
    await expect(runtime.submit('nobody', 'Hi')).rejects.toThrow("Registered are: 'greeter'.");
    await fails('INPUT_REQUIRED', 'greeter');
    await fails('OPTION_UNKNOWN', 'greeter', 'Hi', { context: {} });
    await fails('OPTION_TYPE', 'greeter', 'Hi', { metadata: { when: () => 1 } });
    await fails('OPTION_RANGE', 'greeter', 'Hi', { maxTurns: 0 });
    await fails('RUN_ID_INVALID', 'greeter', 'Hi', { runId: '../x' });
    await fails('SESSION_ID_INVALID', 'greeter', 'Hi', { sessionId: '' });
    await runtime.submit('greeter', 'Hi', { runId: 'r' });
    await fails('RUN_EXISTS', 'greeter', 'Ho', { runId: 'r' });
    expect(await runtime.list()).toHaveLength(1);
  });

  test('is stored under its id once, of several that choose the same', async () => {
    await using stage = new Stage();
    const runtimes = [1, 2, 3].map(() => stage.runtime({ agents: { greeter: agentWith(says()) } }));
    const outcomes = await Promise.allSettled(
      runtimes.map(async (runtime, index) => runtime.submit('greeter', `Hi ${index}`, { runId: 'r' })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'RUN_EXISTS' });
    expect(await runtimes[0]?.list()).toHaveLength(1);
  });
});

test('options of a runtime are checked', () => {
  const store = new MemoryLogStore();
  const fails = (code: string, options: object): void =>
    expect(() => createRuntime({ store, agents: {}, ...options })).toThrow(expect.objectContaining({ code }));
  fails('OPTION_UNKNOWN', { agent: {} });
  fails('OPTION_RANGE', { leaseMs: 1 });
  fails('OPTION_RANGE', { concurrency: 0 });
  fails('OPTION_RANGE', { maxTakeovers: 0 });
  fails('OPTION_UNKNOWN', { runConfig: { nothing: 1 } });
  const bare = new Proxy(store, { get: (target, key) => (key === 'leases' ? undefined : Reflect.get(target, key)) });
  fails('OPTION_TYPE', { store: bare });
});

describe('the trace of a run that changes hands', () => {
  afterEach(() => setTraceProcessors([]));

  test('is opened once, and each of its spans is closed once', async () => {
    const processor = new InMemoryTraceProcessor();
    setTraceProcessors([processor]);
    await using stage = new Stage();
    const first = stage.runtime({ agents: { greeter: agentWith(new ScriptedModel([modelStall()])) } });
    await first.start();
    const { id } = await first.submit('greeter', 'Hi');
    await until(async () => (await stage.store().read(id, 0, 100)).some(({ type }) => type === 'model.called'));
    await first.stop({ graceMs: 0 });
    const second = stage.runtime({ agents: { greeter: agentWith(says('Hello.')) } });
    await second.start();
    const events = await stage.whole(id);
    const started = events.flatMap((event) => (event.type === 'span.started' ? [event.span] : []));
    expect(new Set(started).size).toBe(started.length);
    const ended = events.flatMap((event) => (event.type === 'span.ended' ? [event.span] : []));
    expect(ended.toSorted()).toEqual(started.toSorted());
    const calls = (name: string): number => processor.calls.filter(({ call }) => call === name).length;
    expect([calls('traceStart'), calls('traceEnd')]).toEqual([1, 1]);
    expect([calls('spanStart'), calls('spanEnd')]).toEqual([started.length, started.length]);
  });
});

test('what keeps a process from driving a run is told, and tried again', async () => {
  await using stage = new Stage();
  const errors: unknown[] = [];
  let opened = 0;
  const runtime = stage.runtime({
    agents: { greeter: agentWith(says('Hello.')) },
    sessions: () => {
      opened += 1;
      throw new Error('no sessions today');
    },
    onDriveError: (error) => void errors.push(error),
  });
  await runtime.start();
  await expect(runtime.submit('greeter', 'Hi', { sessionId: 's' })).rejects.toThrow('no sessions today');
  expect([opened, errors.length]).toEqual([1, 0]);
});

function textsOf(input: unknown): string[] {
  if (!Array.isArray(input)) return [String(input)];
  return input.flatMap((item: { role?: string; content?: unknown }) => {
    if (item.role === undefined) return [];
    if (typeof item.content === 'string') return [item.content];
    return (item.content as { text: string }[]).map(({ text }) => text);
  });
}

async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
