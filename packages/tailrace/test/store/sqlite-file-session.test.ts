import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Agent, run, user } from '../../src/index.ts';
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
