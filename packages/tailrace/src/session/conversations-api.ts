/** OpenAI's Conversations API, over our own transport or over a client object. */
import { callOpenAI } from '../model/openai-api.ts';
import type { OpenAIClientOptions } from '../model/openai-endpoint.ts';
import { isObject, listOr, type ProviderObject, textOr } from '../model/provider-object.ts';
import { callClient } from './openai-client.ts';

/** The API takes this many new items at a time. */
const MAX_NEW_ITEMS = 20;
/** The API gives this many items at a time. */
const MAX_PAGE = 100;

export interface ConversationsApi {
  /** Gives the id of a new conversation. */
  create(): Promise<string>;
  remove(conversation: string): Promise<void>;
  add(conversation: string, items: readonly ProviderObject[]): Promise<void>;
  /** At most that many items, the oldest or the newest first. */
  list(conversation: string, order: 'asc' | 'desc', limit: number): Promise<ProviderObject[]>;
  removeItem(conversation: string, item: string): Promise<void>;
}

interface Calls {
  create(body: object): Promise<unknown>;
  remove(conversation: string): Promise<unknown>;
  add(conversation: string, body: object): Promise<unknown>;
  page(conversation: string, query: { order: string; limit?: number; after?: string }): Promise<unknown>;
  removeItem(conversation: string, item: string): Promise<unknown>;
}

export function conversationsApi(client: OpenAIClientOptions): ConversationsApi {
  const calls = client.conversations ? clientCalls(client.conversations) : httpCalls(client);
  return {
    async create() {
      const made = await calls.create({ items: [] });
      const id = isObject(made) ? textOr(made['id'], undefined) : undefined;
      if (id === undefined) throw new Error('The new conversation has no id');
      return id;
    },
    async remove(conversation) {
      await calls.remove(conversation);
    },
    async add(conversation, items) {
      for (let at = 0; at < items.length; at += MAX_NEW_ITEMS) {
        await calls.add(conversation, { items: items.slice(at, at + MAX_NEW_ITEMS) });
      }
    },
    list: (conversation, order, limit) => collect(calls, conversation, order, limit),
    async removeItem(conversation, item) {
      await calls.removeItem(conversation, item);
    },
  };
}

async function collect(
  calls: Calls,
  conversation: string,
  order: 'asc' | 'desc',
  limit: number,
): Promise<ProviderObject[]> {
  const items: ProviderObject[] = [];
  let after: string | undefined;
  while (items.length < limit) {
    const most = Math.min(limit - items.length, MAX_PAGE);
    const page = await calls.page(conversation, { order, limit: most, ...(after !== undefined && { after }) });
    if (!isObject(page)) break;
    const data = listOr(page['data']).filter(isObject);
    items.push(...data);
    after = textOr(page['last_id'], undefined) ?? textOr(data.at(-1)?.['id'], undefined);
    if (page['has_more'] !== true || data.length === 0 || after === undefined) break;
  }
  return items.slice(0, limit);
}

function httpCalls(client: OpenAIClientOptions): Calls {
  const path = (conversation: string, item?: string): string => {
    const base = `conversations/${encodeURIComponent(conversation)}`;
    return item === undefined ? base : `${base}/items${item === '' ? '' : `/${encodeURIComponent(item)}`}`;
  };
  return {
    create: (body) => callOpenAI(client, { method: 'POST', path: 'conversations', body }),
    remove: (conversation) => callOpenAI(client, { method: 'DELETE', path: path(conversation) }),
    add: (conversation, body) => callOpenAI(client, { method: 'POST', path: path(conversation, ''), body }),
    page: (conversation, query) => callOpenAI(client, { method: 'GET', path: path(conversation, ''), query }),
    removeItem: (conversation, item) => callOpenAI(client, { method: 'DELETE', path: path(conversation, item) }),
  };
}

function clientCalls(conversations: NonNullable<OpenAIClientOptions['conversations']>): Calls {
  const { items } = conversations;
  return {
    create: (body) => callClient(conversations, conversations.create, body),
    remove: (conversation) => callClient(conversations, conversations.delete, conversation),
    add: (conversation, body) => callClient(items, items.create, conversation, body),
    async page(conversation, query) {
      const listed = await callClient(items, items.list, conversation, query);
      if (!isObject(listed) || Array.isArray(listed['data']) || !(Symbol.asyncIterator in listed)) return listed;
      const data: unknown[] = [];
      for await (const item of listed as unknown as AsyncIterable<unknown>) {
        if (data.push(item) === query.limit) break;
      }
      return { data, has_more: data.length === query.limit };
    },
    removeItem: (conversation, item) => callClient(items, items.delete, item, { conversation_id: conversation }),
  };
}
