// What `authorize` may give, and what follows when it gives something else, gives nothing in time, or throws.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, createRuntime } from 'tailrace';
import { createHandler, type HandlerOptions, type Principal } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/http/routes.ts';
import { guarded, onNode } from './guarded.ts';

const SSE = { accept: 'text/event-stream' };

/** Never, until the test is over. */
const hanging = (): Promise<null> => new Promise(() => undefined);

/** One that answers as it is told to, from one moment on. */
function switched(
  later: (request: Request) => ReturnType<NonNullable<HandlerOptions['authorize']>>,
  ask: Principal = { id: 'ann' },
): { authorize: NonNullable<HandlerOptions['authorize']>; calls: number; on: boolean } {
  const state = {
    calls: 0,
    on: false,
    authorize: (request: Request) => {
      state.calls += 1;
      return state.on ? later(request) : ask;
    },
  };
  return state;
}

describe('a principal', () => {
  it.each([
    ['{ id: undefined }', { id: undefined }],
    ['{}', {}],
    ['an empty id', { id: '' }],
    ['a number as id', { id: 7 }],
    ['true', true],
    ['a text', 'bob'],
    ['an empty text', ''],
    ['a list', ['bob']],
    ['0', 0],
  ])('that is none lets nobody in: %s', async (_what, given) => {
    await using served = guarded({ authorize: () => given as never });
    const answers = [
      await served.ask('bob', '/runs'),
      await served.ask('bob', '/sessions/s'),
      await served.post('bob', '/runs', { agent: 'echo', input: 'Hi' }),
      await served.post('bob', '/v1/responses', { model: 'echo', input: 'Hi' }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(500);
      const text = await answer.text();
      expect(text).toContain('INTERNAL');
      expect(text).not.toContain('authorize');
    }
    expect(served.errors).toHaveLength(answers.length);
    for (const error of served.errors)
      expect(error).toMatchObject({ code: 'PRINCIPAL_INVALID', message: expect.stringContaining('non-empty') });
    expect(await served.store.list()).toEqual([]);
  });

  it('is not that of a run which has none', async () => {
    const agents = { a: new Agent({ name: 'A', model: new ScriptedModel([]) }) };
    await using runtime = createRuntime({ agents, store: sqlite(':memory:') });
    const run = await runtime.submit('a', 'Hi');
    let given: unknown = { id: undefined };
    const handler = createHandler({ runtime, authorize: () => given as Principal });
    const status = async (): Promise<number> => (await handler(new Request(`http://localhost/runs/${run.id}`))).status;
    expect(await status()).toBe(500);
    given = { id: 'ann' };
    expect(await status()).toBe(404);
    given = { id: 'ann', allRuns: true };
    expect(await status()).toBe(200);
    await handler.stop({ graceMs: 0 });
  });

  it('that may read runs of others no more loses the stream of one', async () => {
    const doors = switched(() => ({ id: 'ann' }), { id: 'ann', allRuns: true });
    let boss = true;
    const authorize: HandlerOptions['authorize'] = (request, target) =>
      request.headers.get('authorization') === 'Bearer alice' ? { id: 'alice' } : doors.authorize(request, target);
    await using served = guarded({ authorize, heartbeatMs: 10, recheckMs: 20 });
    const id = await served.waiting('alice');
    const others = await served.ask('ann', `/runs/${id}/events`, { headers: SSE });
    const ended = others.text().then(() => (boss = false));
    await sleep(100);
    expect(boss).toBe(true);
    doors.on = true;
    await ended;
    expect((await served.ask('ann', `/runs/${id}`)).status).toBe(404);
  });
});

describe('a body', () => {
  const bodied = ROUTES.filter(({ contract }) => contract.body).map(({ method, path }) => [method, path] as const);
  const at = (path: string): string => path.replace(':callId', 'c1').replace(/:\w+/, 'run_1');

  it('there are routes with one', () => {
    expect(bodied.length).toBe(9);
  });

  it.each(bodied)('of somebody who is not known is not read: %s %s', async (method, path) => {
    await using served = guarded();
    let read = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          read += 1;
          controller.enqueue(new TextEncoder().encode('no JSON'));
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { 'content-type': 'application/json' };
    const init: RequestInit & { duplex: 'half' } = { method, headers, body, duplex: 'half' };
    expect((await served.ask(undefined, at(path), init)).status).toBe(401);
    expect(read).toBe(0);
    expect(served.doors.asked).toHaveLength(1);
  });

  it('names the session that is asked about when it has been read', async () => {
    await using served = guarded();
    await (await served.post('ann', '/runs', { agent: 'echo', input: 'Hi', sessionId: 's' })).text();
    const asked = [{ action: 'run' }, { action: 'run', sessionId: 's' }];
    expect(served.doors.asked.slice(0, 2)).toEqual(asked);
    const messages = [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }];
    await (await served.post('ann', '/chat', { id: 's2', agent: 'echo', messages })).text();
    expect(served.doors.asked).toContainEqual({ action: 'run', sessionId: 's2' });
  });

  it('is read of those who are known: what they may not do is decided by what it says', async () => {
    const authorize: NonNullable<HandlerOptions['authorize']> = (_, { action, sessionId }) =>
      action !== 'run' || sessionId === 'own' ? { id: 'ann' } : false;
    await using served = guarded({ authorize });
    const run = { agent: 'echo', input: 'Hi' };
    const status = async (body: unknown): Promise<number> => (await served.post('ann', '/runs', body)).status;
    expect([await status(run), await status({ ...run, sessionId: 'other' })]).toEqual([403, 403]);
    expect(await status({ ...run, sessionId: 'own' })).toBe(200);
    expect(await status('no JSON')).toBe(400);
    expect(await served.store.list()).toHaveLength(1);
  });

  it('of somebody who is not known is not waited for on a socket either', async () => {
    await using node = await onNode({ agents: {}, store: sqlite(':memory:'), authorize: () => null });
    const socket = connect(node.port, '127.0.0.1');
    const head = ['POST /runs HTTP/1.1', 'host: localhost', 'content-type: application/json', 'content-length: 1000'];
    socket.write(`${head.join('\r\n')}\r\n\r\n{`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString('latin1')).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });
});

describe('an `authorize` that does not answer', () => {
  it('is waited for no longer than it may take', async () => {
    await using served = guarded({ authorize: hanging, limits: { authorizeMs: 50 } });
    for (const answer of [await served.ask('ann', '/runs'), await served.post('ann', '/runs', { input: 'Hi' })]) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(await answer.json()).toMatchObject({ error: { code: 'AUTHORIZE_TIMEOUT' } });
    }
    expect(served.errors).toMatchObject([{ code: 'AUTHORIZE_TIMEOUT' }, { code: 'AUTHORIZE_TIMEOUT' }]);
  });

  it('ends an open stream so that its reader comes back, and is asked once at a time', async () => {
    const doors = switched(hanging);
    const limits = { authorizeMs: 150 };
    await using served = guarded({ authorize: doors.authorize, heartbeatMs: 10, recheckMs: 20, limits });
    const id = await served.waiting('ann');
    const stream = await served.ask('ann', `/runs/${id}/events`, { headers: SSE });
    doors.on = true;
    const before = doors.calls;
    expect(await stream.text()).toMatch(/retry: \d+\n\n$/);
    expect(doors.calls - before).toBe(1);
    expect(served.errors).toMatchObject([{ code: 'AUTHORIZE_TIMEOUT' }]);
    doors.on = false;
    expect((await served.ask('ann', `/runs/${id}`)).status).toBe(200);
  });

  it('ends an open stream in the same way when it throws, and says so', async () => {
    const doors = switched(() => Promise.reject(new Error('the directory is down')));
    await using served = guarded({ authorize: doors.authorize, heartbeatMs: 10, recheckMs: 20 });
    const id = await served.waiting('ann');
    const stream = await served.ask('ann', `/runs/${id}/events`, { headers: SSE });
    doors.on = true;
    expect(await stream.text()).toMatch(/retry: \d+\n\n$/);
    expect(served.errors).toMatchObject([{ message: 'the directory is down' }]);
  });

  it('may take its time over what it is asked again, while it has not answered no', async () => {
    let open = 0;
    let most = 0;
    const slowly = async (): Promise<Principal> => {
      most = Math.max(most, (open += 1));
      await sleep(100);
      open -= 1;
      return { id: 'ann' };
    };
    const doors = switched(slowly);
    await using served = guarded({ authorize: doors.authorize, heartbeatMs: 5, recheckMs: 10 });
    const id = await served.waiting('ann');
    const stream = await served.ask('ann', `/runs/${id}/events`, { headers: SSE });
    const ended = stream.text().then(() => 'ended');
    doors.on = true;
    expect(await Promise.race([ended, sleep(350, 'open')])).toBe('open');
    expect(most).toBe(1);
  });
});

const FAILING: [how: string, onError: () => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('from onError');
    },
  ],
  ['rejects', async () => Promise.reject(new Error('from onError'))],
];

describe('an `onError` that fails', () => {
  it.each(FAILING)('changes nothing when it %s', async (_how, onError) => {
    const unhandled: unknown[] = [];
    const seen = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', seen);
    try {
      const authorize = (): never => {
        throw new Error('the directory is down');
      };
      await using served = guarded({ authorize, onError });
      expect((await served.ask('ann', '/runs')).status).toBe(500);
      await sleep(20);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', seen);
    }
  });
});
