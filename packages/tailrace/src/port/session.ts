import type { AgentInputItem } from '../event/item.ts';

/** A conversation that outlives runs. */
export interface Session {
  getSessionId(): Promise<string>;
  /** The items, oldest first; with `limit`, the newest that many, still oldest first. */
  getItems(limit?: number): Promise<AgentInputItem[]>;
  /** Appends all items, or none. */
  addItems(items: AgentInputItem[]): Promise<void>;
  /**
   * As `addItems`, and nothing at all when it was called with this `step` before. Runs that can be resumed use it where there is one; else they compare the
   * session's newest items.
   */
  addItemsOnce?(step: string, items: AgentInputItem[]): Promise<void>;
  /** Removes and gives the newest item. */
  popItem(): Promise<AgentInputItem | undefined>;
  clearSession(): Promise<void>;
}

/** Decides what a run sends of a session's history and its new input. */
export type SessionInputCallback = (
  historyItems: AgentInputItem[],
  newItems: AgentInputItem[],
) => AgentInputItem[] | Promise<AgentInputItem[]>;
