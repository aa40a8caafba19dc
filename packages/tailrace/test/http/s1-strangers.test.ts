// S1: nobody but its principal comes near a run, and whoever lost their token loses their streams.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/http/routes.ts';
import { guarded } from './guarded.ts';

/** A body that the route takes, so that only the run's owner is in the way. */
const BODIES: Readonly<Record<string, unknown>> = {
  '/runs/:id/cancel': {},
  '/runs/:id/approvals/:callId': { approved: true },
  '/runs/:id/answers/:callId': { answer: 1 },
  '/runs/:id/input': { input: 'Hi' },
};

const routesWithRuns = ROUTES.filter(({ path }) => /^\/(runs|v1\/responses)\/:id/.test(path));

const at = (path: string, id: string): string => path.replace(':id', id).replace(':callId', 'c1');

interface Seen {
  status: number;
  headers: [string, string][];
  text: string;
}

async function seen(response: Response, id: string): Promise<Seen> {
  return {
    status: response.status,
    headers: [...response.headers],
    text: (await response.text()).replaceAll(id, 'ID'),
  };
}

describe('S1: a run of somebody else', () => {
  it('there are routes to ask', () => {
    expect(routesWithRuns.length).toBe(10);
  });

  it.each(routesWithRuns.map((route) => [route.method, route.path] as const))(
    'S1 %s %s answers as if there were none',
    async (method, path) => {
      await using served = guarded();
      const id = await served.waiting('alice');
      const unknown = 'run_00000000000000000000000000000000';
      const body = BODIES[path];
      const init = {
        method,
        ...(body !== undefined && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      };
      const foreign = await seen(await served.ask('bob', at(path, id), init), id);
      const none = await seen(await served.ask('bob', at(path, unknown), init), unknown);
      expect(foreign.status).toBe(404);
      expect(foreign).toEqual(none);
      expect(foreign.text).not.toContain('CANARY');
      const nobody = await served.ask(undefined, at(path, id), init);
      expect(nobody.status).toBe(401);
      expect(await nobody.text()).not.toContain('CANARY');
      // Nothing has happened to it.
      expect(served.wiped).toEqual([]);
      const status = await served.ask('alice', `/runs/${id}`);
      expect(await status.json()).toMatchObject({ status: 'suspended', approvals: [{ callId: 'c1' }] });
      expect(served.errors).toEqual([]);
    },
  );

  it('S1 is not to be told from none by the time that the answer takes', async () => {
    await using served = guarded();
    const id = await served.waiting('alice');
    const times = async (run: string): Promise<number> => {
      const taken: number[] = [];
      for (let index = 0; index < 60; index++) {
        const start = performance.now();
        await (await served.ask('bob', `/runs/${run}`)).text();
        taken.push(performance.now() - start);
      }
      return taken.sort((a, b) => a - b)[30] ?? 0;
    };
    await times(id);
    expect(Math.abs((await times(id)) - (await times('run_0')))).toBeLessThan(2);
  });

  it('S1 is in no list, and its session is another one than theirs of the same name', async () => {
    await using served = guarded();
    const posted = await served.post('alice', '/runs', { agent: 'echo', input: 'CANARY-secret', sessionId: 'shared' });
    expect(posted.status).toBe(200);
    for (const query of ['', '?sessionId=shared', '?agent=echo', '?status=completed']) {
      const list = await served.ask('bob', `/runs${query}`);
      expect(await list.json()).toEqual({ runs: [] });
    }
    const other = await served.ask('bob', '/sessions/shared');
    expect(await other.json()).toEqual({ id: 'shared', items: [] });
    expect((await served.ask('bob', '/sessions/shared', { method: 'DELETE' })).status).toBe(204);
    const own = await served.ask('alice', '/sessions/shared');
    expect(await own.text()).toContain('CANARY-secret');
    // Nor by the name that the store has for it.
    const key = await served.ask('bob', `/sessions/${encodeURIComponent('alice:shared')}`);
    expect(await key.json()).toMatchObject({ items: [] });
  });

  it('S1 cannot be gone on from, listed from, or taken for an Idempotency-Key', async () => {
    await using served = guarded();
    const id = await served.waiting('alice');
    const onward = await served.post('bob', '/v1/responses', { model: 'echo', input: 'Hi', previous_response_id: id });
    expect(onward.status).toBe(404);
    expect((await served.ask('bob', `/runs?after=${id}`)).status).toBe(404);
    const key = { 'idempotency-key': 'k1' };
    const first = await served.post('alice', '/runs', { agent: 'echo', input: 'Hi' }, key);
    const second = await served.post('bob', '/runs', { agent: 'echo', input: 'Hi' }, key);
    expect(((await second.json()) as { id: string }).id).not.toBe(((await first.json()) as { id: string }).id);
  });

  it('S1 whoever may read a response may not therefore run an agent', async () => {
    await using served = guarded();
    const posted = await served.post('alice', '/v1/responses', { model: 'echo', input: 'Hi' });
    const { id } = (await posted.json()) as { id: string };
    const body = { model: 'echo', input: 'More', previous_response_id: id };
    expect((await served.post('alice:reader', '/v1/responses', body)).status).toBe(403);
    expect((await served.post('alice', '/v1/responses', body)).status).toBe(200);
  });

  it('S1 chats and threads of somebody else are other ones', async () => {
    await using served = guarded();
    const chat = { id: 'chat1', messages: [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'CANARY' }] }] };
    const own = await served.post('alice', '/chat', { ...chat, agent: 'careful' });
    expect(own.status).toBe(200);
    await own.text();
    for (const [method, path] of [
      ['GET', '/chat/chat1/stream'],
      ['POST', '/chat/chat1/stop'],
    ] as const) {
      const foreign = await seen(await served.ask('bob', path, { method }), 'chat1');
      const none = await seen(await served.ask('bob', path.replace('chat1', 'chat2'), { method }), 'chat2');
      expect(foreign).toEqual(none);
      expect(foreign.text).not.toContain('CANARY');
    }
    const decision = {
      id: 'chat1',
      messages: [
        {
          role: 'assistant',
          parts: [
            {
              type: 'tool-wipe',
              toolCallId: 'c1',
              state: 'approval-responded',
              approval: { id: 'c1', approved: true },
            },
          ],
        },
      ],
    };
    expect((await served.post('bob', '/chat', decision)).status).toBe(404);
    expect(served.wiped).toEqual([]);
  });
});

describe('S1: a thread of AG-UI', () => {
  it('S1 of somebody else is another one: not read, not stopped, not decided about', async () => {
    await using served = guarded();
    const message = { id: 'm1', role: 'user', content: 'CANARY' };
    const own = await served.post('alice', '/ag-ui/careful', { threadId: 't1', runId: 'r1', messages: [message] });
    expect(own.status).toBe(200);
    expect(await own.text()).toContain('RUN_FINISHED');
    const run = (await served.store.list())[0]?.run ?? '';
    for (const [method, path] of [
      ['GET', '/ag-ui/t1/stream'],
      ['POST', '/ag-ui/t1/stop'],
    ] as const) {
      const foreign = await seen(await served.ask('bob', path, { method }), 't1');
      const none = await seen(await served.ask('bob', path.replace('t1', 't2'), { method }), 't2');
      expect(foreign).toEqual(none);
      expect((await served.ask(undefined, path, { method })).status).toBe(401);
    }
    for (const interruptId of ['c1', `${run}:c1`, `approval:c1`]) {
      const resume = [{ interruptId, status: 'resolved', payload: { approved: true } }];
      const body = { threadId: 't1', runId: 'r2', messages: [], resume };
      expect((await served.post('bob', '/ag-ui/careful', body)).status).toBe(404);
      expect((await served.post('bob', '/ag-ui/careful', { ...body, threadId: 'alice:t1' })).status).toBe(404);
    }
    expect(served.wiped).toEqual([]);
    expect(await (await served.ask('alice', `/runs/${run}`)).json()).toMatchObject({ status: 'suspended' });
    // The same thread, said by somebody else: theirs begins anew.
    const theirs = await served.post('bob', '/ag-ui/echo', {
      threadId: 't1',
      runId: 'r3',
      messages: [{ id: 'm2', role: 'user', content: 'Hi' }],
    });
    const begun = await theirs.text();
    expect(begun).toMatch(/heard \d\d characters/);
    expect(begun).not.toContain(run);
    expect(served.errors).toEqual([]);
  });
});

describe('S1: a token that is taken back', () => {
  it('S1 is refused when its reader comes back, and an open stream ends at the next check', async () => {
    await using served = guarded({ heartbeatMs: 20, recheckMs: 60 });
    const id = await served.waiting('alice');
    const accept = { headers: { accept: 'text/event-stream' } };
    const stream = await served.ask('alice', `/runs/${id}/events`, accept);
    const ended = stream.text().then(() => 'ended');
    expect(await Promise.race([ended, sleep(200, 'open')])).toBe('open');
    served.doors.revoked.add('alice');
    expect(await Promise.race([ended, sleep(10_000, 'open')])).toBe('ended');
    expect((await served.ask('alice', `/runs/${id}/events`, accept)).status).toBe(401);
    served.doors.revoked.clear();
    expect((await served.ask('alice', `/runs/${id}`)).status).toBe(200);
  });

  it('S1 ends every kind of stream', async () => {
    await using served = guarded({ heartbeatMs: 20, recheckMs: 60 });
    const accept = { accept: 'text/event-stream' };
    const streams = await Promise.all([
      served.post('alice', '/runs', { agent: 'slow', input: 'Hi', stream: true }),
      served.post('alice', '/runs', { agent: 'slow', input: 'Hi', stream: true }, { accept: 'application/x-ndjson' }),
      served.post('alice', '/v1/responses', { model: 'slow', input: 'Hi', stream: true }),
      served.post(
        'alice',
        '/chat',
        { id: 'c', agent: 'slow', messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }] },
        accept,
      ),
    ]);
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    served.doors.revoked.add('alice');
    const start = performance.now();
    // However it says so: by its end, or by breaking off.
    await Promise.allSettled(streams.map((stream) => stream.text()));
    expect(performance.now() - start).toBeLessThan(4_500);
  });

  it('S1 `authorize` is asked about every route with an action, and its error opens no door', async () => {
    await using served = guarded({
      authorize: () => {
        throw new Error('the directory at ldap://10.0.0.7 is down');
      },
    });
    for (const { method, path, contract } of ROUTES) {
      const response = await served.ask('alice', at(path, 'run_1'), {
        method,
        ...(method === 'POST' && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(BODIES[path] ?? { input: 'Hi', id: 'c', messages: [], model: 'echo' }),
        }),
      });
      const text = await response.text();
      expect(text).not.toContain('ldap');
      if (contract.action === undefined) expect(response.status).toBe(200);
      else expect(response.status, path).toBeGreaterThanOrEqual(400);
    }
    expect(served.errors.length).toBeGreaterThan(10);
  });
});
