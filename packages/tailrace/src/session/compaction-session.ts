/**
 * A session that lets OpenAI make its history shorter.
 *
 * C1 What changes the history goes one after the other, a compaction from its first look to its last write included. C2 A run's compaction replaces only a history
 * that the run has read or added, and its model has seen. C3 What was there comes back when it cannot be replaced.
 */
import { MemorySession } from '../agent/memory-session.ts';
import type { OpenAIResponsesCompactionOwnershipAwareSession } from '../agent/session.ts';
import { canonical } from '../base/json.ts';
import { UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import { RequestUsage } from '../event/usage.ts';
import { getDefaultModel } from '../model/default-model.ts';
import type { OpenAIClient } from '../model/endpoint-client.ts';
import { listOr, isObject, objectOr, type ProviderObject } from '../model/provider-object.ts';
import { requestUsage } from '../model/usage-data.ts';
import type {
  ModelExchange,
  OpenAIResponsesCompactionArgs,
  OpenAIResponsesCompactionResult,
  Session,
} from '../port/session.ts';
import { compactRequest } from './compact-request.ts';
import { checkCompactionOptions } from './compaction-options.ts';
import { sessionClient } from './openai-client.ts';
import { replaceHistory } from './replace-history.ts';
import { comparableItem, runItems, storedItems } from './stored-items.ts';

export type OpenAIResponsesCompactionMode = 'previous_response_id' | 'input' | 'auto';

/** What decides about a compaction. The lists are the session's own: don't change them. */
export type OpenAIResponsesCompactionDecisionContext = {
  responseId: string | undefined;
  /** How the request would say what was said; `auto` is decided by now. */
  compactionMode: OpenAIResponsesCompactionMode;
  /** What could become shorter: all but what users said and earlier compactions. */
  compactionCandidateItems: AgentInputItem[];
  sessionItems: AgentInputItem[];
};

export type OpenAIResponsesCompactionSessionOptions = {
  /** A client of the `openai` package or an object like it; by default the process's, then the environment's key. */
  client?: OpenAIClient;
  /** Keeps the items. A MemorySession by default; not an OpenAIConversationsSession. */
  underlyingSession?: Session;
  /** An OpenAI model's name; the default model by default. */
  model?: string;
  /** `auto` by default: by the chain of responses where the last one was stored, else by sending the items. */
  compactionMode?: OpenAIResponsesCompactionMode;
  /** The longest history, in items, that is compacted: it is held to be put back. No limit by default. */
  maxRollbackItems?: number;
  /** Whether to compact. By default from 10 candidates on. */
  shouldTriggerCompaction?: (context: OpenAIResponsesCompactionDecisionContext) => boolean | Promise<boolean>;
};

const CANDIDATES = 10;

/** Keeps its items in another session, and asks OpenAI to compact them when a run has ended and they have become many. */
export class OpenAIResponsesCompactionSession implements OpenAIResponsesCompactionOwnershipAwareSession {
  readonly #client: OpenAIClient | undefined;
  readonly #session: Session;
  readonly #model: string;
  readonly #mode: OpenAIResponsesCompactionMode;
  readonly #maxRollbackItems: number;
  readonly #decide: NonNullable<OpenAIResponsesCompactionSessionOptions['shouldTriggerCompaction']>;
  #responseId: string | undefined;
  #store: boolean | undefined;
  #busy: Promise<unknown> = Promise.resolve();
  /** Counts the changes. A receipt holds the count up to which its run knows the history. */
  #changes = 0;
  readonly #receipts: WeakMap<object, number> = new WeakMap();

  /** @throws UserError OPTION_TYPE, OPTION_RANGE, OPTION_CONFLICT */
  constructor(options: OpenAIResponsesCompactionSessionOptions = {}) {
    checkCompactionOptions(options);
    this.#client = options.client;
    this.#session = options.underlyingSession ?? new MemorySession();
    this.#model = options.model ?? getDefaultModel();
    this.#mode = options.compactionMode ?? 'auto';
    this.#maxRollbackItems = options.maxRollbackItems ?? Infinity;
    this.#decide =
      options.shouldTriggerCompaction ??
      (({ compactionCandidateItems }) => compactionCandidateItems.length >= CANDIDATES);
  }

  /**
   * Compacts the history when it is long enough, or with `force`. Null when it was left as it is.
   *
   * @throws UserError when there is no response id and the mode wants one, or the history is longer than `maxRollbackItems`; what the API or the underlying session
   * throws. The history is whole then.
   */
  runCompaction(
    args: OpenAIResponsesCompactionArgs = {},
    _runContext?: unknown,
    ownership?: object | null,
    modelExchange?: ModelExchange,
  ): Promise<OpenAIResponsesCompactionResult | null> {
    return this.#alone(async () => {
      const { mode, responseId } = this.#settle(args);
      const items = await this.#session.getItems();
      if (ownership !== undefined && !(this.#owns(ownership) && hasSeen(modelExchange, items))) return null;
      const decision = {
        responseId,
        compactionMode: mode,
        compactionCandidateItems: items.filter(isCandidate),
        sessionItems: items,
      };
      if (args.force !== true && !(await this.#decide(decision))) return null;
      this.#checkLength(items);
      const request = mode === 'input' ? { input: storedItems(items) } : { previous_response_id: responseId };
      const answer = await compactRequest(sessionClient(this.#client ? { client: this.#client } : {}), {
        model: this.#model,
        ...request,
      });
      await this.#replace(answer);
      return { usage: usageOf(answer) };
    });
  }

  getSessionId(): Promise<string> {
    return this.#session.getSessionId();
  }

  getItems(limit?: number): Promise<AgentInputItem[]> {
    return limit === undefined ? this.#session.getItems() : this.#session.getItems(limit);
  }

  getItemsWithCompactionOwnership(): Promise<{ items: AgentInputItem[]; ownership: object }> {
    return this.#alone(async () => {
      const items = await this.#session.getItems();
      const ownership = {};
      this.#receipts.set(ownership, this.#changes);
      return { items, ownership };
    });
  }

  addItems(items: AgentInputItem[]): Promise<void> {
    return this.#change(() => this.#session.addItems(items));
  }

  addItemsWithCompactionOwnership(items: AgentInputItem[], ownership: object | null): Promise<void> {
    return this.#alone(async () => {
      const owned = this.#owns(ownership);
      this.#changes += 1;
      await this.#session.addItems(items);
      if (ownership && owned) this.#receipts.set(ownership, this.#changes);
    });
  }

  popItem(): Promise<AgentInputItem | undefined> {
    return this.#change(() => this.#session.popItem());
  }

  clearSession(): Promise<void> {
    return this.#change(() => this.#session.clearSession());
  }

  prepareHistoryItemForModelInput(item: AgentInputItem): AgentInputItem {
    return this.#session.prepareHistoryItemForModelInput?.(item) ?? item;
  }

  prepareHistoryItemsForPersistenceComparison(items: AgentInputItem[]): AgentInputItem[] {
    return this.#session.prepareHistoryItemsForPersistenceComparison?.(items) ?? items;
  }

  #settle(args: OpenAIResponsesCompactionArgs): { mode: 'previous_response_id' | 'input'; responseId?: string } {
    this.#responseId = args.responseId ?? this.#responseId;
    this.#store = args.store ?? this.#store;
    const asked = args.compactionMode ?? this.#mode;
    const chained = this.#responseId !== undefined && this.#store !== false;
    const mode = asked === 'auto' ? (chained ? 'previous_response_id' : 'input') : asked;
    if (mode === 'previous_response_id' && this.#responseId === undefined) {
      throw new UserError(
        "A compaction by previous_response_id needs the id of a response. Pass responseId, or use the mode 'input'.",
        { code: 'OPTION_TYPE' },
      );
    }
    return this.#responseId === undefined ? { mode } : { mode, responseId: this.#responseId };
  }

  #checkLength({ length }: readonly AgentInputItem[]): void {
    if (length <= this.#maxRollbackItems) return;
    throw new UserError(
      `The session has ${length} items, and maxRollbackItems is ${this.#maxRollbackItems}. It was left as it is.`,
      { code: 'OPTION_RANGE' },
    );
  }

  async #replace(answer: ProviderObject): Promise<void> {
    // Looked at again: another process may have added to it while the API was at it.
    const before = await this.#session.getItems();
    this.#checkLength(before);
    this.#changes += 1;
    await replaceHistory(this.#session, before, runItems(listOr(answer['output']).filter(isObject)));
  }

  #owns(ownership: object | null): boolean {
    return ownership !== null && this.#receipts.get(ownership) === this.#changes;
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    return this.#alone(() => {
      this.#changes += 1;
      return work();
    });
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#busy.then(work, work);
    // Whoever comes next waits for it, however it went.
    this.#busy = mine.catch(() => undefined);
    return mine;
  }
}

function isCandidate(item: AgentInputItem): boolean {
  return item.type !== 'compaction' && !('role' in item && item.role === 'user');
}

/** Whether all that is stored was part of the exchange: what a filter kept from the model would be lost. */
function hasSeen(exchange: ModelExchange | undefined, stored: readonly AgentInputItem[]): boolean {
  if (!exchange) return false;
  const left = new Map<string, number>();
  for (const item of exchange.items) {
    const key = keyOf(item);
    left.set(key, (left.get(key) ?? 0) + 1);
  }
  return stored.every((item) => {
    const key = keyOf(item);
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count > 0;
  });
}

function keyOf(item: AgentInputItem): string {
  return canonical(comparableItem(item) ?? item);
}

function usageOf(answer: ProviderObject): RequestUsage {
  return new RequestUsage({ ...requestUsage(objectOr(answer['usage'])), endpoint: 'responses.compact' });
}
