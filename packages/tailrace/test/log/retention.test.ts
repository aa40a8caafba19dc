import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { foldRun } from '../../src/event/fold.ts';
import type { RunEvent, RunEventBody } from '../../src/event/run-event.ts';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import { parsePosition, positionOf, resolvePosition } from '../../src/log/position.ts';
import { readLog } from '../../src/log/reader.ts';
import { prune, pruneStore } from '../../src/log/retention.ts';
import { RunLog } from '../../src/log/run-log.ts';
import { snapshot } from '../../src/log/snapshot.ts';
import { openLogSource } from '../../src/log/source.ts';
import type { LogStore } from '../../src/port/log-store.ts';
import { lastSeq } from '../../src/port/pruned-range.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { called, delta, end, usage } from './bodies.ts';

const directory = mkdtempSync(join(tmpdir(), 'retention-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

const stores: Record<string, () => LogStore> = {
  memory: () => new MemoryLogStore(),
  sqlite: () => sqlite(join(directory, `${files++}.db`), { pollMs: 2 }),
};

const step = '1:model:0';
const message = (text: string): RunEventBody & { type: 'model.returned' } => ({
  type: 'model.returned',
  step,
  attempt: 2,
  output: [{ type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text }] }],
  usage,
  streamed: true,
});

const attemptDelta = (text: string, attempt: number): RunEventBody => ({ type: 'model.delta', step, attempt, text });

/** A run whose first attempt was given up for a second one; the call of its second turn is under way. */
function bodies(): RunEventBody[][] {
  const answer = message('Hello');
  const item = answer.output[0];
  if (item?.type !== 'message') throw new Error('no message');
  return [
    [{ type: 'run.started', v: 1, agent: 'a', input: 'hi', maxTurns: 10, workflowName: 'w' }],
    [
      { type: 'agent.started', agent: 'a' },
      { type: 'turn.started', turn: 1, agent: 'a' },
    ],
    [{ type: 'model.called', step, attempt: 1, agent: 'a' }],
    [attemptDelta('Go', 1), attemptDelta('od', 1)],
    [{ type: 'step.attempt', of: 'model', step, attempt: 2, supersedes: 1, delayMs: 0 }],
    [{ type: 'model.called', step, attempt: 2, agent: 'a' }],
    [attemptDelta('Hel', 2), attemptDelta('l', 2)],
    [attemptDelta('o', 2)],
    [answer],
    [{ type: 'item.added', kind: 'message', agent: 'a', item }],
    [called('c1')],
    [{ type: 'tool.progress', step: '1:tool:c1', attempt: 1, callId: 'c1', data: 1 }],
    [{ type: 'tool.returned', step: '1:tool:c1', attempt: 1, callId: 'c1', tool: 't', output: 'x' }],
    [
      { type: 'turn.ended', turn: 1, outcome: 'again' },
      { type: 'turn.started', turn: 2, agent: 'a' },
    ],
    [{ type: 'model.called', step: '2:model:0', attempt: 1, agent: 'a' }],
    [delta('Wor', '2:model:0')],
    [delta('ld', '2:model:0')],
  ];
}

async function write(store: LogStore, run = 'r', count = Number.POSITIVE_INFINITY): Promise<RunLog> {
  const log = await RunLog.open(store, run);
  for (const group of bodies().slice(0, count)) {
    await log.append(group);
    await log.flush();
  }
  return log;
}

async function everything(store: LogStore, run = 'r', page = 1_000): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let from = 0; ;) {
    const read = await store.read(run, from, page);
    const last = read.at(-1);
    if (!last) return events;
    events.push(...read);
    from = lastSeq(last) + 1;
  }
}

const shape = (events: readonly RunEvent[]): string[] =>
  events.map((event) =>
    event.type === 'log.pruned' ? `pruned ${event.from}-${event.to}` : `${event.seq} ${event.type}`,
  );

for (const [name, open] of Object.entries(stores)) {
  describe(`pruning a ${name} store`, () => {
    test('takes the deltas of completed steps and of superseded attempts, and nothing else', async () => {
      const store = open();
      await write(store);
      const before = await everything(store);
      const report = await prune(store, 'r');
      expect(report).toEqual({
        events: 6,
        ranges: [
          { from: 4, to: 5 },
          { from: 8, to: 10 },
          { from: 14, to: 14 },
        ],
      });
      const after = await everything(store);
      expect(after.filter(({ type }) => type !== 'log.pruned')).toEqual(
        before.filter(({ seq }) => !report.ranges.some(({ from, to }) => from <= seq && seq <= to)),
      );
      expect(shape(after)).toContain('pruned 8-10');
      expect(foldRun(after)).toEqual(foldRun(before));
      expect(await prune(store, 'r')).toEqual({ events: 0, ranges: [] });
      await store.close();
    });

    test('stops at the number that it is given', async () => {
      const store = open();
      await write(store);
      expect((await prune(store, 'r', { before: 9 })).ranges).toEqual([
        { from: 4, to: 5 },
        { from: 8, to: 8 },
      ]);
      // The rest later: records side by side become one.
      expect((await prune(store, 'r', { before: 'completed-steps' })).ranges).toEqual([
        { from: 8, to: 10 },
        { from: 14, to: 14 },
      ]);
      expect(shape(await everything(store, 'r', 3))).toContain('pruned 8-10');
      await expect(prune(store, 'r', { before: -1 })).rejects.toMatchObject({ code: 'OFFSET_INVALID' });
      await expect(prune(store, 'nobody')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
      await store.close();
    });

    test('a reader that reads while the log is pruned and written sees each number once', async () => {
      const store = open();
      const log = await write(store);
      const readers = Array.from({ length: 12 }, async (_, from) => {
        const seen: RunEvent[] = [];
        for await (const event of readLog(openLogSource(store, 'r'), { from })) {
          seen.push(event);
          await new Promise((resolve) => setTimeout(resolve, from % 3));
          if (seen.length % 4 === 0) await prune(store, 'r');
        }
        let next = from;
        for (const event of seen) {
          expect(event.seq).toBe(next);
          next = lastSeq(event) + 1;
        }
        expect(seen.at(-1)?.type).toBe('run.completed');
      });
      for (let n = 0; n < 60; n++) {
        await log.append([delta(`${n}`, '2:model:0')]);
        if (n % 10 === 0) await prune(store, 'r');
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await log.append([{ ...message('World'), step: '2:model:0', attempt: 1 }]);
      await prune(store, 'r');
      await log.append([end()]);
      await Promise.all(readers);
      expect(shape(await everything(store))).toContain('pruned 19-80');
      await store.close();
    });

    test('whole runs go when they have ended, are old enough, and are not among those to keep', async () => {
      const store = open();
      for (const run of ['a', 'b', 'c', 'd', 'e']) {
        const log = await RunLog.open(store, run, {
          clock: { now: () => (run < 'd' ? 1_000 : Date.now()), monotonic: () => 0, timer: never },
        });
        await log.append([{ type: 'agent.started', agent: 'a' }, ...(run === 'b' ? [] : [end()])]);
        await log.flush();
      }
      await store.post('a', { id: 'm', kind: 'cancel', body: null });
      expect(await pruneStore(store, { olderThanMs: 60_000, keep: 3 })).toEqual(['a']);
      expect(await pruneStore(store, { olderThanMs: 60_000 })).toEqual(['c']);
      const left = (await store.list()).map(({ run }) => run);
      expect(left).toEqual(['e', 'd', 'b']);
      expect(await pruneStore(store)).toEqual(['e', 'd']);
      expect(await store.mail('a', 0)).toEqual([]);
      await expect(pruneStore(store, { keep: -1 })).rejects.toMatchObject({ code: 'OPTION_RANGE' });
      await store.close();
    });

    test('a snapshot at every place is the fold of what comes before it, pruned or not', async () => {
      const store = open();
      const pruned = open();
      await write(store);
      await write(pruned);
      await prune(pruned, 'r');
      const { next = 0 } = (await store.head('r')) ?? {};
      for (let at = 0; at <= next; at++) {
        const whole = await snapshot(store, 'r', at);
        expect(whole.next).toBe(at);
        const other = await snapshot(pruned, 'r', at);
        expect(other).toEqual(await snapshot(store, 'r', other.next));
        if (other.next !== at) expect(at).toBeLessThan(12);
      }
      expect(await snapshot(store, 'r', 10)).toMatchObject({ open: { step, attempt: 2, text: 'Hell' }, items: [] });
      expect(await snapshot(pruned, 'r')).toMatchObject({
        next,
        agent: 'a',
        input: 'hi',
        open: { step: '2:model:0', attempt: 1, text: 'World' },
        items: [{ kind: 'message' }],
        ended: undefined,
      });
      await expect(snapshot(store, 'r', next + 1)).rejects.toMatchObject({ code: 'OFFSET_FUTURE' });
      await expect(snapshot(store, 'nobody')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
      await store.close();
      await pruned.close();
    });

    test('a position goes on behind the event that it names, also across pruning', async () => {
      const store = open();
      await write(store);
      const before = await everything(store);
      await prune(store, 'r');
      for (const event of before) {
        expect(await resolvePosition(store, 'r', positionOf(event))).toEqual({ from: event.seq + 1 });
      }
      for (const event of await everything(store)) {
        expect(await resolvePosition(store, 'r', positionOf(event))).toEqual({ from: lastSeq(event) + 1 });
      }
      await store.close();
    });

    test('a number that another writer took again is a reset', async () => {
      const store = open();
      await write(store, 'r', 8);
      const second = await RunLog.open(store, 'r');
      await second.append([{ type: 'run.resumed', by: 'takeover' }]);
      await second.flush();
      const { next = 0 } = (await store.head('r')) ?? {};
      for (const lost of [`${next - 1}.1`, `${next}.1`, `${next + 7}.1`]) {
        const resolved = await resolvePosition(store, 'r', lost);
        expect(resolved).toMatchObject({ from: next, reset: { next, open: { attempt: 2, text: 'Hello' } } });
      }
      expect(await resolvePosition(store, 'r', `${next - 1}.2`)).toEqual({ from: next });
      await store.close();
    });

    test('a position from the future, of nobody, or that is none, is refused', async () => {
      const store = open();
      const log = await write(store);
      const next = log.next;
      for (const future of [`${next}.1`, `${next + 5}.1`, `0.2`])
        await expect(resolvePosition(store, 'r', future)).rejects.toMatchObject({ code: 'OFFSET_FUTURE' });
      await expect(resolvePosition(store, 'nobody', '0.1')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
      for (const garbage of [
        '',
        '1',
        '1.',
        '.1',
        '1.0',
        '-1.1',
        '1.1.1',
        '01.1',
        '1e3.1',
        ' 1.1',
        '1.1\n',
        '9'.repeat(17) + '.1',
        'x'.repeat(1e5),
      ])
        await expect(resolvePosition(store, 'r', garbage), garbage).rejects.toMatchObject({ code: 'OFFSET_INVALID' });
      expect(parsePosition('12.3')).toEqual({ seq: 12, epoch: 3 });
      await store.close();
    });
  });
}

function never(): Disposable {
  return { [Symbol.dispose]: () => undefined };
}
