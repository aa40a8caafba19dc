// Processes that are killed at any moment, and others that go on with their runs.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { dismiss, Workers } from './children.ts';
import { type Recorded, recorded, violations } from './checks.ts';
import { type Chance, chance, inLanes, long, seeds } from './random.ts';
import { Readers } from './readers.ts';
import { idOf, notInTime, Round } from './round.ts';
import { askingRun } from './script.ts';
import { Tally } from './tally.ts';

const ROUNDS = long ? 200 : 12;
const LANES = 3;
const LIMIT_MS = 20_000;
const tallies: Tally[] = [];
const workers = new Workers(2);
const readers = new Readers(LANES);
afterAll(async () => {
  for (const tally of tallies) tally.print();
  await workers[Symbol.asyncDispose]();
  await readers[Symbol.asyncDispose]();
});

/** How long a round takes when nobody is killed, in milliseconds: kills fall anywhere into it. */
const USUAL_MS = 500;

/** Runs of three sessions, one of which has two, by numbers that no other round has. */
function chainsOf({ upTo }: Chance): number[][] {
  const first = upTo(1_000_000) * 10;
  return [[first + 1, first + 2], [first + 3], [first + 4]];
}

async function rounds(
  title: string,
  count: number,
  round: (seed: number, lane: number, tally: Tally) => Promise<string[]>,
): Promise<void> {
  const tally = new Tally(title);
  tallies.push(tally);
  await inLanes(seeds(count), LANES, async (seed, lane) => {
    expect(await round(seed, lane, tally), `TAILRACE_SEED=${seed}`).toEqual([]);
    tally.count('rounds');
  });
}

const options = (count: number): { timeout: number } => ({ timeout: count * LIMIT_MS });

test('a process that is killed at a random millisecond is gone on with by the next', options(ROUNDS), async () => {
  await rounds('kill -9, one process', ROUNDS, async (seed, lane, tally) => {
    const random = chance(seed);
    await using round = await Round.begin({ leaseMs: 90, chains: chainsOf(random), chance: random, checked: true });
    let worker = await workers.take(round.world);
    await worker.tell({ do: 'start' });
    let over = false;
    const conducted = round.conduct(random.maybe(0.5) ? () => worker : undefined).finally(() => (over = true));
    const reader = await readers.follow(lane, round, round.runs[2] as number);
    const records: Recorded[] = [];
    const dead: number[] = [];
    for (let kills = 0; kills < 3 && (kills === 0 || random.maybe(0.5)); kills++) {
      await sleep(random.upTo(USUAL_MS));
      if (over) break;
      await worker.kill();
      dead.push(worker.pid);
      records.push(await recorded(round, dead));
      for (const run of round.runs) tally.phase(await round.log(run));
      await reader.drop();
      worker = await workers.take(round.world);
      await worker.tell({ do: 'start' });
    }
    const late = await notInTime(round, conducted, LIMIT_MS);
    if (late) return [late, ...worker.driveErrors];
    for (const run of round.runs) tally.takeovers(await round.log(run));
    await dismiss(worker);
    return [...(await violations(round, records)), ...(await reader.violations())];
  });
});

test('of two processes on one file, either may be killed at any millisecond', options(ROUNDS), async () => {
  const count = long ? 200 : 4;
  await rounds('kill -9, two processes', count, async (seed, lane, tally) => {
    const random = chance(seed);
    await using round = await Round.begin({ leaseMs: 150, chains: chainsOf(random), chance: random });
    const [one, two] = [await workers.take(round.world), await workers.take(round.world)];
    await Promise.all([one.tell({ do: 'start' }), two.tell({ do: 'start' })]);
    const conducted = round.conduct();
    const reader = await readers.follow(lane, round, round.runs[random.upTo(round.runs.length)] as number);
    await sleep(random.upTo(USUAL_MS));
    await one.kill();
    await reader.drop();
    for (const run of round.runs) tally.phase(await round.log(run));
    let last = two;
    if (random.maybe(0.5)) {
      last = await workers.take(round.world);
      await last.tell({ do: 'start' });
      await sleep(random.upTo(USUAL_MS));
      await two.kill();
      await reader.drop();
    }
    const late = await notInTime(round, conducted, LIMIT_MS);
    if (late) return [late, ...last.driveErrors];
    for (const run of round.runs) tally.takeovers(await round.log(run));
    await dismiss(...new Set([two, last]));
    return [...(await violations(round)), ...(await reader.violations())];
  });
});

test('a call that waits for approval outlives its process, and is made once', options(ROUNDS), async () => {
  const count = long ? 60 : 3;
  await rounds('kill -9 in an approval wait', count, async (seed, _lane, tally) => {
    const random = chance(seed);
    const run = askingRun(random.upTo(1_000_000));
    await using round = await Round.begin({ leaseMs: 90, chains: [[run]], chance: random });
    const first = await workers.take(round.world);
    await first.tell({ do: 'start' });
    await round.submit(run, 'session0');
    let call: string | undefined;
    for await (const event of round.runtime.attach(idOf(run))) {
      if (event.type !== 'approval.requested') continue;
      call = event.callId;
      break;
    }
    await sleep(random.upTo(20));
    await first.kill();
    tally.phase(await round.log(run));
    // Nobody is there to hear it.
    const early = random.maybe(0.5);
    if (early) await round.runtime.approve(idOf(run), call as string);
    const second = await workers.take(round.world);
    await second.tell({ do: 'start' });
    await sleep(random.upTo(200));
    if (random.maybe(0.3)) await second.kill();
    if (!early) await round.runtime.approve(idOf(run), call as string);
    await expect(round.runtime.approve(idOf(run), call as string)).rejects.toThrow(/is not taken/);
    const third = await workers.take(round.world);
    await third.tell({ do: 'start' });
    const late = await notInTime(round, round.attend(run, [call as string]), LIMIT_MS);
    if (late) return [late, ...third.driveErrors];
    tally.takeovers(await round.log(run));
    await dismiss(second, third);
    return await violations(round);
  });
});

test('an approval whose sender dies over it is there, or is not', options(8), async () => {
  for (const dies of [
    { write: 1, stored: false },
    { write: 1, stored: true },
    { write: 2, stored: false },
    { write: 2, stored: true },
  ]) {
    const run = askingRun(1_000 * dies.write);
    await using round = await Round.begin({ leaseMs: 2_000, chains: [[run]], chance: chance(run) });
    const worker = await workers.take(round.world);
    await worker.tell({ do: 'start' });
    await round.submit(run, 'session0');
    const id = idOf(run);
    while ((await round.runtime.get(id)).status !== 'suspended') await sleep(2);
    const call = (await round.runtime.get(id)).approvals[0]?.callId ?? '';
    const sender = await workers.take({ ...round.world, dies });
    await expect(sender.tell({ do: 'approve', run: id, call })).rejects.toMatchObject({ code: 'KILLED' });
    const stored = dies.write > 1 || dies.stored;
    // Who sends it again is told that it is there; the run goes on by itself.
    const again = round.runtime.approve(id, call);
    if (stored) await expect(again).rejects.toMatchObject({ code: 'APPROVAL_DECIDED' });
    else await again;
    expect(await notInTime(round, round.attend(run, [call]), LIMIT_MS), JSON.stringify(dies)).toBeUndefined();
    await dismiss(worker);
    expect(await violations(round)).toEqual([]);
  }
});
