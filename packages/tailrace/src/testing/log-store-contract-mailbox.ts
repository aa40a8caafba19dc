import assert from 'node:assert/strict';
import { endEvent, failsWith } from './log-store-contract-events.ts';
import type { ContractTest } from './log-store-contract.ts';

export const mailboxContract: Record<string, ContractTest> = {
  async 'the first message with an id wins'(store) {
    await store.claim('r');
    assert.equal(await store.post('r', { id: 'call_1', kind: 'approval', body: { approved: true } }), true);
    assert.equal(await store.post('r', { id: 'call_1', kind: 'approval', body: { approved: false } }), false);
    const [message, ...more] = await store.mail('r', 0);
    assert.deepEqual(message?.body, { approved: true });
    assert.equal(more.length, 0);
  },

  async 'messages have places from 1, in order, and are read after a place'(store) {
    await store.claim('r');
    await store.claim('other');
    for (const id of ['a', 'b', 'c']) {
      await store.post('r', { id, kind: 'input', body: `from ${id}` });
      await store.post('other', { id, kind: 'cancel', body: null });
    }
    const mail = await store.mail('r', 0);
    assert.deepEqual(
      mail.map(({ position, id, kind, body }) => ({ position, id, kind, body })),
      ['a', 'b', 'c'].map((id, index) => ({ position: index + 1, id, kind: 'input', body: `from ${id}` })),
    );
    assert.ok(mail.every(({ at }) => Math.abs(Date.now() - at) < 60_000));
    assert.deepEqual(await store.mail('r', 2), mail.slice(2));
    assert.deepEqual(await store.mail('r', 3), []);
  },

  async 'the mailbox is not fenced, and outlives the end'(store) {
    await store.claim('r');
    await store.claim('r');
    await store.append('r', 2, 1, [endEvent('r', 0, 2)], 'full');
    assert.equal(await store.post('r', { id: 'late', kind: 'cancel', body: { reason: 'too late' } }), true);
    assert.equal((await store.mail('r', 0)).length, 1);
  },

  async 'a run that has ended takes no more input, and says so'(store) {
    await store.claim('r');
    await store.post('r', { id: 'early', kind: 'input', body: 'in time' });
    await store.append('r', 1, 1, [endEvent('r', 0, 1)], 'full');
    await failsWith('RUN_ENDED', () => store.post('r', { id: 'late', kind: 'input', body: 'too late' }));
    assert.equal(await store.post('r', { id: 'early', kind: 'input', body: 'again' }), false);
    assert.equal((await store.mail('r', 0)).length, 1);
  },

  async 'a mailbox is closed to input by whoever has seen all of it, for good'(store) {
    if (!store.closeMail) return;
    await store.claim('r');
    await store.claim('other');
    await store.post('r', { id: 'a', kind: 'input', body: 'in time' });
    assert.equal(await store.closeMail('r', 0), false);
    await store.post('r', { id: 'b', kind: 'input', body: 'in time, too' });
    assert.equal(await store.closeMail('r', 2), true);
    await failsWith('RUN_ENDED', () => store.post('r', { id: 'c', kind: 'input', body: 'too late' }));
    assert.equal(await store.post('r', { id: 'a', kind: 'input', body: 'again' }), false);
    assert.equal(await store.post('r', { id: 'stop', kind: 'cancel', body: null }), true);
    assert.equal(await store.post('other', { id: 'c', kind: 'input', body: 'in time' }), true);
    assert.equal(await store.closeMail('r', 3), true);
    await failsWith('RUN_NOT_FOUND', () => store.closeMail?.('nobody', 0));
    assert.deepEqual(
      (await store.mail('r', 0)).map(({ id }) => id),
      ['a', 'b', 'stop'],
    );
  },

  async 'a message body is any JSON'(store) {
    await store.claim('r');
    const bodies = [null, 0, '', false, [1, [2]], { a: { b: 'NUL \0 and \uD83D' } }];
    for (const [index, body] of bodies.entries()) await store.post('r', { id: `m${index}`, kind: 'input', body });
    assert.deepEqual(
      (await store.mail('r', 0)).map(({ body }) => body),
      bodies,
    );
  },

  async 'a message to an unknown run is refused'(store) {
    await failsWith('RUN_NOT_FOUND', () => store.post('r', { id: 'm', kind: 'cancel', body: null }));
    assert.equal(await store.head('r'), undefined);
  },
};
