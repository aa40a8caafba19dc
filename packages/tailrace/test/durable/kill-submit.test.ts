// A process that is killed while it submits, before and after each write of it, while another serves.
import { afterAll, describe, expect, test } from 'vitest';
import { type Child, dismiss, Workers } from './children.ts';
import { violations } from './checks.ts';
import { chance } from './random.ts';
import { idOf, notInTime, Round } from './round.ts';
import { promptOf } from './script.ts';

const RUN = 1;
const LIMIT_MS = 20_000;
const workers = new Workers(3);
afterAll(async () => workers[Symbol.asyncDispose]());

const begin = async (): Promise<Round> => Round.begin({ leaseMs: 2_000, chains: [[RUN]], chance: chance(7) });

/** A process that serves, and has served for a while when somebody submits. */
async function server(it: Round): Promise<Child> {
  const child = await workers.take(it.world);
  await child.tell({ do: 'start' });
  return child;
}

const submit = { do: 'submit', run: idOf(RUN), input: promptOf(RUN), session: 'session0' } as const;

async function writesOfSubmit(): Promise<number> {
  await using it = await begin();
  const child = await workers.take(it.world);
  const before = Number(await child.tell({ do: 'writes' }));
  await child.tell(submit);
  const writes = Number(await child.tell({ do: 'writes' })) - before;
  await child.kill();
  return writes;
}

describe('a submitter that is killed while others serve', () => {
  test.each([false, true])(
    'at any write, stored: %s, has submitted all or nothing',
    { timeout: 120_000 },
    async (stored) => {
      const writes = await writesOfSubmit();
      expect(writes).toBeGreaterThan(0);
      for (let write = 1; write <= writes; write++) {
        await using it = await begin();
        const serving = await server(it);
        const victim = await workers.take({ ...it.world, dies: { write, stored } });
        await expect(victim.tell(submit), `write ${write}`).rejects.toMatchObject({ code: 'KILLED' });
        const there = ((await it.store.head(idOf(RUN)))?.next ?? 0) > 0;
        expect(there, `write ${write}`).toBe(stored || write > 1);
        // Nobody starts, and nobody asks again, where it was stored.
        const conducted = there ? it.attend(RUN) : it.conduct();
        expect(await notInTime(it, conducted, LIMIT_MS)).toBeUndefined();
        await it.submit(RUN, 'session0');
        await dismiss(serving);
        expect(await violations(it), `write ${write}`).toEqual([]);
        expect(await it.runtime.list()).toHaveLength(1);
        expect(await it.store.leases.due(Number.MAX_SAFE_INTEGER)).toEqual([]);
      }
    },
  );
});
