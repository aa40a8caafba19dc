import { expect, test } from 'vitest';
import { z } from 'zod';
import { type LogStore, MemoryLogStore, type Model, Runner, tool, Usage } from '../../src/index.ts';
import { decide } from '../../src/run/decide.ts';
import { assistantMessage, functionCall, logViolations } from '../../src/testing/index.ts';
import { agentOf, scripted } from './cast.ts';
import { wait } from './stage.ts';

/** A store that takes its time over some events; meanwhile somebody approves the call. */
function deciding(store: MemoryLogStore, when: (types: string[]) => boolean): LogStore {
  let decided = false;
  return new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key !== 'append') return value.bind(target) as unknown;
      return async (...args: Parameters<MemoryLogStore['append']>) => {
        const types = args[3].map((event) => (event.type === 'item.added' ? event.kind : event.type));
        if (!decided && when(types)) {
          decided = true;
          await decide(target, 'run_1', { callId: 'c1', approved: true });
          await wait(10);
        }
        target.append(...args);
      };
    },
  });
}

test('a call that is approved while the result of another one is stored is made once, now or by whoever goes on', async () => {
  const store = new MemoryLogStore();
  const ran: string[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => {
      ran.push('pay');
      return 'paid';
    },
  });
  const look = tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({}),
    execute: async () => {
      await wait(5);
      return 'seen';
    },
  });
  const calls = [functionCall('pay', {}, { callId: 'c1' }), functionCall('look', {}, { callId: 'c2' })];
  const agent = scripted([calls, [assistantMessage('Done.')]], { tools: [pay, look] });
  const slow = deciding(store, (types) => types.includes('tool.returned'));
  const runner = new Runner({ store: slow });
  let result = await runner.run(agent, 'Hi', { runId: 'run_1' });
  if (result.finalOutput === undefined) result = await runner.run(agent, result.state);
  expect(ran).toEqual(['pay']);
  expect(result.finalOutput).toBe('Done.');
  expect(logViolations([...store.read('run_1', 0, 1_000)])).toEqual([]);
});

test('a model is not asked for a run that was cancelled while the call was being stored', async () => {
  const caller = new AbortController();
  const store = new Proxy(new MemoryLogStore(), {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key !== 'append') return value.bind(target) as unknown;
      return async (...args: Parameters<MemoryLogStore['append']>) => {
        if (args[3].some(({ type }) => type === 'model.called')) caller.abort();
        await wait(1);
        target.append(...args);
      };
    },
  });
  let asked = 0;
  // Deaf to signals.
  const model: Model = {
    getResponse: async () => {
      asked += 1;
      return { output: [assistantMessage('Done.')], usage: new Usage() };
    },
    getStreamedResponse: () => {
      throw new Error('Not streamed.');
    },
  };
  await expect(new Runner({ store }).run(agentOf(model), 'Hi', { signal: caller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(asked).toBe(0);
});
