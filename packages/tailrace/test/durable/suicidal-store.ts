import type { LeaseStore, Session } from '../../src/index.ts';
import type { SqliteStore } from '../../src/store/sqlite.ts';

/** Where a process kills itself: at its n-th write (from 1), before it is stored or after. */
export interface Death {
  write: number;
  stored: boolean;
}

const WRITES = ['append', 'claim', 'post', 'delete'];
const LEASE_WRITES = ['begin', 'want', 'take', 'release', 'holdSession', 'dropSession'];
const SESSION_WRITES = ['addItems', 'addItemsOnce'];

/** The same store, all of whose writes are counted, and one of which kills this process. Signs of life do not count: they come by time. */
export function suicidal(store: SqliteStore, dies: Death | undefined): { store: SqliteStore; count: () => number } {
  let writes = 0;
  const fatal = (perform: () => unknown): unknown => {
    writes += 1;
    if (writes !== dies?.write) return perform();
    if (dies.stored) perform();
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  };
  const around = <T extends object>(target: T, names: readonly string[], made: Record<string, unknown> = {}): T =>
    new Proxy(target, {
      get: (_, key) => {
        if (typeof key === 'string' && key in made) return made[key];
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        const bound = (...args: unknown[]): unknown => Reflect.apply(value, target, args) as unknown;
        return names.includes(String(key)) ? (...args: unknown[]) => fatal(() => bound(...args)) : bound;
      },
    });
  const leases: LeaseStore = around(store.leases, LEASE_WRITES);
  const session = (id: string): Session => around(store.session(id), SESSION_WRITES);
  return { store: around(store, WRITES, { leases, session }), count: () => writes };
}
