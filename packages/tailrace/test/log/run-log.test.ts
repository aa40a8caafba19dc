import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { StaleEpoch } from '../../src/event/errors.ts';
import { liveOf, withLive } from '../../src/event/live.ts';
import type { RunEvent, RunEventBody } from '../../src/event/run-event.ts';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import { readLog } from '../../src/log/reader.ts';
import { RunLog } from '../../src/log/run-log.ts';
import { openLogSource } from '../../src/log/source.ts';
import type { LogStore } from '../../src/port/log-store.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { called, delta, end, promptly, readAll, returned, script, settle, typesOf } from './bodies.ts';
import { failingAt, grouping, slow, wrapped } from './stores.ts';

const tick = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

/** A clock that stands still until it is told to go on. */
function handClock(): Clock & { advance(ms: number): void; timers: number } {
  let now = 0;
  const timers = new Set<{ due: number; callback: () => void }>();
  return {
    now: () => 1000 + now,
    monotonic: () => now,
    timer(delayMs, callback) {
      const timer = { due: now + delayMs, callback };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    advance(ms) {
      now += ms;
      for (const timer of timers) {
        if (timer.due > now) continue;
        timers.delete(timer);
        timer.callback();
      }
    },
    get timers() {
      return timers.size;
    },
  };
}

describe('what is appended', () => {
  test('gets its place, in the very objects that were given', async () => {
    const clock = handClock();
    const log = await RunLog.open(new MemoryLogStore(), 'r', { clock });
    const body = withLive(delta('a'), { tool: 'value' });
    void log.append([body]);
    void log.append([delta('b')]);
    const [first, second] = (await readLog(log).nextBatch()) ?? [];
    expect(first).toBe(body);
    expect(liveOf(body)).toEqual({ tool: 'value' });
    expect(first).toMatchObject({ run: 'r', seq: 0, epoch: 1, at: 1000, text: 'a' });
    expect(second).toMatchObject({ seq: 1 });
    expect(log.next).toBe(2);
  });

  test('after the terminal event is dropped and counted', async () => {
    const log = await RunLog.open(new MemoryLogStore(), 'r');
    void log.append([delta(), end(), delta()]);
    expect([log.ended, log.next, log.late]).toEqual([true, 2, 1]);
    void log.append([delta(), end()]);
    expect([log.ended, log.next, log.late]).toEqual([true, 2, 3]);
    expect(await readAll(log)).toHaveLength(2);
    const later = await RunLog.open(new MemoryLogStore(), 'r');
    await later.close();
    void later.append([delta()]);
    expect(later.late).toBe(1);
  });

  test('is dropped by a writer that claims a run which has ended', async () => {
    const store = new MemoryLogStore();
    void (await RunLog.open(store, 'r')).append([end()]);
    const second = await RunLog.open(store, 'r');
    expect([second.epoch, second.ended, second.next]).toEqual([2, true, 1]);
    void second.append([delta()]);
    expect([second.late, second.next]).toEqual([1, 1]);
    expect(await readAll(second)).toHaveLength(1);
  });

  test('continues where an earlier writer stopped', async () => {
    const store = new MemoryLogStore();
    void (await RunLog.open(store, 'r')).append([delta('a'), delta('b')]);
    const second = await RunLog.open(store, 'r');
    void second.append([end()]);
    const events = (await readLog(second).nextBatch()) ?? [];
    expect(events.map(({ seq, epoch }) => [seq, epoch])).toEqual([
      [0, 1],
      [1, 1],
      [2, 2],
    ]);
  });

  test.each(['', 'a b', 'ä', 'x'.repeat(129), 'a/b', "'"])('has a run with a proper name, not %j', (name) => {
    expect(() => RunLog.open(new MemoryLogStore(), name)).toThrow(expect.objectContaining({ code: 'RUN_ID_INVALID' }));
  });
});

describe('waiting', () => {
  test('is not asked of the writer when the store answers at once', () => {
    const log = RunLog.open(new MemoryLogStore(), 'r');
    if (log instanceof Promise) throw new Error('A store in memory answers at once');
    for (const bodies of script()) expect(log.append(bodies)).toBeUndefined();
    expect(log.flush()).toBeUndefined();
    const onDisk = RunLog.open(sqlite(':memory:'), 'r');
    if (onDisk instanceof Promise) throw new Error('SQLite answers at once');
    for (const bodies of script()) expect(onDisk.append(bodies)).toBeUndefined();
  });

  test('is asked for what must be durable when the store takes its time, and only then', async () => {
    const memory = new MemoryLogStore();
    const log = await RunLog.open(slow(memory, tick, 10), 'r');
    expect(log.append([delta()])).toBeUndefined();
    expect(log.append([delta()])).toBeUndefined();
    const stored = log.append([called('c')]);
    expect(stored).toBeInstanceOf(Promise);
    expect(log.append([delta()])).toBeUndefined();
    await stored;
    expect(memory.head('r')?.next).toBe(3);
    expect(log.next).toBe(3);
    await log.flush();
    expect(log.next).toBe(4);
    await log.append([end()]);
    expect(log.ended).toBe(true);
  });

  test('is asked when too much waits for a slow store', async () => {
    const log = await RunLog.open(slow(new MemoryLogStore(), tick), 'r');
    let waits = 0;
    for (let n = 0; n < 100; n++) {
      const stored = log.append([delta('x'.repeat(50_000))]);
      if (stored === undefined) continue;
      waits++;
      await stored;
      expect(log.next).toBe(n + 1);
    }
    expect(waits).toBeGreaterThan(3);
    expect(waits).toBeLessThan(50);
  });

  test('writers of a slow store are answered in order', async () => {
    const log = await RunLog.open(slow(new MemoryLogStore(), tick), 'r');
    const order: number[] = [];
    const appends = Array.from({ length: 10 }, async (_, index) => {
      await log.append([called(`${index}`), delta()]);
      order.push(index);
      expect(log.next).toBeGreaterThanOrEqual((index + 1) * 2);
    });
    await Promise.all(appends);
    expect(order).toEqual([...Array(10).keys()]);
  });
});

describe('groups', () => {
  test('are committed when their time is up, and nobody sees them before', async () => {
    const clock = handClock();
    const { store, durabilities } = grouping(10);
    const log = await RunLog.open(store, 'r', { clock });
    const waiting = readLog(log).nextBatch();
    void log.append([delta('a')]);
    clock.advance(9);
    void log.append([delta('b')]);
    await settle();
    expect([log.next, clock.timers]).toEqual([0, 1]);
    clock.advance(1);
    expect([log.next, clock.timers]).toEqual([2, 0]);
    expect(await promptly(waiting)).toHaveLength(2);
    expect(durabilities).toEqual(['group 2']);
  });

  test('are committed when they are 64', async () => {
    const clock = handClock();
    const { store, durabilities } = grouping(10);
    const log = await RunLog.open(store, 'r', { clock });
    for (let n = 0; n < 72; n++) void log.append([delta()]);
    expect(log.next).toBe(64);
    clock.advance(10);
    expect(log.next).toBe(72);
    expect(durabilities).toEqual(['group 64', 'group 8']);
  });

  test('are committed with the durable event that follows, in full', async () => {
    const clock = handClock();
    const { store, durabilities } = grouping(10);
    const log = await RunLog.open(store, 'r', { clock });
    void log.append([delta(), delta()]);
    void log.append([delta(), called('c')]);
    expect(log.next).toBe(4);
    void log.append([delta()]);
    void log.flush();
    void log.append([{ type: 'span.ended', span: 's' }, end()]);
    expect(durabilities).toEqual(['full 4', 'group 1', 'full 2']);
    expect(clock.timers).toBe(0);
  });

  test('leave no timer after the end, a break or the close', async () => {
    const clock = handClock();
    const ended = await RunLog.open(grouping().store, 'r', { clock });
    void ended.append([delta()]);
    void ended.append([end()]);
    const closed = await RunLog.open(grouping().store, 'r', { clock });
    void closed.append([delta()]);
    await closed.close();
    expect(closed.next).toBe(1);
    const broken = await RunLog.open(failingAt(1, 'before', new Error('disk'), grouping().store), 'r', { clock });
    void broken.append([delta()]);
    expect(() => broken.append([end()])).toThrow('The store failed');
    expect(clock.timers).toBe(0);
  });

  test('that fail when their time is up break the log', async () => {
    const clock = handClock();
    const log = await RunLog.open(failingAt(1, 'before', new Error('disk'), grouping().store), 'r', { clock });
    void log.append([delta()]);
    clock.advance(10);
    expect(log.broken).toMatchObject({ code: 'STORE_FAILED' });
    expect(log.signal.aborted).toBe(true);
    expect(() => log.append([delta()])).toThrow(log.broken);
  });
});

describe('observers', () => {
  test('hear of every commit, in order, before the readers', async () => {
    const log = await RunLog.open(new MemoryLogStore(), 'r');
    const heard: string[] = [];
    log.observe((events) => void heard.push(`first ${typesOf(events).join()}`));
    const second = log.observe(() => void heard.push('second'));
    const read = readLog(log)
      .next()
      .then(() => heard.push('reader'));
    void log.append([delta(), returned()]);
    await read;
    second[Symbol.dispose]();
    void log.append([end()]);
    expect(heard).toEqual(['first model.delta,model.returned', 'second', 'reader', 'first run.completed']);
  });

  test('that throw or leave while they are called disturb nobody', async () => {
    const log = await RunLog.open(new MemoryLogStore(), 'r');
    const seen: number[] = [];
    log.observe(() => {
      throw new Error('an observer');
    });
    const self = log.observe(() => self[Symbol.dispose]());
    log.observe((events) => void seen.push(...events.map(({ seq }) => seq)));
    const read = readAll(log);
    for (const bodies of script()) void log.append(bodies);
    expect(seen).toEqual([...script().flat().keys()]);
    expect(await read).toHaveLength(seen.length);
  });

  test.each(['at once', 'slowly'])(
    'may append, and then all observers hear in the order of the log (a store that answers %s)',
    async (speed) => {
      const memory = new MemoryLogStore();
      const log = await RunLog.open(speed === 'slowly' ? slow(memory, tick) : memory, 'r');
      const heard: string[] = [];
      log.observe((events) => {
        if (events[0]?.seq === 0) void log.append([delta('answer')]);
        if (events[0]?.seq === 1) void log.append([end()]);
      });
      log.observe((events) => void heard.push(...typesOf(events)));
      const read = readAll(log);
      await log.append([delta('question')]);
      expect(await read).toHaveLength(3);
      expect(heard).toEqual(['model.delta', 'model.delta', 'run.completed']);
    },
  );

  test('see what a reader sees, when they read', async () => {
    const log = await RunLog.open(sqlite(':memory:'), 'r');
    log.observe(() => expect(log.read(0, 100)).toHaveLength(log.next));
    for (const bodies of script()) void log.append(bodies);
    expect(log.broken).toBeUndefined();
  });
});

describe('another writer', () => {
  test('stops this one: its append writes nothing, its signal aborts, its readers hear of it', async () => {
    const store = new MemoryLogStore();
    const log = await RunLog.open(store, 'r');
    const { signal } = log;
    void log.append([delta('mine')]);
    const reader = readLog(log);
    const batch = await reader.nextBatch();
    const waiting = reader.next();
    const other = await RunLog.open(store, 'r');
    expect(() => log.append([delta('too late')])).toThrow(StaleEpoch);
    expect(signal.reason).toBeInstanceOf(StaleEpoch);
    expect(log.broken).toBe(signal.reason);
    expect(() => log.append([end()])).toThrow(log.broken);
    await expect(promptly(waiting)).rejects.toBe(log.broken);
    expect(batch).toHaveLength(1);
    void other.append([end()]);
    expect((await readAll(openLogSource(store, 'r'))).map((text) => (JSON.parse(text) as RunEvent).epoch)).toEqual([
      1, 2,
    ]);
  });

  test('is not seen by readers of this one, whether they begin before it or after', async () => {
    const store = new MemoryLogStore();
    const log = await RunLog.open(store, 'r');
    void log.append([delta('a'), delta('b')]);
    const other = await RunLog.open(store, 'r');
    void other.append([delta('c'), end()]);
    expect(await log.read(0, 100)).toHaveLength(2);
    const reader = readLog(log);
    expect(await reader.nextBatch()).toHaveLength(2);
    const waiting = reader.next();
    expect(() => log.append([delta('too late')])).toThrow(StaleEpoch);
    await expect(waiting).rejects.toBeInstanceOf(StaleEpoch);
  });

  test('is followed by the readers of one that closed', async () => {
    for (const store of [new MemoryLogStore(), sqlite(':memory:')]) {
      const log = await RunLog.open(store, 'r');
      void log.append([delta('a')]);
      const early = readAll(log);
      await settle();
      void log.append([delta('b')]);
      await log.close();
      await log.close();
      const late = readAll(log);
      await settle();
      const other = await RunLog.open(store, 'r');
      void other.append([delta('c'), end()]);
      expect(await early).toHaveLength(4);
      expect(await late).toEqual(await early);
      expect(log.watching).toBe(0);
    }
  });
});

test('a watcher that comes back while it is woken is woken once a commit', async () => {
  const log = await RunLog.open(new MemoryLogStore(), 'r');
  let wakes = 0;
  const watch = (): void => {
    const watching = log.watch(() => {
      watching[Symbol.dispose]();
      if (++wakes < 100) watch();
    });
  };
  watch();
  void log.append([delta()]);
  expect(wakes).toBe(1);
  void log.append([delta()]);
  expect(wakes).toBe(2);
});

/** What must hold of a log whose store failed, whatever was being done. */
async function expectBroken(log: RunLog, stored: string[], heard: readonly RunEvent[]): Promise<void> {
  expect(log.signal.reason).toBe(log.broken);
  expect(() => log.append([delta()])).toThrow(log.broken);
  const read: string[] = [];
  const reading = (async () => {
    for await (const event of readLog(log)) read.push(JSON.stringify(event));
  })();
  await expect(reading).rejects.toBe(log.broken);
  expect(read).toHaveLength(log.next);
  expect(stored.slice(0, log.next)).toEqual(read);
  expect(heard.map((event) => JSON.stringify(event))).toEqual(read);
  expect(log.watching).toBe(0);
}

describe.each(['before', 'after'] as const)('a store that fails %s it has written', (when) => {
  const appends = script().length;
  const failures = Array.from({ length: appends }, (_, index) => index + 1);

  test.each(failures)('breaks the log at append %i', async (n) => {
    const memory = new MemoryLogStore();
    const cause = new Error('disk on fire');
    const log = await RunLog.open(failingAt(n, when, cause, memory), 'r');
    const heard: RunEvent[] = [];
    log.observe((events) => void heard.push(...events));
    const live = readAll(log).catch((error: unknown) => error);
    await settle();
    let done = 0;
    const write = (): void => {
      for (const bodies of script()) {
        void log.append(bodies);
        done++;
      }
    };
    expect(write).toThrow(expect.objectContaining({ code: 'STORE_FAILED', cause }));
    expect(done).toBe(n - 1);
    expect(await promptly(live)).toBe(log.broken);
    const stored = memory.read('r', 0, 1000).map((event) => JSON.stringify(event));
    expect(stored.length - log.next).toBe(when === 'after' ? script()[n - 1]?.length : 0);
    await expectBroken(log, stored, heard);
    await log.close();
    // Whoever takes over finds an intact prefix.
    const next = await RunLog.open(memory, 'r');
    expect(next.next).toBe(stored.length);
  });

  test.each(failures)('breaks the log at append %i when it takes its time', async (n) => {
    const memory = new MemoryLogStore();
    const store = slow(failingAt(n, when, new Error('disk on fire'), memory), tick);
    const log = await RunLog.open(store, 'r');
    const heard: RunEvent[] = [];
    log.observe((events) => void heard.push(...events));
    const live = readAll(log).catch((error: unknown) => error);
    const settled: string[] = [];
    let thrown = 0;
    for (const bodies of script()) {
      try {
        const stored = log.append(bodies);
        void stored?.then(
          () => settled.push('stored'),
          (error: unknown) => settled.push(error === log.broken ? 'broken' : 'other'),
        );
      } catch (error) {
        expect(error).toBe(log.broken);
        thrown++;
      }
      await tick();
    }
    for (let turn = 0; turn < 20 && log.broken === undefined && !log.ended; turn++) await settle();
    await settle();
    if (log.broken === undefined) {
      // Groups grew while the store was busy, so that there was no n-th append.
      expect(log.ended).toBe(true);
      return;
    }
    expect(settled).not.toContain('other');
    expect(thrown + settled.filter((how) => how === 'broken').length).toBeGreaterThan(0);
    expect(await promptly(live)).toBe(log.broken);
    await expectBroken(
      log,
      memory.read('r', 0, 1000).map((event) => JSON.stringify(event)),
      heard,
    );
  });
});

describe('a full log', () => {
  const big = (step = '1:model'): RunEventBody => delta('x'.repeat(1000), step);

  test('refuses what does not fit, and takes the end', async () => {
    const log = await RunLog.open(new MemoryLogStore(), 'r', { maxLogBytes: 10_000 });
    let taken = 0;
    const fill = (): void => {
      for (; taken < 100; taken++) void log.append([big()]);
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'LOG_FULL', data: { maxLogBytes: 10_000 } }));
    expect(taken).toBeGreaterThan(3);
    expect([log.next, log.broken, log.signal.aborted]).toEqual([taken, undefined, false]);
    void log.append([{ type: 'span.ended', span: 's' }, end()]);
    expect(log.ended).toBe(true);
    const events = (await readAll(log)).map((text) => JSON.parse(text) as RunEvent);
    expect(events.map(({ seq }) => seq)).toEqual([...Array(taken + 2).keys()]);
  });

  test('refuses in the same way when the store takes its time', async () => {
    const memory = new MemoryLogStore({ maxLogBytes: 10_000 });
    const log = await RunLog.open(slow(memory, tick), 'r');
    let refused = 0;
    for (let n = 0; n < 40; n++) {
      try {
        await log.append(n % 3 === 0 ? [big(), called(`${n}`)] : [big()]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'LOG_FULL' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(5);
    expect(log.broken).toBeUndefined();
    await log.append([end()]);
    const seqs = memory.read('r', 0, 1000).map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs.keys()]);
    expect([log.ended, log.next]).toEqual([true, seqs.length]);
    expect(await readAll(log)).toHaveLength(seqs.length);
  });

  test('says so at the next append, when nobody waited for what the store refused once it was free', async () => {
    const memory = new MemoryLogStore({ maxLogBytes: 10_000 });
    let free: (() => void) | undefined;
    const store: LogStore = {
      ...wrapped(memory, (_, perform) => perform(), 1_000),
      append(...args) {
        memory.append(...args);
        return free ? undefined : new Promise<void>((resolve) => void (free = resolve));
      },
    };
    const log = await RunLog.open(store, 'r');
    void log.append([called('c')]);
    void log.append([delta('x'.repeat(20_000))]);
    free?.();
    await settle();
    expect(() => log.append([big()])).toThrow(expect.objectContaining({ code: 'LOG_FULL' }));
    await log.append([called('d')]);
    await log.append([end()]);
    expect(memory.read('r', 0, 10).map(({ seq, type }) => `${seq} ${type}`)).toEqual([
      '0 tool.called',
      '1 tool.called',
      '2 run.completed',
    ]);
  });
});

describe('live readers of a run in a store on disk', () => {
  test('do not ask the store', async () => {
    const { store, reads } = grouping(0);
    const log = await RunLog.open(store, 'r');
    const live = readAll(log);
    for (let n = 0; n < 3000; n++) {
      void log.append([delta()]);
      if (n % 100 === 0) await tick();
    }
    void log.append([end()]);
    expect(await live).toHaveLength(3001);
    expect(reads()).toBe(0);
    expect(await readAll(log, { from: 10 })).toHaveLength(2991);
    expect(reads()).toBeGreaterThan(0);
  });

  test('see what the store has, byte for byte, wherever they read', async () => {
    const store = sqlite(':memory:');
    const log = await RunLog.open(store, 'r', { maxLogBytes: 20_000 });
    for (let n = 0; n < 200; n++) void log.append([delta('x'.repeat(n))]);
    void log.append([end()]);
    expect(await readAll(log)).toEqual(await readAll(openLogSource(store, 'r')));
  });

  test('do not see what the store has but has not acknowledged', async () => {
    const memory = new MemoryLogStore();
    let acknowledge = (): void => undefined;
    const store = wrapped(memory, (operation, perform) => {
      const result = perform();
      if (operation !== 'append') return result;
      return new Promise<void>((resolve) => (acknowledge = resolve));
    });
    const log = await RunLog.open(store, 'r');
    const appended = log.append([called('c')]);
    expect(memory.head('r')?.next).toBe(1);
    expect(await log.head()).toMatchObject({ next: 0 });
    expect(await log.read(0, 10)).toEqual([]);
    acknowledge();
    await appended;
    expect(await log.read(0, 10)).toHaveLength(1);
  });
});
