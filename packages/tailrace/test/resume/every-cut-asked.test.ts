// A call that a crash left without its outcome, and a person who is asked whether it happened.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, type LogStore, MemoryLogStore, type RunEvent, Runner, tool, waitForInput } from '../../src/index.ts';
import { answer } from '../../src/run/answer.ts';
import { assertCleanRun, assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';
import { deaths, WAYS } from './deaths.ts';

const SCRIPT = [[functionCall('pay', {}, { callId: 'c1' })], [assistantMessage('Done.')]];

class World {
  readonly store: LogStore = new MemoryLogStore();
  paid = 0;

  async log(): Promise<readonly RunEvent[]> {
    return this.store.read('run_1', 0, 10_000);
  }

  async agent(): Promise<Agent> {
    const answered = (await this.log()).filter(({ type }) => type === 'model.returned').length;
    return new Agent({
      name: 'Clerk',
      model: new ScriptedModel(SCRIPT.slice(answered)),
      tools: [
        tool({
          name: 'pay',
          description: 'Pays.',
          parameters: z.object({}),
          execute: async () => {
            this.paid += 1;
            await new Promise(() => undefined);
          },
          unknownOutcome: async () => ({ happened: true, output: waitForInput({ prompt: 'Was it paid?' }) }),
        }),
      ],
    });
  }

  /** The process that called the tool is gone: nobody hears of it again. */
  async crash(): Promise<void> {
    const result = await new Runner({ store: this.store }).run(await this.agent(), 'Pay.', {
      runId: 'run_1',
      stream: true,
      onDisconnect: 'continue',
    });
    for await (const { type } of result.events()) if (type === 'tool.called') break;
  }

  async finish(store: LogStore, stream: boolean): Promise<void> {
    while ((await this.log()).at(-1)?.type !== 'run.completed') {
      const result = await new Runner({ store }).resume(await this.agent(), 'run_1', { stream });
      if ('completed' in result) await result.completed;
      const open = (await this.log()).findLast(({ type }) => type === 'wait.started' || type === 'wait.ended');
      if (open?.type !== 'wait.started') continue;
      // Somebody whose process died may have answered already.
      await answer(this.store, 'run_1', 'c1', 'Yes, on Monday.', { by: 'ada' }).catch((error: { code: string }) => {
        expect(error.code).toBe('WAIT_ANSWERED');
      });
      await sleep(0);
    }
  }
}

async function check(world: World, label: string): Promise<void> {
  const log = await world.log();
  await assertCleanRun(log);
  expect(world.paid, label).toBe(1);
  const about = (type: RunEvent['type']): readonly RunEvent[] => log.filter((event) => event.type === type);
  expect(about('tool.called'), label).toHaveLength(1);
  expect(about('wait.started'), label).toMatchObject([{ callId: 'c1', for: 'input', prompt: 'Was it paid?' }]);
  expect(about('wait.ended'), label).toMatchObject([{ how: 'answered', by: 'ada' }]);
  expect(about('tool.returned'), label).toMatchObject([{ output: 'Yes, on Monday.' }]);
  expect(log.at(-1), label).toMatchObject({ type: 'run.completed', output: 'Done.' });
}

test.each(WAYS)('a person who is asked whether a call happened is asked once, whoever dies ($how)', async (way) => {
  const { stream, stored } = way;
  const live = async (world: World, store: LogStore): Promise<void> => {
    await world.crash();
    await world.finish(store, stream);
  };
  for await (const { world, label } of deaths({
    fresh: () => new World(),
    live,
    stored,
    moreThan: 8,
    uncut: (whole) => check(whole, 'uncut'),
  })) {
    await world.finish(world.store, stream);
    await check(world, label);
  }
});
