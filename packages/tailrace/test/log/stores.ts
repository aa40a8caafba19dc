// Stores that misbehave, around one that does not.
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import type { Durability, LogStore } from '../../src/port/log-store.ts';

type Operation = 'claim' | 'append' | 'read' | 'head' | 'list' | 'post' | 'mail' | 'prune' | 'delete' | 'close';

/** The same store, each operation of which goes through `around`. */
export function wrapped(
  store: LogStore,
  around: (operation: Operation, perform: () => unknown) => unknown,
  groupMs = store.groupMs,
): LogStore {
  const through =
    (operation: Operation) =>
    (...args: unknown[]): never =>
      around(operation, () => (store[operation] as (...args: unknown[]) => unknown).apply(store, args)) as never;
  return {
    groupMs,
    claim: through('claim'),
    append: through('append'),
    read: through('read'),
    head: through('head'),
    list: through('list'),
    post: through('post'),
    mail: through('mail'),
    prune: through('prune'),
    delete: through('delete'),
    close: through('close'),
    watch: (run, wake) => store.watch(run, wake),
  };
}

/** Answers later: before and after the operation it waits as `delay` says. */
export function slow(store: LogStore, delay: () => Promise<unknown>, groupMs?: number): LogStore {
  return wrapped(
    store,
    async (_, perform) => {
      await delay();
      const result = perform();
      await delay();
      return result;
    },
    groupMs,
  );
}

/** The n-th append (from 1) fails: before anything is written, or after (a lost acknowledgement). */
export function failingAt(n: number, when: 'before' | 'after', error: Error, store: LogStore): LogStore {
  let appends = 0;
  return wrapped(store, (operation, perform) => {
    if (operation !== 'append' || ++appends !== n) return perform();
    if (when === 'after') perform();
    throw error;
  });
}

/** A store that holds back groups as one on disk does, and remembers how it was asked to write. */
export function grouping(groupMs = 10): { store: LogStore; durabilities: string[]; reads: () => number } {
  const memory = new MemoryLogStore();
  const durabilities: string[] = [];
  let reads = 0;
  const store: LogStore = {
    ...wrapped(memory, (_, perform) => perform(), groupMs),
    append(run, epoch, clientSeq, events, durability: Durability) {
      durabilities.push(`${durability} ${events.length}`);
      memory.append(run, epoch, clientSeq, events, durability);
    },
    read(run, from, limit) {
      reads++;
      return memory.read(run, from, limit);
    },
  };
  return { store, durabilities, reads: () => reads };
}
