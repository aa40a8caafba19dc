// A reader leaves after any event, in any protocol, however it was suspended: what was declared happens, and nothing is left.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Agent, isTerminal, type OnDisconnect, type RunEvent, type StreamEvent, tool } from '../../src/index.ts';
import { handlerOf } from '../../src/http/handler.ts';
import { listenerOf } from '../../src/http/node-listener.ts';
import { type Service, serviceOf } from '../../src/http/service.ts';
import {
  assertCleanRun,
  functionCall,
  ScriptedModel,
  startCleanRunProbe,
  textStream,
} from '../../src/testing/index.ts';
import { describe, expect, it } from 'vitest';
import { GatedStore } from './gated-store.ts';
import { type Asked, native, STREAM_KINDS, type StreamKind } from './stream-kinds.ts';

type Ask = (asked: Asked, signal?: AbortSignal) => Promise<Response>;
interface World extends AsyncDisposable {
  service: Service;
  store: GatedStore;
  ask: Ask;
}

function agentOf(store: GatedStore, name: string): Agent {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({}),
    exposeToClient: true,
    execute: () => 'seen',
  });
  const call = functionCall('look', {}, { callId: 'c1' });
  const steps = [
    textStream('Let me look.', { more: [call], provider: 'none' }),
    textStream('It is sunny.', { provider: 'none' }),
  ];
  // One event after the other, so that each is stored by itself.
  const streams = steps.map(
    ({ events }) =>
      ({ type: 'stream_responder', respond: () => oneByOne(events, async () => store.maySpeak(name)) }) as const,
  );
  return new Agent({ name: 'Weather', model: new ScriptedModel(streams), tools: [look] });
}

async function* oneByOne(events: readonly StreamEvent[], maySpeak: () => Promise<void>): AsyncGenerator<StreamEvent> {
  for (const event of events) {
    await turn();
    await maySpeak();
    yield event;
  }
}

/** A run has so many events, and one agent for each place to leave at. */
const EVENTS = 40;
const AGENTS = ['x', ...Array.from({ length: EVENTS }, (_, index) => `x${index}`)];

function service(onDisconnect: OnDisconnect): { service: Service; store: GatedStore } {
  const store = new GatedStore();
  const agents = Object.fromEntries(AGENTS.map((name) => [name, agentOf(store, name)]));
  return { service: serviceOf({ agents, store, onDisconnect }), store };
}

async function onWeb(onDisconnect: OnDisconnect): Promise<World> {
  const made = service(onDisconnect);
  const handler = handlerOf(made.service);
  return {
    ...made,
    ask: async ({ path, init }, signal) =>
      handler(new Request(`http://localhost${path}`, { ...init, ...(signal && { signal }) })),
    [Symbol.asyncDispose]: async () => {
      made.store.openAll();
      await handler.stop({ graceMs: 100 });
    },
  };
}

async function onNode(onDisconnect: OnDisconnect): Promise<World> {
  const made = service(onDisconnect);
  const listener = listenerOf(made.service);
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...made,
    ask: async ({ path, init }, signal) => fetch(`${url}${path}`, { ...init, ...(signal && { signal }) }),
    [Symbol.asyncDispose]: async () => {
      made.store.openAll();
      await listener.stop({ graceMs: 100 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reads what is there, and is then left: while it waits for more, or while it holds what it was given and asks for nothing. */
class Reading {
  text = '';
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #left: AbortController;
  readonly #decoder = new TextDecoder();

  static async of(ask: Ask, asked: Asked): Promise<Reading> {
    const left = new AbortController();
    const response = await ask(asked, left.signal);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return new Reading(response, left);
  }

  private constructor(response: Response, left: AbortController) {
    this.#reader = (response.body as ReadableStream<Uint8Array>).getReader();
    this.#left = left;
  }

  async #take(): Promise<boolean> {
    const { value, done } = await this.#reader.read();
    if (!done) this.text += this.#decoder.decode(value, { stream: true });
    return !done;
  }

  /** Reads once, so that it has begun. */
  async begin(): Promise<void> {
    await this.#take().catch(() => undefined);
  }

  async leaveWaiting(quietMs: number): Promise<void> {
    let taken = 0;
    const reading = (async () => {
      while (await this.#take()) taken += 1;
    })().catch(() => undefined);
    for (let before = -1; before !== taken;) {
      before = taken;
      await sleep(quietMs);
    }
    this.#left.abort();
    await this.#reader.cancel().catch(() => undefined);
    await reading;
  }

  async leaveHolding(): Promise<void> {
    this.#left.abort();
    await this.#reader.cancel().catch(() => undefined);
  }

  async readOn(): Promise<void> {
    while (await this.#take());
  }
}

const eventsOf = (store: GatedStore, run: string): RunEvent[] => store.read(run, 0, 1_000) as RunEvent[];

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const over = performance.now() + 20_000; !holds(); await sleep(2))
    if (performance.now() > over) throw new Error(`It did not come to that: ${what}`);
}

interface Row {
  world: World;
  kind: StreamKind;
  index: number;
  onDisconnect: OnDisconnect;
  waits: boolean;
  quietMs: number;
}

/** One run, left at one place. */
async function leaveAt({ world: { ask, store }, kind, index, onDisconnect, waits, quietMs }: Row): Promise<void> {
  const agent = `x${index}`;
  const reading = await Reading.of(ask, kind.begin(agent, agent));
  const gate = await store.gateOf(agent);
  const begun = reading.begin();
  const held = await gate.reached.promise;
  // In some protocols there is nothing to say of the first events.
  await Promise.race([begun, sleep(quietMs)]);
  const { run } = gate;
  if (waits) await reading.leaveWaiting(quietMs);
  else await reading.leaveHolding();
  // Once the last answer is there, whichever of its end and the cancel is stored first is the end.
  const ending =
    held.length === 0 ||
    [...eventsOf(store, run), ...held].filter(({ type }) => type === 'model.returned').length === 2;
  const cancels = (): number => store.mail(run, 0).filter(({ kind: of }) => of === 'cancel').length;
  if (onDisconnect === 'continue') {
    await sleep(quietMs);
    const again =
      kind.resume && !(ending && held.length === 0)
        ? await comeBack(ask, kind, { run, agent, read: reading.text })
        : undefined;
    gate.open.resolve();
    gate.speak.resolve();
    await until(() => store.head(run)?.ended === true, 'ended');
    expect(eventsOf(store, run).at(-1)?.type).toBe('run.completed');
    expect(cancels()).toBe(0);
    if (again) await checkWhole(ask, kind, { run, agent, again });
  } else {
    if (typeof onDisconnect === 'object' && !ending) expect(cancels()).toBe(0);
    if (held.length > 0 && !held.some(isTerminal)) await until(() => cancels() === 1, 'asked to be cancelled');
    gate.open.resolve();
    await until(() => store.head(run)?.ended === true, 'ended');
    const end = eventsOf(store, run).at(-1);
    if (!ending) expect(end).toMatchObject({ type: 'run.cancelled', reason: 'the last reader left' });
  }
  await assertCleanRun(eventsOf(store, run));
}

interface Back {
  before: string;
  reading: Reading;
}

/** Goes on after the last place that the reader was given one for. */
async function comeBack(ask: Ask, kind: StreamKind, at: { run: string; agent: string; read: string }): Promise<Back> {
  const blocks = kind.blocks(at.read);
  const known = blocks.findLastIndex(({ id }) => id !== undefined);
  const before = blocks
    .slice(0, known + 1)
    .map(({ text }) => text)
    .join('');
  const asked = kind.resume?.(at.run, at.agent, before) as Asked;
  return { before, reading: await Reading.of(ask, asked) };
}

/** What was read before and what was read after is what a reader reads who never left. */
async function checkWhole(ask: Ask, kind: StreamKind, at: { run: string; agent: string; again: Back }): Promise<void> {
  const { before, reading } = at.again;
  await reading.readOn();
  const blocks = kind.blocks(before + reading.text);
  const first = blocks
    .slice(0, blocks.findIndex(({ id }) => id !== undefined) + 1)
    .map(({ text }) => text)
    .join('');
  const rest = await ask(kind.resume?.(at.run, at.agent, first) as Asked);
  expect(rest.status).toBe(200);
  expect(before + reading.text).toBe(first + (await rest.text()));
}

const POLICIES: [string, OnDisconnect][] = [
  ['continue', 'continue'],
  ['cancel', 'cancel'],
  ['cancel after a while', { cancelAfterMs: 300 }],
];

describe.each([
  ['web requests', onWeb, 3],
  ['node:http', onNode, 15],
] as const)('a reader over %s', (_, serving, quietMs) => {
  describe.each(STREAM_KINDS.map((kind) => [kind.name, kind] as const))('of %s', (__, kind) => {
    it.each(POLICIES)('leaves after any event: %s', { timeout: 60_000 }, async (___, onDisconnect) => {
      for (const waits of serving === onWeb ? [true, false] : [true]) {
        const probe = startCleanRunProbe();
        {
          await using world = await serving(onDisconnect);
          const indexes = Array.from({ length: EVENTS }, (____, index) => index);
          await Promise.all(
            indexes.map(async (index) => {
              try {
                await leaveAt({ world, kind, index, onDisconnect, waits, quietMs });
              } catch (error) {
                throw new Error(`left after event ${index}, ${waits ? 'waiting' : 'holding'}`, { cause: error });
              }
            }),
          );
          await until(() => world.service.streams.size === 0, 'no stream is open');
          await until(() => world.service.readership.size === 0, 'nobody is waited for');
        }
        // Timers that the test itself waits by are no findings.
        const left = (): string[] => probe.violations().filter((what) => !what.includes('leaving.test.ts'));
        await until(() => left().length === 0, `nothing is left: ${left().join(', ')}`);
        probe[Symbol.dispose]();
      }
    });
  });
});

it('every event of the run is a place that was left at', async () => {
  await using world = await onWeb('continue');
  const response = await world.ask(native.begin('x', 'x'));
  await response.text();
  const { run } = await world.store.gateOf('x');
  const { length } = eventsOf(world.store, run);
  expect(length).toBeLessThanOrEqual(EVENTS);
  expect(length).toBeGreaterThan(EVENTS - 6);
});
