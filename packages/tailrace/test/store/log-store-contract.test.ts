import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { logStoreContract } from '../../src/testing/log-store-contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'log-store-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

describe('a memory store', () => {
  logStoreContract(test, () => new MemoryLogStore());
});

describe('a SQLite store', () => {
  logStoreContract(test, () => {
    const path = join(directory, `${files++}`, 'runs.db');
    return Object.assign(sqlite(path), { another: () => sqlite(path, { pollMs: 5 }) });
  });
});

describe('a SQLite store without a file', () => {
  logStoreContract(test, () => sqlite(':memory:'));
});
