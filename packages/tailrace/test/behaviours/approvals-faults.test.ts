import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Agent,
  type FunctionTool,
  type LogStore,
  MemoryLogStore,
  type RunEvent,
  Runner,
  type RunResult,
  tool,
} from '../../src/index.ts';
import { decide } from '../../src/run/decide.ts';
import { assistantMessage, functionCall, logViolations } from '../../src/testing/index.ts';
import { scripted } from './cast.ts';
import { failure, wait } from './stage.ts';

function paying(script: number = 1): { agent: () => Agent; ran: number[]; tools: FunctionTool[] } {
  const ran: number[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({ n: z.number() }),
    needsApproval: true,
    execute: async ({ n }) => {
      ran.push(n);
      await wait(2);
      return 'paid';
    },
  });
  const calls = Array.from({ length: script }, (_, n) => functionCall('pay', { n }, { callId: `c${n}` }));
  const tools = [pay];
  return { ran, tools, agent: () => scripted([calls, [assistantMessage('Done.')]], { tools }) };
}

/** The memory store as one that answers later, like a store over a network. */
function late(store: MemoryLogStore): LogStore {
  const later = new Set<PropertyKey>(['claim', 'append', 'read', 'head', 'list', 'post', 'mail', 'delete', 'close']);
  return new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (!later.has(key)) return value.bind(target) as unknown;
      return async (...args: unknown[]) => {
        await wait(1);
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

function logOf(store: MemoryLogStore): readonly RunEvent[] {
  const log = store.read('run_1', 0, 10_000);
  expect(logViolations(log)).toEqual([]);
  return log;
}

const types = (log: readonly RunEvent[]): string[] => log.map(({ type }) => type);

async function interrupted(store: LogStore, agent: Agent): Promise<RunResult> {
  return new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' });
}

describe('approvals when things happen at once', () => {
  test('two take the run up at the same time: one goes on, the call is made once at most', async () => {
    for (const gap of [0, 1, 2, 3]) {
      const store = new MemoryLogStore();
      const { agent, ran } = paying();
      const first = await interrupted(store, agent());
      await first.state.approve(first.interruptions[0] as never);
      // Both have the script from where the run goes on.
      const goOn = () => {
        const model = scripted([[assistantMessage('Done.')]]).model;
        return new Runner({ store }).run(agent().clone({ model }), first.state);
      };
      const one = goOn();
      for (let turn = 0; turn < gap; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
      const settled = await Promise.allSettled([one, goOn()]);
      expect(settled.map(({ status }) => status)).toContain('fulfilled');
      expect(ran.length).toBeLessThanOrEqual(1);
      expect(types(logOf(store)).filter((type) => type === 'approval.decided')).toHaveLength(1);
      expect(types(logOf(store)).at(-1)).toBe('run.completed');
    }
  });

  test('decisions race each other in every order: each call has one, and one sender of each was right', async () => {
    const store = new MemoryLogStore();
    const { agent, ran } = paying(4);
    const first = await interrupted(store, agent());
    const said = ['c0', 'c1', 'c2', 'c3'].flatMap((callId) =>
      [true, false, true].map(async (approved) => {
        await decide(late(store), 'run_1', { callId, approved });
        return `${callId} ${approved}`;
      }),
    );
    const settled = await Promise.allSettled(said);
    const right = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const one of settled)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'APPROVAL_DECIDED' });
    const model = scripted([[assistantMessage('Done.')]]).model;
    await new Runner({ store }).run(agent().clone({ model }), first.state);
    const decided = logOf(store).flatMap((event) =>
      event.type === 'approval.decided' ? [`${event.callId} ${event.approved}`] : [],
    );
    expect(decided.toSorted()).toEqual(right.toSorted());
    expect(ran).toHaveLength(decided.filter((one) => one.endsWith('true')).length);
  });

  test('a decision that is posted while the run suspends is there when it goes on', async () => {
    const store = new MemoryLogStore();
    let posted = false;
    const posting = new Proxy(store, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const events = args[3] as readonly RunEvent[];
          if (key === 'append' && !posted && events.some(({ type }) => type === 'run.suspended')) {
            posted = true;
            store.post('run_1', { id: 'm1', kind: 'approval', body: { callId: 'c0', approved: true } });
          }
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
    const { agent, ran } = paying();
    const it = agent();
    const first = await interrupted(posting, it);
    expect([first.interruptions.length, ran]).toEqual([1, []]);
    const last = await new Runner({ store }).run(it, first.state);
    expect([last.finalOutput, ran]).toEqual(['Done.', [0]]);
    logOf(store);
  });

  test('a store that answers later: nothing is lost, and nothing is taken twice', async () => {
    const store = new MemoryLogStore();
    const { agent, ran } = paying(2);
    const it = agent();
    const first = await interrupted(late(store), it);
    for (const item of first.interruptions) await first.state.approve(item);
    const last = await new Runner({ store: late(store) }).run(it, first.state);
    expect([last.finalOutput, ran]).toEqual(['Done.', [0, 1]]);
    expect(types(logOf(store)).filter((type) => type === 'approval.decided')).toHaveLength(2);
    expect(store.watching).toBe(0);
  });
});

describe('a run that waits', () => {
  test('is ended by taking it up with a signal that has aborted', async () => {
    const store = new MemoryLogStore();
    const { agent, ran } = paying();
    const it = agent();
    const first = await interrupted(store, it);
    await first.state.approve(first.interruptions[0] as never);
    const ended = new Runner({ store }).run(it, first.state, { signal: AbortSignal.abort() });
    expect(await failure(ended)).toMatchObject({ code: 'RUN_CANCELLED' });
    expect([ran, types(logOf(store)).at(-1)]).toEqual([[], 'run.cancelled']);
  });

  test('is cancelled by a message, which whoever takes it up finds', async () => {
    const store = new MemoryLogStore();
    const { agent, ran } = paying();
    const it = agent();
    const first = await interrupted(store, it);
    await first.state.approve(first.interruptions[0] as never);
    store.post('run_1', { id: 'm9', kind: 'cancel', body: { reason: 'no more' } });
    expect(await failure(new Runner({ store }).run(it, first.state))).toMatchObject({ code: 'RUN_CANCELLED' });
    // A cancel comes before whatever was allowed to happen.
    expect([ran, types(logOf(store)).at(-1)]).toEqual([[], 'run.cancelled']);
  });

  test('takes input from outside, and goes on waiting', async () => {
    const store = new MemoryLogStore();
    const { agent, ran } = paying();
    const it = agent();
    const first = await interrupted(store, it);
    store.post('run_1', { id: 'm1', kind: 'input', body: { text: 'Well?' } });
    const second = await new Runner({ store }).run(it, first.state);
    expect(second.interruptions).toHaveLength(1);
    await second.state.approve(second.interruptions[0] as never);
    const last = await new Runner({ store }).run(it, second.state);
    expect([last.finalOutput, ran]).toEqual(['Done.', [0]]);
    // It was said before the answer, and behind the output that the model was still owed.
    expect(last.history.map((item) => ('role' in item ? item.role : item.type))).toEqual([
      'user',
      'function_call',
      'function_call_result',
      'user',
      'assistant',
    ]);
    expect(types(logOf(store)).filter((type) => type === 'input.received')).toHaveLength(1);
  });

  test('whose tool has gone is refused, and goes on once it is back', async () => {
    const store = new MemoryLogStore();
    const { agent, ran } = paying();
    const it = agent();
    const first = await interrupted(store, it);
    await first.state.approve(first.interruptions[0] as never);
    const without = it.clone({ tools: [] });
    expect(await failure(new Runner({ store }).run(without, first.state))).toMatchObject({
      code: 'RESUME_INCOMPATIBLE',
    });
    expect((await new Runner({ store }).run(it, first.state)).finalOutput).toBe('Done.');
    expect(ran).toEqual([0]);
  });

  test('a wrong clock of whoever decides counts for nothing: the store’s time of the message does', async () => {
    const store = new MemoryLogStore();
    const { agent, ran } = paying();
    const it = agent();
    const first = await new Runner({ store, approvalTimeoutMs: 100 }).run(it, 'Hi', { runId: 'run_1' });
    await wait(110);
    // Past the helper that would refuse it.
    store.post('run_1', { id: 'm1', kind: 'approval', body: { callId: 'c0', approved: true, at: 0 } });
    const last = await new Runner({ store }).run(it, first.state);
    expect([last.finalOutput, ran]).toEqual(['Done.', []]);
    expect(logOf(store).filter(({ type }) => type === 'mail.ignored')).toMatchObject([{ why: 'expired' }]);
  });

  test.each(['immediate', 'after_turn'] as const)(
    'is cancelled (%s), at whichever event that is asked for',
    async (mode) => {
      let at = 0;
      for (let asked = true; asked; at++) {
        asked = false;
        const store = new MemoryLogStore();
        const { agent, ran } = paying(2);
        const it = agent();
        const result = await new Runner({ store }).run(it, 'Hi', { runId: 'run_1', stream: true });
        for await (const { seq, type } of result.events()) {
          if (seq === at) {
            asked = true;
            result.cancel({ mode });
          }
          if (type === 'run.suspended') break;
        }
        await result.completed;
        if (!asked) break;
        if (result.status === 'suspended') {
          expect(types(logOf(store)).at(-1)).toBe('run.suspended');
          await failure(new Runner({ store }).run(it, result.state));
        }
        expect([at, types(logOf(store)).at(-1), ran]).toEqual([at, 'run.cancelled', []]);
        expect(store.watching).toBe(0);
      }
      expect(at).toBeGreaterThan(15);
    },
  );
});
