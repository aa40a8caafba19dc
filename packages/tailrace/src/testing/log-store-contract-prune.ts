import assert from 'node:assert/strict';
import type { RunEvent } from '../event/run-event.ts';
import { lastSeq } from '../port/pruned-range.ts';
import { deltaEvents, endEvent, failsWith, logText } from './log-store-contract-events.ts';
import type { ContractStore, ContractTest } from './log-store-contract.ts';

const LENGTH = 40;

/** A log of deltas, in appends of 1 to 7 events, with its end. */
async function fill(store: ContractStore, run: string): Promise<RunEvent[]> {
  await store.claim(run);
  const events = [...deltaEvents(run, 0, LENGTH - 1), endEvent(run, LENGTH - 1)];
  for (let seq = 0, clientSeq = 1; seq < LENGTH; clientSeq++) {
    const batch = events.slice(seq, seq + 1 + (clientSeq % 7));
    await store.append(run, 1, clientSeq, batch, 'group');
    seq += batch.length;
  }
  return events;
}

function expected(events: readonly RunEvent[], from: number, to: number): string {
  const last = events[to] as RunEvent;
  const record = { type: 'log.pruned', from, to, run: last.run, seq: from, epoch: 1, at: last.at };
  return canonicalText([...events.slice(0, from), record as RunEvent, ...events.slice(to + 1)]);
}

function canonicalText(events: readonly RunEvent[]): string {
  return JSON.stringify(
    events.map((event) => Object.fromEntries(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)))),
  );
}

export const pruneContract: Record<string, ContractTest> = {
  async 'a pruned range is one record, and everything else is as it was'(store) {
    let run = 0;
    for (const from of [0, 1, 2, 5, 6, 7, 20]) {
      for (const to of [from, from + 1, from + 4, LENGTH - 2]) {
        const name = `r${run++}`;
        const events = await fill(store, name);
        const head = await store.head(name);
        await store.prune(name, [{ from, to }]);
        assert.equal(canonicalText(await everything(store, name)), expected(events, from, to), `${from} to ${to}`);
        assert.deepEqual(await store.head(name), head);
        await store.prune(name, [{ from, to }]);
        assert.equal(canonicalText(await everything(store, name)), expected(events, from, to), 'pruned again');
      }
    }
  },

  async 'several ranges are pruned at once, and a range may take earlier records in'(store) {
    const events = await fill(store, 'r');
    await store.prune('r', [
      { from: 2, to: 4 },
      { from: 8, to: 8 },
      { from: 20, to: 30 },
    ]);
    const kept = (await everything(store, 'r')).map((event) => `${event.seq}-${lastSeq(event)}`);
    assert.deepEqual(kept.slice(2, 8), ['2-4', '5-5', '6-6', '7-7', '8-8', '9-9']);
    assert.ok(kept.includes('20-30'));
    await store.prune('r', [{ from: 2, to: 30 }]);
    assert.equal(canonicalText(await everything(store, 'r')), expected(events, 2, 30));
  },

  async 'a read from inside a pruned range begins with the rest of its record'(store) {
    await fill(store, 'r');
    await store.prune('r', [{ from: 5, to: 20 }]);
    for (let from = 5; from <= 20; from++) {
      const [record, next] = await store.read('r', from, 2);
      assert.ok(record?.type === 'log.pruned', `from ${from}`);
      assert.deepEqual([record.seq, record.from, record.to], [from, from, 20]);
      assert.equal(next?.seq, 21);
    }
    assert.equal((await store.read('r', 21, 1))[0]?.seq, 21);
  },

  async 'pruning neither stops the writer nor changes what it writes'(store) {
    await store.claim('r');
    await store.append('r', 1, 1, deltaEvents('r', 0, 10), 'group');
    await store.prune('r', [{ from: 0, to: 8 }]);
    await store.append('r', 1, 2, deltaEvents('r', 10, 5), 'group');
    assert.deepEqual(await store.read('r', 9, 100), deltaEvents('r', 9, 6));
    assert.deepEqual(await store.claim('r'), { epoch: 2, next: 15, ended: false });
  },

  async 'pruning touches no other run, and fails for one that is not there'(store) {
    await fill(store, 'r');
    await fill(store, 'other');
    const before = await logText(store, 'other');
    await store.prune('r', [{ from: 0, to: LENGTH - 2 }]);
    assert.equal(await logText(store, 'other'), before);
    await failsWith('RUN_NOT_FOUND', () => store.prune('nobody', [{ from: 0, to: 1 }]));
  },
};

async function everything(store: ContractStore, run: string): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for (let from = 0; ;) {
    const page = await store.read(run, from, 7);
    const last = page.at(-1);
    if (last === undefined) return events;
    events.push(...page);
    from = lastSeq(last) + 1;
  }
}
