// Processes that are killed while their runs wait for an answer, or for a time.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { dismiss, Workers } from './children.ts';
import { violations } from './checks.ts';
import { chance, long, seeds } from './random.ts';
import { idOf, notInTime, Round } from './round.ts';
import { runThatBegins } from './script.ts';

const ROUNDS = long ? 40 : 3;
const LIMIT_MS = 20_000;
const workers = new Workers(2);
afterAll(async () => workers[Symbol.asyncDispose]());

async function begun(tool: 'quiz' | 'nap', seed: number): Promise<{ round: Round; run: number; call: string }> {
  const random = chance(seed);
  const run = runThatBegins(tool, random.upTo(1_000_000));
  const round = await Round.begin({ leaseMs: 90, chains: [[run]], chance: random });
  const first = await workers.take(round.world);
  await first.tell({ do: 'start' });
  await round.submit(run, 'session0');
  let call = '';
  for await (const event of round.runtime.attach(idOf(run))) {
    if (event.type !== 'wait.started') continue;
    call = event.callId;
    break;
  }
  await sleep(random.upTo(20));
  await first.kill();
  return { round, run, call };
}

test(
  'a question outlives the process that asked it, and is asked and answered once',
  { timeout: ROUNDS * LIMIT_MS },
  async () => {
    for (const seed of seeds(ROUNDS)) {
      const random = chance(seed + 1);
      const { round: opened, run, call } = await begun('quiz', seed);
      await using round = opened;
      const id = idOf(run);
      // Nobody is there to hear it.
      const early = random.maybe(0.5);
      if (early) await round.runtime.input(id, call, { callId: call });
      const second = await workers.take(round.world);
      await second.tell({ do: 'start' });
      await sleep(random.upTo(200));
      if (random.maybe(0.3)) await second.kill();
      if (!early) await round.runtime.input(id, call, { callId: call });
      await expect(round.runtime.input(id, 'again', { callId: call })).rejects.toThrow(/is not taken/);
      const third = await workers.take(round.world);
      await third.tell({ do: 'start' });
      const label = `TAILRACE_SEED=${seed}`;
      expect(await notInTime(round, round.attend(run, [call]), LIMIT_MS), label).toBeUndefined();
      await dismiss(second, third);
      expect(await violations(round), label).toEqual([]);
      const returned = (await round.log(run)).find((event) => event.type === 'tool.returned' && event.callId === call);
      expect(returned, label).toMatchObject({ output: call });
    }
  },
);

test('a time that comes while nobody is there is not missed', { timeout: ROUNDS * LIMIT_MS }, async () => {
  for (const seed of seeds(ROUNDS)) {
    const { round: opened, run, call } = await begun('nap', seed);
    await using round = opened;
    await sleep(40);
    const second = await workers.take(round.world);
    await second.tell({ do: 'start' });
    const label = `TAILRACE_SEED=${seed}`;
    expect(await notInTime(round, round.attend(run), LIMIT_MS), label).toBeUndefined();
    await dismiss(second);
    expect(await violations(round), label).toEqual([]);
    const returned = (await round.log(run)).find((event) => event.type === 'tool.returned' && event.callId === call);
    expect(returned, label).toMatchObject({ output: 'rested' });
  }
});
