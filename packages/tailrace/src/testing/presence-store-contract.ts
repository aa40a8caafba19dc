/**
 * What every `PresenceStore` must do, as tests: for our stores and for yours. Independent of any test runner.
 *
 *     presenceStoreContract(test, () => [new MyStore(path).presence, new MyStore(path).presence])
 */
import assert from 'node:assert/strict';
import type { Awaitable } from '../port/log-store.ts';
import type { Presence, PresenceStore } from '../port/presence-store.ts';
import type { RegisterTest } from './log-store-contract.ts';

/** As two processes have it; the same one twice where there is only one. */
export type TwoPresences = readonly [PresenceStore, PresenceStore];

/** Registers the contract's tests; each makes an empty store of its own. */
export function presenceStoreContract(register: RegisterTest, makePresences: () => Awaitable<TwoPresences>): void {
  for (const [name, body] of Object.entries(tests)) register(name, async () => body(await makePresences()));
}

const tests: Record<string, (stores: TwoPresences) => Promise<void>> = {
  async 'of all who leave a run, the last one hears so'([one, two]) {
    await one.enter('r', 'a');
    await two.enter('r', 'b');
    await two.enter('other', 'b');
    assert.equal(await one.leave('r', 'a'), false);
    assert.equal(await two.leave('r', 'b'), true);
    assert.equal(await one.leave('r', 'a'), true);
    assert.deepEqual(await one.list(), [{ run: 'other', owner: 'b', beat: 0 }]);
  },

  async 'a sign of life is one for all runs of its owner, and for nobody else'([one, two]) {
    await one.enter('r', 'a');
    await one.enter('s', 'a');
    await two.enter('r', 'b');
    assert.deepEqual([...(await one.beat('a'))].sort(), ['r', 's']);
    await one.enter('r', 'a');
    const beats = (await two.list()).map(({ run, owner, beat }) => `${run} ${owner} ${beat}`).sort();
    assert.deepEqual(beats, ['r a 1', 'r b 0', 's a 1']);
  },

  async 'a row is taken over as it was seen, once, and never twice for one owner'([one, two]) {
    await one.enter('r', 'dead');
    const seen = await only(two);
    await one.beat('dead');
    assert.equal(await two.take(seen, 'b'), false);
    const now = await only(two);
    await two.enter('r', 'b');
    assert.equal(await two.take(now, 'b'), true);
    assert.equal(await one.take(now, 'a'), false);
    assert.deepEqual(await one.beat('dead'), []);
    assert.deepEqual(
      (await one.list()).map(({ owner }) => owner),
      ['b'],
    );
  },

  async 'a row that was taken over is its taker’s, and the last one to leave is'([one, two]) {
    await one.enter('r', 'dead');
    assert.equal(await two.take(await only(two), 'b'), true);
    assert.equal((await only(one)).owner, 'b');
    assert.deepEqual(await two.beat('b'), ['r']);
    assert.equal(await two.leave('r', 'b'), true);
    assert.deepEqual(await one.list(), []);
  },
};

async function only(presences: PresenceStore): Promise<Presence> {
  const all = await presences.list();
  assert.equal(all.length, 1);
  return all[0] as Presence;
}
