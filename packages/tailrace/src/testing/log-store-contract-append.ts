import assert from 'node:assert/strict';
import { allEvents, deltaEvent, deltaEvents, endEvent, failsWith, logText } from './log-store-contract-events.ts';
import type { ContractTest } from './log-store-contract.ts';

export const appendContract: Record<string, ContractTest> = {
  async 'a claim gives the next epoch and the head'(store) {
    assert.deepEqual(await store.claim('r'), { epoch: 1, next: 0, ended: false });
    await store.append('r', 1, 1, deltaEvents('r', 0, 3), 'group');
    assert.deepEqual(await store.claim('r'), { epoch: 2, next: 3, ended: false });
    await store.append('r', 2, 1, [endEvent('r', 3, 2)], 'full');
    assert.deepEqual(await store.claim('r'), { epoch: 3, next: 4, ended: true });
  },

  async 'an append with an older epoch writes nothing and throws StaleEpoch'(store) {
    await store.claim('r');
    await store.append('r', 1, 1, deltaEvents('r', 0, 2), 'group');
    await store.claim('r');
    const before = await logText(store, 'r');
    await failsWith('STALE_EPOCH', () => store.append('r', 1, 2, [deltaEvent('r', 2)], 'group'));
    await failsWith('STALE_EPOCH', () => store.append('r', 1, 2, [endEvent('r', 2)], 'full'));
    assert.equal(await logText(store, 'r'), before);
    await store.append('r', 2, 1, [deltaEvent('r', 2, 2)], 'group');
    // Also when it repeats what was written before.
    await failsWith('STALE_EPOCH', () => store.append('r', 1, 1, deltaEvents('r', 0, 2), 'group'));
    assert.equal((await allEvents(store, 'r')).length, 3);
  },

  async 'an append with an epoch that was never given throws StaleEpoch'(store) {
    await store.claim('r');
    await failsWith('STALE_EPOCH', () => store.append('r', 2, 1, [deltaEvent('r', 0, 2)], 'group'));
    assert.equal(await logText(store, 'r'), '[]');
  },

  async 'an append to a run that nobody claimed throws RUN_NOT_FOUND'(store) {
    await failsWith('RUN_NOT_FOUND', () => store.append('r', 1, 1, [deltaEvent('r', 0)], 'group'));
    assert.equal(await store.head('r'), undefined);
  },

  async 'an append that the epoch has written before succeeds and writes nothing'(store) {
    await store.claim('r');
    await store.append('r', 1, 1, deltaEvents('r', 0, 2), 'full');
    await store.append('r', 1, 2, deltaEvents('r', 2, 2), 'full');
    const before = await logText(store, 'r');
    await store.append('r', 1, 2, deltaEvents('r', 2, 2), 'full');
    await store.append('r', 1, 1, deltaEvents('r', 0, 2), 'full');
    assert.equal(await logText(store, 'r'), before);
    await store.append('r', 1, 3, [endEvent('r', 4)], 'full');
    await store.append('r', 1, 3, [endEvent('r', 4)], 'full');
    assert.deepEqual(await store.head('r'), { run: 'r', epoch: 1, next: 5, ended: true });
  },

  async 'a new epoch counts its appends anew'(store) {
    await store.claim('r');
    await store.append('r', 1, 7, [deltaEvent('r', 0)], 'group');
    await store.claim('r');
    await store.append('r', 2, 1, [deltaEvent('r', 1, 2)], 'group');
    assert.equal((await allEvents(store, 'r')).length, 2);
  },

  async 'an append that leaves a gap, repeats a number or jumps inside writes nothing and throws'(store) {
    await store.claim('r');
    await store.append('r', 1, 1, deltaEvents('r', 0, 3), 'group');
    const before = await logText(store, 'r');
    const wrong = [[4], [2], [3, 5], [3, 3], [0]];
    for (const [index, seqs] of wrong.entries()) {
      const events = seqs.map((seq) => deltaEvent('r', seq));
      await assert.rejects(
        async () => store.append('r', 1, 2 + index, events, 'group'),
        `seq ${seqs.join()} was accepted`,
      );
      assert.equal(await logText(store, 'r'), before);
    }
    await store.append('r', 1, 10, [deltaEvent('r', 3)], 'group');
  },

  async 'nothing follows the terminal event, not in a later append and not in its own'(store) {
    await store.claim('r');
    await failsWith('APPEND_AFTER_END', () => store.append('r', 1, 1, [endEvent('r', 0), deltaEvent('r', 1)], 'full'));
    assert.equal(await logText(store, 'r'), '[]');
    await store.append('r', 1, 2, [deltaEvent('r', 0), endEvent('r', 1)], 'full');
    const before = await logText(store, 'r');
    await failsWith('APPEND_AFTER_END', () => store.append('r', 1, 3, [deltaEvent('r', 2)], 'group'));
    await failsWith('APPEND_AFTER_END', () => store.append('r', 1, 4, [endEvent('r', 2)], 'full'));
    assert.equal(await logText(store, 'r'), before);
  },

  async 'an append of nothing is nothing'(store) {
    await store.claim('r');
    await store.append('r', 1, 1, [], 'full');
    assert.deepEqual(await store.head('r'), { run: 'r', epoch: 1, next: 0, ended: false });
  },

  async 'an append of many events is stored whole'(store) {
    await store.claim('r');
    const events = deltaEvents('r', 0, 1000);
    await store.append('r', 1, 1, events, 'group');
    assert.equal(await logText(store, 'r'), JSON.stringify(events));
  },

  async 'runs do not touch one another'(store) {
    const runs = ['a', 'b', '__proto__', 'constructor', "x'; DROP TABLE runs; --", '%', '_', 'ä漢🚣', 'A', ' ', 'a b'];
    for (const run of runs) await store.claim(run);
    for (const [index, run] of runs.entries()) {
      await store.append(run, 1, 1, deltaEvents(run, 0, index + 1), 'group');
    }
    for (const [index, run] of runs.entries()) {
      assert.deepEqual(await store.head(run), { run, epoch: 1, next: index + 1, ended: false });
      assert.equal(await logText(store, run), JSON.stringify(deltaEvents(run, 0, index + 1)));
    }
    await store.delete('%');
    assert.equal((await store.list()).length, runs.length - 1);
  },
};
