import type { AgentInputItem, FunctionCallItem } from '../event/item.ts';
import type { RequestUsage } from '../event/usage.ts';

/** A conversation that outlives runs. */
export interface Session {
  getSessionId(): Promise<string>;
  /** The items, oldest first; with `limit`, the newest that many, still oldest first. */
  getItems(limit?: number): Promise<AgentInputItem[]>;
  /** Appends all items, or none. */
  addItems(items: AgentInputItem[]): Promise<void>;
  /**
   * As `addItems`, and nothing at all when it was called with this `step` before. Runs that can be resumed use it where there is one; else they compare the
   * session's newest items. `others`: what `stepsOfOthers` gave before the history was read.
   *
   * @throws SystemError SESSION_BUSY, and adds nothing, when `others` is given, and another run has added to the session since, or holds it
   */
  addItemsOnce?(step: string, items: AgentInputItem[], others?: number): Promise<void>;
  /** How many steps of other runs than this one have added to the session. */
  stepsOfOthers?(runId: string): Promise<number>;
  /** Removes and gives the newest item. */
  popItem(): Promise<AgentInputItem | undefined>;
  clearSession(): Promise<void>;
  /** A stored item as a model is to see it, such as without the store's own marks. `getItems` shows it as it is stored. */
  prepareHistoryItemForModelInput?(item: AgentInputItem): AgentInputItem;
  /** Items without what the backend assigned to them, so that stored ones can be compared with those that were to be stored. */
  prepareHistoryItemsForPersistenceComparison?(items: AgentInputItem[]): AgentInputItem[];
  /** True when the backend wants reasoning items with their ids. They are always stored with them. */
  preserveReasoningItemIdsForPersistence?(): boolean;
  /** Puts a compaction item and what follows it in the place of the whole history. */
  replaceHistoryWithCompaction?(items: AgentInputItem[]): Promise<void>;
}

/** Decides what a run sends of a session's history and its new input. What it gives beside the history is what the session stores. */
export type SessionInputCallback = (
  historyItems: AgentInputItem[],
  newItems: AgentInputItem[],
) => AgentInputItem[] | Promise<AgentInputItem[]>;

/** One call of a tool becomes another. */
export type SessionHistoryReplaceFunctionCallMutation = {
  type: 'replace_function_call';
  callId: string;
  replacement: FunctionCallItem;
};

export type SessionHistoryMutation = SessionHistoryReplaceFunctionCallMutation;

export type SessionHistoryRewriteArgs = { mutations: SessionHistoryMutation[] };

/** A session whose stored history can be rewritten. */
export interface SessionHistoryRewriteAwareSession extends Session {
  applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> | void;
}

export type SessionHistoryAppendItemsTransaction = { type: 'append_items'; items: AgentInputItem[] };

export type SessionHistoryReplaceSuffixTransaction = {
  type: 'replace_suffix';
  expectedSuffix: AgentInputItem[];
  replacement: AgentInputItem[];
};

export type SessionHistoryTransaction = SessionHistoryAppendItemsTransaction | SessionHistoryReplaceSuffixTransaction;

/** A change that is made once for each `operationId`, however often it is asked for. */
export type SessionHistoryTransactionArgs = { operationId: string; transaction: SessionHistoryTransaction };

export type OpenAIResponsesCompactionArgs = {
  /** Of the response that ended the run. */
  responseId?: string | undefined;
  /** How the request says what was said; the session's own way by default. */
  compactionMode?: 'previous_response_id' | 'input' | 'auto';
  /** False when the provider does not keep the response. */
  store?: boolean;
  /** True compacts whatever the session's threshold or hook says. */
  force?: boolean;
};

export type OpenAIResponsesCompactionResult = { usage: RequestUsage };

/** The last exchange of a run with its model: what was sent, and what came back. */
export interface ModelExchange {
  items: AgentInputItem[];
  responseId?: string;
  reasoningItemIdPolicy?: 'preserve' | 'omit';
}
