// Who reads which run: what both stores keep of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import type { PresenceStore } from '../../src/port/presence-store.ts';
import { sqlite } from '../../src/store/sqlite.ts';

const directory = mkdtempSync(join(tmpdir(), 'presence-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const kinds: [string, () => [PresenceStore, PresenceStore]][] = [
  [
    'in memory',
    () => {
      const { presence } = new MemoryLogStore();
      return [presence, presence];
    },
  ],
  [
    'in a file, over two connections',
    () => {
      const path = join(directory, `${files++}.db`);
      return [sqlite(path).presence, sqlite(path).presence];
    },
  ],
];

describe.each(kinds)('rows of readers %s', (_, open) => {
  it('of all who leave a run, the last one hears so', async () => {
    const [one, two] = open();
    await one.enter('r', 'a');
    await two.enter('r', 'b');
    await two.enter('other', 'b');
    expect(await one.leave('r', 'a')).toBe(false);
    expect(await two.leave('r', 'b')).toBe(true);
    expect(await one.leave('r', 'a')).toBe(true);
    expect(await one.list()).toEqual([{ run: 'other', owner: 'b', beat: 0 }]);
  });

  it('a sign of life is one for all runs of its owner, and for nobody else', async () => {
    const [one, two] = open();
    await one.enter('r', 'a');
    await one.enter('s', 'a');
    await two.enter('r', 'b');
    expect([...(await one.beat('a'))].sort()).toEqual(['r', 's']);
    await one.enter('r', 'a');
    const beats = (await two.list()).map(({ run, owner, beat }) => `${run} ${owner} ${beat}`).sort();
    expect(beats).toEqual(['r a 1', 'r b 0', 's a 1']);
  });

  it('a row is taken over as it was seen, once, and never twice for one owner', async () => {
    const [one, two] = open();
    await one.enter('r', 'dead');
    const [seen] = await two.list();
    if (!seen) throw new Error('no row');
    await one.beat('dead');
    expect(await two.take(seen, 'b')).toBe(false);
    const [now] = await two.list();
    if (!now) throw new Error('no row');
    await two.enter('r', 'b');
    expect(await two.take(now, 'b')).toBe(true);
    expect(await one.take(now, 'a')).toBe(false);
    expect(await one.beat('dead')).toEqual([]);
    expect((await one.list()).map(({ owner }) => owner)).toEqual(['b']);
  });
});
