import { describe, expect, test } from 'vitest';
import type { RunEvent, RunEventBody } from '../../src/event/run-event.ts';
import { eventBytes } from '../../src/log/event-size.ts';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import { pruneDeltas } from '../../src/log/prune.ts';
import { readLog } from '../../src/log/reader.ts';
import { openLogSource } from '../../src/log/source.ts';
import { RunLog } from '../../src/log/run-log.ts';
import { called, delta, end, readAll, returned } from './bodies.ts';

const stamp = (bodies: RunEventBody[]): RunEvent[] =>
  bodies.map((body, seq) => ({ ...body, run: 'r', seq, epoch: 1, at: 0 }));
const shape = (events: readonly RunEvent[]): string[] =>
  events.map((event) => (event.type === 'log.pruned' ? `${event.seq}: ${event.from}-${event.to}` : `${event.seq}`));

describe('pruning', () => {
  test('leaves out the deltas of completed steps, and nothing else', () => {
    const events = stamp([
      { type: 'turn.started', turn: 1, agent: 'a' },
      delta('a'),
      delta('b'),
      returned(),
      { type: 'tool.progress', step: '1:tool:c', attempt: 1, callId: 'c', data: 1 },
      called('c'),
      delta('open', '2:model'),
      delta('open', '2:model'),
    ]);
    const pruned = pruneDeltas(events);
    expect(shape(pruned)).toEqual(['0', '1: 1-2', '3', '4', '5', '6', '7']);
    expect(pruned[1]).toEqual({ type: 'log.pruned', from: 1, to: 2, run: 'r', seq: 1, epoch: 1, at: 0 });
    expect(shape(pruneDeltas(pruned))).toEqual(shape(pruned));
  });

  test('joins with ranges pruned before, and keeps to attempts and nested runs', () => {
    const nested = { ...delta('nested'), scope: ['child'] };
    const second: RunEventBody = { type: 'model.delta', step: '1:model', attempt: 2, text: 'again' };
    const events = stamp([
      delta('superseded'),
      { type: 'step.attempt', of: 'model', step: '1:model', attempt: 2, supersedes: 1, delayMs: 0 },
      nested,
      second,
      second,
      { ...returned(), attempt: 2 } as RunEventBody,
      { ...returned(), scope: ['child'] },
    ]);
    expect(shape(pruneDeltas(events))).toEqual(['0: 0-0', '1', '2: 2-4', '5', '6']);
    const [started, , ...more] = events;
    const before = pruneDeltas([started!, ...events.slice(1, 6)]);
    expect(shape(before)).toEqual(['0: 0-0', '1', '2', '3: 3-4', '5']);
    expect(shape(pruneDeltas([...before, more.at(-1)!]))).toEqual(['0: 0-0', '1', '2: 2-4', '5', '6']);
  });
});

describe('a log that outgrows its bytes', () => {
  test('loses the deltas of completed steps, and every reader still gets every number', async () => {
    const store = new MemoryLogStore({ maxLogBytes: 100_000 });
    const log = await RunLog.open(store, 'r');
    const live = readLog(log);
    let seen = 0;
    const seqs: number[] = [];
    const following = (async () => {
      for await (const event of live) {
        seen++;
        seqs.push(event.seq);
      }
    })();
    for (let turn = 1; turn <= 50; turn++) {
      for (let n = 0; n < 20; n++) void log.append([delta('x'.repeat(200), `${turn}:model`)]);
      void log.append([returned(`${turn}:model`)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    void log.append([end()]);
    await following;
    expect(seen).toBe(50 * 21 + 1);
    expect(seqs).toEqual([...seqs.keys()]);

    for (let from = 0; from < 50 * 21 + 1; from++) {
      const events = store.read('r', from, 2000);
      let next = from;
      for (const event of events) {
        expect(event.seq).toBe(next);
        next = event.type === 'log.pruned' ? event.to + 1 : next + 1;
        if (event.type === 'log.pruned') expect(event.from).toBe(event.seq);
      }
      expect(next).toBe(50 * 21 + 1);
    }
    const whole = await readAll(log);
    expect(whole.length).toBeLessThan(600);
    expect(whole.filter((text) => text.includes('"model.returned"'))).toHaveLength(50);
    // Reading in pages of one gives the same as reading at once.
    const paged: string[] = [];
    for (let from = 0; ;) {
      const [event] = store.read('r', from, 1);
      if (event === undefined) break;
      paged.push(JSON.stringify(event));
      from = event.type === 'log.pruned' ? event.to + 1 : from + 1;
    }
    expect(paged).toEqual(whole);
    const source = { ...openLogSource(store, 'r'), read: (from: number) => store.read('r', from, 1) };
    expect(await readAll(source)).toEqual(whole);
  });

  test('is full when there is nothing left to prune, and says what to do', () => {
    const store = new MemoryLogStore({ maxLogBytes: 5000 });
    store.claim('r');
    let n = 0;
    const fill = (): void => {
      for (; n < 100; n++) store.append('r', 1, n + 1, [{ ...stamp([delta('x'.repeat(300))])[0]!, seq: n }], 'group');
    };
    expect(fill).toThrow(/maxLogBytes.*sqlite/);
    expect(store.head('r')?.next).toBe(n);
    store.claim('other');
    store.append('other', 1, 1, stamp([delta('x'.repeat(300))]), 'group');
  });
});

describe('the estimate of an event', () => {
  const bytes = (raw: unknown): number => eventBytes(stamp([{ type: 'model.delta', step: 's', attempt: 1, raw }])[0]!);

  test('grows with what the event holds, wherever it holds it', () => {
    const text = 'x'.repeat(1_000_000);
    for (const raw of [text, { a: text }, [[text]], { a: { b: [{ c: text }] } }, { [text]: 1 }]) {
      expect(bytes(raw)).toBeGreaterThan(2_000_000);
    }
    expect(bytes(Array(10_000).fill(0))).toBeGreaterThan(80_000);
    expect(bytes(new Uint8Array(1_000_000))).toBeGreaterThan(1_000_000);
    expect(eventBytes(stamp([{ ...returned(), responseId: text } as RunEventBody])[0]!)).toBeGreaterThan(2_000_000);
  });

  test('ends with what refers to itself, and counts what it holds once', { timeout: 5_000 }, () => {
    const text = 'x'.repeat(1_000_000);
    const self: Record<string, unknown> = { text };
    self['self'] = self;
    // Every way down branches: a walk that forgets where it was takes for ever, deep or not.
    const branching: unknown[] = [text];
    branching.push(branching, { branching }, [branching]);
    for (const raw of [self, { event: [self, self] }, branching]) {
      expect(bytes(raw)).toBeGreaterThan(2_000_000);
      expect(bytes(raw)).toBeLessThan(3_000_000);
    }
  });

  test('reaches the bottom of any depth', () => {
    let deep: unknown = 'x'.repeat(100_000);
    for (let depth = 0; depth < 50_000; depth++) deep = depth % 2 === 0 ? { deep } : [deep];
    expect(bytes(deep)).toBeGreaterThan(200_000);
  });

  test('is not far below the truth', () => {
    const chunk =
      '{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"word"}';
    const before = process.memoryUsage().heapUsed;
    const kept = Array.from({ length: 20_000 }, () =>
      stamp([{ ...delta('word'), raw: JSON.parse(chunk) } as RunEventBody]),
    );
    const used = (process.memoryUsage().heapUsed - before) / kept.length;
    expect(eventBytes(kept[0]![0]!)).toBeGreaterThan(used / 2.5);
  });
});
