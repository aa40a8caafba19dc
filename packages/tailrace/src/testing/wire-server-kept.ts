/** What the server keeps between requests: responses by their ids, and conversations, as OpenAI does. */
import type { WireBody } from './wire-server-script.ts';

export type KeptItem = Readonly<Record<string, unknown>>;

/** The API takes this many items at a time, and gives at most this many. */
const MAX_NEW_ITEMS = 20;
const MAX_PAGE = 100;

export interface KeptAnswer {
  readonly status: number;
  readonly body: unknown;
}

export class KeptHistory {
  readonly conversations: Map<string, KeptItem[]> = new Map();
  readonly #responses: Map<string, readonly KeptItem[]> = new Map();
  #ids = 0;

  /** Answers what is no question to a model; undefined when it is one. */
  answer(method: string, url: URL, body: WireBody | undefined): KeptAnswer | undefined {
    const [, , first, id, items, item] = url.pathname.split('/').map(decodeURIComponent);
    if (method === 'POST' && first === 'responses' && id === 'compact') return this.#compact(body);
    if (first !== 'conversations') return undefined;
    if (id === undefined) return this.#create(itemsOf(body?.['items']));
    const kept = this.conversations.get(id);
    if (!kept) return failed(404, `Conversation with id '${id}' not found.`);
    if (items === undefined) return method === 'DELETE' ? this.#remove(id) : ok({ id, object: 'conversation' });
    if (method === 'POST') return this.#add(kept, itemsOf(body?.['items']));
    if (method === 'GET') return ok(pageOf(kept, url.searchParams));
    const at = kept.findIndex((one) => one['id'] === item);
    if (at < 0) return failed(404, `Item with id '${item ?? ''}' not found.`);
    kept.splice(at, 1);
    return ok({ id, object: 'conversation' });
  }

  /** Why a model's server would not take this request, if it would not. */
  refusal(body: WireBody | undefined): KeptAnswer | undefined {
    const before = this.#before(body);
    if (before === undefined) return undefined;
    if (!Array.isArray(before)) return before as KeptAnswer;
    const open = new Set<string>();
    for (const item of [...(before as KeptItem[]), ...itemsOf(body?.['input'])]) {
      if (item['type'] === 'function_call') open.add(callIdOf(item));
      else if (item['type'] === 'function_call_output' && !open.delete(callIdOf(item))) {
        return failed(400, `No tool call found for function call output with call_id ${callIdOf(item)}.`);
      }
    }
    const [missing] = open;
    return missing === undefined ? undefined : failed(400, `No tool output found for function call ${missing}.`);
  }

  /** Keeps what was asked and answered. */
  keep(body: WireBody | undefined, response: { id?: unknown; output?: unknown }): void {
    const { id, output } = response;
    const before = this.#before(body);
    const said = [...itemsOf(body?.['input']), ...itemsOf(output)];
    if (typeof id === 'string' && body?.['store'] !== false) {
      this.#responses.set(id, [...(Array.isArray(before) ? (before as KeptItem[]) : []), ...said]);
    }
    const conversation = conversationOf(body);
    if (conversation !== undefined)
      this.conversations.get(conversation)?.push(...said.map((item) => this.#named(item)));
  }

  /** What the request leaves unsaid; undefined when it goes on with nothing. */
  #before(body: WireBody | undefined): readonly KeptItem[] | KeptAnswer | undefined {
    const previous = body?.['previous_response_id'];
    const conversation = conversationOf(body);
    if (previous !== undefined && conversation !== undefined) {
      return failed(400, 'Mutually exclusive parameters: previous_response_id and conversation.');
    }
    if (typeof previous === 'string') {
      return this.#responses.get(previous) ?? failed(400, `Previous response with id '${previous}' not found.`);
    }
    if (conversation === undefined) return undefined;
    return this.conversations.get(conversation) ?? failed(404, `Conversation with id '${conversation}' not found.`);
  }

  #create(items: readonly KeptItem[]): KeptAnswer {
    const id = `conv_${this.#ids++}`;
    this.conversations.set(
      id,
      items.map((item) => this.#named(item)),
    );
    return ok({ id, object: 'conversation', created_at: 0, metadata: {} });
  }

  #remove(id: string): KeptAnswer {
    this.conversations.delete(id);
    return ok({ id, object: 'conversation.deleted', deleted: true });
  }

  #add(kept: KeptItem[], items: readonly KeptItem[]): KeptAnswer {
    if (items.length > MAX_NEW_ITEMS) return failed(400, `At most ${MAX_NEW_ITEMS} items can be added at a time.`);
    const added = items.map((item) => this.#named(item));
    kept.push(...added);
    return ok({ object: 'list', data: added, has_more: false });
  }

  #compact(body: WireBody | undefined): KeptAnswer {
    const before = this.#before(body);
    if (before !== undefined && !Array.isArray(before)) return before as KeptAnswer;
    const said = [...((before as readonly KeptItem[] | undefined) ?? []), ...itemsOf(body?.['input'])];
    const spoken = said.filter((item) => item['role'] === 'user').map((item) => this.#named(item));
    const compaction = { id: `cmp_${this.#ids++}`, type: 'compaction', encrypted_content: `${said.length} items` };
    const usage = { input_tokens: said.length, output_tokens: 1, total_tokens: said.length + 1 };
    return ok({ id: `resp_c${this.#ids++}`, object: 'response.compaction', output: [...spoken, compaction], usage });
  }

  #named(item: KeptItem): KeptItem {
    const content = typeof item['content'] === 'string' ? { content: [textPart(item)] } : {};
    return { type: 'message', id: `item_${this.#ids++}`, status: 'completed', ...item, ...content };
  }
}

function callIdOf({ call_id: id }: KeptItem): string {
  return typeof id === 'string' ? id : '';
}

function conversationOf(body: WireBody | undefined): string | undefined {
  const given = body?.['conversation'];
  if (typeof given === 'string') return given;
  const id = (given as { id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
}

function itemsOf(value: unknown): KeptItem[] {
  if (typeof value === 'string') return [{ type: 'message', role: 'user', content: value }];
  return Array.isArray(value) ? (value as KeptItem[]) : [];
}

function textPart({ role, content }: KeptItem): object {
  return { type: role === 'assistant' ? 'output_text' : 'input_text', text: content };
}

function pageOf(kept: readonly KeptItem[], query: URLSearchParams): object {
  const ordered = query.get('order') === 'asc' ? kept : kept.toReversed();
  const after = query.get('after');
  const rest = after === null ? ordered : ordered.slice(ordered.findIndex((item) => item['id'] === after) + 1);
  const data = rest.slice(0, Math.min(Number(query.get('limit') ?? MAX_NEW_ITEMS), MAX_PAGE));
  return {
    object: 'list',
    data,
    has_more: data.length < rest.length,
    first_id: data[0]?.['id'] ?? null,
    last_id: data.at(-1)?.['id'] ?? null,
  };
}

function ok(body: unknown): KeptAnswer {
  return { status: 200, body };
}

function failed(status: number, message: string): KeptAnswer {
  return { status, body: { error: { message, type: 'invalid_request_error', param: null, code: null } } };
}
