import assert from 'node:assert/strict';
import type { LogStore } from '../port/log-store.ts';
import {
  allEvents,
  deltaEvent,
  deltaEvents,
  endEvent,
  event,
  failsWith,
  logText,
} from './log-store-contract-events.ts';
import type { ContractTest } from './log-store-contract.ts';

const WAKE_LIMIT_MS = 5000;

export const readContract: Record<string, ContractTest> = {
  async 'an unknown run has no head and no events'(store) {
    assert.equal(await store.head('r'), undefined);
    assert.deepEqual(await store.read('r', 0, 10), []);
    assert.deepEqual(await store.mail('r', 0), []);
  },

  async 'a read gives what is there from any number on, at most the limit'(store) {
    await store.claim('r');
    const events = deltaEvents('r', 0, 100);
    for (let seq = 0, clientSeq = 1; seq < 100; clientSeq++) {
      const batch = events.slice(seq, seq + 1 + (clientSeq % 7));
      await store.append('r', 1, clientSeq, batch, 'group');
      seq += batch.length;
    }
    for (let from = 0; from <= 102; from++) {
      for (const limit of [1, 2, 10, 1000]) {
        const read = await store.read('r', from, limit);
        assert.equal(JSON.stringify(read), JSON.stringify(events.slice(from, from + limit)), `from ${from}, ${limit}`);
      }
    }
  },

  async 'what was read does not change when more is written'(store) {
    await store.claim('r');
    await store.append('r', 1, 1, deltaEvents('r', 0, 2), 'group');
    const read = await store.read('r', 0, 10);
    await store.append('r', 1, 2, deltaEvents('r', 2, 2), 'group');
    assert.equal(read.length, 2);
  },

  async 'any JSON text comes back unchanged'(store) {
    await store.claim('r');
    const texts = [
      'grüße 漢字 🚣🏽',
      'NUL \0 inside',
      '\u2028\u2029\uFEFF',
      'lone \uD83D high',
      '\uDE00 low',
      '"\\\n\t',
      '',
    ];
    const events = texts.map((text, seq) => deltaEvent('r', seq, 1, text));
    const raw = JSON.parse(
      '{"__proto__":{"x":1},"2":1,"1":2,"b":null,"a":[1.5,-0,1e21,true,[],{}],"constructor":"c"}',
    ) as unknown;
    events.push(event('r', events.length, 1, { type: 'model.delta', step: 's', attempt: 1, raw }));
    events.push(event('r', events.length, 1, { type: 'turn.started', turn: 1, agent: 'a', scope: ['a', 'b'] }));
    await store.append('r', 1, 1, events, 'full');
    assert.equal(await logText(store, 'r'), JSON.stringify(events));
    const [first] = await store.read('r', 3, 1);
    assert.equal(first?.type === 'model.delta' && first.text, 'lone \uD83D high');
  },

  async 'large events come back whole'(store) {
    await store.claim('r');
    const events = Array.from({ length: 8 }, (_, seq) => deltaEvent('r', seq, 1, 'x'.repeat(400_000)));
    await store.append('r', 1, 1, events.slice(0, 4), 'group');
    await store.append('r', 1, 2, events.slice(4), 'group');
    assert.equal(await logText(store, 'r'), JSON.stringify(events));
  },

  async 'runs are listed newest first, in pages, by whether they have ended'(store) {
    for (const run of ['a', 'b', 'c', 'd']) await store.claim(run);
    await store.append('b', 1, 1, [endEvent('b', 0)], 'full');
    await store.claim('a');
    const names = async (...query: Parameters<LogStore['list']>): Promise<string> =>
      (await store.list(...query)).map(({ run }) => run).join('');
    assert.equal(await names(), 'dcba');
    assert.equal(await names({ limit: 2 }), 'dc');
    assert.equal(await names({ limit: 2, before: 'c' }), 'ba');
    assert.equal(await names({ ended: true }), 'b');
    assert.equal(await names({ ended: false, before: 'd' }), 'ca');
    assert.deepEqual(await store.list({ before: 'b' }), [{ run: 'a', epoch: 2, next: 0, ended: false }]);
    await failsWith('RUN_NOT_FOUND', () => store.list({ before: 'nobody' }));
  },

  async 'a deleted run is gone with its mailbox, and its writer is stopped'(store) {
    await store.claim('r');
    await store.append('r', 1, 1, deltaEvents('r', 0, 3), 'group');
    await store.post('r', { id: 'm', kind: 'cancel', body: null });
    await store.delete('r');
    await store.delete('r');
    assert.equal(await store.head('r'), undefined);
    assert.deepEqual(await store.read('r', 0, 10), []);
    assert.deepEqual(await store.mail('r', 0), []);
    await failsWith('RUN_NOT_FOUND', () => store.append('r', 1, 2, [deltaEvent('r', 3)], 'group'));
    await store.claim('r');
    assert.deepEqual(await store.mail('r', 0), []);
    assert.deepEqual(await store.read('r', 0, 10), []);
  },

  async 'a watcher is woken by appends, mail and deletion, and not after it left'(store) {
    await store.claim('r');
    let wakes = 0;
    const watch = store.watch('r', () => void wakes++);
    const other = store.watch('r', () => {
      throw new Error('a watcher that throws disturbs nobody');
    });
    const woken = async (action: () => unknown): Promise<void> => {
      const before = wakes;
      await action();
      await until(() => wakes > before);
    };
    await woken(() => store.append('r', 1, 1, deltaEvents('r', 0, 3), 'group'));
    await woken(() => store.post('r', { id: 'm', kind: 'cancel', body: null }));
    await woken(() => store.delete('r'));
    watch[Symbol.dispose]();
    watch[Symbol.dispose]();
    other[Symbol.dispose]();
    await store.claim('r');
    const before = wakes;
    await store.append('r', 1, 1, deltaEvents('r', 0, 1), 'group');
    assert.equal(wakes, before);
  },

  async 'another handle on the same data sees, fences and is woken'(store) {
    const another = await store.another?.();
    if (another === undefined) return;
    try {
      await store.claim('r');
      let wakes = 0;
      const watch = another.watch('r', () => void wakes++);
      await store.append('r', 1, 1, deltaEvents('r', 0, 3), 'full');
      assert.equal(await logText(another, 'r'), await logText(store, 'r'));
      await until(() => wakes > 0);
      watch[Symbol.dispose]();
      assert.deepEqual(await another.claim('r'), { epoch: 2, next: 3, ended: false });
      await failsWith('STALE_EPOCH', () => store.append('r', 1, 2, [deltaEvent('r', 3)], 'group'));
      await another.append('r', 2, 1, [endEvent('r', 3, 2)], 'full');
      assert.equal((await allEvents(store, 'r')).length, 4);
    } finally {
      await another.close();
    }
  },

  async 'close may be called twice'(store) {
    await store.claim('r');
    await store.close();
    await store.close();
  },
};

async function until(condition: () => boolean): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    assert.ok(performance.now() - start < WAKE_LIMIT_MS, `no wake within ${WAKE_LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
