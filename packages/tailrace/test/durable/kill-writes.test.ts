// A process that kills itself before and after each of its writes to the store, and another that goes on.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { dismiss, Workers } from './children.ts';
import { type Recorded, recorded, violations } from './checks.ts';
import { chance, long, seeds } from './random.ts';
import { notInTime, Round } from './round.ts';
import { type Script, scriptOf } from './script.ts';
import { Tally } from './tally.ts';

const LIMIT_MS = 20_000;
/** Of all deaths, one in so many is tried by default. */
const SHARE = long ? 1 : 12;
const tally = new Tally('kill -9 before and after every write of one script');
const workers = new Workers(3);
afterAll(async () => {
  tally.print();
  await workers[Symbol.asyncDispose]();
});

/** One that has it all: tools of each kind, a call that is approved, and a handoff. */
const RUN = ((): number => {
  const has = ({ turns, rejected }: Script): boolean =>
    turns.length === 4 &&
    rejected.size === 0 &&
    ['pay', 'look', 'ask', 'transfer_to_Second', 'book'].every((name) =>
      turns.some(({ calls }) => calls.some(({ tool }) => tool === name)),
    );
  for (let run = 1; ; run++) if (has(scriptOf(run, { checked: true }))) return run;
})();

interface Death {
  write: number;
  stored: boolean;
}

/** Kills a worker at a write, lets another finish, and gives the number of writes that the first made. */
async function round(death: Death | undefined): Promise<{ wrong: string[]; writes: number }> {
  const random = chance(death?.write ?? 0);
  await using it = await Round.begin({ leaseMs: 60, chains: [[RUN]], chance: random, checked: true });
  const first = await workers.take({ ...it.world, ...(death && { dies: death }) });
  const records: Recorded[] = [];
  const second = first.exited.then(async () => {
    records.push(await recorded(it, [first.pid]));
    tally.phase(await it.log(RUN));
    const heir = await workers.take(it.world);
    await heir.tell({ do: 'start' });
    return heir;
  });
  first.tell({ do: 'start' }).catch(() => undefined);
  const conducted = it.conduct(() => first);
  const late = await notInTime(it, conducted, LIMIT_MS);
  if (late) return { wrong: [late], writes: 0 };
  // Writes that follow the end are its own, too: letting go of the session, and of the run.
  await Promise.race([first.exited, sleep(40)]);
  let writes = 0;
  if (!first.dead) {
    try {
      await first.tell({ do: 'stop', graceMs: 1_000 });
      writes = Number(await first.tell({ do: 'writes' }));
    } catch (error) {
      // On a busy machine it may come to its last write, and to its death, only now.
      if ((error as { code?: string }).code !== 'KILLED') throw error;
    }
    await first.kill();
  }
  const heir = await second;
  let left: string[] = [];
  for (let looks = 0; looks < 500; looks++) {
    left = (await it.store.leases.due(Number.MAX_SAFE_INTEGER)).map((lease) => JSON.stringify(lease));
    if (left.length === 0) break;
    await sleep(10);
  }
  await dismiss(heir);
  tally.takeovers(await it.log(RUN));
  return { wrong: [...(await violations(it, records)), ...left], writes };
}

test('a process may die at any write', { timeout: 240 * LIMIT_MS }, async () => {
  const { wrong, writes } = await round(undefined);
  expect(wrong).toEqual([]);
  expect(writes).toBeGreaterThan(40);
  const deaths = Array.from({ length: writes }, (_, index) => [
    { write: index + 1, stored: false },
    { write: index + 1, stored: true },
  ]).flat();
  const [seed = 0] = seeds(1);
  const tried = deaths.filter((_, index) => (index + seed) % SHARE === 0);
  for (const death of tried) {
    const { wrong: found } = await round(death);
    expect(found, `TAILRACE_SEED=${seed}, killed ${death.stored ? 'after' : 'before'} write ${death.write}`).toEqual(
      [],
    );
    tally.count('deaths');
  }
});
