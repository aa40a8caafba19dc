import { UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { OpenAIClient } from '../model/endpoint-client.ts';
import type { Session } from '../port/session.ts';
import { type ConversationsApi, conversationsApi } from './conversations-api.ts';
import { sessionClient, type SessionClientOptions } from './openai-client.ts';
import { comparableItem, conversationItems, runItems } from './stored-items.ts';

export interface OpenAIConversationsSessionOptions extends SessionClientOptions {
  /** A conversation that exists. By default one is created when it is first needed. */
  conversationId?: string;
}

/** Creates a conversation, and gives its id. Without a client: the process's default one, then the environment's key. */
export function startOpenAIConversationsSession(client?: OpenAIClient): Promise<string> {
  return conversationsApi(sessionClient(client ? { client } : {})).create();
}

/**
 * A session that OpenAI keeps, as a conversation. The run loads it and adds to it like any other, so guardrails, filters and callbacks hold; for a run that
 * leaves its history to the provider pass `conversationId` to `run()` instead.
 *
 * The API takes 20 items a call: what a turn adds beyond that is not added in one piece. Errors are ModelProviderErrors with a MODEL_* code.
 */
export class OpenAIConversationsSession implements Session {
  readonly #options: SessionClientOptions;
  #made: ConversationsApi | undefined;
  #id: string | undefined;
  /** The conversation that is being created, so that two who need it get one. */
  #starting: Promise<string> | undefined;

  /** @throws UserError OPTION_TYPE */
  constructor(options: OpenAIConversationsSessionOptions = {}) {
    const { conversationId, ...client } = options;
    if (conversationId !== undefined && (typeof conversationId !== 'string' || conversationId === '')) {
      throw new UserError('OpenAIConversationsSession: conversationId must be a text that is not empty.', {
        code: 'OPTION_TYPE',
      });
    }
    this.#id = conversationId;
    this.#options = client;
  }

  /** The conversation's id; undefined while there is none. */
  get sessionId(): string | undefined {
    return this.#id;
  }

  /** The conversation's id. Creates it when there is none. */
  async getSessionId(): Promise<string> {
    if (this.#id !== undefined) return this.#id;
    this.#starting ??= this.#api.create().finally(() => (this.#starting = undefined));
    this.#id = await this.#starting;
    return this.#id;
  }

  async getItems(limit: number = Infinity): Promise<AgentInputItem[]> {
    const id = await this.getSessionId();
    if (limit <= 0) return [];
    if (limit === Infinity) return runItems(await this.#api.list(id, 'asc', limit));
    return runItems((await this.#api.list(id, 'desc', limit)).reverse());
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    const stored = conversationItems(items);
    if (stored.length > 0) await this.#api.add(await this.getSessionId(), stored);
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    const id = await this.getSessionId();
    const newest = await this.#api.list(id, 'desc', 1);
    const item = newest[0]?.['id'];
    if (typeof item !== 'string') return undefined;
    await this.#api.removeItem(id, item);
    return runItems(newest)[0];
  }

  /** Deletes the conversation. The next use of the session creates another one. */
  async clearSession(): Promise<void> {
    if (this.#id === undefined) return;
    await this.#api.remove(this.#id);
    this.#id = undefined;
  }

  /** Without the id that the conversation gave to a message: a model takes it for one of its own. */
  prepareHistoryItemForModelInput(item: AgentInputItem): AgentInputItem {
    if (!('role' in item)) return item;
    const { id: _id, providerData: _data, ...rest } = item;
    return rest;
  }

  prepareHistoryItemsForPersistenceComparison(items: AgentInputItem[]): AgentInputItem[] {
    return items.flatMap((item) => (comparableItem(item) as AgentInputItem | undefined) ?? []);
  }

  preserveReasoningItemIdsForPersistence(): boolean {
    return true;
  }

  /** Adds them: the API takes a compaction item as the beginning of what counts. */
  async replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    await this.addItems(items);
  }

  get #api(): ConversationsApi {
    return (this.#made ??= conversationsApi(sessionClient(this.#options)));
  }
}
