// I5: whoever waits for a run in whatever way is told, and told the same. Also when the log itself breaks.
import { afterEach, describe, expect, it } from 'vitest';
import {
  Agent,
  isAgentsError,
  type LogStore,
  MemoryLogStore,
  Runner,
  setTraceProcessors,
  type StreamedRunResult,
} from '../../src/index.ts';
import { startCleanRunProbe } from '../../src/testing/index.ts';
import { failingAt } from '../log/stores.ts';
import { FLOWS } from './flows.ts';
import { drained, played } from './played.ts';
import { stalling, upTo } from './course.ts';
import { SCRIPTS } from './scripts.ts';

afterEach(() => setTraceProcessors([]));

/** All ways to wait for a streamed run at once, each with what it came to. */
function waiters(result: StreamedRunResult): Record<string, Promise<unknown>> {
  const readers = {
    iteration: drained(result),
    'streamEvents()': drained(result.streamEvents()),
    'toStream()': drained(result.toStream()),
    'toTextStream()': drained(result.toTextStream()),
    'a Node stream': drained(result.toTextStream({ compatibleWithNodeStreams: true })),
  };
  return { ...readers, completed: result.completed };
}

async function settled(waiting: Record<string, Promise<unknown>>): Promise<Record<string, unknown>> {
  const told: Record<string, unknown> = {};
  for (const [name, promise] of Object.entries(waiting))
    told[name] = await promise.then(
      () => 'ended',
      (error: unknown) => error,
    );
  return told;
}

describe('whoever waits', () => {
  it.each(SCRIPTS)('[I5] is told the same: $name', async (script) => {
    let told: Record<string, unknown> = {};
    const { result, thrown } = await played(script.play(), new MemoryLogStore(), true, {
      read: async (running) => {
        told = await settled(waiters(running));
      },
    });
    const expected = script.ends === 'failed' ? thrown?.error : 'ended';
    expect(expected).toBeDefined();
    for (const [name, outcome] of Object.entries(told)) expect([name, outcome]).toEqual([name, expected]);
    if (script.ends === 'failed') expect((result as StreamedRunResult).error).toBe(expected);
  });

  it('[I5] is told of a cancel by a normal end, wherever the run was', async () => {
    for (const flow of FLOWS)
      for (const call of upTo(flow.turns)) {
        const agent = flow.agent({ steps: stalling(flow, call, 3) });
        const result = await new Runner().run(agent, 'Go', { stream: true });
        const waiting = settled(waiters(result));
        setTimeout(() => result.cancel({ reason: 'enough' }), 5);
        for (const [name, outcome] of Object.entries(await waiting)) expect([name, outcome]).toEqual([name, 'ended']);
        expect(result.error).toMatchObject({ code: 'RUN_CANCELLED', name: 'AbortError', cause: 'enough' });
      }
  });
});

describe('a store that fails', () => {
  const cause = new Error('the disk is gone');

  /** How many appends a run of the flow makes. */
  async function appendsOf(flow: (typeof FLOWS)[number], streamed: boolean): Promise<number> {
    let appends = 0;
    const store = new MemoryLogStore();
    const counted: LogStore = Object.assign(Object.create(store) as MemoryLogStore, {
      groupMs: 0,
      claim: (run: string) => store.claim(run),
      head: (run: string) => store.head(run),
      read: (run: string, from: number, limit: number) => store.read(run, from, limit),
      mail: (run: string, position: number) => store.mail(run, position),
      watch: (run: string, wake: () => void) => store.watch(run, wake),
      append: (...args: Parameters<MemoryLogStore['append']>) => {
        appends++;
        store.append(...args);
      },
    });
    await played({ agent: flow.agent(), input: 'Go' }, counted, streamed);
    return appends;
  }

  it.each(FLOWS)('[I2] [I4] [I5] at any append ends the run for everybody, with that error: $name', async (flow) => {
    for (const streamed of [true, false]) {
      const appends = await appendsOf(flow, streamed);
      expect(appends).toBeGreaterThan(5);
      for (const n of upTo(appends))
        for (const when of ['before', 'after'] as const) {
          const probe = startCleanRunProbe();
          setTraceProcessors([probe.traces]);
          const store = failingAt(n + 1, when, cause, new MemoryLogStore());
          let told: Record<string, unknown> = {};
          const { thrown, result } = await played({ agent: flow.agent(), input: 'Go' }, store, streamed, {
            read: async (running) => {
              told = await settled(waiters(running));
            },
          });
          const error = thrown?.error;
          const where = `append ${n + 1} of ${appends} fails ${when} writing, ${streamed ? 'streamed' : 'whole'}`;
          expect([where, isAgentsError(error) && error.code, (error as Error).cause]).toEqual([
            where,
            'STORE_FAILED',
            cause,
          ]);
          if (result)
            for (const [name, outcome] of Object.entries(told))
              expect([where, name, outcome]).toEqual([where, name, error]);
          await expect.poll(() => probe.violations()).toEqual([]);
          probe[Symbol.dispose]();
        }
    }
  });

  it('[I5] when it is claimed rejects the run', async () => {
    const store = Object.assign(new MemoryLogStore(), {
      claim: () => {
        throw cause;
      },
    });
    const agent = new Agent({ name: 'a' });
    for (const stream of [true, false])
      await expect(new Runner({ store }).run(agent, 'Go', { stream } as { stream: true })).rejects.toThrow(
        /disk|store/i,
      );
  });
});
