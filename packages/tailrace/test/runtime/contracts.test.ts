import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { type LeaseStore, LocalDriver, MemoryLogStore } from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { type DoomedDriver, driverContract, leaseStoreContract } from '../../src/testing/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'driver-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const nextPath = (): string => join(directory, `${files++}.db`);
const quick = { leaseMs: 300 };

/** As a process that is killed: what it has asked for is not answered, and it asks for nothing more. */
function doomed(leases: LeaseStore): DoomedDriver {
  let dead = false;
  const never = new Promise<never>(() => undefined);
  const mortal = new Proxy(leases, {
    get(target, key) {
      const value = Reflect.get(target, key) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => (dead ? never : value.apply(target, args));
    },
  });
  return { driver: new LocalDriver(mortal, quick), die: () => void (dead = true) };
}

describe('leases in memory', () => {
  leaseStoreContract(test, () => new MemoryLogStore().leases);
});

describe('leases in SQLite', () => {
  leaseStoreContract(test, () => sqlite(nextPath()).leases);
});

describe('the local driver in memory', () => {
  driverContract(test, () => {
    const { leases } = new MemoryLogStore();
    const another = (): LocalDriver => new LocalDriver(leases, quick);
    return { driver: another(), another, doomed: () => doomed(leases) };
  });
});

describe('the local driver on SQLite', () => {
  driverContract(test, () => {
    const path = nextPath();
    const stores = [sqlite(path)];
    const leases = (): LeaseStore => {
      const store = sqlite(path);
      stores.push(store);
      return store.leases;
    };
    const another = (): LocalDriver => new LocalDriver(leases(), quick);
    return {
      driver: another(),
      another,
      doomed: () => doomed(leases()),
      close: async () => {
        for (const store of stores) await store.close();
      },
    };
  });
});
