import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, type RunEvent, type RunInfo, tool } from '../../src/index.ts';
import { assistantMessage, functionCall, logViolations, modelStall, ScriptedModel } from '../../src/testing/index.ts';
import { Stage, typesOf, until } from './stage.ts';

const hello = (): ScriptedModel => new ScriptedModel([[assistantMessage('Hello.')]]);

function segmentsOf(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'run.resumed' ? [event.by] : []));
}

function spanViolations(events: readonly RunEvent[]): string[] {
  const started = events.flatMap((event) => (event.type === 'span.started' ? [event.span] : []));
  const ended = events.flatMap((event) => (event.type === 'span.ended' ? [event.span] : []));
  const wrong = started.filter((span) => ended.filter((each) => each === span).length !== 1);
  return [...wrong, ...(ended.length === started.length ? [] : ['more ends than starts'])];
}

describe('two runtimes on one file', () => {
  test('drive each run once, whoever it was submitted to', async () => {
    await using stage = new Stage();
    let calls = 0;
    const agent = (): Agent =>
      new Agent({
        name: 'A',
        model: new ScriptedModel(
          Array.from({ length: 30 }, () => ({
            type: 'responder' as const,
            respond: async () => {
              calls += 1;
              await sleep(2);
              return [assistantMessage('Done.')];
            },
          })),
        ),
      });
    const [one, two] = [stage.runtime({ agents: { a: agent() } }), stage.runtime({ agents: { a: agent() } })];
    await Promise.all([one.start(), two.start()]);
    const ids: string[] = [];
    for (let index = 0; index < 30; index++) ids.push((await (index % 2 ? one : two).submit('a', `${index}`)).id);
    for (const id of ids) {
      const events = await stage.whole(id);
      expect(logViolations(events)).toEqual([]);
      expect(segmentsOf(events)).toEqual(['submit']);
    }
    expect(calls).toBe(30);
    expect(await one.list({ status: 'completed' })).toHaveLength(30);
  });

  test('a run whose process is gone is taken over, and its trace goes on', async () => {
    await using stage = new Stage();
    const dead = stage.runtime({
      agents: { a: new Agent({ name: 'A', model: new ScriptedModel([modelStall()]) }) },
      driver: stage.stoppedDriver().driver,
    });
    await dead.start();
    const { id } = await dead.submit('a', 'Hi');
    await until(async () => (await dead.get(id)).status === 'running');
    const heir = stage.runtime({ agents: { a: new Agent({ name: 'A', model: hello() }) } });
    await heir.start();
    const events = await stage.whole(id);
    expect(logViolations(events)).toEqual([]);
    expect(spanViolations(events)).toEqual([]);
    expect(segmentsOf(events)).toEqual(['submit', 'takeover']);
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: 'Hello.' });
    expect(events.filter(({ type }) => type === 'step.attempt')).toHaveLength(1);
  });

  test.each([
    ['that notices', true],
    ['that does not notice', false],
  ])('a zombie %s writes nothing after it was taken over', async (_, notices) => {
    await using stage = new Stage();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let told: AbortSignal | undefined;
    const slow = (wait: boolean) =>
      tool({
        name: 'slow',
        description: 'Takes its time.',
        parameters: z.object({}),
        effects: 'idempotent',
        execute: async (_input, _context, details) => {
          if (!wait) return 'quick';
          told = details?.signal;
          await gate;
          return 'from the dead';
        },
      });
    const asks = (): ScriptedModel =>
      new ScriptedModel([[functionCall('slow', {}, { callId: 'c' })], [assistantMessage('From the dead.')]]);
    const { driver, clock } = stage.stoppedDriver();
    const zombie = stage.runtime({
      agents: { a: new Agent({ name: 'A', model: asks(), tools: [slow(true)] }) },
      driver,
    });
    await zombie.start();
    const { id } = await zombie.submit('a', 'Hi');
    await until(() => told !== undefined);
    const heir = stage.runtime({ agents: { a: new Agent({ name: 'A', model: hello(), tools: [slow(false)] }) } });
    await heir.start();
    const events = await stage.whole(id);
    if (notices) await clock.advance(1_000);
    expect(told?.aborted).toBe(notices);
    open();
    await sleep(50);
    expect(await stage.whole(id)).toEqual(events);
    const epochs = events.map(({ epoch }) => epoch);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    expect(logViolations(events)).toEqual([]);
    expect(JSON.stringify(events)).not.toMatch(/from the dead/i);
  });
});

describe('a runtime that stops', () => {
  test('leaves its runs at a step boundary, and another goes on at once', async () => {
    await using stage = new Stage();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let calls = 0;
    const agent = (model: ScriptedModel): Agent =>
      new Agent({
        name: 'A',
        model,
        tools: [
          tool({
            name: 'once',
            description: 'Must not be repeated.',
            parameters: z.object({}),
            execute: async () => {
              calls += 1;
              await gate;
              return 'done';
            },
          }),
        ],
      });
    const leaving = new ScriptedModel([[functionCall('once', {}, { callId: 'c' })]]);
    const one = stage.runtime({ agents: { a: agent(leaving) }, leaseMs: 60_000 });
    const two = stage.runtime({ agents: { a: agent(hello()) }, leaseMs: 60_000 });
    await one.start();
    const { id } = await one.submit('a', 'Hi');
    await until(() => calls === 1);
    const stopped = one.stop({ graceMs: 10_000 });
    await two.start();
    await sleep(30);
    open();
    await stopped;
    const events = await stage.whole(id);
    expect(logViolations(events)).toEqual([]);
    expect(spanViolations(events)).toEqual([]);
    expect(segmentsOf(events)).toEqual(['submit', 'handover']);
    expect(typesOf(events).filter((type) => /^run\.(failed|cancelled|suspended)|step\.attempt/.test(type))).toEqual([]);
    expect(calls).toBe(1);
    expect(leaving.remainingSteps).toBe(0);
  });

  test('and does not wait for ever: what is under way after the grace looks as if the process had died', async () => {
    await using stage = new Stage();
    const one = stage.runtime({ agents: { a: new Agent({ name: 'A', model: new ScriptedModel([modelStall()]) }) } });
    await one.start();
    const { id } = await one.submit('a', 'Hi');
    await until(async () => (await stage.store().read(id, 0, 100)).some(({ type }) => type === 'model.called'));
    const begun = performance.now();
    await one.stop({ graceMs: 60 });
    expect(performance.now() - begun).toBeLessThan(5_000);
    const left = await stage.store().read(id, 0, 100);
    expect(typesOf(left).at(-1)).toBe('model.called');
    const two = stage.runtime({ agents: { a: new Agent({ name: 'A', model: hello() }) } });
    await two.start();
    const events = await stage.whole(id);
    expect(events.slice(0, left.length)).toEqual(left);
    expect(logViolations(events)).toEqual([]);
    expect(events.find(({ type }) => type === 'step.attempt')).toMatchObject({ attempt: 2, supersedes: 1 });
  });

  test('ends no run that has not begun, and starts no more', async () => {
    await using stage = new Stage();
    const one = stage.runtime({ agents: { a: new Agent({ name: 'A', model: hello() }) } });
    await one.start();
    await one.stop();
    const { id } = await one.submit('a', 'Hi');
    await sleep(50);
    expect((await one.get(id)).status).toBe('submitted');
    await expect(one.start()).rejects.toThrow(/was stopped/);
  });
});

describe('what is not data', () => {
  test('comes from the runtime that resumes: the context is made once for each segment', async () => {
    await using stage = new Stage();
    const made: [who: string, run: RunInfo][] = [];
    const seen: unknown[] = [];
    const agent = (model: ScriptedModel): Agent<{ who: string }> =>
      new Agent({
        name: 'A',
        model,
        instructions: ({ context }) => {
          seen.push(context.who);
          return 'Be brief.';
        },
      });
    const start = async (who: string, model: ScriptedModel) => {
      const runtime = stage.runtime({
        agents: { a: agent(model) },
        context: (run) => {
          made.push([who, run]);
          return { who };
        },
      });
      await runtime.start();
      return runtime;
    };
    const one = await start('one', new ScriptedModel([modelStall()]));
    const { id } = await one.submit('a', 'Hi', { sessionId: 's', metadata: { n: 1 } });
    await until(() => seen.length === 1);
    await one.stop({ graceMs: 0 });
    await start('two', hello());
    await stage.whole(id);
    const info = { id, agent: 'a', sessionId: 's', metadata: { n: 1 } };
    expect(made).toEqual([
      ['one', info],
      ['two', info],
    ]);
    expect(seen).toEqual(['one', 'two']);
  });

  test('ends the run when it cannot be had', async () => {
    await using stage = new Stage();
    const model = hello();
    const runtime = stage.runtime({
      agents: { a: new Agent({ name: 'A', model }) },
      context: () => {
        throw new Error('no database');
      },
    });
    await runtime.start();
    const { id } = await runtime.submit('a', 'Hi');
    const events = await stage.whole(id);
    expect(logViolations(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'run.failed' });
    expect(model.calls).toHaveLength(0);
  });
});

test('a context that never comes holds up neither a cancel nor a stop, and counts where its process dies', async () => {
  await using stage = new Stage();
  const start = async (dies: boolean) => {
    let asked = 0;
    const { driver, clock } = stage.mortalDriver();
    const runtime = stage.runtime({
      agents: { a: new Agent({ name: 'A', model: hello() }) },
      context: () => {
        asked += 1;
        if (dies) clock.stop();
        return new Promise(() => undefined);
      },
      maxTakeovers: 1,
      driver,
    });
    await runtime.start();
    return { runtime, asked: () => asked };
  };
  const first = await start(false);
  const cancelled = await first.runtime.submit('a', 'Hi', { metadata: 'cancelled' });
  await until(() => first.asked() === 1);
  await first.runtime.cancel(cancelled.id);
  expect((await stage.whole(cancelled.id)).at(-1)).toMatchObject({ type: 'run.cancelled' });
  await first.runtime.stop({ graceMs: 20 });
  const second = await start(true);
  const { id } = await second.runtime.submit('a', 'Hi');
  await until(() => second.asked() === 1);
  const third = await start(true);
  await until(() => third.asked() === 1);
  await start(false);
  const events = await stage.whole(id);
  expect(logViolations(events)).toEqual([]);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'RUN_POISONED' } });
});

test('a run that ends every process that takes it up is parked as failed', async () => {
  await using stage = new Stage();
  let id: string | undefined;
  for (let takes = 0; takes < 4; takes++) {
    const model = new ScriptedModel([modelStall()]);
    const agents = { a: new Agent({ name: 'A', model }) };
    const { driver, clock } = stage.mortalDriver();
    const runtime = stage.runtime({ agents, maxTakeovers: 2, driver });
    await runtime.start();
    id ??= (await runtime.submit('a', 'Hi')).id;
    const run = id;
    await until(async () => model.calls.length === 1 || (await runtime.get(run)).status === 'failed');
    expect(model.calls).toHaveLength(takes < 3 ? 1 : 0);
    clock.stop();
  }
  const events = await stage.whole(id ?? '');
  expect(logViolations(events)).toEqual([]);
  expect(spanViolations(events)).toEqual([]);
  expect(segmentsOf(events)).toEqual(['submit', 'takeover', 'takeover', 'takeover']);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'RUN_POISONED', data: { takeovers: 2 } } });
});

test('a run that is left again and again, also in the middle of an answer, is not taken for poison', async () => {
  await using stage = new Stage();
  let id: string | undefined;
  for (let leaves = 0; leaves < 3; leaves++) {
    const model = new ScriptedModel([modelStall()]);
    const runtime = stage.runtime({ agents: { a: new Agent({ name: 'A', model }) }, maxTakeovers: 1 });
    await runtime.start();
    id ??= (await runtime.submit('a', 'Hi')).id;
    await until(() => model.calls.length === 1);
    await runtime.stop({ graceMs: 0 });
  }
  const last = stage.runtime({ agents: { a: new Agent({ name: 'A', model: hello() }) }, maxTakeovers: 1 });
  await last.start();
  const events = await stage.whole(id ?? '');
  expect(logViolations(events)).toEqual([]);
  expect(spanViolations(events)).toEqual([]);
  expect(segmentsOf(events)).toEqual(['submit', 'handover', 'handover', 'handover']);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed' });
});

describe('a session that two processes share', () => {
  test('is held by a run, whichever process drives it, and until it ends', async () => {
    await using stage = new Stage();
    const model = new ScriptedModel([modelStall()]);
    const one = stage.runtime({ agents: { a: new Agent({ name: 'A', model }) } });
    const two = stage.runtime({ agents: { a: new Agent({ name: 'A', model: hello() }) } });
    await one.start();
    const { id } = await one.submit('a', 'Hi', { sessionId: 's' });
    await until(() => model.calls.length === 1);
    const busy = { code: 'SESSION_BUSY', data: { holder: id } };
    await expect(two.submit('a', 'Hi', { sessionId: 's' })).rejects.toMatchObject(busy);
    await one.stop({ graceMs: 0 });
    await expect(two.submit('a', 'Hi', { sessionId: 's' })).rejects.toMatchObject(busy);
    await two.start();
    expect((await stage.whole(id)).at(-1)).toMatchObject({ type: 'run.completed' });
    expect(await two.list()).toHaveLength(1);
  });

  test('is free when the process that drove its run to the end did not live to let go of it', async () => {
    await using stage = new Stage();
    const one = stage.runtime({ agents: { a: new Agent({ name: 'A', model: hello() }) } });
    await one.start();
    const { id } = await one.submit('a', 'Hi');
    await stage.whole(id);
    const { leases } = stage.store();
    expect(await leases?.holdSession('s', id)).toBe(id);
    expect(await leases?.holdSession('t', 'deleted')).toBe('deleted');
    await one.submit('a', 'Hi', { sessionId: 's' });
    await one.submit('a', 'Hi', { sessionId: 't' });
  });
});
