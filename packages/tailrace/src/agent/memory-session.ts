import { newItemId } from '../base/id.ts';
import type { AgentInputItem } from '../event/item.ts';
import { checkSessionId } from '../port/session-id.ts';
import type {
  SessionHistoryRewriteArgs,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionArgs,
} from '../port/session.ts';
import type { SessionHistoryTransactionAwareSession } from './session.ts';
import {
  AppliedTransactions,
  applySessionHistoryMutations,
  applySessionHistoryTransaction,
} from './session-history.ts';

export interface MemorySessionOptions {
  /** 1 to 256 characters without control characters; a random id by default. */
  sessionId?: string;
  initialItems?: AgentInputItem[];
}

/** A session in memory: gone with the process. What goes in and comes out is copied. */
export class MemorySession implements SessionHistoryRewriteAwareSession, SessionHistoryTransactionAwareSession {
  readonly #id: string;
  #items: AgentInputItem[];
  readonly #applied: AppliedTransactions = new AppliedTransactions();

  /** @throws UserError SESSION_ID_INVALID */
  constructor({ sessionId, initialItems = [] }: MemorySessionOptions = {}) {
    this.#id = sessionId === undefined ? newItemId('session') : checkSessionId(sessionId);
    this.#items = structuredClone(initialItems);
  }

  async getSessionId(): Promise<string> {
    return this.#id;
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit === undefined) return structuredClone(this.#items);
    return limit <= 0 ? [] : structuredClone(this.#items.slice(-limit));
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    this.#items.push(...structuredClone(items));
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    return this.#items.pop();
  }

  async clearSession(): Promise<void> {
    this.#items = [];
    this.#applied.clear();
  }

  async applyHistoryMutations({ mutations }: SessionHistoryRewriteArgs): Promise<void> {
    this.#items = applySessionHistoryMutations(this.#items, mutations);
  }

  /** @throws UserError OPTION_TYPE, OPTION_CONFLICT; then nothing has changed */
  async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    if (this.#applied.has(args)) return;
    this.#items = applySessionHistoryTransaction(this.#items, args.transaction);
    this.#applied.add(args);
  }
}
