import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, type AgentInputItem, type LogStore, Runner, tool, user } from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { assistantMessage, functionCall, logViolations, ScriptedModel } from '../../src/testing/index.ts';
import { deaths } from '../resume/deaths.ts';

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
  const fresh = () => ({ store: sqlite(nextPath()) });
  const live = ({ store: file }: ReturnType<typeof fresh>, store: LogStore) =>
    new Runner({ store }).run(agentOf(steps()), 'Go', { runId: 'run_1', session: file.session('s') });
  const close = ({ store }: ReturnType<typeof fresh>) => store.close();
  for await (const { world, before, label } of deaths({ fresh, live, stored, moreThan: 8, close })) {
    const session = world.store.session('s');
    const answered = before.filter(({ type }) => type === 'model.returned').length;
    const result = await new Runner(world).resume(agentOf(steps().slice(answered)), 'run_1', { session });
    expect(result.finalOutput, label).toBe('Done.');
    expect(logViolations(await world.store.read('run_1', 0, 1_000)), label).toEqual([]);
    const kinds = (await session.getItems()).map(({ type, ...item }) => ('role' in item ? item.role : type));
    expect(kinds, label).toEqual(['user', 'function_call', 'function_call_result', 'assistant']);
  }
});
