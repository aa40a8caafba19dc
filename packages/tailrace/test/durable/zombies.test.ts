// Processes that are stopped for longer than their leases, and wake up when others have taken their runs over.
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type Child, dismiss, Workers } from './children.ts';
import { violations } from './checks.ts';
import { chance, inLanes, long, seeds } from './random.ts';
import { Readers } from './readers.ts';
import { notInTime, Round } from './round.ts';
import { Tally } from './tally.ts';

const ROUNDS = long ? 50 : 4;
const LANES = 2;
const LIMIT_MS = 20_000;
const LEASE_MS = 150;
const tally = new Tally('SIGSTOP and SIGCONT');
const workers = new Workers(2);
const readers = new Readers(LANES);
let takeovers = 0;
afterAll(async () => {
  tally.print();
  await workers[Symbol.asyncDispose]();
  await readers[Symbol.asyncDispose]();
});

test('a process that wakes up writes nothing to what was taken over', { timeout: ROUNDS * LIMIT_MS }, async () => {
  await inLanes(seeds(ROUNDS), LANES, async (seed, lane) => {
    expect(await zombie(seed, lane), `TAILRACE_SEED=${seed}`).toEqual([]);
    tally.count('rounds');
  });
  expect(takeovers).toBeGreaterThan(0);
});

async function zombie(seed: number, lane: number): Promise<string[]> {
  const random = chance(seed);
  const first = random.upTo(1_000_000) * 10;
  const chains = [[first + 1, first + 2], [first + 3], [first + 4]];
  await using round = await Round.begin({ leaseMs: LEASE_MS, chains, chance: random, patienceMs: 50 });
  const [sleeper, heir] = [await workers.take(round.world), await workers.take(round.world)];
  await sleeper.tell({ do: 'start' });
  const conducted = round.conduct();
  const reader = await readers.follow(lane, round, round.runs[random.upTo(round.runs.length)] as number);
  // So that there is something to take over: the one that will be stopped is there first.
  while ((await round.store.leases.due(Date.now())).filter(({ owner }) => owner !== undefined).length < chains.length)
    await sleep(2);
  await heir.tell({ do: 'start' });
  await sleep(random.upTo(100));
  await stop(sleeper, round.world.db);
  await reader.drop();
  await sleep(LEASE_MS * 2 + random.upTo(300));
  const before = await Promise.all(round.runs.map(async (run) => round.store.head(`run_${run}`)));
  sleeper.signal('SIGCONT');
  if (random.maybe(0.5)) await reader.drop();
  const late = await notInTime(round, conducted, LIMIT_MS);
  if (late) return [late, ...heir.driveErrors, ...sleeper.driveErrors];
  await sleep(50);
  await dismiss(sleeper, heir);
  const wrong = [...(await violations(round)), ...(await reader.violations())];
  for (const [index, run] of round.runs.entries()) {
    const events = await round.log(run);
    tally.takeovers(events);
    takeovers += events.filter((event) => event.type === 'run.resumed' && event.by === 'takeover').length;
    const { epoch = 0, next = 0 } = before[index] ?? {};
    const stale = events.slice(next).filter((event) => event.epoch < epoch);
    wrong.push(...stale.map(({ seq, type }) => `run ${run}: seq ${seq}: ${type} is a zombie's`));
  }
  return wrong;
}

/** Stops the process where it does not hold the file's lock: with that, all would wait for it. */
async function stop(child: Child, path: string): Promise<void> {
  for (;;) {
    child.signal('SIGSTOP');
    if (await isFree(path)) return;
    tally.count('stopped inside a write');
    child.signal('SIGCONT');
    await sleep(3);
  }
}

async function isFree(path: string): Promise<boolean> {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    for (let tries = 0; tries < 30; tries++) {
      try {
        db.exec('BEGIN IMMEDIATE');
        db.exec('ROLLBACK');
        return true;
      } catch {
        await sleep(3);
      }
    }
    return false;
  } finally {
    db.close();
  }
}
