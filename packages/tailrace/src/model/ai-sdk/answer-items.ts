/** The items that an answer is made of, in the order in which they began. */
import type { AgentOutputItem, AssistantMessageItem, HostedToolCallItem, OutputText } from '../../event/item.ts';
import { isObject, type ProviderObject, textOr } from '../provider-object.ts';
import { type LanguageModelCompatible, nameOf } from './language-model.ts';

interface Draft {
  item: AgentOutputItem;
  metadata: ProviderObject;
}

export class AnswerItems {
  readonly #model: string;
  readonly #drafts: Draft[] = [];
  readonly #calls = new Map<string, Draft>();
  readonly #reasonings = new Map<string, { draft: Draft; text: string }>();
  /** The text that is being written, until something else begins. */
  #open: { draft: Draft; part: OutputText } | undefined;

  constructor(model: LanguageModelCompatible) {
    this.#model = nameOf(model);
  }

  /** Adds to the text; gives the id of the message that it is in. */
  text(delta: string, id: string | undefined): string | undefined {
    if (this.#open === undefined) {
      const part: OutputText = { type: 'output_text', text: '' };
      const item: AssistantMessageItem = { type: 'message', role: 'assistant', status: 'completed', content: [part] };
      if (id !== undefined) item.id = id;
      this.#open = { draft: this.#add(item, undefined), part };
    }
    this.#open.part.text += delta;
    return this.#open.draft.item.id;
  }

  take(part: ProviderObject): void {
    switch (part['type']) {
      case 'text-start':
      case 'text-end':
        return this.#textEdge(part);
      case 'reasoning':
        return this.#reason(`${this.#reasonings.size}`, part['text'], part['providerMetadata'], false);
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        return this.#reason(textOr(part['id'], 'default'), part['delta'], part['providerMetadata'], true);
      case 'tool-call':
        return this.#call(part);
      case 'tool-result':
        return this.#result(part);
      case 'file':
        return this.#file(part);
      default:
    }
  }

  /** A text that did not come in pieces. */
  whole({ text, providerMetadata }: ProviderObject): void {
    this.#textEdge({ type: 'text-start', providerMetadata });
    this.text(textOr(text, ''), undefined);
  }

  output(responseId: string | undefined): AgentOutputItem[] {
    for (const { draft, text } of this.#reasonings.values()) {
      if (draft.item.type !== 'reasoning') continue;
      draft.item.content = [{ type: 'input_text', text }];
      draft.item.rawContent = [{ type: 'reasoning_text', text }];
    }
    const base = { model: this.#model, ...(responseId !== undefined && { responseId }) };
    return this.#drafts
      .filter(saysSomething)
      .map(({ item, metadata }) => ({ ...item, providerData: { ...base, ...metadata } }));
  }

  #add(item: AgentOutputItem, metadata: unknown): Draft {
    const draft = { item, metadata: isObject(metadata) ? metadata : {} };
    this.#drafts.push(draft);
    return draft;
  }

  #textEdge({ type, id, providerMetadata }: ProviderObject): void {
    if (isObject(providerMetadata) && this.#open) Object.assign(this.#open.draft.metadata, providerMetadata);
    // A text that has metadata of its own stands alone: it goes back with them.
    if (type === 'text-start' && isObject(providerMetadata)) {
      this.#open = undefined;
      this.text('', textOr(id, undefined));
      Object.assign((this.#open as { draft: Draft } | undefined)?.draft.metadata ?? {}, providerMetadata);
    }
  }

  #reason(id: string, delta: unknown, metadata: unknown, streamed: boolean): void {
    let reasoning = this.#reasonings.get(id);
    if (reasoning === undefined) {
      const item: AgentOutputItem = { type: 'reasoning', content: [], ...(streamed && id !== 'default' && { id }) };
      reasoning = { draft: this.#add(item, undefined), text: '' };
      this.#reasonings.set(id, reasoning);
      this.#open = undefined;
    }
    reasoning.text += textOr(delta, '');
    if (isObject(metadata)) merge(reasoning.draft.metadata, metadata);
  }

  #call({ toolCallId, toolName, input, providerExecuted, providerMetadata }: ProviderObject): void {
    const callId = textOr(toolCallId, '');
    const name = textOr(toolName, '');
    const args = typeof input === 'string' ? input || '{}' : (JSON.stringify(input) ?? '{}');
    const item: AgentOutputItem =
      providerExecuted === true
        ? { type: 'hosted_tool_call', id: callId, name, arguments: args, status: 'completed' }
        : { type: 'function_call', callId, name, arguments: args, status: 'completed' };
    this.#open = undefined;
    const known = this.#calls.get(callId);
    if (known) known.item = item;
    else this.#calls.set(callId, this.#add(item, providerMetadata));
  }

  #result({ toolCallId, result, preliminary }: ProviderObject): void {
    const item = this.#calls.get(textOr(toolCallId, ''))?.item;
    if (item?.type !== 'hosted_tool_call' || preliminary === true) return;
    const hosted: HostedToolCallItem = item;
    hosted.output = typeof result === 'string' ? result : (JSON.stringify(result) ?? '');
  }

  #file({ mediaType, data, providerMetadata }: ProviderObject): void {
    const type = textOr(mediaType, '');
    if (!type.startsWith('image/')) return;
    const url = imageUrl(data, type);
    if (url === undefined) return;
    this.#open = undefined;
    const content = [{ type: 'image' as const, image: url }];
    this.#add({ type: 'message', role: 'assistant', status: 'completed', content }, providerMetadata);
  }
}

/** Providers open texts and reasoning that they then write nothing into. */
function saysSomething({ item, metadata }: Draft): boolean {
  if (item.type === 'reasoning')
    return item.content.some(({ text }) => text !== '') || Object.keys(metadata).length > 0;
  if (item.type !== 'message' || item.role !== 'assistant') return true;
  return item.content.some((part) => part.type !== 'output_text' || part.text !== '');
}

function merge(into: ProviderObject, from: ProviderObject): void {
  for (const [provider, fields] of Object.entries(from)) {
    const known = into[provider];
    into[provider] = isObject(known) && isObject(fields) ? { ...known, ...fields } : fields;
  }
}

function imageUrl(data: unknown, mediaType: string): string | undefined {
  if (typeof data === 'string') return data.startsWith('data:') ? data : `data:${mediaType};base64,${data}`;
  if (data instanceof Uint8Array) return `data:${mediaType};base64,${Buffer.from(data).toString('base64')}`;
  if (!isObject(data)) return undefined;
  if (data['type'] === 'url') return String(data['url']);
  return imageUrl(data['data'], mediaType);
}
