import type { Presence, PresenceStore } from '../port/presence-store.ts';

/** Who reads which run, in this process's memory: for handlers that share one store object. */
export class MemoryPresence implements PresenceStore {
  readonly #rows: Map<string, Presence> = new Map();

  enter(run: string, owner: string): void {
    const key = keyOf(run, owner);
    if (!this.#rows.has(key)) this.#rows.set(key, { run, owner, beat: 0 });
  }

  leave(run: string, owner: string): boolean {
    this.#rows.delete(keyOf(run, owner));
    for (const row of this.#rows.values()) if (row.run === run) return false;
    return true;
  }

  beat(owner: string): string[] {
    const own = [...this.#rows.values()].filter((row) => row.owner === owner);
    for (const row of own) row.beat += 1;
    return own.map(({ run }) => run);
  }

  list(): Presence[] {
    return [...this.#rows.values()].map((row) => ({ ...row }));
  }

  take({ run, owner: from, beat }: Presence, owner: string): boolean {
    const key = keyOf(run, from);
    if (this.#rows.get(key)?.beat !== beat) return false;
    this.#rows.delete(key);
    this.enter(run, owner);
    return true;
  }
}

function keyOf(run: string, owner: string): string {
  return `${run}\n${owner}`;
}
