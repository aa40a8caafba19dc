// S13: a store that somebody else has written to holds data, and nothing that is done.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Agent } from 'tailrace';
import { createHandler, type Handler } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, modelResponder, ScriptedModel } from 'tailrace/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'tailrace-s13-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const agents = (): Record<string, Agent> => {
  const hello = modelResponder(() => [assistantMessage('Hello.')]);
  return { one: new Agent({ name: 'One', model: new ScriptedModel(Array.from({ length: 50 }, () => hello)) }) };
};

const asked = (handler: Handler, path: string, method = 'GET', body?: string): Promise<Response> =>
  handler(
    new Request(`http://localhost${path}`, {
      method,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      ...(body !== undefined && { body }),
    }),
  );

const EVENT = { run: 'r', seq: 0, epoch: 1, at: 1 };
const STARTED = { ...EVENT, type: 'run.started', v: 1, agent: 'One', input: 'Hi', registered: 'one' };

const ROWS: readonly [what: string, body: string, status: number][] = [
  ['no JSON', 'process.exit(1)', 500],
  ['nothing', '', 500],
  ['half of it', '[{"type":"run.started"', 500],
  ['a null', 'null', 500],
  ['no list', JSON.stringify(STARTED), 500],
  ['a list of nulls', '[null]', 500],
  ['a list of lists', '[[[]]]', 500],
  ['a text for a number', JSON.stringify([{ ...STARTED, seq: '0' }]), 500],
  ['a number for a text', JSON.stringify([{ ...STARTED, type: 7 }]), 500],
  ['a list that is deep', '['.repeat(50_000) + ']'.repeat(50_000), 500],
  ['SQL', `[{"seq":0,"type":"'); DROP TABLE runs; --","epoch":1,"at":1}]`, 404],
  ['a type of Object.prototype', JSON.stringify([{ ...EVENT, type: '__proto__' }]), 404],
  ['a type that is a method', JSON.stringify([{ ...EVENT, type: 'constructor' }]), 404],
  ['a prototype', `[${JSON.stringify(STARTED).slice(0, -1)},"__proto__":{"polluted":true}}]`, 200],
];

describe('S13: a store with rows of somebody else’s', () => {
  const path = join(folder, 'runs.db');
  const errors: unknown[] = [];
  let handler: Handler;
  let store: ReturnType<typeof sqlite>;
  let good = '';

  beforeAll(async () => {
    store = sqlite(path);
    const first = createHandler({ agents: agents(), store });
    good = ((await (await asked(first, '/runs', 'POST', '{"input":"Hi"}')).json()) as { id: string }).id;
    await first.stop({ graceMs: 0 });
    await store.close();
    const db = new DatabaseSync(path);
    for (const [index, [, body]] of ROWS.entries()) {
      const { id } = db
        .prepare(
          `INSERT INTO runs (run, epoch, next, ended, client_seq, created_at, status, agent, principal, updated_at)
           VALUES (?, 1, 1, 0, 1, 1, 'running', 'one', 'local', 1) RETURNING id`,
        )
        .get(`bad_${index}`) as { id: number };
      db.prepare('INSERT INTO events (run_id, seq, body) VALUES (?, 0, ?)').run(
        id,
        body.replace('"run":"r"', `"run":"bad_${index}"`),
      );
    }
    db.close();
    store = sqlite(path);
    handler = createHandler({ agents: agents(), store, onError: (error) => void errors.push(error) });
    return async () => {
      await handler.stop({ graceMs: 0 });
      await store.close();
    };
  });

  it.each(ROWS.map(([what, , status], index) => [what, status, index] as const))(
    'S13 %s in place of events is %i, on every route that reads it',
    async (_what, status, index) => {
      errors.length = 0;
      for (const route of [`/runs/bad_${index}`, `/runs/bad_${index}/events?waitMs=0`, `/v1/responses/bad_${index}`]) {
        const response = await asked(handler, route);
        const text = await response.text();
        expect([route, response.status, text]).toEqual([route, status, expect.any(String)]);
        if (status === 500) expect(JSON.parse(text)).toMatchObject({ error: { code: 'INTERNAL' } });
      }
      expect(errors.map((error) => (error as { code?: string }).code)).toEqual(
        status === 500 ? ['STORE_FAILED', 'STORE_FAILED', 'STORE_FAILED'] : [],
      );
      for (const error of errors) expect(String(error)).toContain(`bad_${index}`);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );

  it('S13 none of them hides the other runs, or keeps new ones from being begun', async () => {
    const list = (await (await asked(handler, '/runs?limit=100')).json()) as { runs: { id: string }[] };
    expect(list.runs.map(({ id }) => id)).toContain(good);
    expect(await (await asked(handler, `/runs/${good}`)).json()).toMatchObject({
      status: 'completed',
      output: 'Hello.',
    });
    expect(await (await asked(handler, '/runs', 'POST', '{"input":"Hi"}')).json()).toMatchObject({
      status: 'completed',
    });
  });
});

it('S13 a file that is no store, and one of a later version, are refused, and left as they are', async () => {
  const text = join(folder, 'text.db');
  writeFileSync(text, 'process.exit(1)'.repeat(1_000));
  expect(() => sqlite(text)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
  expect(readFileSync(text, 'utf8')).toBe('process.exit(1)'.repeat(1_000));
  const later = join(folder, 'later.db');
  await sqlite(later).close();
  const db = new DatabaseSync(later);
  db.exec('PRAGMA user_version = 9999');
  db.close();
  const before = readFileSync(later);
  expect(() => sqlite(later)).toThrow(expect.objectContaining({ code: 'STORE_VERSION' }));
  expect(readFileSync(later).equals(before)).toBe(true);
});
