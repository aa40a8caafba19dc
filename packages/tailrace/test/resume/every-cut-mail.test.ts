import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type AgentInputItem,
  type LogStore,
  type MailboxMessage,
  MemoryLogStore,
  type RunEvent,
  Runner,
  type Session,
  tool,
} from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { deaths, WAYS } from './deaths.ts';

/** When the message comes: while a tool runs, while an output guardrail looks, or while the last turn is being saved. */
type Moment = 'tool' | 'guardrail' | 'saving';

class World {
  readonly store: MemoryLogStore = new MemoryLogStore();
  readonly saved: AgentInputItem[] = [];
  readonly ran: string[] = [];
  readonly #script: readonly ScriptedModelInput[];
  readonly #when: Moment;
  readonly #message: MailboxMessage;

  constructor(script: readonly ScriptedModelInput[], when: Moment, message: MailboxMessage) {
    this.#script = script;
    this.#when = when;
    this.#message = message;
  }

  get log(): readonly RunEvent[] {
    return this.store.read('run_1', 0, 10_000);
  }

  #now(when: Moment): void {
    if (when === this.#when) this.store.post('run_1', this.#message);
  }

  agent(): Agent {
    const answered = this.log.filter(({ type }) => type === 'model.returned').length;
    const work = tool({
      name: 'work',
      description: 'Works.',
      parameters: z.object({}),
      execute: () => {
        this.ran.push('work');
        this.#now('tool');
        return 'worked';
      },
    });
    return new Agent({
      name: 'A',
      model: new ScriptedModel(this.#script.slice(answered)),
      tools: [work],
      outputGuardrails: [
        {
          name: 'looks',
          execute: async () => {
            this.#now('guardrail');
            await sleep(0);
            return { tripwireTriggered: false, outputInfo: {} };
          },
        },
      ],
    });
  }

  /** What another process would have of the same session. */
  #session(): Session {
    return {
      getSessionId: async () => 's',
      getItems: async (limit = Infinity) => this.saved.slice(-limit),
      addItems: async (items) => {
        if (items.some((item) => 'role' in item && item.role === 'assistant')) this.#now('saving');
        this.saved.push(...items);
      },
      popItem: async () => this.saved.pop(),
      clearSession: async () => undefined,
    };
  }

  async finish(store: LogStore, stream: boolean): Promise<void> {
    const runner = new Runner({ store });
    const options = { session: this.#session(), stream };
    const running =
      this.log.length === 0
        ? runner.run(this.agent(), 'Go', { runId: 'run_1', ...options } as { stream: false })
        : runner.resume(this.agent(), 'run_1', options);
    try {
      const result = await running;
      if ('completed' in result) await result.completed;
    } catch (error) {
      expect(error).toMatchObject({ code: 'RUN_CANCELLED' });
    }
  }
}

async function everyCut(fresh: () => World, check: (world: World, label: string) => void): Promise<void> {
  let cuts = 0;
  for (const { stream, stored, how } of WAYS) {
    const live = (world: World, store: LogStore) => world.finish(store, stream);
    const uncut = (world: World) => check(world, 'uncut');
    for await (const { world, label } of deaths({ fresh, live, stored, moreThan: 8, uncut })) {
      // Only from where the message is there: else a call that is not repeated may never send it.
      if (world.store.mail('run_1', 0).length === 0) continue;
      cuts += 1;
      await world.finish(world.store, stream);
      check(world, `${how}, ${label}`);
    }
  }
  expect(cuts).toBeGreaterThan(12);
}

const kinds = (items: readonly AgentInputItem[]): string[] =>
  items.map((item) => ('role' in item ? item.role : item.type));

test('a turn that was to be the last one is finished by whoever takes it up, and then the run is cancelled', async () => {
  const cancel: MailboxMessage = { id: 'm', kind: 'cancel', body: { mode: 'after_turn', reason: 'enough' } };
  const script = [[functionCall('work', {}, { callId: 'c' })], [assistantMessage('never')]];
  await everyCut(
    () => new World(script, 'tool', cancel),
    (world, label) => {
      expect(logViolations(world.log), label).toEqual([]);
      expect(world.log.at(-1), label).toMatchObject({ type: 'run.cancelled', mode: 'after_turn', reason: 'enough' });
      expect(
        world.log.filter(({ type }) => type === 'turn.ended'),
        label,
      ).toHaveLength(1);
      expect(world.ran, label).toEqual(['work']);
      expect(kinds(world.saved), label).toEqual(['user', 'function_call', 'function_call_result']);
    },
  );
});

for (const when of ['guardrail', 'saving'] as const) {
  test(`input that comes in the last moment is answered (${when})`, async () => {
    const input: MailboxMessage = { id: 'm', kind: 'input', body: 'Wait!' };
    const script = [[assistantMessage('Bye.')], [assistantMessage('Still here.')]];
    await everyCut(
      () => new World(script, when, input),
      (world, label) => {
        expect(logViolations(world.log), label).toEqual([]);
        expect(world.log.at(-1), label).toMatchObject({ type: 'run.completed', output: 'Still here.' });
        expect(kinds(world.saved), label).toEqual(['user', 'assistant', 'user', 'assistant']);
        // A verdict on the first output says nothing of the second.
        const asked = world.log.findLastIndex(({ type }) => type === 'turn.started');
        const verdicts = world.log.slice(asked).filter(({ type }) => type === 'guardrail.returned');
        expect(verdicts.length, label).toBe(1);
        expect(
          world.log.filter(({ type }) => type === 'input.received'),
          label,
        ).toHaveLength(1);
      },
    );
  });
}
