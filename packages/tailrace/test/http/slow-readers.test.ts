// A reader that takes nothing for a while: the server's memory does not grow by it, and it gets everything in the end.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OnDisconnect, RunEvent } from '../../src/index.ts';
import { expect, it } from 'vitest';
import { long } from '../durable/random.ts';
import { Place, ServerProcess } from './processes.ts';

const EVENTS = long ? 200_000 : 40_000;
const PAUSE_MS = long ? 60_000 : 1_500;
const MIB = 1024 * 1024;

/** Writes a run as its process would: a beginning, deltas, and an end. */
class Writer {
  readonly run = 'run_long';
  readonly #place: Place;
  readonly #epoch: number;
  #next = 0;
  #batch = 0;

  constructor(place: Place) {
    this.#place = place;
    this.#epoch = place.store.claim(this.run) instanceof Promise ? 0 : 1;
  }

  begin(onDisconnect: OnDisconnect): void {
    const policy = onDisconnect === 'continue' ? {} : { onDisconnect };
    this.#append([{ type: 'run.started', v: 1, agent: 'Writer', input: 'Go.', principal: 'local', ...policy }]);
    this.#append([{ type: 'model.called', step: '1:model:0', attempt: 1, agent: 'Writer' }]);
  }

  deltas(count: number): void {
    for (let left = count; left > 0; left -= 64)
      this.#append(
        Array.from({ length: Math.min(64, left) }, (_, index) => ({
          type: 'model.delta',
          step: '1:model:0',
          attempt: 1,
          text: `${this.#next + index} of the words of a long run, `,
        })),
      );
  }

  end(): void {
    this.#append([{ type: 'run.completed', agent: 'Writer', output: 'Done.', usage: {} }]);
  }

  #append(events: object[]): void {
    const written = events.map((event) => ({
      ...event,
      run: this.run,
      seq: this.#next++,
      epoch: this.#epoch,
      at: Date.now(),
    })) as unknown as RunEvent[];
    void this.#place.store.append(this.run, this.#epoch, ++this.#batch, written, 'group');
  }
}

function rss({ pid }: ServerProcess): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

async function open({ port }: ServerProcess, run: string): Promise<IncomingMessage> {
  const asked = request({ port, host: '127.0.0.1', path: `/runs/${run}/events`, agent: false });
  const headers = { accept: 'application/x-ndjson' };
  for (const [name, value] of Object.entries(headers)) asked.setHeader(name, value);
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  return response;
}

/** Counts lines, and checks that none is missing. */
class Counter {
  count = 0;
  #rest = '';
  #seq = -1;

  take(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') continue;
      const seq = Number(/"seq":(\d+)/.exec(line)?.[1]);
      if (seq !== this.#seq + 1) throw new Error(`${seq} came after ${this.#seq}`);
      this.#seq = seq;
      this.count += 1;
    }
  }
}

it('a reader that pauses costs the server nothing, and gets everything in the end', { timeout: 200_000 }, async () => {
  await using place = await Place.make([]);
  const writer = new Writer(place);
  writer.begin('continue');
  writer.deltas(EVENTS / 2);
  await using server = await ServerProcess.start(place.world({ leaseMs: 10_000 }));
  // Once through, so that what grows is not the first reading of anything.
  const warm = await open(server, writer.run);
  for await (const _ of warm) if (rss(server) > 0) break;
  const response = await open(server, writer.run);
  response.setEncoding('utf8');
  const counter = new Counter();
  let seen = 0;
  await new Promise<void>((resolve) => {
    response.on('data', (chunk: string) => {
      counter.take(chunk);
      seen += 1;
      if (seen === 20) {
        response.pause();
        resolve();
      }
    });
  });
  await sleep(300);
  const before = rss(server);
  let most = before;
  const paused = performance.now();
  const half = EVENTS / 2;
  for (let written = 0; written < half; written += half / 50) {
    writer.deltas(half / 50);
    await sleep(PAUSE_MS / 50);
    most = Math.max(most, rss(server));
  }
  writer.end();
  await sleep(Math.max(0, PAUSE_MS - (performance.now() - paused)));
  most = Math.max(most, rss(server));
  const grown = most - before;
  response.resume();
  await once(response, 'end');
  expect(counter.count).toBe(EVENTS + 3);
  const text = `${EVENTS} events, a reader paused for ${PAUSE_MS} ms: ${(grown / MIB).toFixed(1)} MiB more`;
  if (long) process.stdout.write(`figure: ${text}\n`);
  expect(grown, text).toBeLessThan(8 * MIB);
});

it.each<OnDisconnect>(['continue', 'cancel', { cancelAfterMs: 1_500 }])(
  'a reader that leaves while the server waits for it to take more has left: %j',
  async (onDisconnect) => {
    await using place = await Place.make([]);
    const writer = new Writer(place);
    writer.begin(onDisconnect);
    writer.deltas(20_000);
    await using server = await ServerProcess.start(place.world());
    const response = await open(server, writer.run);
    await once(response, 'readable');
    await sleep(200);
    const mail = (): number => (place.store.mail(writer.run, 0) as unknown[]).length;
    expect(mail()).toBe(0);
    response.destroy();
    if (onDisconnect === 'continue') {
      await sleep(400);
      expect(mail()).toBe(0);
    } else {
      if (onDisconnect !== 'cancel') {
        await sleep(100);
        expect(mail()).toBe(0);
      }
      await expect.poll(mail).toBe(1);
    }
    expect(await place.store.presence.list()).toEqual([]);
  },
);
