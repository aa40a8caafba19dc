/** Items as OpenAI keeps them, and as a run has them. */
import type { AgentInputItem, ToolCallStructuredOutput } from '../event/item.ts';
import { isObject, listOr, type ProviderObject, textOr } from '../model/provider-object.ts';
import { responsesItem } from '../model/responses-input.ts';
import { outputItems } from '../model/responses-output.ts';

/** What is stored of items; those that the API has no place for are left out. */
export function storedItems(items: readonly AgentInputItem[]): ProviderObject[] {
  return items.map((item) => responsesItem(item)).filter((item) => item !== undefined);
}

/** The same for a conversation, which gives each item an id of its own: another one's would be refused, or taken for the item that has it. */
export function conversationItems(items: readonly AgentInputItem[]): ProviderObject[] {
  return storedItems(items).map((item) => {
    if (OWN_IDS.has(item['type'])) return item;
    const { id: _id, ...rest } = item;
    return rest;
  });
}

// What the model thought, and programs: their ids are the model's own, and part of what they say.
const OWN_IDS: ReadonlySet<unknown> = new Set(['reasoning', 'program', 'program_output']);

/** Stored items as a run has them. A tool's output gets back the name of the tool, which is only stored with the call. */
export function runItems(stored: readonly ProviderObject[]): AgentInputItem[] {
  const names = new Map<string, string>();
  return stored.flatMap((item) => {
    if (item['type'] === 'function_call') names.set(textOr(item['call_id'], ''), textOr(item['name'], ''));
    return runItem(item, names);
  });
}

function runItem(item: ProviderObject, names: ReadonlyMap<string, string>): AgentInputItem[] {
  const { type, role } = item;
  if ((type === 'message' || type === undefined) && role !== 'assistant') return [spokenItem(item)];
  if (type !== 'function_call_output') return outputItems([item]);
  const callId = textOr(item['call_id'], '');
  const output = item['output'];
  return [
    {
      type: 'function_call_result',
      ...idOf(item),
      callId,
      name: names.get(callId) ?? callId,
      status: 'completed',
      output: typeof output === 'string' ? output : partsOf(output),
    },
  ];
}

function spokenItem(item: ProviderObject): AgentInputItem {
  const { content } = item;
  const system = item['role'] === 'system' || item['role'] === 'developer';
  const parts = typeof content === 'string' ? content : partsOf(content);
  if (!system) return { type: 'message', ...idOf(item), role: 'user', content: parts };
  const text = typeof parts === 'string' ? parts : parts.map((part) => ('text' in part ? part.text : '')).join('');
  return { type: 'message', ...idOf(item), role: 'system', content: text };
}

function partsOf(content: unknown): ToolCallStructuredOutput[] {
  return listOr(content).filter(isObject).map(partOf);
}

function partOf(part: ProviderObject): ToolCallStructuredOutput {
  const { type } = part;
  if (type === 'input_image') {
    const { image_url: url, file_id: file, detail } = part;
    const image = textOr(url, undefined) ?? (typeof file === 'string' ? { id: file } : '');
    return { type: 'input_image', image, ...(typeof detail === 'string' && { detail }) };
  }
  if (type === 'input_file') {
    const { file_data: data, file_url: url, file_id: id, filename } = part;
    const file = typeof id === 'string' ? { id } : typeof url === 'string' ? { url } : textOr(data, '');
    return { type: 'input_file', file, ...(typeof filename === 'string' && { filename }) };
  }
  return { type: 'input_text', text: textOr(part['text'], '') };
}

function idOf({ id }: ProviderObject): { id?: string } {
  return typeof id === 'string' ? { id } : {};
}

/** An item without what the API assigned to it, so that what was stored equals what was to be stored. */
export function comparableItem(item: AgentInputItem): ProviderObject | undefined {
  const stored = responsesItem(item);
  if (!stored) return undefined;
  const { id, status: _status, type = 'message', content, ...rest } = stored;
  const parts = typeof content === 'string' ? [{ type: 'input_text', text: content }] : content;
  return {
    type,
    ...rest,
    // The ids of reasoning are the model's own.
    ...(type === 'reasoning' && { id }),
    ...(parts !== undefined && { content: listOr(parts).map(comparablePart) }),
  };
}

function comparablePart(part: unknown): unknown {
  if (!isObject(part)) return part;
  const { annotations: _annotations, logprobs: _logprobs, ...rest } = part;
  return rest;
}
