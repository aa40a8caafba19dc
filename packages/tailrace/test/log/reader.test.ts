import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/event/run-event.ts';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import { readLog, type LogReader, type ReaderEnd } from '../../src/log/reader.ts';
import { RunLog } from '../../src/log/run-log.ts';
import { openLogSource, type LogSource } from '../../src/log/source.ts';
import type { LogStore } from '../../src/port/log-store.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { delta, end, promptly, readAll, script, settle } from './bodies.ts';
import { grouping, slow } from './stores.ts';

interface Setup {
  log: RunLog;
  source: LogSource;
  watching: () => number;
}

const count = script().flat().length;
const tick = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

/** How a reader may reach a log. In each of them it must behave the same. */
const setups: Record<string, () => Promise<Setup>> = {
  'the writer of a run in memory': () => writer(new MemoryLogStore()),
  'the writer of a run in SQLite': () => writer(sqlite(':memory:', { groupMs: 0 })),
  'the writer of a run in a slow store': () => writer(slow(new MemoryLogStore(), tick)),
  'the store': async () => {
    const store = new MemoryLogStore();
    const { log } = await writer(store);
    return { log, source: openLogSource(store, 'r'), watching: () => store.watching };
  },
  'a slow store': async () => {
    const store = new MemoryLogStore();
    const { log } = await writer(store);
    return { log, source: openLogSource(slow(store, tick), 'r'), watching: () => store.watching };
  },
};

async function writer(store: LogStore): Promise<Setup> {
  const log = await RunLog.open(store, 'r');
  return { log, source: log, watching: () => log.watching };
}

async function write(log: RunLog): Promise<void> {
  for (const bodies of script()) await log.append(bodies);
  await log.flush();
}

async function nextSoon<T>(promise: Promise<T>): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error('Nothing came')), 15_000).unref()),
  ]);
}

describe.each(Object.entries(setups))('a reader of %s', (_, setup) => {
  test('gets every event from any offset, live or afterwards', async () => {
    const { log, source, watching } = await setup();
    const live = [readAll(source), readAll(source, { from: 0 })];
    await settle();
    await write(log);
    const whole = await readAll(source);
    expect(whole).toHaveLength(count);
    expect(whole.map((text) => (JSON.parse(text) as RunEvent).seq)).toEqual([...whole.keys()]);
    for (const read of live) expect(await read).toEqual(whole);
    for (let from = 0; from <= whole.length; from++) {
      expect(await readAll(source, { from })).toEqual(whole.slice(from));
    }
    expect(watching()).toBe(0);
  });

  test('may mix next and nextBatch', async () => {
    const { log, source } = await setup();
    await write(log);
    const whole = await readAll(source);
    const reader = readLog(source);
    expect(reader.position).toBe(0);
    expect((await reader.next()).value?.seq).toBe(0);
    expect(reader.position).toBe(1);
    const batch = await reader.nextBatch();
    expect(batch?.map((event) => JSON.stringify(event))).toEqual(whole.slice(1));
    expect(reader.position).toBe(count);
    expect(await reader.nextBatch()).toBeUndefined();
    expect(await reader.next()).toEqual({ value: undefined, done: true });
    expect(reader.position).toBe(count);
  });

  test('answers concurrent calls in order', async () => {
    const { log, source, watching } = await setup();
    const reader = readLog(source);
    const asked = Array.from({ length: count + 2 }, () => reader.next());
    await settle();
    await write(log);
    const results = await Promise.all(asked.map(nextSoon));
    expect(results.map(({ value }) => value?.seq)).toEqual([...Array(count).keys(), undefined, undefined]);
    expect(results.map(({ done }) => done)).toEqual([...Array<boolean>(count).fill(false), true, true]);
    expect(watching()).toBe(0);
  });

  test('waits at the head, and ends at the head of an ended run', async () => {
    const { log, source } = await setup();
    await log.append([delta()]);
    await log.flush();
    const waiting = readLog(source, { from: 1 }).next();
    await settle();
    await log.append([delta('second')]);
    expect((await nextSoon(waiting)).value).toMatchObject({ seq: 1, text: 'second' });
    await log.append([end()]);
    expect(await readAll(source, { from: 3 })).toEqual([]);
  });

  test('refuses an offset beyond the head and offsets that are none', async () => {
    const { log, source, watching } = await setup();
    await log.append([delta()]);
    await log.flush();
    const ends: ReaderEnd[] = [];
    const reader = readLog(source, { from: 2, onEnd: (how) => ends.push(how) });
    await expect(reader.next()).rejects.toMatchObject({ code: 'OFFSET_FUTURE', data: { next: 1 } });
    expect(await reader.next()).toEqual({ value: undefined, done: true });
    expect(ends).toEqual(['failed']);
    for (const from of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1' as unknown as number]) {
      expect(() => readLog(source, { from })).toThrow(expect.objectContaining({ code: 'OFFSET_INVALID' }));
    }
    expect(watching()).toBe(0);
  });

  /** Every state in which a reader may be left. */
  const states: Record<string, (reader: LogReader, log: RunLog) => Promise<Promise<unknown>[]>> = {
    async 'before it read'() {
      return [];
    },
    async 'as soon as it asks'(reader) {
      return [reader.next(), reader.next()];
    },
    async 'while it waits'(reader) {
      const asked = [reader.next(), reader.nextBatch()];
      await settle();
      return asked;
    },
    async 'while it waits after events'(reader, log) {
      await log.append([delta()]);
      await log.flush();
      await reader.next();
      const asked = [reader.next()];
      await settle();
      return asked;
    },
    async 'with events at hand'(reader, log) {
      await log.append([delta(), delta(), delta()]);
      await log.flush();
      await reader.next();
      return [];
    },
    async 'when events have just come'(reader, log) {
      await log.append([delta(), delta()]);
      await log.flush();
      return [reader.next()];
    },
  };

  test.each(Object.entries(states))('can be left at once %s', async (name, reach) => {
    const { log, source, watching } = await setup();
    const ends: ReaderEnd[] = [];
    const { signal } = new AbortController();
    const reader = readLog(source, { signal, onEnd: (how) => ends.push(how) });
    const asked = await reach(reader, log);
    // Read as plain values: not through a promise chain of ours.
    expect(await promptly(reader.return())).toEqual({ value: undefined, done: true });
    for (const answer of asked) await promptly(answer);
    expect(watching()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(ends).toEqual([name === 'before it read' ? 'unread' : 'left']);
    expect(await promptly(reader.next())).toEqual({ value: undefined, done: true });
    expect(await promptly(reader.nextBatch())).toBeUndefined();
    expect(await promptly(reader.return())).toEqual({ value: undefined, done: true });
    expect(ends).toHaveLength(1);
    // The run does not notice.
    await log.append([end()]);
    expect(log.ended).toBe(true);
  });

  test.each(Object.entries(states))('ends with the reason of its signal %s', async (_name, reach) => {
    const { log, source, watching } = await setup();
    const ends: ReaderEnd[] = [];
    const abort = new AbortController();
    const reader = readLog(source, { signal: abort.signal, onEnd: (how) => ends.push(how) });
    const reason = new Error('enough');
    const asked = (await reach(reader, log)).map((answer) => answer.catch((error: unknown) => error));
    abort.abort(reason);
    const answers = [];
    for (const answer of asked) answers.push(await promptly(answer));
    const after = await promptly(reader.next().catch((error: unknown) => error));
    expect([...answers, after].filter((answer) => answer === reason)).toHaveLength(1);
    expect(await promptly(reader.next())).toEqual({ value: undefined, done: true });
    expect(watching()).toBe(0);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
    expect(ends).toEqual(['failed']);
  });

  test('holds a listener on its signal only while it waits', async () => {
    const { log, source } = await setup();
    const { signal } = new AbortController();
    const reader = readLog(source, { signal });
    const waiting = reader.next();
    await settle();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await log.append([delta()]);
    await nextSoon(waiting);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('ends a for-await that breaks, and `await using`', async () => {
    const { log, source, watching } = await setup();
    await write(log);
    const ends: ReaderEnd[] = [];
    const onEnd = (how: ReaderEnd): void => void ends.push(how);
    for await (const event of readLog(source, { onEnd })) if (event.seq === 3) break;
    {
      await using reader = readLog(source, { onEnd });
      await reader.next();
    }
    for await (const _event of readLog(source, { onEnd })) void 0;
    expect(ends).toEqual(['left', 'left', 'complete']);
    expect(watching()).toBe(0);
  });

  test('is complete when it delivered the terminal event, even if it asks no further', async () => {
    const { log, source } = await setup();
    await write(log);
    const ends: ReaderEnd[] = [];
    const reader = readLog(source, {
      from: count - 1,
      onEnd(how) {
        ends.push(how);
        throw new Error('an onEnd that throws changes nothing');
      },
    });
    expect((await reader.next()).value?.type).toBe('run.completed');
    await reader.return();
    expect(ends).toEqual(['complete']);
  });
});

describe('a reader', () => {
  test('of an unknown run fails', async () => {
    const source = openLogSource(new MemoryLogStore(), 'nobody');
    await expect(readLog(source).next()).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  test.each([
    ['at once', (store: LogStore) => store],
    ['slowly', (store: LogStore) => slow(store, tick)],
  ])('of a run that is deleted while it waits fails, when the store answers %s', async (_, wrap) => {
    const store = new MemoryLogStore();
    const log = await RunLog.open(store, 'r');
    await log.append([delta()]);
    const reader = readLog(openLogSource(wrap(store), 'r'), { from: 1 });
    const waiting = reader.next().catch((error: unknown) => error);
    await settle();
    store.delete('r');
    expect(await nextSoon(waiting)).toMatchObject({ code: 'RUN_NOT_FOUND' });
    expect(store.watching).toBe(0);
  });

  test('misses nothing that is committed while it begins to wait', async () => {
    // The commit falls between the read that found nothing and the watch: nobody is woken for it.
    const store = new MemoryLogStore();
    const log = await RunLog.open(store, 'r');
    const source: LogSource = {
      ...openLogSource(store, 'r'),
      watch(wake) {
        if (log.next === 0) void log.append([delta()]);
        return store.watch('r', wake);
      },
    };
    expect((await promptly(readLog(source).next())).value?.seq).toBe(0);
  });

  test('takes spurious wakes, and wakes during a read, for what they are', async () => {
    const store = new MemoryLogStore();
    const log = await RunLog.open(store, 'r');
    let wake = (): void => undefined;
    let reads = 0;
    const source: LogSource = {
      run: 'r',
      head: () => store.head('r'),
      async read(from, limit) {
        reads++;
        const events = store.read('r', from, limit);
        await tick();
        return events;
      },
      watch(wakeReader) {
        wake = wakeReader;
        return store.watch('r', wakeReader);
      },
    };
    const waiting = readLog(source).next();
    await settle();
    for (let n = 0; n < 10; n++) wake();
    await settle();
    await settle();
    expect(reads).toBeLessThan(10);
    wake();
    // During the read that this wake began.
    void log.append([delta()]);
    expect((await nextSoon(waiting)).value?.seq).toBe(0);
  });

  test('holds at most one batch, however far it lags', async () => {
    const { store, reads } = grouping(0);
    const log = await RunLog.open(store, 'r');
    const reader = readLog(log);
    for (let n = 0; n < 5000; n++) void log.append([delta(`${n}`)]);
    void log.append([end()]);
    const sizes: number[] = [];
    for (let batch = await reader.nextBatch(); batch !== undefined; batch = await reader.nextBatch()) {
      sizes.push(batch.length);
    }
    expect(sizes.reduce((sum, size) => sum + size)).toBe(5001);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
    expect(reads()).toBeGreaterThan(5);
  });

  test('gives already settled promises when events are at hand', async () => {
    const log = await RunLog.open(new MemoryLogStore(), 'r');
    void log.append([delta('a'), delta('b'), delta('c')]);
    const reader = readLog(log);
    await reader.next();
    const order: string[] = [];
    const first = reader.next().then(() => order.push('next'));
    await Promise.resolve().then(() => order.push('microtask'));
    await first;
    expect(order).toEqual(['next', 'microtask']);
  });

  test.each([3, 200])('is one of %i that all get everything, wherever they begin and leave', async (readers) => {
    const log = await RunLog.open(new MemoryLogStore(), 'r');
    const reads = Array.from({ length: readers }, async (_, index) => {
      const reader = readLog(log, { from: 0 });
      const seqs: number[] = [];
      for await (const { seq } of reader) {
        seqs.push(seq);
        if (index % 3 === 1 && seq === index % 10) break;
      }
      return seqs;
    });
    await settle();
    for (const bodies of script()) {
      void log.append(bodies);
      await tick();
    }
    for (const [index, seqs] of (await Promise.all(reads)).entries()) {
      expect(seqs).toEqual([...Array(index % 3 === 1 ? (index % 10) + 1 : count).keys()]);
    }
    expect(log.watching).toBe(0);
  });
});
