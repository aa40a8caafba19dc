// A worker that is alone, and a store that fails: whatever it was asked to write, the run comes to its end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, createRuntime, isAgentsError, SystemError, tool, waitUntil } from '../../src/index.ts';
import { createHandler } from '../../src/http/index.ts';
import { sqlite, type SqliteStore } from '../../src/store/sqlite.ts';
import {
  assertCleanRun,
  assistantMessage,
  functionCall,
  modelResponder,
  ScriptedModel,
} from '../../src/testing/index.ts';
import { until } from '../runtime/stage.ts';
import { eventsOf } from './cut.ts';

const directory = mkdtempSync(join(tmpdir(), 'runtime-faults-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

/** All that a run and those who look on write, by the part of the store that takes it. */
const WRITES = {
  store: ['claim', 'append', 'post', 'closeMail'],
  leases: ['begin', 'want', 'take', 'beat', 'release', 'holdSession', 'dropSession'],
  presence: ['enter', 'leave', 'beat'],
  session: ['addItemsOnce'],
} as const;

type When = 'before' | 'after';
type Around = (write: string, perform: () => unknown) => unknown;

/** The store, each write of which goes through `around`. */
function through(inner: SqliteStore, around: Around): SqliteStore {
  const part = <T extends object>(target: T, name: keyof typeof WRITES, own: Partial<T> = {}): T =>
    new Proxy(target, {
      get(_, key) {
        if (key in own) return Reflect.get(own, key) as unknown;
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        const call = (args: unknown[]): unknown => Reflect.apply(value, target, args);
        if (!WRITES[name].includes(key as never)) return (...args: unknown[]) => call(args);
        return (...args: unknown[]) => around(`${name}.${String(key)}`, () => call(args));
      },
    });
  return part(inner, 'store', {
    leases: part(inner.leases, 'leases'),
    presence: part(inner.presence, 'presence'),
    session: (id) => part(inner.session(id), 'session'),
  });
}

const parameters = z.object({});
const CALLS = ['look', 'nap', 'pay'];
const ITEMS = [
  'message',
  ...CALLS.flatMap((name) => [`function_call ${name}`, `function_call_result ${name}`]),
  'message',
];

/** Looks, waits for a time, asks for approval, and answers. */
function agentOf(effects: string[]): Agent {
  const answer = modelResponder(async ({ request: { input } }) => {
    const done = (input as { type?: string }[]).filter(({ type }) => type === 'function_call_result').length;
    // Long enough for a sign of life.
    if (done === 0) await sleep(120);
    const name = CALLS[done];
    return [name === undefined ? assistantMessage('Done.') : functionCall(name, {}, { callId: `call_${name}` })];
  });
  const execute = (name: string) => (): void => void effects.push(name);
  const look = tool({ name: 'look', description: 'Looks.', parameters, effects: 'pure', execute: execute('look') });
  const pay = tool({ name: 'pay', description: 'Pays.', parameters, needsApproval: true, execute: execute('pay') });
  const nap = tool({ name: 'nap', description: 'Naps.', parameters, execute: () => waitUntil({ ms: 20 }, 'rested') });
  const model = new ScriptedModel(Array.from({ length: 20 }, () => answer));
  return new Agent({ name: 'Support', model, tools: [look, nap, pay] });
}

/** Until the store takes it: whoever is told of a failure asks again. */
async function insist(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (isAgentsError(error) && error.code === 'APPROVAL_DECIDED') return;
      if (tries === 50) throw error;
      await sleep(20);
    }
  }
}

const SUBMITTED = { runId: 'r', sessionId: 's', onDisconnect: { cancelAfterMs: 60_000 } } as const;

/** One run, all of its writes through `around`, with somebody who reads it over HTTP: it comes to its end, and leaves nothing behind. */
async function run(around: Around, label: string, when: When = 'before', inner = sqlite(':memory:')): Promise<void> {
  const store = through(inner, around);
  const effects: string[] = [];
  const runtime = createRuntime({ store, agents: { support: agentOf(effects) }, leaseMs: 150 });
  const handler = createHandler({ runtime });
  await insist(() => runtime.start());
  await insist(() => runtime.submit('support', 'Go', SUBMITTED));
  const response = await handler(
    new Request('http://localhost/runs/r/events', { headers: { accept: 'text/event-stream' } }),
  );
  const read = response.text();
  let approved: Promise<void> | undefined;
  await until(async () => {
    const { status, approvals } = await runtime.get('r');
    if (status === 'suspended' && approvals.length > 0) approved ??= insist(() => runtime.approve('r', 'call_pay'));
    return status !== 'submitted' && status !== 'running' && status !== 'suspended';
  });
  await approved;
  expect(await runtime.get('r'), label).toMatchObject({ status: 'completed', output: 'Done.' });
  expect(await read, label).toContain('run.completed');
  // Nobody drives it, reads it, or has its session.
  await until(async () => (await inner.leases.due(Number.MAX_SAFE_INTEGER)).length === 0);
  await until(async () => (await inner.presence.list()).length === 0);
  expect(await inner.leases.holdSession('s', 'another'), label).toBe('another');
  await handler.stop({ graceMs: 0 });
  await runtime.stop({ graceMs: 0 });
  const items = (await inner.session('s').getItems()) as { type: string; name?: string }[];
  expect(
    items.map(({ type, name }) => (name === undefined ? type : `${type} ${name}`)),
    label,
  ).toEqual(ITEMS);
  const payments = effects.filter((name) => name === 'pay').length;
  // Whose `tool.called` was stored and not said to be, was not made: nobody knows that.
  if (label.startsWith('store.append') && when === 'after') expect(payments, label).toBeLessThanOrEqual(1);
  else expect(payments, label).toBe(1);
  await assertCleanRun(await eventsOf(inner, 'r'));
  await inner.close();
}

/** How often each write is made by a run that nothing disturbs. */
async function undisturbed(): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await run((write, perform) => {
    counts.set(write, (counts.get(write) ?? 0) + 1);
    return perform();
  }, 'undisturbed');
  return counts;
}

/** What the session's own writes throw, the store knows to be for now; of the others nothing is known. */
const fault = (write: string, when: string): Error =>
  write.startsWith('session.')
    ? new SystemError('no such luck', { code: when === 'before' ? 'STORE_FULL' : 'STORE_BUSY' })
    : new Error('no such luck');

/** Fails the n-th of these writes: before it is done, or after, so that only its acknowledgement is lost. */
function failingOnce(failing: string, n: number, when: When, failed: () => void): Around {
  let count = 0;
  return (write, perform) => {
    if (write !== failing || ++count !== n) return perform();
    failed();
    if (when === 'before') throw fault(write, when);
    const done = perform();
    if (!(done instanceof Promise)) throw fault(write, when);
    return done.then(() => {
      throw fault(write, when);
    });
  };
}

/** A run in a file whose lock another connection holds for longer than the store waits, from the first write of this kind on. */
async function locked(place: string): Promise<void> {
  const path = join(directory, `${files++}.db`);
  const inner = sqlite(path, { busyTimeoutMs: 20 });
  const other = new DatabaseSync(path);
  let held: 'not yet' | 'now' | 'before' = 'not yet';
  const around: Around = (write, perform) => {
    if (write === place && held === 'not yet') {
      other.exec('BEGIN IMMEDIATE');
      held = 'now';
      setTimeout(() => {
        other.exec('ROLLBACK');
        held = 'before';
      }, 300);
    }
    return perform();
  };
  await run(around, place, 'before', inner);
  expect(held).toBe('before');
  other.close();
}

describe('a run of a worker that is alone', () => {
  for (const when of ['before', 'after'] as const) {
    test(`comes to its one end, whichever write of any kind fails once, ${when} it is done`, async () => {
      const rejections: unknown[] = [];
      const onRejection = (reason: unknown): void => void rejections.push(reason);
      process.on('unhandledRejection', onRejection);
      try {
        const counts = await undisturbed();
        const all = Object.entries(WRITES).flatMap(([part, names]) => names.map((name) => `${part}.${name}`));
        const failed = new Set<string>();
        const cases = [...counts].flatMap(([write, count]) =>
          Array.from({ length: count }, (_, index) => ({ write, n: index + 1 })),
        );
        expect(cases.length).toBeGreaterThan(40);
        await Promise.all(
          cases.map(async ({ write, n }) =>
            run(
              failingOnce(write, n, when, () => failed.add(write)),
              `${write} ${n}`,
              when,
            ),
          ),
        );
        expect([...failed].toSorted()).toEqual(all.toSorted());
        expect(rejections).toEqual([]);
      } finally {
        process.off('unhandledRejection', onRejection);
      }
    });
  }

  test('goes on when another process has held the lock for too long, whatever was to be written then', async () => {
    const places = ['leases.take', 'leases.holdSession', 'leases.release', 'session.addItemsOnce', 'store.append'];
    await Promise.all(places.map(async (place) => locked(place)));
  });

  test('takes input that comes when its mailbox could not be closed', async () => {
    const inner = sqlite(':memory:');
    let asked: Promise<void> | undefined;
    const store = through(inner, (write, perform) => {
      if (write !== 'store.closeMail' || asked) return perform();
      asked = runtime.input('r', 'Are you sure?');
      throw fault(write, 'before');
    });
    const model = new ScriptedModel([[assistantMessage('Done.')], [assistantMessage('Quite.')]]);
    const runtime = createRuntime({ store, agents: { support: new Agent({ name: 'Support', model }) } });
    await runtime.start();
    await runtime.submit('support', 'Go', { runId: 'r' });
    await until(async () => (await runtime.get('r')).status === 'completed');
    await asked;
    expect(await runtime.get('r')).toMatchObject({ output: 'Quite.' });
    await runtime.stop();
    await assertCleanRun(await eventsOf(inner, 'r'));
  });

  test('is left, not ended, when its session is busy in the moment in which its worker is asked to stop', async () => {
    const inner = sqlite(':memory:');
    const stopped: Promise<void>[] = [];
    const store = through(inner, (write, perform) => {
      if (write !== 'session.addItemsOnce' || stopped.length > 0) return perform();
      stopped.push(first.stop());
      throw fault(write, 'after');
    });
    const effects: string[] = [];
    const first = createRuntime({ store, agents: { support: agentOf(effects) }, leaseMs: 150 });
    await first.start();
    await first.submit('support', 'Go', SUBMITTED);
    await until(() => stopped.length > 0);
    await Promise.all(stopped);
    expect(await first.get('r')).toMatchObject({ status: 'running' });
    await run((_, perform) => perform(), 'another worker', 'before', inner);
  });

  test('is told of a store that has broken for good, once', async () => {
    const told: unknown[] = [];
    const store = sqlite(':memory:');
    const onDriveError = (...args: unknown[]): void => void told.push(args);
    const runtime = createRuntime({ store, agents: { support: agentOf([]) }, leaseMs: 60, onDriveError });
    await runtime.start();
    await store.close();
    await until(() => told.length > 0);
    await sleep(100);
    expect(told).toEqual([[expect.objectContaining({ code: 'STORE_FAILED' }), undefined]]);
    expect(String(told)).toMatch(/cannot look for runs.*is closed.*tries again/);
    await runtime.stop({ graceMs: 0 });
  });

  test.each([
    [
      'throws',
      (): never => {
        throw new Error('from onDriveError');
      },
    ],
    ['rejects', async (): Promise<never> => Promise.reject(new Error('from onDriveError'))],
  ])('is not ended by an onDriveError that %s', async (_, fails: () => unknown) => {
    const unhandled: unknown[] = [];
    const seen = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', seen);
    let told = 0;
    const onDriveError = (): unknown => {
      told += 1;
      return fails();
    };
    const store = sqlite(':memory:');
    const runtime = createRuntime({ store, agents: { support: agentOf([]) }, leaseMs: 60, onDriveError });
    await runtime.start();
    await store.close();
    await until(() => told > 0);
    await sleep(20);
    process.off('unhandledRejection', seen);
    expect(unhandled).toEqual([]);
    await runtime.stop({ graceMs: 0 });
  });
});
