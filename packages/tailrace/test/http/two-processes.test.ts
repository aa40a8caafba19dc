// What becomes of a run when its readers leave, with servers in several processes on one file.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OnDisconnect, RunEvent } from '../../src/index.ts';
import { assertCleanRun, type WireAnswer } from '../../src/testing/index.ts';
import { describe, expect, it } from 'vitest';
import { Place, ServerProcess, type ServerWorld } from './processes.ts';
import { post } from './serve.ts';

const slow: WireAnswer = {
  steps: [{ type: 'text', text: Array.from({ length: 4_000 }, (_, index) => `w${index} `) }],
  delivery: { delayMs: 10 },
};
const quick: WireAnswer = { steps: [{ type: 'text', text: ['Hello', ' there'] }] };

/** Reads until `until` was told, and goes on reading in the background until `leave`. */
class Reader {
  readonly run: string;
  readonly #left: AbortController;
  readonly #over: Promise<void>;
  text = '';

  static async of(path: string, init: RequestInit = {}): Promise<Reader> {
    const left = new AbortController();
    const headers = { accept: 'text/event-stream', ...(init.headers as Record<string, string>) };
    const response = await fetch(path, { ...init, headers, signal: left.signal });
    expect(response.status).toBe(200);
    const reader = new Reader(left, response);
    await expect.poll(() => reader.text, { timeout: 15_000 }).toContain('model.delta');
    return reader;
  }

  private constructor(left: AbortController, response: Response) {
    this.run = response.headers.get('location')?.split('/').at(-1) ?? '';
    this.#left = left;
    this.#over = this.#read(response);
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) this.text += decoder.decode(chunk as Uint8Array, { stream: true });
    } catch {
      // It left, or its server was killed.
    }
  }

  async leave(): Promise<void> {
    this.#left.abort();
    await this.#over;
  }
}

const begin = async (server: ServerProcess, key?: string): Promise<Reader> =>
  Reader.of(
    `${server.url}/runs`,
    post({ input: 'Write.', stream: true }, key === undefined ? {} : { 'idempotency-key': key }),
  );
const attach = async (server: ServerProcess, run: string): Promise<Reader> =>
  Reader.of(`${server.url}/runs/${run}/events`);

async function twoServers(
  onDisconnect: OnDisconnect,
  more: Partial<ServerWorld> = {},
): Promise<{ place: Place; one: ServerProcess; two: ServerProcess } & AsyncDisposable> {
  const place = await Place.make(() => slow);
  const world = place.world({ onDisconnect, ...more });
  const [one, two] = await Promise.all([ServerProcess.start(world), ServerProcess.start({ ...world, drives: false })]);
  return {
    place,
    one,
    two,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([one.kill(), two.kill()]);
      await place[Symbol.asyncDispose]();
    },
  };
}

const eventsOf = ({ store }: Place, run: string): readonly RunEvent[] => store.read(run, 0, 10_000) as RunEvent[];
const lastOf = (place: Place, run: string): string | undefined => eventsOf(place, run).at(-1)?.type;
const isOpen = (place: Place, run: string): void => expect(lastOf(place, run)).toBe('model.delta');
const isCancelled = async (place: Place, run: string): Promise<void> => {
  await expect.poll(() => lastOf(place, run), { timeout: 15_000, interval: 20 }).toBe('run.cancelled');
  await expect.poll(() => place.model.activeRequests, { timeout: 10_000 }).toBe(0);
  expect(eventsOf(place, run).at(-1)).toMatchObject({ reason: 'the last reader left' });
  await assertCleanRun(eventsOf(place, run));
};
const rows = (place: Place): number => (place.store.presence.list() as unknown[]).length;

describe('readers in two processes', () => {
  it('the last one to leave ends the run, in whichever process it read', async () => {
    await using world = await twoServers('cancel', { leaseMs: 2_000 });
    const { place, one, two } = world;
    const first = await begin(one);
    const second = await attach(two, first.run);
    await expect.poll(() => rows(place)).toBe(2);
    await first.leave();
    await sleep(200);
    isOpen(place, first.run);
    await second.leave();
    await isCancelled(place, first.run);
    expect(rows(place)).toBe(0);
  });

  it('whoever comes back in time, in another process, keeps it', async () => {
    await using world = await twoServers({ cancelAfterMs: 1_200 }, { leaseMs: 2_000 });
    const { place, one, two } = world;
    const first = await begin(one);
    await first.leave();
    const second = await attach(two, first.run);
    await sleep(2_000);
    isOpen(place, first.run);
    await second.leave();
    await isCancelled(place, first.run);
    expect(rows(place)).toBe(0);
  });

  it("a run that nobody declared anything for is nobody's to end", async () => {
    await using world = await twoServers('cancel');
    const { place, one, two } = world;
    const posted = await fetch(`${one.url}/runs`, post({ input: 'Write.', background: true, stream: true }));
    const { id } = (await posted.json()) as { id: string };
    expect(posted.status).toBe(202);
    await (await attach(two, id)).leave();
    await (await attach(one, id)).leave();
    await sleep(200);
    isOpen(place, id);
    expect(rows(place)).toBe(0);
  });

  it('stopping is a call of its own, from any process, and readers hear the end', async () => {
    await using world = await twoServers('continue');
    const { place, one, two } = world;
    const reader = await begin(one);
    const asked = performance.now();
    const answer = await fetch(`${two.url}/runs/${reader.run}/cancel`, post({ reason: 'enough' }));
    expect(answer.status).toBe(202);
    await expect.poll(() => reader.text, { interval: 5 }).toContain('event: run.cancelled');
    expect(performance.now() - asked).toBeLessThan(15_000);
    expect(eventsOf(place, reader.run).at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
    await expect.poll(() => place.model.activeRequests).toBe(0);
  });
});

describe("a dead process's readers", () => {
  it('do not count for ever: a process that lives ends the run', async () => {
    await using world = await twoServers('cancel');
    const { place, one, two } = world;
    const first = await begin(one);
    const second = await attach(two, first.run);
    await two.kill();
    await first.leave();
    await second.leave();
    isOpen(place, first.run);
    await isCancelled(place, first.run);
    expect(rows(place)).toBe(0);
  });

  it('are waited for by the process that takes over', async () => {
    await using world = await twoServers({ cancelAfterMs: 200 });
    const { place, two } = world;
    // A third one drives, so that the run does not die with the process that its reader is at.
    const reader = await begin(two);
    await two.kill();
    await reader.leave();
    await isCancelled(place, reader.run);
    expect(rows(place)).toBe(0);
  });

  it('a process that was only stopped for a while goes on counting its own', async () => {
    await using world = await twoServers('cancel', { leaseMs: 600 });
    const { place, one, two } = world;
    const reader = await begin(two);
    const other = await attach(one, reader.run);
    two.pause();
    // Long enough for its row to be taken.
    await sleep(1_400);
    two.resume();
    await expect.poll(() => rows(place), { timeout: 10_000 }).toBe(2);
    await other.leave();
    await sleep(300);
    isOpen(place, reader.run);
    await reader.leave();
    await isCancelled(place, reader.run);
  });
});

describe('one Idempotency-Key', () => {
  it('posted to two processes at the same moment begins one run', async () => {
    const place = await Place.make(() => quick);
    await using _place = place;
    const world = place.world({ leaseMs: 10_000 });
    await using one = await ServerProcess.start(world);
    await using two = await ServerProcess.start(world);
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        [one, two, one, two].map(async ({ url }) => {
          const response = await fetch(`${url}/runs`, post({ input: 'Hello' }, { 'idempotency-key': `k${round}` }));
          return [response.status, (await response.json()) as { id: string; output?: string }] as const;
        }),
      );
      expect(answers.map(([status]) => status)).toEqual([200, 200, 200, 200]);
      expect(new Set(answers.map(([, { id }]) => id)).size).toBe(1);
      expect(answers.map(([, { output }]) => output)).toEqual(Array(4).fill('Hello there'));
    }
    expect(place.model.requests).toHaveLength(10);
  });
});
