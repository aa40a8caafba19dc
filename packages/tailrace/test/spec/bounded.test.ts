// I6: memory is bounded by configuration. Who reads slowly, or not at all, neither slows a run nor makes it larger.
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Agent,
  isTerminal,
  MemoryLogStore,
  type RunEvent,
  Runner,
  setTraceProcessors,
  type StreamedRunResult,
  type StreamEvent,
} from '../../src/index.ts';
import { eventBytes } from '../../src/log/event-size.ts';
import {
  assertCleanRun,
  functionCall,
  modelStream,
  ScriptedModel,
  type ScriptedModelInput,
  startCleanRunProbe,
  textStream,
} from '../../src/testing/index.ts';
import { lookTool } from './flows.ts';
import { drained } from './played.ts';

afterEach(() => setTraceProcessors([]));

const PIECE = 'x'.repeat(100);

/** So many deltas in one response, then a call of a tool or the end. */
function long(deltas: number, call?: string): ScriptedModelInput {
  const more = call === undefined ? [] : [functionCall('look', {}, { callId: call })];
  const chunks = Array.from({ length: deltas }, () => PIECE);
  return textStream('x', { chunks, more, provider: 'none' });
}

function agentWith(...steps: ScriptedModelInput[]): Agent {
  return new Agent({ name: 'a', model: new ScriptedModel(steps), tools: [lookTool()] });
}

function weight(events: readonly RunEvent[]): number {
  return events.reduce((sum, event) => sum + eventBytes(event), 0);
}

/** Readers that a run must not depend on. */
const READERS: Record<string, (result: StreamedRunResult) => unknown> = {
  'nobody reads': () => undefined,
  'one read one event and holds the iterator': (result) => result.streamEvents().next(),
  'one waits for ever after each event': async (result) => {
    for await (const _event of result) await new Promise(() => undefined);
  },
  'a web stream is held': (result) => result.toStream(),
  'a web stream was read once': (result) => result.toStream().getReader().read(),
  'a Node stream was read once': (result) => {
    const stream = result.toTextStream({ compatibleWithNodeStreams: true });
    stream.once('readable', () => stream.read());
  },
  'a hundred readers wait for ever': (result) => {
    for (let readers = 0; readers < 100; readers++) void READERS['one waits for ever after each event']?.(result);
  },
};

describe('a reader that does not read', () => {
  it.each(Object.entries(READERS))('[I6] does not hold up the run: %s', async (_, read) => {
    const store = new MemoryLogStore();
    const agent = agentWith(long(500, 'c1'), long(500, 'c2'), textStream('The end'));
    const result = await new Runner({ store }).run(agent, 'Go', { stream: true, runId: 'held' });
    void read(result);
    await result.completed;
    expect(result.finalOutput).toBe('The end');
  });

  it('[I6] holds at most one batch of what it has not read: the rest is re-read from the log', async () => {
    const maxLogBytes = 300 * 1024;
    const agent = agentWith(long(400, 'c1'), long(400, 'c2'), long(400, 'c3'), long(400, 'c4'), textStream('The end'));
    const result = await new Runner({ maxLogBytes }).run(agent, 'Go', { stream: true });
    const reader = result.events();
    const first = await reader.next();
    await result.completed;
    let held = 0;
    let pruned = 0;
    for await (const event of reader) {
      if (event.type === 'log.pruned') pruned += event.to - event.from + 1;
      if (pruned === 0) held++;
    }
    expect(first.done).toBe(false);
    expect(held).toBeLessThanOrEqual(256);
    // Nearly all of the deltas went while the reader slept; it gets a record that says so instead.
    expect(pruned).toBeGreaterThan(1_000);
  });
});

describe('a log in memory', () => {
  it('[I6] stays below maxLogBytes at every append: deltas of completed steps go first', async () => {
    for (const maxLogBytes of [96, 104, 112, 120].map((kib) => kib * 1024)) {
      let peak = 0;
      const store = new (class extends MemoryLogStore {
        override append(...args: Parameters<MemoryLogStore['append']>): void {
          super.append(...args);
          peak = Math.max(peak, weight(this.read(args[0], 0, 1_000_000)));
        }
      })();
      const probe = startCleanRunProbe();
      setTraceProcessors([probe.traces]);
      const turns = Array.from({ length: 4 }, (_, turn) => long(100, `c${turn}`));
      const runner = new Runner({ store, maxLogBytes });
      const result = await runner.run(agentWith(...turns, textStream('The end')), 'Go', {
        stream: true,
        runId: 'bounded',
        maxTurns: 20,
      });
      await result.completed;
      expect(result.finalOutput).toBe('The end');
      expect(peak).toBeLessThanOrEqual(maxLogBytes);
      const events = store.read('bounded', 0, 1_000_000);
      expect(events.some(({ type }) => type === 'log.pruned')).toBe(true);
      expect(isTerminal(events.at(-1) as RunEvent)).toBe(true);
      await expect.poll(() => probe.violations()).toEqual([]);
      probe[Symbol.dispose]();
    }
  });

  it('[I6] ends the run with LOG_FULL when what cannot go does not fit, and the end still fits', async () => {
    let full = 0;
    // From a limit that the start hardly fits in to one at which nearly all fits: the log is full at every place in turn.
    for (let maxLogBytes = 2_000; maxLogBytes < 66_000; maxLogBytes += 500) {
      const store = new MemoryLogStore();
      const probe = startCleanRunProbe();
      setTraceProcessors([probe.traces]);
      const result = await new Runner({ store, maxLogBytes }).run(agentWith(long(100, 'c1'), long(20)), 'Go', {
        stream: true,
        runId: 'full',
      });
      const error: unknown = await drained(result).catch((thrown: unknown) => thrown);
      full++;
      if (typeof error === 'number') break;
      expect(error).toMatchObject({ code: 'LOG_FULL', data: { maxLogBytes } });
      await expect(result.completed).rejects.toMatchObject({ code: 'LOG_FULL' });
      const events = store.read('full', 0, 1_000_000);
      expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'LOG_FULL' } });
      await assertCleanRun(events, probe);
    }
    expect(full).toBeGreaterThan(50);
  });

  it('[I6] of a peer that never stops talking ends at the limit, not with the memory', async () => {
    async function* endless(): AsyncGenerator<StreamEvent> {
      for (let said = 0; ; said++) {
        if (said % 500 === 0) await wait(0);
        yield { type: 'output_text_delta', delta: PIECE };
      }
    }
    const agent = agentWith(modelStream(endless()));
    const result = await new Runner({ maxLogBytes: 1024 * 1024 }).run(agent, 'Go', { stream: true });
    await expect(result.completed).rejects.toMatchObject({ code: 'LOG_FULL' });
    const { next = 0 } = (await result.log.head()) ?? {};
    expect(next).toBeLessThan(10_000);
  });
});
