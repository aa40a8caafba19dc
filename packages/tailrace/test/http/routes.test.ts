// The routes beside the streams: lists, traces, sessions, health; and the methods that every route has.
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/http/routes.ts';
import { guarded } from './guarded.ts';

interface Listed {
  runs: { id: string; agent: string; status: string; sessionId?: string }[];
  next?: string;
}

describe('GET /runs', () => {
  it('gives a principal’s runs newest first, a page at a time, each once', async () => {
    await using served = guarded();
    const posted: string[] = [];
    for (let index = 0; index < 7; index++) {
      const response = await served.post('alice', '/runs', {
        agent: 'echo',
        input: `${index}`,
        sessionId: `s${index % 2}`,
      });
      posted.unshift(((await response.json()) as { id: string }).id);
      await served.post('bob', '/runs', { agent: 'echo', input: 'x' });
    }
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let after: string | undefined, more = true; more;) {
      const query = after === undefined ? '' : `&after=${after}`;
      const page = (await (await served.ask('alice', `/runs?limit=3${query}`)).json()) as Listed;
      seen.push(...page.runs.map(({ id }) => id));
      sizes.push(page.runs.length);
      after = page.next;
      more = after !== undefined;
    }
    expect(seen).toEqual(posted);
    expect(sizes).toEqual([3, 3, 1]);
    const all = (await (await served.ask('alice', '/runs?limit=7')).json()) as Listed;
    expect([all.runs.length, all.next]).toEqual([7, undefined]);
  });

  it('filters by status, agent and session', async () => {
    await using served = guarded();
    const waiting = await served.waiting('alice');
    await served.post('alice', '/runs', { agent: 'echo', input: 'x', sessionId: 's' });
    const ids = async (query: string): Promise<string[]> =>
      ((await (await served.ask('alice', `/runs?${query}`)).json()) as Listed).runs.map(
        ({ agent, status }) => `${agent} ${status}`,
      );
    expect(await ids('status=suspended')).toEqual(['careful suspended']);
    expect(await ids('status=completed')).toEqual(['echo completed']);
    expect(await ids('agent=careful')).toEqual(['careful suspended']);
    expect(await ids('sessionId=s')).toEqual(['echo completed']);
    expect(await ids('sessionId=s&status=suspended')).toEqual([]);
    expect(served.doors.asked).toContainEqual({ action: 'list', sessionId: 's' });
    expect(await (await served.ask('alice', `/runs/${waiting}`)).json()).toMatchObject({ agent: 'careful' });
  });
});

describe('GET /runs/:id/trace', () => {
  it('gives the spans as a tree, to whoever may inspect', async () => {
    await using served = guarded();
    const posted = await served.post('alice', '/runs', { agent: 'echo', input: 'x' });
    const { id } = (await posted.json()) as { id: string };
    const { run, traceId, spans } = (await (await served.ask('alice', `/runs/${id}/trace`)).json()) as {
      run: string;
      traceId: string;
      spans: { data: { type: string }; startedAt: number; endedAt: number; children: unknown[] }[];
    };
    expect([run, traceId]).toEqual([id, expect.stringMatching(/^trace_[0-9a-f]{32}$/)]);
    const kinds = JSON.stringify(spans).match(/"type":"(task|agent|turn|generation|response|function)"/g);
    expect(kinds?.[0]).toBe('"type":"task"');
    expect(kinds).toContain('"type":"agent"');
    for (const span of spans) expect(span.endedAt).toBeGreaterThanOrEqual(span.startedAt);
    expect(served.doors.asked.at(-1)).toEqual({ action: 'inspect', runId: id });
    expect((await served.ask('alice:reader', `/runs/${id}/trace`)).status).toBe(403);
  });

  it('shows what is open in a run that waits', async () => {
    await using served = guarded();
    const id = await served.waiting('alice');
    const { spans } = (await (await served.ask('alice', `/runs/${id}/trace`)).json()) as { spans: unknown[] };
    expect(spans.length).toBeGreaterThan(0);
  });
});

describe('DELETE', () => {
  it('removes a run that has ended, and no other', async () => {
    await using served = guarded();
    const waiting = await served.waiting('alice');
    expect((await served.ask('alice', `/runs/${waiting}`, { method: 'DELETE' })).status).toBe(409);
    const posted = await served.post('alice', '/runs', { agent: 'echo', input: 'x' });
    const { id } = (await posted.json()) as { id: string };
    expect((await served.ask('alice', `/runs/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await served.ask('alice', `/runs/${id}`)).status).toBe(404);
    expect((await served.ask('alice', `/runs/${id}`, { method: 'DELETE' })).status).toBe(404);
    expect(await served.store.head(id)).toBeUndefined();
  });

  it('empties a session', async () => {
    await using served = guarded();
    await served.post('alice', '/runs', { agent: 'echo', input: 'x', sessionId: 's' });
    expect(await (await served.ask('alice', '/sessions/s')).json()).toMatchObject({
      items: [{ role: 'user' }, { role: 'assistant' }],
    });
    expect((await served.ask('alice', '/sessions/s', { method: 'DELETE' })).status).toBe(204);
    expect(await (await served.ask('alice', '/sessions/s')).json()).toEqual({ id: 's', items: [] });
  });
});

describe('DELETE /sessions/:id', () => {
  it('is refused while a run is in the session, also one that waits, and leaves the session whole', async () => {
    await using served = guarded();
    const body = { agent: 'careful', input: 'x', sessionId: 's' };
    const { id } = (await (await served.post('alice', '/runs', body)).json()) as { id: string };
    const items = async (): Promise<unknown> => (await served.ask('alice', '/sessions/s')).json();
    const before = await items();
    const refused = await served.ask('alice', '/sessions/s', { method: 'DELETE' });
    expect([refused.status, await refused.json()]).toEqual([
      409,
      { error: { code: 'SESSION_BUSY', message: expect.stringContaining(id) as string } },
    ]);
    expect(await items()).toEqual(before);
    await served.post('alice', `/runs/${id}/approvals/c1`, { approved: true });
    await expect
      .poll(async () => (await served.ask('alice', `/runs/${id}`)).json(), { timeout: 10_000 })
      .toMatchObject({ status: 'completed' });
    expect(await items()).toMatchObject({
      items: [{ role: 'user' }, { type: 'function_call' }, { type: 'function_call_result' }, { role: 'assistant' }],
    });
    expect((await served.ask('alice', '/sessions/s', { method: 'DELETE' })).status).toBe(204);
    // The session is free again: a run may begin in it.
    const next = await served.post('alice', '/runs', { agent: 'echo', input: 'y', sessionId: 's' });
    expect(next.status).toBe(200);
    expect(await items()).toMatchObject({ items: [{ role: 'user' }, { role: 'assistant' }] });
  });
});

describe('methods', () => {
  it('health is anybody’s', async () => {
    await using served = guarded();
    for (const path of ['/healthz', '/readyz']) {
      const response = await served.ask(undefined, path);
      expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
    }
  });

  it('a server whose store does not answer lives, and is not ready', async () => {
    const heard: unknown[] = [];
    await using served = guarded({ onError: (error) => void heard.push(error) });
    await served.store.close();
    expect((await served.ask(undefined, '/healthz')).status).toBe(200);
    const response = await served.ask(undefined, '/readyz');
    expect([response.status, await response.json()]).toEqual([503, { ok: false }]);
    expect(heard).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(/^The store .* is closed/) }),
    );
  });

  it.each([...new Set(ROUTES.map(({ path }) => path))])('%s says which it has', async (path) => {
    await using served = guarded();
    const at = path.replace(':id', 'r').replace(':callId', 'c');
    const response = await served.ask('alice', at, { method: 'OPTIONS' });
    const own = ROUTES.filter((route) => route.path === path).map(({ method }) => method);
    expect(response.status).toBe(204);
    expect(response.headers.get('allow')?.split(', ').sort()).toEqual(
      [...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort(),
    );
    expect((await served.ask('alice', at, { method: 'PATCH' })).status).toBe(405);
    expect((await served.ask('alice', `${at}/nothing`)).status).toBeGreaterThanOrEqual(404);
  });

  it('HEAD is GET without the body, at once, also of a stream', async () => {
    await using served = guarded();
    const id = await served.waiting('alice');
    const start = performance.now();
    for (const [path, accept] of [
      ['/runs', 'application/json'],
      [`/runs/${id}`, 'application/json'],
      [`/runs/${id}/events`, 'text/event-stream'],
      [`/runs/${id}/events?from=0`, 'application/json'],
      ['/healthz', '*/*'],
    ] as const) {
      const response = await served.ask('alice', path, { method: 'HEAD', headers: { accept } });
      expect([response.status, await response.text()], path).toEqual([200, '']);
    }
    expect((await served.ask('bob', `/runs/${id}`, { method: 'HEAD' })).status).toBe(404);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
