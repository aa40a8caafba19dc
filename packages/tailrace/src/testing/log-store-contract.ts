/**
 * What every `LogStore` must do, as tests: for our stores and for yours. Independent of any test runner.
 *
 *     logStoreContract(test, () => new MyStore(...))
 */
import type { Awaitable, LogStore } from '../port/log-store.ts';
import { appendContract } from './log-store-contract-append.ts';
import { listContract } from './log-store-contract-list.ts';
import { mailboxContract } from './log-store-contract-mailbox.ts';
import { pruneContract } from './log-store-contract-prune.ts';
import { readContract } from './log-store-contract-read.ts';

/** A store under test, empty. */
export type ContractStore = LogStore & {
  /** Another handle on the same data, as another process would open it. Left out where there is no such thing. */
  another?: () => Awaitable<LogStore>;
};

/** `test`, `it` or the like: registers one test. */
export type RegisterTest = (name: string, body: () => Promise<void>) => unknown;

export type ContractTest = (store: ContractStore) => Promise<void>;

/** Registers the contract's tests; each makes an empty store of its own and closes it. */
export function logStoreContract(register: RegisterTest, makeStore: () => Awaitable<ContractStore>): void {
  for (const [name, body] of Object.entries({
    ...appendContract,
    ...readContract,
    ...listContract,
    ...pruneContract,
    ...mailboxContract,
  })) {
    register(name, async () => {
      const store = await makeStore();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });
  }
}
