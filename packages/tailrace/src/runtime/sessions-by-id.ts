import { MemorySession } from '../agent/memory-session.ts';
import type { LogStore } from '../port/log-store.ts';
import type { Session } from '../port/session.ts';

/** Opens sessions by their ids: as the program says, else those of the store, else in this process's memory. */
export class SessionsById {
  readonly #store: LogStore;
  readonly #given: ((sessionId: string) => Session | Promise<Session>) | undefined;
  readonly #inMemory: Map<string, MemorySession> = new Map();

  constructor(store: LogStore, given: ((sessionId: string) => Session | Promise<Session>) | undefined) {
    this.#store = store;
    this.#given = given;
  }

  async open(sessionId: string): Promise<Session> {
    if (this.#given) return this.#given(sessionId);
    const kept = this.#store.session?.(sessionId) ?? this.#inMemory.get(sessionId);
    if (kept) return kept;
    const fresh = new MemorySession({ sessionId });
    this.#inMemory.set(sessionId, fresh);
    return fresh;
  }
}
