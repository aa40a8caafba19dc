import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Agent, createRuntime, run, user } from '../../src/index.ts';
import { sqlite, SqliteSession } from '../../src/store/sqlite.ts';
import { assertCleanRun, assistantMessage, ScriptedModel } from '../../src/testing/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'file-session-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('a conversation goes on in the next process', async () => {
  const path = join(directory, 'new', 'one.db');
  const model = new ScriptedModel([[assistantMessage('Hello, Ada.')], [assistantMessage('Ada.')]]);
  const agent = new Agent({ name: 'A', model });
  for (const input of ['I am Ada.', 'Who am I?']) {
    using session = new SqliteSession({ sessionId: 'ada', path });
    const result = await run(agent, input, { session });
    await assertCleanRun(result);
  }
  expect(model.lastCall?.request.input).toHaveLength(3);
  using store = {
    store: sqlite(path),
    [Symbol.dispose]() {
      void this.store.close?.();
    },
  };
  expect(await store.store.session('ada').getItems()).toHaveLength(4);
  using other = new SqliteSession({ sessionId: 'bob', path });
  expect(await other.getItems()).toEqual([]);
});

test('without a path it is in memory, with an id of its own', async () => {
  using session = new SqliteSession();
  using second = new SqliteSession();
  await session.addItems([user('a'), user('b')]);
  await session.addItemsOnce('step', [user('c')]);
  await session.addItemsOnce('step', [user('c')]);
  expect(await session.getItems(2)).toEqual([user('b'), user('c')]);
  expect(await session.popItem()).toEqual(user('c'));
  expect(await second.getItems()).toEqual([]);
  expect(await second.getSessionId()).not.toBe(await session.getSessionId());
  await session.clearSession();
  expect(await session.getItems()).toEqual([]);
});

test('a closed one says so, and a wrong id or file is refused', async () => {
  const session = new SqliteSession({ path: join(directory, 'closed.db') });
  session.close();
  session.close();
  await expect(session.getItems()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect(() => new SqliteSession({ sessionId: '' })).toThrow(expect.objectContaining({ code: 'SESSION_ID_INVALID' }));
  expect(() => new SqliteSession({ path: directory })).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
});

test('of two runs that begin on one session at once, in two processes, the second is refused before its model is asked', async () => {
  const path = join(directory, 'two.db');
  using first = new SqliteSession({ sessionId: 'ada', path });
  using second = new SqliteSession({ sessionId: 'ada', path });
  const model = new ScriptedModel([[assistantMessage('One.')], [assistantMessage('Two.')]]);
  const agent = new Agent({ name: 'A', model });
  // The second one has read the history when the first adds to it.
  const read = second.getItems.bind(second);
  second.getItems = async (limit) => {
    const items = await read(limit);
    await run(agent, 'First.', { session: first });
    return items;
  };
  const busy = { code: 'SESSION_BUSY', message: expect.stringContaining("Session 'ada' is in use") as string };
  await expect(run(agent, 'Second.', { session: second })).rejects.toMatchObject(busy);
  expect(model.calls).toHaveLength(1);
  expect((await first.getItems()).map((item) => ('role' in item ? item.role : item.type))).toEqual([
    'user',
    'assistant',
  ]);
  // And then again: it is free.
  second.getItems = read;
  const result = await run(agent, 'Second.', { session: second });
  expect(result.finalOutput).toBe('Two.');
  expect(await first.getItems()).toHaveLength(4);
  await assertCleanRun(result);
});

test('a plain run is refused a session that a run of a runtime has, and has it once that has ended', async () => {
  const path = join(directory, 'held.db');
  const store = sqlite(path);
  const model = new ScriptedModel([[assistantMessage('Durable.')], [assistantMessage('Plain.')]]);
  const agent = new Agent({ name: 'A', model });
  const runtime = createRuntime({ store, agents: { agent } });
  const { id } = await runtime.submit('agent', 'Hi.', { sessionId: 'ada' });
  using session = new SqliteSession({ sessionId: 'ada', path });
  await expect(run(agent, 'Me, too.', { session })).rejects.toMatchObject({
    code: 'SESSION_BUSY',
    data: { holder: id },
  });
  expect(model.calls).toHaveLength(0);
  await runtime.start();
  for await (const event of runtime.attach(id))
    if (event.type === 'run.completed') expect(event.output).toBe('Durable.');
  const result = await run(agent, 'Me, too.', { session });
  expect(result.finalOutput).toBe('Plain.');
  expect(await session.getItems()).toHaveLength(4);
  await assertCleanRun(result);
  await runtime.stop();
  await store.close();
});

test('who adds to a session beside a run, without being one, does not cost it its session', async () => {
  const path = join(directory, 'beside.db');
  using session = new SqliteSession({ sessionId: 'ada', path });
  using beside = new SqliteSession({ sessionId: 'ada', path });
  const read = session.getItems.bind(session);
  session.getItems = async (limit) => {
    const items = await read(limit);
    await beside.addItems([user('By the way.')]);
    return items;
  };
  const agent = new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('One.')]]) });
  const result = await run(agent, 'First.', { session });
  expect(await read()).toHaveLength(3);
  await assertCleanRun(result);
});
