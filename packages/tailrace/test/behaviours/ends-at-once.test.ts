import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  addTraceProcessor,
  type Agent,
  getGlobalTraceProvider,
  InMemoryTraceProcessor,
  LimitError,
  MemoryLogStore,
  MemorySession,
  type RunEvent,
  Runner,
  type StreamedRunResult,
  tool,
} from '../../src/index.ts';
import { assistantMessage, functionCall, logViolations } from '../../src/testing/index.ts';
import { scripted } from './cast.ts';
import { failure, read, settled } from './stage.ts';

const types = (log: readonly RunEvent[]): string[] => log.map(({ type }) => type);

function named(name: string, execute: () => string, needsApproval = false): ReturnType<typeof tool> {
  return tool({ name, description: name, parameters: z.object({}), needsApproval, execute });
}

test('a run that is cancelled in the turn in which it would have waited lets go of its session', async () => {
  const session = new MemorySession();
  const stop = named('stop', () => {
    result.cancel({ mode: 'after_turn' });
    return 'stopping';
  });
  const pay = named('pay', () => 'paid', true);
  const calls = [functionCall('pay', {}, { callId: 'c1' }), functionCall('stop', {}, { callId: 'c2' })];
  const agent = scripted([calls, [assistantMessage('Again.')]], { tools: [pay, stop] });
  const result: StreamedRunResult = await new Runner().run(agent, 'Hi', { session, stream: true });
  await settled(result);
  expect(result.status).toBe('cancelled');
  const next = await new Runner().run(agent, 'Hi', { session });
  expect(next.finalOutput).toBe('Again.');
});

test('a run that could not store that it waits ends, and lets go of its session', async () => {
  const session = new MemorySession();
  const store = new (class extends MemoryLogStore {
    override append(...args: Parameters<MemoryLogStore['append']>): void {
      if (args[3].some(({ type }) => type === 'run.suspended'))
        throw new LimitError('Full.', { code: 'LOG_FULL', runId: args[0] });
      super.append(...args);
    }
  })();
  const pay = named('pay', () => 'paid', true);
  const calls = [functionCall('pay', {}, { callId: 'c1' })];
  const agent = scripted([calls, [assistantMessage('Again.')]], { tools: [pay] });
  const error = await failure(new Runner({ store }).run(agent, 'Hi', { session, runId: 'run_1' }));
  expect(error).toMatchObject({ code: 'LOG_FULL' });
  const log = store.read('run_1', 0, 1_000);
  expect(types(log).at(-1)).toBe('run.failed');
  expect(logViolations([...log])).toEqual([]);
  const next = await new Runner({ store }).run(agent, 'Hi', { session });
  expect(next.finalOutput).toBe('Again.');
});

test('a run that fails when another writer has it already is left, not ended', async () => {
  const store = new MemoryLogStore();
  const trace = new InMemoryTraceProcessor();
  addTraceProcessor(trace);
  const instructions = (): string => {
    store.claim('run_1');
    throw new Error('broken');
  };
  const agent = scripted([], { instructions });
  const error = await failure(new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' }));
  expect(error).toMatchObject({ code: 'STALE_EPOCH' });
  // Its trace goes on with whoever drives it now.
  expect(trace.spans).toEqual([]);
  getGlobalTraceProvider().setProcessors([]);
});

test('of two runs that choose one id at once, one begins', async () => {
  const store = new MemoryLogStore();
  const slow = new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key !== 'claim') return value.bind(target) as unknown;
      return async (run: string) => {
        await first;
        return target.claim(run);
      };
    },
  });
  const agent = (): Agent => scripted([[assistantMessage('Done.')]]);
  const second = new Runner({ store: slow });
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const late = failure(second.run(agent(), 'Hi', { runId: 'run_1' }));
  await new Runner({ store }).run(agent(), 'Hi', { runId: 'run_1' });
  resolve();
  expect(await late).toMatchObject({ code: 'RUN_EXISTS' });
  expect(types(store.read('run_1', 0, 100)).filter((type) => type === 'run.started')).toHaveLength(1);
});

test('the result of a run that another writer has taken says the same everywhere', async () => {
  const store = new MemoryLogStore();
  const take = named('take', () => {
    store.claim('run_1');
    return 'taken';
  });
  const agent = scripted([[functionCall('take', {}, { callId: 'c1' })]], { tools: [take] });
  const result = await new Runner({ store }).run(agent, 'Hi', { runId: 'run_1', stream: true });
  const { error } = await read(result);
  expect(error).toMatchObject({ code: 'STALE_EPOCH' });
  expect(await failure(result.completed)).toBe(error);
  expect(result.error).toBe(error);
  expect([result.status, result.cancelled]).toEqual(['failed', false]);
});

test.each(['failed', 'cancelled'] as const)(
  'a run that is %s and cannot store it says the same everywhere',
  async (how) => {
    const store = new (class extends MemoryLogStore {
      override append(...args: Parameters<MemoryLogStore['append']>): void {
        if (args[3].some(({ type }) => type === `run.${how}`)) throw new Error('disk gone');
        super.append(...args);
      }
    })();
    const stop = tool({
      name: 'stop',
      description: 'Stops.',
      parameters: z.object({}),
      errorFunction: null,
      execute: () => {
        if (how === 'failed') throw new Error('broken');
        result.cancel();
      },
    });
    const agent = scripted([[functionCall('stop', {}, { callId: 'c1' })]], { tools: [stop] });
    const result: StreamedRunResult = await new Runner({ store }).run(agent, 'Hi', { stream: true });
    const { error } = await read(result);
    const said: unknown = await result.completed.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(result.status).toBe(how);
    expect(error).toBe(said);
  },
);
