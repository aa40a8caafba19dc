import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, type AgentInputItem, createRuntime, type LogStore, Runner, tool, user } from '../../src/index.ts';
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

describe('a run that is deleted', () => {
  const rowsOf = (path: string, table: string): number => {
    const db = new DatabaseSync(path, { readOnly: true });
    const row = db.prepare(`SELECT count(*) AS rows FROM ${table}`).get();
    db.close();
    return Number(row?.['rows']);
  };
  const speak = async (store: ReturnType<typeof sqlite>, runId: string, says: string): Promise<void> => {
    const model = new ScriptedModel([[assistantMessage(says)]]);
    await using runtime = createRuntime({ store, agents: { a: new Agent({ name: 'A', model }) } });
    await runtime.start();
    const { id } = await runtime.submit('a', 'Hi.', { runId, sessionId: 's' });
    const events = [];
    for await (const event of runtime.attach(id)) events.push(event);
    expect(logViolations(events)).toEqual([]);
  };

  test('leaves nothing behind but its words, and one number for each session', async () => {
    const path = nextPath();
    const store = sqlite(path);
    await store.session('t').addItemsOnce?.('run_1:1', items('of another session'));
    for (const index of [1, 2, 3]) {
      await speak(store, `run_${index}`, `Hello ${index}.`);
      await store.presence?.enter(`run_${index}`, 'a reader that died');
    }
    const others = await store.session('s').stepsOfOthers?.('run_9');
    expect(others).toBeGreaterThanOrEqual(6);
    for (const index of [1, 2, 3]) {
      await store.delete(`run_${index}`);
      // Whoever has counted before may not find fewer: that would hide what is added now.
      expect(await store.session('s').stepsOfOthers?.('run_9')).toBe(others);
    }
    for (const table of ['runs', 'events', 'mailbox', 'lease', 'reader']) expect(rowsOf(path, table), table).toBe(0);
    expect(rowsOf(path, 'session_step')).toBe(2);
    expect(await store.session('s').getItems()).toHaveLength(6);
    await store.session('s').clearSession();
    expect(rowsOf(path, 'session_step')).toBe(1);
    await store.close();
  });

  test('may come again under its id, and its words are in the session again', async () => {
    const store = sqlite(nextPath());
    await speak(store, 'run_1', 'Once.');
    await store.delete('run_1');
    await speak(store, 'run_1', 'Twice.');
    const said = (await store.session('s').getItems()).map((item) => JSON.stringify(item));
    expect(said.map((text) => /Once|Twice|Hi/.exec(text)?.[0])).toEqual(['Hi', 'Once', 'Hi', 'Twice']);
    await store.close();
  });
});
