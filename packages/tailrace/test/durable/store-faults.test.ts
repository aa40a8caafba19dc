import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type LogStore, MemorySession, type RunEvent, Runner } from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { logViolations } from '../../src/testing/index.ts';
import { slow, wrapped } from '../log/stores.ts';
import { eventsOf } from './cut.ts';
import { allowed, payments, type World, world } from './world.ts';

const directory = mkdtempSync(join(tmpdir(), 'store-faults-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

class DiskError extends Error {}

interface Faulty {
  store: LogStore;
  /** Writes that were tried. */
  writes: () => number;
  /** What had been done when the write failed. */
  doneBefore: () => number | undefined;
}

/** A store whose n-th write fails: before it is written, or after, so that only its acknowledgement is lost. */
function failing(inner: LogStore, n: number, when: 'before' | 'after', forGood: boolean, effects: string[]): Faulty {
  let writes = 0;
  let doneBefore: number | undefined;
  const store = wrapped(inner, (operation, perform) => {
    if (operation !== 'append' && operation !== 'claim') return perform();
    writes++;
    const fails = writes === n || (forGood && writes > n);
    if (!fails) return perform();
    if (when === 'after' && writes === n) perform();
    doneBefore ??= effects.length;
    throw new DiskError(`write ${n} failed`);
  });
  return { store, writes: () => writes, doneBefore: () => doneBefore };
}

async function drive(runner: Runner, { agent, model, session }: World, stream: boolean): Promise<unknown> {
  const options = { runId: 'run_1', session };
  try {
    if (!stream) return (await runner.run(agent(model()), 'Go', options)).finalOutput;
    const result = await runner.run(agent(model()), 'Go', { ...options, stream: true });
    await result.completed;
    return result.finalOutput;
  } catch (error) {
    return error;
  }
}

const shape = (events: readonly RunEvent[]): string[] => events.map(({ seq, type }) => `${seq} ${type}`);

/** Deltas are told apart by time, not by place: their groups differ from run to run. */
async function reference(stream: boolean): Promise<{ shape: string[]; writes: number }> {
  const store = sqlite(':memory:', { groupMs: 0 });
  const it = world();
  const counted = failing(store, Number.POSITIVE_INFINITY, 'before', false, it.effects);
  expect(await drive(new Runner({ store: counted.store }), it, stream)).toBe('All done.');
  const events = await eventsOf(store, 'run_1');
  await store.close();
  return { shape: shape(events), writes: counted.writes() };
}

const modes = [
  ['once, before it is written', 'before', false],
  ['once, after it is written', 'after', false],
  ['and all that follow', 'before', true],
] as const;

for (const stream of [false, true]) {
  for (const answers of ['at once', 'later'] as const) {
    for (const [how, when, forGood] of answers === 'later' ? modes.slice(0, 1) : modes) {
      test(`every write of a run fails ${how} (${stream ? 'streamed' : 'whole'}, a store that answers ${answers})`, async () => {
        const whole = await reference(stream);
        expect(whole.writes).toBeGreaterThan(20);
        const rejections: unknown[] = [];
        const onRejection = (reason: unknown): void => void rejections.push(reason);
        process.on('unhandledRejection', onRejection);
        try {
          let failed = 0;
          for (let n = 1; n <= whole.writes; n++) {
            const path = join(directory, `${files++}.db`);
            const inner = sqlite(path, { groupMs: 0 });
            const it = world();
            const faulty = failing(inner, n, when, forGood, it.effects);
            const store = answers === 'later' ? slow(faulty.store, () => Promise.resolve()) : faulty.store;
            const error = await drive(new Runner({ store }), it, stream);
            const label = `write ${n} of ${whole.writes}`;
            const doneBefore = faulty.doneBefore();
            // A store that answers later may be asked less often: groups wait for it.
            if (doneBefore === undefined) continue;
            failed++;
            expect(error, label).toBeInstanceOf(Error);
            // Opening the run gives what the store threw; later the log says what happened.
            const cause = error instanceof DiskError ? error : (error as Error).cause;
            expect(cause, label).toBeInstanceOf(DiskError);
            if (n > 1) expect(error, label).toMatchObject({ code: 'STORE_FAILED', runId: 'run_1' });
            // No side effect began after the failed write.
            expect(it.effects.slice(doneBefore), label).toEqual([]);
            await inner.close();

            const reopened = sqlite(path);
            const events = await eventsOf(reopened, 'run_1');
            if (answers === 'at once' || !stream)
              expect(shape(events), label).toEqual(whole.shape.slice(0, events.length));
            expect(
              events.map(({ seq }) => seq),
              label,
            ).toEqual([...events.keys()]);
            // All that was done was allowed first.
            const permitted = allowed(events);
            for (const effect of it.effects) expect(permitted, label).toContain(effect);
            const head = await reopened.head('run_1');
            if (head === undefined || head.next === 0 || head.ended) {
              await reopened.close();
              continue;
            }
            const copy = new MemorySession({ initialItems: await it.session.getItems() });
            const result = await new Runner({ store: reopened }).resume(it.agent(it.model(events)), 'run_1', {
              session: copy,
            });
            expect(result.finalOutput, label).toBe('All done.');
            expect(logViolations(await eventsOf(reopened, 'run_1')), label).toEqual([]);
            for (const [call, count] of payments(it.effects)) expect(count, `${label}: ${call}`).toBe(1);
            await reopened.close();
          }
          expect(failed).toBeGreaterThan(15);
          await new Promise((resolve) => setImmediate(resolve));
          expect(rejections).toEqual([]);
        } finally {
          process.off('unhandledRejection', onRejection);
        }
      });
    }
  }
}
