/**
 * What every `LeaseStore` must do, as tests: for our stores and for yours. Independent of any test runner.
 *
 *     leaseStoreContract(test, () => new MyStore(...).leases)
 */
import assert from 'node:assert/strict';
import type { Lease, LeaseStore } from '../port/lease-store.ts';
import type { Awaitable } from '../port/log-store.ts';
import type { RegisterTest } from './log-store-contract.ts';

/** Registers the contract's tests; each makes an empty store of its own. */
export function leaseStoreContract(register: RegisterTest, makeLeases: () => Awaitable<LeaseStore>): void {
  for (const [name, body] of Object.entries(tests)) register(name, async () => body(await makeLeases()));
}

const tests: Record<string, (leases: LeaseStore) => Promise<void>> = {
  async 'a run that is wanted is due, once'(leases) {
    await leases.want('r', 'agent');
    await leases.want('r', 'agent');
    assert.deepEqual(await leases.due(0), [free('r')]);
  },

  async 'leases come in the order in which their runs were first wanted'(leases) {
    for (const run of ['b', 'a', 'c', 'a']) await leases.want(run, 'agent');
    assert.deepEqual(
      (await leases.due(0)).map(({ run }) => run),
      ['b', 'a', 'c'],
    );
  },

  async 'of two who take the same lease, one gets it'(leases) {
    await leases.want('r', 'agent');
    const seen = await only(leases);
    const taken = await Promise.all(['a', 'b', 'c'].map(async (owner) => leases.take(seen, owner)));
    assert.equal(taken.filter(Boolean).length, 1);
    const now = await only(leases);
    assert.equal(now.owner, ['a', 'b', 'c'][taken.indexOf(true)]);
    assert.equal(now.wanted, false);
    assert.ok(now.beat > seen.beat);
  },

  async 'a sign of life keeps a lease from whoever saw it before'(leases) {
    const seen = await held(leases, 'r', 'a');
    assert.deepEqual(await leases.beat('a'), ['r']);
    assert.equal(await leases.take(seen, 'b'), false);
    assert.equal(await leases.take(await only(leases), 'b'), true);
    assert.deepEqual(await leases.beat('a'), []);
    assert.deepEqual(await leases.beat('b'), ['r']);
  },

  async 'a lease that was let go of and taken again is not the one that was seen'(leases) {
    const seen = await held(leases, 'r', 'a');
    await leases.release('r', 'a', 'wanted');
    assert.equal(await leases.take(await only(leases), 'a'), true);
    assert.equal(await leases.take(seen, 'b'), false);
  },

  async 'a run that is done is gone; somebody else cannot say so'(leases) {
    await held(leases, 'r', 'a');
    await leases.release('r', 'b', 'done');
    assert.equal((await only(leases)).owner, 'a');
    await leases.release('r', 'a', 'done');
    assert.deepEqual(await leases.due(Number.MAX_SAFE_INTEGER), []);
    assert.deepEqual(await leases.beat('a'), []);
  },

  async 'a run that waits is due when its time has come, not before'(leases) {
    await held(leases, 'r', 'a');
    await leases.release('r', 'a', { wakeAt: 1_000 });
    assert.deepEqual(await leases.due(999), []);
    const due = (await leases.due(1_000))[0];
    assert.equal(due?.owner, undefined);
    assert.equal(due?.wakeAt, 1_000);
    assert.ok(due && (await leases.take(due, 'b')));
    assert.equal((await only(leases)).wakeAt, undefined);
  },

  async 'a run that waits for nothing but a call is due when it is wanted'(leases) {
    await held(leases, 'r', 'a');
    await leases.release('r', 'a', {});
    assert.deepEqual(await leases.due(Number.MAX_SAFE_INTEGER), []);
    await leases.want('r', 'agent');
    assert.equal((await only(leases)).wanted, true);
  },

  async 'what is wanted while it is held stays wanted when it is let go of'(leases) {
    await held(leases, 'r', 'a');
    await leases.want('r', 'agent');
    assert.equal((await only(leases)).owner, 'a');
    await leases.release('r', 'a', { wakeAt: 9_999 });
    assert.equal((await only(leases)).wanted, true);
  },

  async 'a session is held by one run, until that lets go or is replaced by name'(leases) {
    assert.equal(await leases.holdSession('s', 'r1'), 'r1');
    assert.equal(await leases.holdSession('s', 'r1'), 'r1');
    assert.equal(await leases.holdSession('s', 'r2'), 'r1');
    assert.equal(await leases.holdSession('other', 'r2'), 'r2');
    assert.equal(await leases.holdSession('s', 'r2', 'r3'), 'r1');
    assert.equal(await leases.holdSession('s', 'r2', 'r1'), 'r2');
    await leases.dropSession('s', 'r1');
    assert.equal(await leases.holdSession('s', 'r3'), 'r2');
    await leases.dropSession('s', 'r2');
    assert.equal(await leases.holdSession('s', 'r3'), 'r3');
  },

  async 'whoever watches is woken when a run is wanted or let go of, until it stops watching'(leases) {
    let wakes = 0;
    const watch = leases.watchLeases(() => void (wakes += 1));
    await leases.want('r', 'agent');
    assert.ok(wakes >= 1);
    assert.ok(await leases.take(await only(leases), 'a'));
    const before = wakes;
    await leases.release('r', 'a', 'wanted');
    assert.ok(wakes > before);
    watch[Symbol.dispose]();
    const after = wakes;
    await leases.want('r', 'agent');
    assert.equal(wakes, after);
  },
};

function free(run: string): Lease {
  return { run, agent: 'agent', owner: undefined, beat: 0, wanted: true, wakeAt: undefined };
}

async function only(leases: LeaseStore): Promise<Lease> {
  const all = await leases.due(Number.MAX_SAFE_INTEGER);
  assert.equal(all.length, 1);
  return all[0] as Lease;
}

async function held(leases: LeaseStore, run: string, owner: string): Promise<Lease> {
  await leases.want(run, 'agent');
  assert.ok(await leases.take(await only(leases), owner));
  return only(leases);
}
