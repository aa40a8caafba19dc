import { expect, test } from 'vitest';
import { z } from 'zod';
import { type LogStore, MemoryLogStore, Runner, tool } from '../../src/index.ts';
import { decide } from '../../src/run/decide.ts';
import { assistantMessage, functionCall, logViolations } from '../../src/testing/index.ts';
import { scripted } from './cast.ts';
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

test('a call that is approved while the result of another one is stored is made at once', async () => {
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
  const result = await new Runner({ store: slow }).run(agent, 'Hi', { runId: 'run_1' });
  expect(ran).toEqual(['pay']);
  expect(result.finalOutput).toBe('Done.');
  expect(logViolations([...store.read('run_1', 0, 1_000)])).toEqual([]);
});
