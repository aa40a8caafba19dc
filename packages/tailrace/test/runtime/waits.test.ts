import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  isTerminal,
  type LogStore,
  MemoryLogStore,
  type Runtime,
  tool,
  waitForInput,
  type WaitForInputOptions,
  waitUntil,
} from '../../src/index.ts';
import { assistantMessage, functionCall, logViolations, ScriptedModel } from '../../src/testing/index.ts';
import { Stage, typesOf, until } from './stage.ts';

interface Asking {
  options?: WaitForInputOptions;
  ms?: number;
  /** What the first answer of the model calls. */
  calls?: string[];
}

function asking({ options = {}, ms = 60, calls = ['ask'] }: Asking = {}): Agent {
  const parameters = z.object({});
  return new Agent({
    name: 'A',
    model: new ScriptedModel([
      calls.map((name, index) => functionCall(name, {}, { callId: `c${index + 1}` })),
      [assistantMessage('Done.')],
    ]),
    tools: [
      tool({ name: 'ask', description: 'Asks.', parameters, execute: () => waitForInput(options) }),
      tool({ name: 'nap', description: 'Naps.', parameters, execute: () => waitUntil({ ms }, 'rested') }),
    ],
  });
}

/** Resolves when the run waits, or has already gone on to its end. */
async function suspended(runtime: Runtime): Promise<string> {
  const { id } = await runtime.submit('a', 'Go');
  await until(async () => !['submitted', 'running'].includes((await runtime.get(id)).status));
  return id;
}

async function ended(stage: Stage, store: LogStore, id: string): Promise<ReturnType<LogStore['read']>> {
  await until(async () => (await store.head(id))?.ended === true);
  const events = await store.read(id, 0, 10_000);
  expect(logViolations(events)).toEqual([]);
  expect(events.filter(isTerminal)).toHaveLength(1);
  return events;
}

describe.each(['memory', 'SQLite'])('a runtime on %s', (kind) => {
  const storeOf = (stage: Stage): LogStore => (kind === 'memory' ? new MemoryLogStore() : stage.store());

  test('asks, lets go, and goes on with the answer, whoever gives it', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const worker = stage.runtime({
      store,
      agents: { a: asking({ options: { prompt: { choose: ['red', 'blue'] } } }) },
    });
    await worker.start();
    const id = await suspended(worker);
    const desk = stage.runtime({ store: kind === 'memory' ? store : stage.store(), agents: {} });
    expect(await desk.get(id)).toMatchObject({
      status: 'suspended',
      waitsFor: 'input',
      approvals: [],
      waits: [{ callId: 'c1', tool: 'ask', agent: 'A', for: 'input', prompt: { choose: ['red', 'blue'] } }],
    });
    await until(async () => (await store.leases?.due(Number.MAX_SAFE_INTEGER))?.[0]?.owner === undefined);
    await expect(desk.input(id, 'x', { callId: 'c2' })).rejects.toMatchObject({ code: 'WAIT_UNKNOWN' });
    await desk.input(id, { colour: 'red' }, { callId: 'c1', by: 'ada' });
    await expect(desk.input(id, 'blue', { callId: 'c1' })).rejects.toMatchObject({
      code: expect.stringMatching(/WAIT_ANSWERED|RUN_ENDED/) as string,
    });
    const events = await ended(stage, store, id);
    expect(await desk.get(id)).toMatchObject({ status: 'completed', output: 'Done.', waits: [] });
    expect(events.find(({ type }) => type === 'tool.returned')).toMatchObject({ output: '{"colour":"red"}' });
    expect(events.filter(({ type }) => type === 'run.resumed')).toMatchObject([{ by: 'submit' }, { by: 'input' }]);
  });

  test('takes a text without a call for the answer, where only one is awaited', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const worker = stage.runtime({ store, agents: { a: asking() } });
    await worker.start();
    const id = await suspended(worker);
    await worker.input(id, 'red');
    const events = await ended(stage, store, id);
    expect(events.find(({ type }) => type === 'tool.returned')).toMatchObject({ output: 'red' });
    expect(typesOf(events)).not.toContain('input.received');
  });

  test('asks a person whether a call happened that a crash left without its outcome', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    let paid = 0;
    const clerk = (...script: ConstructorParameters<typeof ScriptedModel>): Agent =>
      new Agent({
        name: 'A',
        model: new ScriptedModel(...script),
        tools: [
          tool({
            name: 'pay',
            description: 'Pays.',
            parameters: z.object({}),
            execute: async (_input, _context, details) => {
              paid += 1;
              await once(details?.signal as AbortSignal, 'abort');
            },
            unknownOutcome: async () => ({ happened: true, output: waitForInput({ prompt: 'Was it paid?' }) }),
          }),
        ],
      });
    const first = stage.runtime({ store, agents: { a: clerk([[functionCall('pay', {}, { callId: 'c1' })]]) } });
    await first.start();
    const { id } = await first.submit('a', 'Pay.');
    for await (const { type } of first.attach(id)) if (type === 'tool.called') break;
    await first.stop({ graceMs: 0 });
    const second = stage.runtime({ store, agents: { a: clerk([[assistantMessage('Done.')]]) } });
    await second.start();
    await until(async () => (await second.get(id)).status === 'suspended');
    expect((await second.get(id)).waits).toMatchObject([{ callId: 'c1', tool: 'pay', prompt: 'Was it paid?' }]);
    await second.input(id, 'Yes, on Monday.', { by: 'ada' });
    const events = await ended(stage, store, id);
    expect(paid).toBe(1);
    expect(events.find(({ type }) => type === 'tool.returned')).toMatchObject({ output: 'Yes, on Monday.' });
    expect(await second.get(id)).toMatchObject({ status: 'completed', output: 'Done.' });
  });

  test('wakes a run when its time has come, also one that another process let go of', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const worker = stage.runtime({ store, agents: { a: asking({ calls: ['nap'], ms: 600 }) } });
    await worker.start();
    const id = await suspended(worker);
    const { wakeAt, waits } = await worker.get(id);
    expect(waits).toMatchObject([{ callId: 'c1', for: 'timer', until: wakeAt }]);
    await worker.stop();
    // Its model has answered once.
    const next = new Agent({
      name: 'A',
      model: new ScriptedModel([[assistantMessage('Done.')]]),
      tools: asking().tools,
    });
    const other = stage.runtime({ store: kind === 'memory' ? store : stage.store(), agents: { a: next } });
    await other.start();
    const events = await ended(stage, store, id);
    const fired = events.find(({ type }) => type === 'wait.ended');
    expect(fired).toMatchObject({ how: 'fired', output: 'rested' });
    expect(fired?.at).toBeGreaterThanOrEqual(wakeAt as number);
    expect(events.findLast(({ type }) => type === 'run.resumed')).toMatchObject({ by: 'timer' });
    expect(events.filter(({ type }) => type === 'tool.called')).toHaveLength(1);
  });

  test('goes on without an answer when the time for it is over', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const worker = stage.runtime({ store, agents: { a: asking({ options: { expiresInMs: 60 } }) } });
    await worker.start();
    const id = await suspended(worker);
    const events = await ended(stage, store, id);
    expect(events.find(({ type }) => type === 'tool.returned')).toMatchObject({
      output: expect.stringContaining('Nobody answered in time') as string,
    });
  });

  test('cancels a run that waits', async () => {
    await using stage = new Stage();
    const store = storeOf(stage);
    const worker = stage.runtime({ store, agents: { a: asking() } });
    await worker.start();
    const id = await suspended(worker);
    await worker.cancel(id, { reason: 'enough' });
    await expect(worker.input(id, 'late', { callId: 'c1' })).rejects.toMatchObject({ code: 'RUN_ENDED' });
    const events = await ended(stage, store, id);
    expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
    expect(typesOf(events)).not.toContain('tool.returned');
  });
});

test('of answers to one call that come at once, from anywhere, one counts and the others are told', async () => {
  for (let round = 0; round < 6; round++) {
    await using stage = new Stage();
    const worker = stage.runtime({ agents: { a: asking() } });
    await worker.start();
    const id = await suspended(worker);
    const desks = [1, 2, 3, 4].map(() => stage.runtime({ agents: {} }));
    const outcomes = await Promise.allSettled(
      desks.map(async (desk, index) => desk.input(id, `${index}`, { callId: 'c1', by: `${index}` })),
    );
    const [winner, ...more] = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    expect(more).toEqual([]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: expect.stringMatching(/WAIT_ANSWERED|RUN_ENDED/) as string });
    const events = await ended(stage, stage.store(), id);
    expect(events.filter(({ type }) => type === 'wait.ended')).toMatchObject([
      { by: `${winner}`, output: `${winner}` },
    ]);
  }
});

test('an answer that races with a cancel gives one end; the run was answered, or whoever answered was told', async () => {
  const ends = new Set<string>();
  // On a busy machine an answer needs more time to be in front.
  for (let round = 0; round < 12 || (ends.size < 2 && round < 100); round++) {
    await using stage = new Stage();
    const worker = stage.runtime({ agents: { a: asking() } });
    await worker.start();
    const id = await suspended(worker);
    const [desk, other] = [stage.runtime({ agents: {} }), stage.runtime({ agents: {} })];
    const first = round % 2 === 0 ? () => desk.cancel(id) : () => desk.input(id, 'red', { callId: 'c1' });
    const second = round % 2 === 0 ? () => other.input(id, 'red', { callId: 'c1' }) : () => other.cancel(id);
    const begun = first();
    await sleep(round * 12);
    const outcomes = await Promise.allSettled([begun, second()]);
    const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (refused) expect(refused.reason).toMatchObject({ code: 'RUN_ENDED' });
    const events = await ended(stage, stage.store(), id);
    const answered = typesOf(events).includes('wait.ended');
    if (refused) expect(answered).toBe(false);
    ends.add(events.at(-1)?.type ?? '');
  }
  expect([...ends].toSorted()).toEqual(['run.cancelled', 'run.completed']);
});

test('a time that comes while the run is cancelled gives one end', async () => {
  const ends = new Set<string>();
  for (let round = 0; round < 10 || (!ends.has('run.cancelled') && round < 50); round++) {
    await using stage = new Stage();
    const worker = stage.runtime({ agents: { a: asking({ calls: ['nap'], ms: 120 }) } });
    await worker.start();
    const id = await suspended(worker);
    const { wakeAt = 0 } = await worker.get(id);
    // Before and after the time itself, as far as it can be met.
    await sleep(wakeAt - Date.now() - 30 + (round % 10) * 15);
    await stage.runtime({ agents: {} }).cancel(id);
    const events = await ended(stage, stage.store(), id);
    ends.add(events.at(-1)?.type ?? '');
    const fired = events.filter(({ type }) => type === 'wait.ended');
    expect(fired.length).toBeLessThanOrEqual(1);
    if (events.at(-1)?.type === 'run.completed') expect(fired).toHaveLength(1);
  }
  expect(ends).toContain('run.cancelled');
});
