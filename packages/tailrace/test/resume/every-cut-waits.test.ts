import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type AgentInputItem,
  type LogStore,
  MemoryLogStore,
  type RunEvent,
  Runner,
  type Session,
  tool,
  waitForInput,
  waitUntil,
} from '../../src/index.ts';
import { answer } from '../../src/run/answer.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { deaths, type Lives } from './deaths.ts';

/** Who asks is called again by whoever finds it without what it waits for: that does no harm. */
const SCRIPT: readonly ScriptedModelInput[] = [
  [
    assistantMessage('Four.'),
    functionCall('ask', {}, { callId: 'c1' }),
    functionCall('free', {}, { callId: 'c2' }),
    functionCall('nap', {}, { callId: 'c3' }),
    functionCall('shout', {}, { callId: 'c4' }),
  ],
  [functionCall('ask', {}, { callId: 'c1' })],
  [assistantMessage('All done.')],
];

/** How the agent that asks is run: on its own, or as another one's tool. */
type Place = 'alone' | 'as a tool';

class World {
  readonly place: Place;
  readonly store: LogStore;
  readonly saved: AgentInputItem[] = [];
  readonly ran: string[] = [];

  constructor(store: LogStore, place: Place) {
    this.store = store;
    this.place = place;
  }

  async log(): Promise<readonly RunEvent[]> {
    return this.store.read('run_1', 0, 10_000);
  }

  /** An agent whose model goes on with the script where the log ends. */
  async agent(): Promise<Agent> {
    const returned = (await this.log()).filter(({ type }) => type === 'model.returned');
    const nested = returned.filter(({ scope }) => scope).length;
    const answered = this.place === 'alone' ? returned.length : nested;
    const made = (name: string, execute: () => unknown) =>
      tool({
        name,
        description: 'Does something.',
        parameters: z.object({}),
        effects: name === 'free' ? 'once' : 'pure',
        execute: () => {
          this.ran.push(name);
          return execute();
        },
      });
    const asker = new Agent({
      name: 'Asker',
      model: new ScriptedModel(SCRIPT.slice(answered)),
      tools: [
        made('ask', () => waitForInput({ prompt: 'Which?' })),
        made('free', () => 'free'),
        made('nap', () => waitUntil({ ms: 1 }, 'rested')),
        made('shout', () => waitForInput({ expiresInMs: 1, expired: 'silence' })),
      ],
    });
    if (this.place === 'alone') return asker;
    const script = [[functionCall('asker', { input: 'Ask.' }, { callId: 'o1' })], [assistantMessage('All done.')]];
    return new Agent({
      name: 'Outer',
      model: new ScriptedModel(script.slice(returned.length - nested)),
      tools: [asker.asTool({ toolName: 'asker', toolDescription: 'Asks.' })],
    });
  }

  #session(): Session {
    return {
      getSessionId: async () => 's',
      getItems: async (limit = Infinity) => this.saved.slice(-limit),
      addItems: async (items) => void this.saved.push(...items),
      popItem: async () => this.saved.pop(),
      clearSession: async () => undefined,
    };
  }

  /** Answers the question that is open, if one is. */
  async answerOne(): Promise<void> {
    const log = await this.log();
    const ended = new Set(log.flatMap((event) => (event.type === 'wait.ended' ? [event.step] : [])));
    for (const event of log) {
      if (event.type !== 'wait.started' || event.tool !== 'ask' || ended.has(event.step)) continue;
      // Somebody whose process died may have answered already.
      await answer(this.store, 'run_1', event.callId, inTurn(event.step)).catch((error: { code: string }) => {
        expect(error.code).toBe('WAIT_ANSWERED');
      });
    }
  }

  async finish(store: LogStore, stream: boolean): Promise<void> {
    while ((await this.log()).at(-1)?.type !== 'run.completed') {
      const runner = new Runner({ store });
      const options = { session: this.#session(), stream };
      const agent = await this.agent();
      const result =
        (await this.log()).length === 0
          ? await runner.run(agent, 'Go', { runId: 'run_1', ...options } as { stream: false })
          : await runner.resume(agent, 'run_1', options);
      if ('completed' in result) await result.completed;
      await sleep(2);
      await this.answerOne();
    }
  }
}

/** A step of the agent that asks, wherever it is run. */
function inTurn(step: string): string {
  return step.slice(step.lastIndexOf('/') + 1);
}

async function check(world: World, label: string): Promise<void> {
  const log = await world.log();
  expect(logViolations(log), label).toEqual([]);
  expect(log.at(-1), label).toMatchObject({ type: 'run.completed', output: 'All done.' });
  const ended = log.flatMap((event) => (event.type === 'wait.ended' ? [`${inTurn(event.step)} ${event.how}`] : []));
  expect(ended.toSorted(), label).toEqual([
    '1:tool:c1 answered',
    '1:tool:c3 fired',
    '1:tool:c4 expired',
    '2:tool:c1 answered',
  ]);
  // Each wait begins once, and once it has, nobody asks for it again.
  const begun = log.flatMap((event) => (event.type === 'wait.started' ? [event.step] : []));
  expect(new Set(begun).size, label).toBe(begun.length);
  for (const { step } of log.filter((event) => event.type === 'wait.started')) {
    const at = log.findIndex((event) => event.type === 'wait.started' && event.step === step);
    expect(
      log.slice(at).filter((event) => event.type === 'tool.called' && event.step === step),
      label,
    ).toEqual([]);
  }
  expect(world.ran.filter((name) => name === 'free').length, label).toBeLessThanOrEqual(1);
  if (world.place === 'as a tool') return;
  const items = world.saved.map((item) =>
    item.type === 'function_call_result' ? `${item.callId} ${JSON.stringify(item.output)}` : (item.type ?? 'message'),
  );
  const text = (callId: string, said: string): string => `${callId} ${JSON.stringify({ type: 'text', text: said })}`;
  const [first, second] = [items.slice(0, 6), items.slice(10)];
  expect(first, label).toEqual(['message', 'message', ...Array.from({ length: 4 }, () => 'function_call')]);
  const outputs = items.slice(6, 10).toSorted();
  expect(outputs[0], label).toBe(text('c1', '1:tool:c1'));
  expect(outputs.slice(2), label).toEqual([text('c3', 'rested'), text('c4', 'silence')]);
  expect(second, label).toEqual(['function_call', text('c1', '2:tool:c1'), 'message']);
}

async function everyCut(
  place: Place,
  stream: boolean,
  open: () => LogStore,
  close: (store: LogStore) => unknown = () => undefined,
): Promise<void> {
  for (const stored of [true, false]) {
    const lives: Lives<World> = {
      fresh: () => new World(open(), place),
      live: (world, store) => world.finish(store, stream),
      stored,
      moreThan: 20,
      uncut: (world) => check(world, 'uncut'),
      close: ({ store }) => close(store),
    };
    for await (const { world, label } of deaths(lives)) {
      await world.finish(world.store, stream);
      await check(world, label);
    }
  }
}

describe.each<Place>(['alone', 'as a tool'])('an agent that asks, %s', (place) => {
  const name = 'a run that waits for answers and times is taken up from every append';

  test.each([false, true])(`${name}, in memory (streamed: %s)`, { timeout: 120_000 }, async (stream) => {
    await everyCut(place, stream, () => new MemoryLogStore());
  });

  test.each([false, true])(`${name}, on a file (streamed: %s)`, { timeout: 120_000 }, async (stream) => {
    const directory = mkdtempSync(join(tmpdir(), 'waits-'));
    let files = 0;
    try {
      await everyCut(
        place,
        stream,
        () => sqlite(join(directory, `${(files += 1)}.db`)),
        (store) => store.close(),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
