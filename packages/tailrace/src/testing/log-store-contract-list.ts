import assert from 'node:assert/strict';
import type { RunStarted } from '../event/run-event.ts';
import type { BeginOutcome, LeaseStore } from '../port/lease-store.ts';
import type { LogStore, RunQuery } from '../port/log-store.ts';
import { deltaEvent, endEvent, event } from './log-store-contract-events.ts';
import type { ContractStore, ContractTest } from './log-store-contract.ts';

const START: RunStarted = { type: 'run.started', v: 1, agent: 'A', input: 'Hi', maxTurns: 10, workflowName: 'w' };
const submitted = (about: Partial<RunStarted> = {}): RunStarted => ({ ...START, registered: 'a', ...about });

export const listContract: Record<string, ContractTest> = {
  async 'a list says how runs stand, as their first and last events do'(store) {
    const { claim, append } = { claim: store.claim.bind(store), append: store.append.bind(store) };
    for (const run of ['plain', 'submitted', 'suspended', 'done', 'claimed']) await claim(run);
    await append('plain', 1, 1, [event('plain', 0, 1, START), deltaEvent('plain', 1)], 'full');
    const about = { sessionId: 's', metadata: { from: 'test' }, principal: 'p' };
    await append('submitted', 1, 1, [event('submitted', 0, 1, submitted(about))], 'full');
    await append('suspended', 1, 1, [event('suspended', 0, 1, submitted())], 'full');
    await append(
      'suspended',
      1,
      2,
      [event('suspended', 1, 1, { type: 'run.suspended', waitsFor: 'approval' })],
      'full',
    );
    await append('done', 1, 1, [event('done', 0, 1, submitted({ sessionId: 's' }))], 'full');
    await append('done', 1, 2, [deltaEvent('done', 1)], 'group');
    await append('done', 1, 3, [endEvent('done', 2)], 'full');
    assert.deepEqual(
      (await store.list()).map(({ run, status }) => [run, status]),
      [
        ['claimed', undefined],
        ['done', 'completed'],
        ['suspended', 'suspended'],
        ['submitted', 'submitted'],
        ['plain', 'running'],
      ],
    );
    const names = async (query: RunQuery): Promise<string[]> => (await store.list(query)).map(({ run }) => run);
    assert.deepEqual(await names({ status: 'completed' }), ['done']);
    assert.deepEqual(await names({ agent: 'a' }), ['done', 'suspended', 'submitted']);
    assert.deepEqual(await names({ agent: 'a', limit: 1, before: 'done' }), ['suspended']);
    assert.deepEqual(await names({ sessionId: 's' }), ['done', 'submitted']);
    assert.deepEqual(await names({ sessionId: 's', status: 'submitted' }), ['submitted']);
    assert.deepEqual(await names({ principal: 'p' }), ['submitted']);
    assert.deepEqual(await names({ ended: false, agent: 'A' }), ['plain']);
    const [one] = await store.list({ principal: 'p' });
    assert.deepEqual(one?.about, { agent: 'a', ...about, at: 1_700_000_000_000 });
    assert.equal((await store.list({ status: 'completed' }))[0]?.updatedAt, 1_700_000_000_002);
  },

  async 'a run that goes on is listed as it stands now'(store) {
    await store.claim('r');
    await store.append('r', 1, 1, [event('r', 0, 1, submitted())], 'full');
    await store.append('r', 1, 2, [event('r', 1, 1, { type: 'run.suspended', waitsFor: 'approval' })], 'full');
    await store.claim('r');
    await store.append('r', 2, 1, [event('r', 2, 2, { type: 'run.resumed', by: 'approval' })], 'full');
    assert.deepEqual(await store.list({ status: 'suspended' }), []);
    assert.equal((await store.list({ status: 'running' })).length, 1);
  },

  async 'a beginning is stored with its lease and its session, once'(store) {
    const leases = leasesOf(store);
    if (!leases) return;
    assert.equal(await leases.begin('r1', submitted({ sessionId: 's' }), { agent: 'a', session: 's' }), 'begun');
    const [first] = await store.read('r1', 0, 10);
    const head = await store.head('r1');
    assert.deepEqual([first?.type, first?.seq, first?.epoch, first?.run], ['run.started', 0, head?.epoch, 'r1']);
    assert.deepEqual([head?.next, head?.ended], [1, false]);
    assert.deepEqual(
      (await leases.due(0)).map(({ run, agent, wanted }) => [run, agent, wanted]),
      [['r1', 'a', true]],
    );
    assert.equal(await leases.holdSession('s', 'other'), 'r1');
    assert.equal(await leases.begin('r1', submitted({ input: 'Other' }), { agent: 'b', session: 't' }), 'exists');
    assert.equal((await store.head('r1'))?.next, 1);
    assert.equal((await leases.due(0)).length, 1);
    assert.equal(await leases.holdSession('t', 'other'), 'other');
  },

  async 'a beginning without an agent makes no lease'(store) {
    const leases = leasesOf(store);
    if (!leases) return;
    assert.equal(await leases.begin('r', submitted(), {}), 'begun');
    assert.deepEqual(await leases.due(0), []);
  },

  async 'of a beginning whose session is held nothing is stored; of one whose holder has ended, all'(store) {
    const leases = leasesOf(store);
    if (!leases) return;
    const begin = async (run: string): Promise<BeginOutcome> =>
      leases.begin(run, submitted({ sessionId: 's' }), { agent: 'a', session: 's' });
    assert.equal(await begin('r1'), 'begun');
    assert.deepEqual(await begin('r2'), { busy: 'r1' });
    assert.equal((await store.head('r2'))?.next ?? 0, 0);
    assert.equal((await leases.due(0)).length, 1);
    const { epoch } = await store.claim('r1');
    await store.append('r1', epoch, 1, [endEvent('r1', 1, epoch)], 'full');
    assert.equal(await begin('r2'), 'begun');
    await store.delete('r2');
    assert.equal(await begin('r3'), 'begun');
  },

  async 'whoever watches a run is woken by its beginning'(store) {
    const leases = leasesOf(store);
    if (!leases) return;
    let woken = 0;
    using _run = store.watch('r', () => void (woken += 1));
    using _leases = leases.watchLeases(() => void (woken += 1));
    await leases.begin('r', submitted(), { agent: 'a' });
    assert.ok(woken >= 2);
  },
};

function leasesOf({ leases }: ContractStore & LogStore): LeaseStore | undefined {
  return leases;
}
