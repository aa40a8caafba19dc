import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { LocalDriver, MemoryLogStore } from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { driverContract, leaseStoreContract } from '../../src/testing/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'driver-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const nextPath = (): string => join(directory, `${files++}.db`);
const quick = { leaseMs: 300 };

describe('leases in memory', () => {
  leaseStoreContract(test, () => new MemoryLogStore().leases);
});

describe('leases in SQLite', () => {
  leaseStoreContract(test, () => sqlite(nextPath()).leases);
});

describe('the local driver in memory', () => {
  driverContract(test, () => {
    const { leases } = new MemoryLogStore();
    return { driver: new LocalDriver(leases, quick), another: () => new LocalDriver(leases, quick) };
  });
});

describe('the local driver on SQLite', () => {
  driverContract(test, () => {
    const path = nextPath();
    const stores = [sqlite(path)];
    const open = (): LocalDriver => {
      const store = sqlite(path);
      stores.push(store);
      return new LocalDriver(store.leases, quick);
    };
    return {
      driver: open(),
      another: open,
      close: async () => {
        for (const store of stores) await store.close();
      },
    };
  });
});
