// Interleavings of append, read, leave, cancel, fence and reopen, on every store, against a reference model.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import type { RunEventBody } from '../../src/event/run-event.ts';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import { readLog, type LogReader } from '../../src/log/reader.ts';
import { RunLog } from '../../src/log/run-log.ts';
import { openLogSource, type LogSource } from '../../src/log/source.ts';
import type { LogStore } from '../../src/port/log-store.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { called, delta, end, readAll, returned } from '../log/bodies.ts';
import { slow } from '../log/stores.ts';
import { LogModel, type ModelWriter } from './log-model.ts';

const long = process.env['TAILRACE_ROUNDS'] === 'long';
const numRuns = long ? 10_000 : 300;
const timeLimitMs = long ? 1_800_000 : 60_000;
const directory = mkdtempSync(join(tmpdir(), 'chaos-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

const tick = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

/** A store, how to open it anew as after a restart, and how many turns of the event loop its answers take. */
interface House {
  store: LogStore;
  reopen(): LogStore;
  turns: number;
  leave?(): void;
}

const houses: Record<string, () => House> = {
  memory() {
    const store = new MemoryLogStore();
    return { store, reopen: () => store, turns: 2 };
  },
  'slow memory'() {
    const store = slow(new MemoryLogStore(), tick);
    return { store, reopen: () => store, turns: 24 };
  },
  SQLite() {
    const path = join(directory, `${files++}.db`);
    const open = (): LogStore => sqlite(path, { groupMs: 10, pollMs: 1 });
    const house = {
      store: open(),
      turns: 2,
      reopen() {
        void house.store.close();
        house.store = open();
        return house.store;
      },
      leave: () => [path, `${path}-wal`, `${path}-shm`].forEach((file) => rmSync(file, { force: true })),
    };
    return house;
  },
};

interface Reading {
  reader: LogReader;
  writer: ModelWriter | undefined;
  from: number;
  asked: number;
  got: string[];
  ends: string[];
  left: boolean;
}

/** The real thing beside the model. */
class World {
  readonly model: LogModel;
  readonly house: House;
  now = 1000;
  readonly clock: Clock;
  #timers = new Set<() => void>();
  logs: { log: RunLog; writer: ModelWriter; observed: string[] }[] = [];
  readings: Reading[] = [];

  constructor(house: House) {
    this.house = house;
    this.model = new LogModel(house.store.groupMs > 0);
    this.clock = {
      now: () => this.now,
      monotonic: () => this.now,
      timer: (_delayMs, callback) => {
        this.#timers.add(callback);
        return { [Symbol.dispose]: () => void this.#timers.delete(callback) };
      },
    };
  }

  async claim(): Promise<void> {
    const log = await RunLog.open(this.house.store, 'r', { clock: this.clock });
    const observed: string[] = [];
    log.observe((events) => void observed.push(...events.map((event) => JSON.stringify(event))));
    log.observe(() => {
      throw new Error('an observer');
    });
    this.logs.push({ log, writer: this.model.claim(), observed });
  }

  /** Time for the groups. */
  elapse(): void {
    this.now += 10;
    for (const callback of this.#timers) {
      this.#timers.delete(callback);
      callback();
    }
    for (const { writer } of this.logs) this.model.commit(writer);
  }

  async append(index: number, bodies: RunEventBody[]): Promise<void> {
    const { log, writer } = this.#at(this.logs, index);
    this.now++;
    this.model.append(writer, structuredClone(bodies), this.now);
    try {
      await log.append(bodies);
    } catch (error) {
      expect(error).toBe(log.broken);
    }
  }

  read(index: number, ofStore: boolean, fraction: number): void {
    const { log, writer } = this.#at(this.logs, index);
    const source: LogSource = ofStore ? openLogSource(this.house.store, 'r') : log;
    const readable = this.model.readable(ofStore ? undefined : writer);
    const from = Math.floor(fraction * (readable + 0.999));
    const reader = readLog(source, { from });
    const reading: Reading = {
      reader,
      writer: ofStore ? undefined : writer,
      from,
      asked: 0,
      got: [],
      ends: [],
      left: false,
    };
    this.readings.push(reading);
  }

  ask(index: number, times: number): void {
    const reading = this.readings[index % (this.readings.length || 1)];
    if (reading === undefined) return;
    for (let time = 0; time < times; time++) {
      if (!reading.left) reading.asked++;
      reading.reader.next().then(
        ({ value, done }) => void (done ? reading.ends.push('done') : reading.got.push(JSON.stringify(value))),
        (error: { code?: string }) => void reading.ends.push(error.code ?? 'unknown'),
      );
    }
  }

  async leave(index: number): Promise<void> {
    const reading = this.readings[index % (this.readings.length || 1)];
    if (reading === undefined) return;
    await reading.reader.return();
    reading.left = true;
  }

  async cancel(id: string, body: string): Promise<void> {
    const first = !this.model.mail.has(id);
    if (first) this.model.mail.set(id, body);
    expect(await this.house.store.post('r', { id, kind: 'cancel', body })).toBe(first);
  }

  async close(index: number): Promise<void> {
    const { log, writer } = this.#at(this.logs, index);
    this.model.close(writer);
    await log.close();
  }

  /** As if the process had been restarted: writers and readers are gone, what was committed is not. */
  async reopen(): Promise<void> {
    for (const index of this.readings.keys()) await this.leave(index);
    for (const { log, writer } of this.logs) {
      this.model.close(writer);
      await log.close();
    }
    await this.check();
    this.readings = [];
    this.logs = [];
    this.house.reopen();
    await this.claim();
  }

  async quiet(): Promise<void> {
    for (let turn = 0; turn < this.house.turns; turn++) await tick();
  }

  async check(): Promise<void> {
    await this.quiet();
    const { model } = this;
    const { store } = this.house;
    const stored = (await store.read('r', 0, 100_000)).map((event) => JSON.stringify(event));
    expect(stored).toEqual(model.committed);
    expect(await store.head('r')).toEqual({ run: 'r', epoch: model.epoch, next: stored.length, ended: model.ended });
    const mail = await store.mail('r', 0);
    expect(mail.map(({ id, body }) => [id, body])).toEqual([...model.mail]);
    for (const { log, writer, observed } of this.logs) {
      expect({ next: log.next, late: log.late, broken: log.broken?.code }).toEqual({
        next: writer.next,
        late: writer.late,
        broken: writer.broken ? 'STALE_EPOCH' : undefined,
      });
      expect(log.signal.aborted).toBe(writer.broken);
      expect(observed).toEqual(model.committed.slice(writer.next - observed.length, writer.next));
    }
    for (const reading of this.readings) this.#checkReading(reading);
  }

  #checkReading({ writer, from, asked, got, ends, left }: Reading): void {
    const readable = this.model.readable(writer);
    expect(got).toEqual(this.model.committed.slice(from, from + got.length));
    // Beyond what was there when it left, nothing is promised to a reader that left.
    if (left) return;
    expect(got).toHaveLength(Math.min(asked, readable - from));
    // A writer that was fenced and has not noticed yet lets its readers wait.
    const ended = this.model.ended && readable === this.model.committed.length;
    const broken = writer?.broken === true && !ended;
    const over = asked - got.length;
    if (over === 0) expect(ends).toEqual([]);
    else if (broken) expect(ends).toEqual(['STALE_EPOCH', ...Array<string>(over - 1).fill('done')]);
    else expect(ends).toEqual(ended ? Array<string>(over).fill('done') : []);
  }

  async finish(): Promise<void> {
    await this.check();
    for (const { reader } of this.readings) await reader.return();
    for (const { log } of this.logs) {
      expect(log.watching).toBe(0);
      await log.close();
    }
    expect(this.#timers.size).toBe(0);
    const { store } = this.house;
    const whole = await readEnded(store);
    for (let from = 0; whole !== undefined && from <= whole.length; from++) {
      expect(await readAll(openLogSource(store, 'r'), { from })).toEqual(whole.slice(from));
    }
    await store.close();
    this.house.leave?.();
  }

  #at<T>(list: readonly T[], index: number): T {
    // The newest is the likeliest: index 0.
    return list[list.length - 1 - (index % list.length)] as T;
  }
}

async function readEnded(store: LogStore): Promise<string[] | undefined> {
  return (await store.head('r'))?.ended === true ? readAll(openLogSource(store, 'r')) : undefined;
}

type Step = fc.AsyncCommand<object, World>;

function step(name: string, perform: (world: World) => unknown): Step {
  return {
    check: () => true,
    async run(_, world) {
      await perform(world);
      await world.check();
    },
    toString: () => name,
  };
}

const body = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((text) => delta(text)) },
  { weight: 1, arbitrary: fc.constantFrom('c1', 'c2').map(called) },
  { weight: 1, arbitrary: fc.constant(0).map(() => returned()) },
);
const bodies = fc.array(body, { maxLength: 5 });
// Mostly the newest; now and then one that was fenced or closed.
const which = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) });

const steps: fc.Arbitrary<Step>[] = [
  fc
    .tuple(which, bodies)
    .map(([index, batch]) =>
      step(`append ${batch.map(({ type }) => type).join()} by ${index}`, (world) =>
        world.append(index, structuredClone(batch)),
      ),
    ),
  fc
    .tuple(which, bodies)
    .map(([index, batch]) =>
      step(`append ${batch.length} by ${index}`, (world) => world.append(index, structuredClone(batch))),
    ),
  fc.constant(
    step('many', (world) =>
      world.append(
        0,
        Array.from({ length: 80 }, (_, n) => delta(`${n}`)),
      ),
    ),
  ),
  fc.constant(step('group time', (world) => world.elapse())),
  fc
    .tuple(which, fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([index, ofStore, from]) =>
      step(`read ${ofStore ? 'the store' : index} from ${from}`, (world) => world.read(index, ofStore, from)),
    ),
  fc
    .tuple(fc.nat(5), fc.integer({ min: 1, max: 9 }))
    .map(([index, times]) => step(`ask ${index} ${times} times`, (world) => world.ask(index, times))),
  fc.nat(5).map((index) => step(`leave ${index}`, (world) => world.leave(index))),
  fc
    .tuple(fc.constantFrom('a', 'b', '__proto__'), fc.string())
    .map(([id, text]) => step(`cancel ${id}`, (world) => world.cancel(id, text))),
  fc.constant(step('fence', (world) => world.claim())),
  which.map((index) => step(`close ${index}`, (world) => world.close(index))),
  fc.constant(step('reopen', (world) => world.reopen())),
  which.map((index) => step(`end by ${index}`, (world) => world.append(index, [delta('last'), end(), delta('late')]))),
];

describe.each(Object.keys(houses))('a log in %s', (name) => {
  test(
    'does what the model does, whatever happens in whatever order',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.commands(steps, { maxCommands: long ? 60 : 30, size: 'max' }), async (commands) => {
          const house = houses[name]!();
          const world = new World(house);
          await world.claim();
          await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
          await world.finish();
        }),
        { numRuns },
      );
    },
    timeLimitMs,
  );

  test(
    'is whole for a reader that leaves anywhere and resumes, while it is written',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(bodies, { maxLength: 12 }), fc.scheduler(), async (appends, scheduler) => {
          const house = houses[name]!();
          const { store } = house;
          const log = await RunLog.open(store, 'r');
          const total = appends.flat().length + 1;
          const reads = Array.from({ length: total + 1 }, async (_, cut) => {
            const got: string[] = [];
            const first = readLog(log);
            while (got.length < cut) {
              await scheduler.schedule(Promise.resolve());
              const { value } = await first.next();
              got.push(JSON.stringify(value));
            }
            await first.return();
            await scheduler.schedule(Promise.resolve());
            return [...got, ...(await readAll(log, { from: cut }))];
          });
          const writing = (async () => {
            for (const batch of appends) {
              await log.append(structuredClone(batch));
              await scheduler.schedule(Promise.resolve());
            }
            await log.append([end()]);
          })();
          const all = Promise.all([writing, ...reads]);
          await scheduler.waitFor(all);
          const whole = await readAll(openLogSource(store, 'r'));
          expect(whole).toHaveLength(total);
          for (const read of await Promise.all(reads)) expect(read).toEqual(whole);
          expect(log.watching).toBe(0);
          await store.close();
          house.leave?.();
        }),
        { numRuns: Math.ceil(numRuns / 10) },
      );
    },
    timeLimitMs,
  );
});
