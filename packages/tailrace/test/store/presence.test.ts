// Who reads which run: what both stores keep of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { presenceStoreContract } from '../../src/testing/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'presence-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

describe('rows of readers in memory', () => {
  presenceStoreContract(test, () => {
    const { presence } = new MemoryLogStore();
    return [presence, presence];
  });
});

describe('rows of readers in a file, over two connections', () => {
  presenceStoreContract(test, () => {
    const path = join(directory, `${files++}.db`);
    return [sqlite(path).presence, sqlite(path).presence];
  });
});
