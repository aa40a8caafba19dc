import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, type AgentInputItem, type LogStore, Runner, tool, user } from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { assistantMessage, functionCall, logViolations, ScriptedModel } from '../../src/testing/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'session-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const nextPath = (): string => join(directory, `${files++}.db`);
const items = (...texts: string[]): AgentInputItem[] => texts.map((text) => user(text));

describe('a session in the file', () => {
  test('gives its items in order, the newest of them, and takes the newest away', async () => {
    const session = sqlite(nextPath()).session('s');
    expect(await session.getSessionId()).toBe('s');
    expect(await session.getItems()).toEqual([]);
    expect(await session.popItem()).toBeUndefined();
    await session.addItems(items('a', 'b'));
    await session.addItems(items('c'));
    expect(await session.getItems()).toEqual(items('a', 'b', 'c'));
    expect(await session.getItems(2)).toEqual(items('b', 'c'));
    expect(await session.getItems(0)).toEqual([]);
    expect(await session.getItems(9)).toEqual(items('a', 'b', 'c'));
    expect(await session.popItem()).toEqual(items('c')[0]);
    await session.clearSession();
    expect(await session.getItems()).toEqual([]);
  });

  test('takes the items of a step once', async () => {
    const path = nextPath();
    const session = sqlite(path).session('s');
    await session.addItemsOnce?.('r:1', items('a', 'b'));
    await sqlite(path).session('s').addItemsOnce?.('r:1', items('a', 'b'));
    await session.addItemsOnce?.('r:2', items('c'));
    await sqlite(path).session('other').addItemsOnce?.('r:1', items('d'));
    expect(await session.getItems()).toEqual(items('a', 'b', 'c'));
  });

  test('takes all items or none', async () => {
    const session = sqlite(nextPath()).session('s');
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const bad = [...items('a'), cycle as unknown as AgentInputItem];
    await expect(session.addItems(bad)).rejects.toThrow(/./);
    await expect(session.addItemsOnce?.('r:1', bad)).rejects.toThrow(/./);
    expect(await session.getItems()).toEqual([]);
    await session.addItemsOnce?.('r:1', items('a'));
    expect(await session.getItems()).toEqual(items('a'));
  });

  test('outlives its store, apart from other sessions', async () => {
    const path = nextPath();
    const store = sqlite(path);
    await store.session('s').addItems(items('a'));
    await store.session('t').addItems(items('b'));
    await store.close();
    expect(await sqlite(path).session('s').getItems()).toEqual(items('a'));
  });

  test('has a name', () => {
    const store = sqlite(nextPath());
    for (const id of ['', 'x'.repeat(257), 'a\nb'])
      expect(() => store.session(id)).toThrow(expect.objectContaining({ code: 'SESSION_ID_INVALID' }));
  });
});

/** The store of a process that dies at its n-th append: that append is stored or not, and never answered. */
function dying(store: LogStore, dies: number, stored: boolean): { store: LogStore; dead: Promise<void> } {
  const { promise: dead, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const proxy = new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key !== 'append') return value.bind(target) as unknown;
      return (...args: Parameters<LogStore['append']>) => {
        count += 1;
        if (count > dies) return new Promise(() => undefined);
        if (count < dies || stored) void target.append(...args);
        if (count < dies) return undefined;
        resolve();
        return new Promise(() => undefined);
      };
    },
  });
  return { store: proxy, dead };
}

test.each([
  ['stored', true],
  ['lost', false],
])('a run that dies at any append, %s, puts each item into it once', async (_, stored) => {
  const agentOf = (steps: ConstructorParameters<typeof ScriptedModel>[0]): Agent =>
    new Agent({
      name: 'A',
      model: new ScriptedModel(steps),
      tools: [
        tool({
          name: 'look',
          description: 'Looks.',
          parameters: z.object({}),
          effects: 'pure',
          execute: () => 'seen',
        }),
      ],
    });
  const steps = () => [[functionCall('look', {}, { callId: 'c' })], [assistantMessage('Done.')]];
  const path = nextPath();
  let ended = 0;
  for (let dies = 1; ended === 0; dies++) {
    const store = sqlite(path);
    const run = `run_${dies}`;
    const session = `s${dies}`;
    const { store: dyingStore, dead } = dying(store, dies, stored);
    const first = new Runner({ store: dyingStore }).run(agentOf(steps()), 'Go', {
      runId: run,
      session: store.session(session),
    });
    await Promise.race([dead, first.then(() => (ended += 1))]);
    await sleep(0);
    const before = await store.read(run, 0, 1_000);
    if (ended === 0 && before.length > 0 && before.at(-1)?.type !== 'run.completed') {
      const answered = before.filter(({ type }) => type === 'model.returned').length;
      const result = await new Runner({ store }).resume(agentOf(steps().slice(answered)), run, {
        session: store.session(session),
      });
      expect(result.finalOutput, `death at append ${dies}`).toBe('Done.');
      expect(logViolations(await store.read(run, 0, 1_000))).toEqual([]);
    }
    if (before.length > 0)
      expect(
        (await store.session(session).getItems()).map(({ type, ...item }) => ('role' in item ? item.role : type)),
        `death at append ${dies}`,
      ).toEqual(['user', 'function_call', 'function_call_result', 'assistant']);
    await store.close();
    expect(dies).toBeLessThan(60);
  }
});
