import { createClient, type TailraceClient } from 'tailrace/client';
import { expect, it, vi } from 'vitest';
import { FollowedRun, NOTHING } from '../../src/react/followed-run.ts';

/** A client of a server whose every stream the test writes. */
function scripted(): {
  client: TailraceClient;
  streams: { say: (...events: object[]) => void; break: () => void; after: string | null; closed: boolean }[];
} {
  const streams: ReturnType<typeof scripted>['streams'] = [];
  const client = createClient({
    baseURL: 'http://local.test',
    fetch: async (_, init) => {
      const encoder = new TextEncoder();
      let write: (text: string) => void = () => undefined;
      let tear: () => void = () => undefined;
      const stream = {
        say: (...events: object[]) => write(events.map((event) => `${JSON.stringify(event)}\n`).join('')),
        break: () => tear(),
        after: new Headers(init?.headers).get('last-event-id'),
        closed: false,
      };
      streams.push(stream);
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          write = (text) => controller.enqueue(encoder.encode(text));
          tear = () => controller.error(new TypeError('terminated'));
        },
        cancel: () => void (stream.closed = true),
      });
      return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } });
    },
  });
  return { client, streams };
}

const at = (seq: number, event: object): object => ({ run: 'r', seq, epoch: 1, at: 0, id: `${seq}.1`, ...event });
const started = at(0, { type: 'run.started', v: 1, agent: 'A', input: 'Go.' });
const delta = (seq: number): object => at(seq, { type: 'model.delta', step: '1:model', attempt: 1, text: `${seq} ` });
const over = (seq: number): object => at(seq, { type: 'run.completed', agent: 'A', output: 'Done.', usage: {} });

it('tells what comes together as one change, whole', async () => {
  const { client, streams } = scripted();
  const runs: string[] = [];
  const followed = new FollowedRun((run) => runs.push(run));
  const changes: string[] = [];
  followed.subscribe(() => changes.push(`${followed.get().status} ${followed.get().text}`));
  expect(followed.get()).toBe(NOTHING);
  followed.follow(client.attach('r'));
  await vi.waitFor(() => expect(streams).toHaveLength(1), 10_000);
  streams[0]?.say(started, ...Array.from({ length: 100 }, (_, n) => delta(n + 1)));
  await vi.waitFor(() => expect(followed.get().text.split(' ')).toHaveLength(101), 10_000);
  streams[0]?.say(over(101));
  await vi.waitFor(() => expect(followed.get()).toMatchObject({ status: 'completed', output: 'Done.' }), 10_000);
  expect(changes).toHaveLength(3);
  expect(runs).toEqual(['r']);
});

it('goes on where it was when it was left, and shows nothing of a run that another one took the place of', async () => {
  const { client, streams } = scripted();
  const followed = new FollowedRun(() => undefined);
  followed.follow(client.attach('r'));
  // As StrictMode does.
  followed.leave();
  followed.enter();
  await vi.waitFor(() => expect(streams.length).toBeGreaterThan(0), 10_000);
  streams.at(-1)?.say(started, delta(1));
  await vi.waitFor(() => expect(followed.get().text).toBe('1 '), 10_000);
  followed.leave();
  await vi.waitFor(() => expect(streams.at(-1)?.closed).toBe(true), 10_000);
  const before = streams.length;
  followed.enter();
  followed.enter();
  await vi.waitFor(() => expect(streams).toHaveLength(before + 1), 10_000);
  expect(streams.at(-1)?.after).toBe('1.1');
  streams.at(-1)?.say(delta(2));
  await vi.waitFor(() => expect(followed.get().text).toBe('1 2 '), 10_000);
  const old = streams.at(-1);
  old?.say(delta(3));
  followed.follow(undefined);
  expect(followed.get()).toBe(NOTHING);
  await vi.waitFor(() => expect(old?.closed).toBe(true), 10_000);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(followed.get()).toBe(NOTHING);
});

it('knows the id of a run that is only being begun when it has it, or why it has none', async () => {
  const { client, streams } = scripted();
  const followed = new FollowedRun(() => undefined);
  await expect(followed.id()).rejects.toThrow('There is no run yet.');
  followed.follow(client.run({ input: 'Go.' }));
  const id = followed.id();
  await vi.waitFor(() => expect(streams).toHaveLength(1), 10_000);
  streams[0]?.say(started);
  expect(await id).toBe('r');
  expect(await followed.id()).toBe('r');
  followed.follow(client.run({ input: 'Again.' }));
  const replaced = followed.id();
  followed.follow(undefined);
  await expect(replaced).rejects.toThrow('Another run has taken its place.');

  const refusing = createClient({
    baseURL: 'http://local.test',
    fetch: async () => new Response(null, { status: 403 }),
  });
  followed.follow(refusing.run({ input: 'Go.' }));
  await expect(followed.id()).rejects.toMatchObject({ status: 403 });
  await expect(followed.id()).rejects.toMatchObject({ status: 403 });
  expect(followed.get()).toMatchObject({ status: 'idle', problem: { status: 403 } });
});

it('a run that was never heard of is idle; once reading goes on, however it came to, there is no problem', async () => {
  const { client: up, streams } = scripted();
  let down = true;
  const client = createClient({
    baseURL: 'http://local.test',
    maxTries: 0,
    fetch: async (_, init) => {
      if (down) throw new TypeError('fetch failed');
      return up.request('/runs/r/events', init);
    },
  });
  const followed = new FollowedRun(() => undefined);
  followed.follow(client.run({ input: 'Go.' }));
  expect(followed.get().status).toBe('running');
  await vi.waitFor(() => expect(followed.get().problem).toMatchObject({ code: 'UNREACHABLE' }), 10_000);
  expect(followed.get().status).toBe('idle');
  // As a page that is hidden and shown again does.
  down = false;
  followed.leave();
  followed.enter();
  expect(followed.get()).toMatchObject({ status: 'running', problem: undefined });
  await vi.waitFor(() => expect(streams).toHaveLength(1), 10_000);
  streams[0]?.say(started, delta(1));
  await vi.waitFor(() => expect(followed.get()).toMatchObject({ text: '1 ', problem: undefined }), 10_000);
  // In mid-run it may well go on without us.
  down = true;
  streams[0]?.break();
  await vi.waitFor(() => expect(followed.get().problem).toMatchObject({ code: 'UNREACHABLE' }), 10_000);
  expect(followed.get()).toMatchObject({ status: 'running', text: '1 ' });
  down = false;
  followed.again();
  await vi.waitFor(() => expect(streams).toHaveLength(2), 10_000);
  streams[1]?.say(over(2));
  await vi.waitFor(() => expect(followed.get()).toMatchObject({ status: 'completed', problem: undefined }), 10_000);
});

it('reads on when `onRun` throws, which is reported', async () => {
  const reported = vi.fn<(error: unknown) => void>();
  vi.stubGlobal('reportError', reported);
  const { client, streams } = scripted();
  const full = new Error('The storage is full.');
  const followed = new FollowedRun(() => {
    throw full;
  });
  followed.follow(client.attach('r'));
  await vi.waitFor(() => expect(streams).toHaveLength(1), 10_000);
  streams[0]?.say(started, over(1));
  await vi.waitFor(() => expect(followed.get()).toMatchObject({ status: 'completed', problem: undefined }), 10_000);
  expect(reported.mock.calls).toEqual([[full]]);
  vi.unstubAllGlobals();
});
