// S2, S13: ids and filters from outside are data: refused, or compared, and nothing else.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'tailrace';
import { createHandler } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/http/routes.ts';
import { guarded } from './guarded.ts';

const EVIL = [
  '../x',
  '..',
  '%2e%2e%2f',
  '..\\x',
  'a\0b',
  'CON',
  'a'.repeat(300),
  '__proto__',
  'constructor',
  '😀',
  '\u202Eabc',
  'a b',
  'a\nb',
  "x') OR '1'='1",
  "'; DROP TABLE runs; --",
  '%',
  '_',
  '{"$ne":1}',
];

const bodyFor = (path: string): unknown =>
  path.includes('approvals') ? { approved: true } : path.includes('answers') ? { answer: 1 } : { input: 'Hi' };

describe('S2: ids', () => {
  it('S2 an id that is none is 400 or 404 on every route, and leaves nothing on disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ids-'));
    const store = sqlite(join(folder, 'runs.db'));
    const agents = { one: new Agent({ name: 'One', model: new ScriptedModel() }) };
    const handler = createHandler({ agents, store, authorize: () => ({ id: 'alice' }) });
    const outside = readdirSync(join(folder, '..')).sort();
    const statuses = new Set<number>();
    for (const { method, path } of ROUTES.filter((route) => route.path.includes('/:id'))) {
      const sessions = /^\/(sessions|chat)/.test(path);
      for (const id of EVIL) {
        const at = path.replace(':id', encodeURIComponent(id)).replace(':callId', encodeURIComponent(id));
        const init =
          method === 'POST'
            ? {
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify(path.includes('cancel') ? {} : bodyFor(path)),
              }
            : {};
        const response = await handler(new Request(`http://localhost${at}`, { method, ...init }));
        const text = await response.text();
        statuses.add(response.status);
        // A conversation may have any name of one line: nobody has begun it.
        if (sessions) expect([200, 204, 400, 404], `${method} ${at}`).toContain(response.status);
        else expect([400, 404], `${method} ${at}`).toContain(response.status);
        expect(text).not.toMatch(/sqlite|SELECT|\.ts|node:|\/tmp/);
      }
    }
    expect(statuses).toContain(400);
    expect(await store.list()).toEqual([]);
    expect(readdirSync(folder).filter((name) => !name.startsWith('runs.db'))).toEqual([]);
    expect(
      readdirSync(join(folder, '..'))
        .sort()
        .filter((name) => !outside.includes(name) && EVIL.includes(name)),
    ).toEqual([]);
    await handler.stop({ graceMs: 0 });
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it('S2 run ids carry 128 random bits', async () => {
    await using served = guarded();
    const ids = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const posted = await served.post('alice', '/runs', { agent: 'echo', input: 'Hi', background: true });
        return ((await posted.json()) as { id: string }).id;
      }),
    );
    expect(new Set(ids).size).toBe(50);
    for (const id of ids) expect(id).toMatch(/^run_[0-9a-f]{32}$/);
  });

  it.each([
    ['sessionId', 'a\nb'],
    ['sessionId', 'a'.repeat(129)],
    ['sessionId', ''],
    ['agent', 'a'.repeat(257)],
  ])('S2 a posted %s that is none is refused', async (field, value) => {
    await using served = guarded();
    const response = await served.post('alice', '/runs', { agent: 'echo', input: 'Hi', [field]: value });
    expect(response.status).toBe(400);
    expect(await served.store.list()).toEqual([]);
  });

  it.each(['', 'a b', 'a'.repeat(256), 'ä'])('S2 an Idempotency-Key %j is refused', async (key) => {
    await using served = guarded();
    const response = await served.post('alice', '/runs', { agent: 'echo', input: 'Hi' }, { 'idempotency-key': key });
    expect(response.status).toBe(400);
    expect(await served.store.list()).toEqual([]);
  });
});

describe('S13: SQL', () => {
  const NAMES = ["x') OR '1'='1", "'; DROP TABLE runs; --", '%', '_', '"', '\\', "' UNION SELECT 1 --"];

  it.each(NAMES)('S13 a session %j is compared as it is', async (name) => {
    await using served = guarded();
    for (const sessionId of ['victim', name])
      await served.post('alice', '/runs', {
        agent: 'echo',
        input: `CANARY ${sessionId}`,
        sessionId,
        metadata: { [name]: name },
      });
    const list = await served.ask('alice', `/runs?sessionId=${encodeURIComponent(name)}`);
    const { runs } = (await list.json()) as { runs: { sessionId: string }[] };
    expect(runs.map(({ sessionId }) => sessionId)).toEqual([name]);
    const session = await served.ask('alice', `/sessions/${encodeURIComponent(name)}`);
    expect(await session.text()).not.toContain('victim');
    expect((await served.ask('alice', `/sessions/${encodeURIComponent(name)}`, { method: 'DELETE' })).status).toBe(204);
    expect(await (await served.ask('alice', '/sessions/victim')).text()).toContain('CANARY victim');
  });

  it.each(NAMES)('S13 filters by %j find nothing, and break nothing', async (name) => {
    await using served = guarded();
    await served.post('alice', '/runs', { agent: 'echo', input: 'Hi', sessionId: 's' });
    const value = encodeURIComponent(name);
    expect(await (await served.ask('alice', `/runs?agent=${value}`)).json()).toEqual({ runs: [] });
    expect((await served.ask('alice', `/runs?status=${value}`)).status).toBe(400);
    expect([400, 404]).toContain((await served.ask('alice', `/runs?after=${value}`)).status);
    // Names that no filter has reach no query at all.
    const ignored = await served.ask('alice', `/runs?${value}=1&principal=bob&ended=1`);
    expect(((await ignored.json()) as { runs: unknown[] }).runs).toHaveLength(1);
    expect(served.errors).toEqual([]);
  });

  it('S13 principals with hostile names see their own runs alone', async () => {
    const names = [...NAMES, 'alice', 'alice:x', 'a'.repeat(500), '\uD800', '__proto__'];
    await using served = guarded({
      authorize: (request) => ({ id: names[Number(request.headers.get('authorization')?.slice(7))] ?? '' }),
    });
    for (const [index] of names.entries())
      await served.post(String(index), '/runs', { agent: 'echo', input: `CANARY-${index}.`, sessionId: 'same' });
    for (const [index] of names.entries()) {
      const list = (await (await served.ask(String(index), '/runs')).json()) as { runs: { sessionId: string }[] };
      expect(list.runs.map(({ sessionId }) => sessionId)).toEqual(['same']);
      const session = await (await served.ask(String(index), '/sessions/same')).text();
      expect(session.match(/CANARY-\d+\./g)).toEqual([`CANARY-${index}.`]);
    }
    expect(served.errors).toEqual([]);
  });
});
