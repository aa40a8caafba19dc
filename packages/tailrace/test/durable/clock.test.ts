// Processes whose clocks jump, and processes that want the same thing at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { violations } from './checks.ts';
import { CommandError, dismiss, Workers } from './children.ts';
import { chance, long } from './random.ts';
import { idOf, notInTime, Round } from './round.ts';
import { askingRun } from './script.ts';

const HOUR_MS = 3_600_000;
const LIMIT_MS = 50_000;
const workers = new Workers(3);
afterAll(async () => workers[Symbol.asyncDispose]());

/** Who took the run up, and how often. */
async function segments(round: Round, run: number): Promise<string[]> {
  return (await round.log(run)).flatMap((event) => (event.type === 'run.resumed' ? [event.by] : []));
}

describe.concurrent('a wall clock', () => {
  test.each([HOUR_MS, -HOUR_MS])(
    'that jumps by %d ms neither takes a lease from its owner nor keeps it from the heir of a dead one',
    { timeout: LIMIT_MS * 2 },
    async (jump) => {
      const leaseMs = 1_000;
      const run = jump > 0 ? 11 : 21;
      await using round = await Round.begin({ leaseMs, chains: [[run]], chance: chance(run) });
      round.model.delayMs = 60_000;
      const owner = await workers.take(round.world);
      await owner.tell({ do: 'start' });
      const conducted = round.conduct();
      while (round.asked.length === 0) await sleep(5);
      const other = await workers.take(round.world);
      await other.tell({ do: 'start' });
      for (const [ofOwner, ofOther] of [
        [jump, -jump],
        [-jump, jump],
      ] as const) {
        await Promise.all([owner.tell({ do: 'shift', ms: ofOwner }), other.tell({ do: 'shift', ms: ofOther })]);
        await sleep(3 * leaseMs);
        expect(await segments(round, run)).toEqual(['submit']);
      }
      round.model.delayMs = 0;
      await owner.kill();
      await sleep(leaseMs / 2);
      // Again, while nobody is left to give a sign of life.
      await other.tell({ do: 'shift', ms: jump });
      const killed = performance.now();
      while ((await segments(round, run)).length === 1 && performance.now() - killed < 10 * leaseMs) await sleep(10);
      expect(await segments(round, run)).toEqual(['submit', 'takeover']);
      // It has jumped indeed.
      const resumed = (await round.log(run)).findLast(({ type }) => type === 'run.resumed');
      expect(Math.abs((resumed?.at ?? 0) - Date.now() - jump)).toBeLessThan(HOUR_MS / 10);
      expect(await notInTime(round, conducted, LIMIT_MS)).toBeUndefined();
      await dismiss(other);
      expect(await violations(round)).toEqual([]);
    },
  );
});

test('runs that several processes see at the same moment are each taken by one', { timeout: LIMIT_MS }, async () => {
  const chains = Array.from({ length: long ? 60 : 15 }, (_, index) => [30 + index]);
  await using round = await Round.begin({ leaseMs: 5_000, chains, chance: chance(30) });
  const all = [await workers.take(round.world), await workers.take(round.world), await workers.take(round.world)];
  await Promise.all(all.map(async (worker) => worker.tell({ do: 'start' })));
  expect(await notInTime(round, round.conduct(), LIMIT_MS)).toBeUndefined();
  await dismiss(...all);
  expect(await violations(round)).toEqual([]);
  for (const run of round.runs) expect((await segments(round, run)).filter((by) => by === 'submit')).toHaveLength(1);
  for (const run of round.runs) expect(await segments(round, run)).not.toContain('takeover');
  expect(new Set(round.asked.map(({ pid }) => pid)).size).toBeGreaterThan(1);
});

test(
  'of two processes that decide about one call, one does, and the other is told',
  { timeout: LIMIT_MS },
  async () => {
    const chains: number[][] = [];
    for (let run = 0; chains.length < (long ? 30 : 6);) {
      run = askingRun(run + 1);
      chains.push([run]);
    }
    await using round = await Round.begin({ leaseMs: 5_000, chains, chance: chance(0) });
    const [one, two] = [await workers.take(round.world), await workers.take(round.world)];
    await Promise.all([one.tell({ do: 'start' }), two.tell({ do: 'start' })]);
    await Promise.all(
      round.runs.map(async (run) => {
        await round.submit(run, `session${run}`);
        const id = idOf(run);
        for await (const event of round.runtime.attach(id)) {
          if (event.type === 'wait.started' && event.for === 'input')
            await round.runtime.input(id, event.callId, { callId: event.callId });
          if (event.type !== 'approval.requested') continue;
          const call = event.callId;
          const [yes, no] = await Promise.allSettled([
            one.tell({ do: 'approve', run: id, call }),
            two.tell({ do: 'reject', run: id, call }),
          ]);
          const lost = [yes, no].flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
          expect(lost).toHaveLength(1);
          expect(lost[0]).toBeInstanceOf(CommandError);
          // Of a decision that was quick, the run may have ended before the other one came.
          expect(['APPROVAL_DECIDED', 'RUN_ENDED']).toContain((lost[0] as CommandError).code);
          for (let decided; !decided; await sleep(5)) {
            decided = (await round.log(run)).find((each) => each.type === 'approval.decided' && each.callId === call);
            if (decided) expect(decided).toMatchObject({ approved: yes.status === 'fulfilled' });
          }
        }
        const made = round.effects.filter(({ tool, callId }) => tool === 'ask' && callId.startsWith(`c${run}_`));
        const approved = (await round.log(run)).filter((event) => event.type === 'approval.decided' && event.approved);
        expect(made.map(({ callId }) => callId).toSorted()).toEqual(
          approved.map((event) => ('callId' in event ? event.callId : '')).toSorted(),
        );
      }),
    );
    await dismiss(one, two);
  },
);
