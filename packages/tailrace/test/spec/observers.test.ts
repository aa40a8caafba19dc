// I10: who looks at a run, and what becomes of the looking, changes nothing of it.
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  MemoryLogStore,
  type RunEvent,
  type RunHookEvents,
  Runner,
  setTraceProcessors,
  type TracingProcessor,
} from '../../src/index.ts';
import { startCleanRunProbe } from '../../src/testing/index.ts';
import { FLOWS } from './flows.ts';
import { drained } from './played.ts';
import { type Play, type Script, SCRIPTS } from './scripts.ts';

afterEach(() => setTraceProcessors([]));

const MISBEHAVIOURS: Record<string, () => unknown> = {
  throws: () => {
    throw new Error('the observer broke');
  },
  'throws nothing at all': () => {
    throw undefined;
  },
  rejects: () => Promise.reject(new Error('the observer broke')),
  'never settles': () => new Promise(() => undefined),
  'is slow': () => {
    for (const until = performance.now() + 0.3; performance.now() < until;) continue;
  },
  'gives a thenable that throws': () => ({
    // oxlint-disable-next-line no-thenable -- that is the misbehaviour
    then: () => {
      throw new Error('the observer broke');
    },
  }),
};

const HOOKS: readonly (keyof RunHookEvents)[] = [
  'agent_start',
  'agent_end',
  'agent_handoff',
  'agent_tool_start',
  'agent_tool_end',
];

type Observe = (runner: Runner, agent: Play['agent']) => void;

function observers(act: () => unknown): Record<string, Observe> {
  return {
    'runner hook': (runner) => {
      for (const hook of HOOKS) runner.on(hook, act);
    },
    'agent hook': (_, agent) => {
      for (const hook of HOOKS) agent.on(hook, act);
    },
    'trace processor': () => {
      const calls = ['start', 'onTraceStart', 'onTraceEnd', 'onSpanStart', 'onSpanEnd', 'forceFlush', 'shutdown'];
      setTraceProcessors([Object.fromEntries(calls.map((call) => [call, act])) as unknown as TracingProcessor]);
    },
  };
}

let runs = 0;

/** The run's log, without what differs from run to run. */
async function logOf(
  { agent, input, config = {}, maxTurns, session }: Play,
  streamed: boolean,
  observe: Observe,
): Promise<unknown[]> {
  const store = new MemoryLogStore();
  const runId = `run_${++runs}`;
  const runner = new Runner({ ...config, store });
  observe(runner, agent);
  const options = { runId, ...(maxTurns !== undefined && { maxTurns }), ...(session && { session }) };
  try {
    if (streamed) await drained(await runner.run(agent, input, { ...options, stream: true }));
    else await runner.run(agent, input, options);
  } catch {
    // It is in the log.
  }
  return store.read(runId, 0, 10_000).map(plain);
}

function plain(event: RunEvent): unknown {
  const ids: Record<string, string> = {};
  const text = JSON.stringify(event, (key, value: unknown) => {
    if (key === 'at' || key === 'sessionId') return undefined;
    return typeof value === 'string'
      ? value.replaceAll(/run_\d+|(?:trace|span)_[0-9a-f]+/g, (id) => (ids[id] ??= id.replace(/_.*/, '')))
      : value;
  });
  return JSON.parse(text);
}

const known = new Map<string, Promise<unknown[]>>();

function unobserved({ name, play }: Script, streamed: boolean): Promise<unknown[]> {
  const key = `${name}, ${streamed}`;
  const log = known.get(key) ?? logOf(play(), streamed, () => undefined);
  known.set(key, log);
  return log;
}

describe.each(Object.entries(MISBEHAVIOURS))('an observer that %s', (_, act) => {
  it.each(Object.keys(observers(act)))('[I10] leaves every run as it is: %s', async (kind) => {
    const observe = observers(act)[kind] as Observe;
    for (const script of SCRIPTS)
      for (const streamed of [true, false]) {
        const observed = await logOf(script.play(), streamed, observe);
        setTraceProcessors([]);
        expect([script.name, observed]).toEqual([script.name, await unobserved(script, streamed)]);
      }
  });

  it('[I10] leaves nothing behind it either: onLateResult', async () => {
    for (const flow of FLOWS.filter(({ hasTools }) => hasTools)) {
      const probe = startCleanRunProbe();
      setTraceProcessors([probe.traces]);
      let told = 0;
      const onLateResult = (): unknown => {
        told++;
        return act();
      };
      // However late the cancel comes, it gives its output after that.
      const cancelled = Promise.withResolvers<void>();
      const look = { execute: () => cancelled.promise.then(() => wait(15, 'late')) };
      const options = { stream: true, timeouts: { toolGraceMs: 2 } } as const;
      const result = await new Runner({ onLateResult }).run(flow.agent({ look }), 'Go', options);
      for await (const event of result.events()) {
        if (event.type !== 'tool.called') continue;
        result.cancel();
        cancelled.resolve();
      }
      expect(result.status).toBe('cancelled');
      await expect.poll(() => told).toBe(1);
      await expect.poll(() => probe.violations()).toEqual([]);
      probe[Symbol.dispose]();
    }
  });
});
