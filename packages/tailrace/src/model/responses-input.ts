import type { AgentInputItem, AssistantContent, ReasoningItem, UserContent } from '../event/item.ts';
import { cacheMark, toolOutput, wireFile, wireImage } from './content-parts.ts';
import { callerOf, localItem } from './responses-local.ts';
import type { ProviderObject } from './provider-object.ts';
import { WireJson } from './wire-json.ts';

/** The items of a conversation as JSON text for the Responses API. */
export const responsesItemJson: WireJson<AgentInputItem> = new WireJson(responsesItem);

/** An item in the words of the Responses API; undefined when the API has no place for it. */
export function responsesItem(item: AgentInputItem): ProviderObject | undefined {
  switch (item.type) {
    case 'function_call':
      return withProviderData(item.providerData, {
        type: 'function_call',
        call_id: item.callId,
        name: item.name,
        arguments: item.arguments,
        ...idOf(item.id),
        ...(item.namespace === undefined ? {} : { namespace: item.namespace }),
        ...statusOf(item.status),
        ...callerOf(item.caller),
      });
    case 'function_call_result': {
      const output = toolOutput(item.output);
      return withProviderData(item.providerData, {
        type: 'function_call_output',
        call_id: item.callId,
        output: typeof output === 'string' ? output : output.map(userPart),
        status: item.status,
        ...idOf(item.id),
        ...callerOf(item.caller),
      });
    }
    case 'reasoning':
      return reasoning(item);
    case 'hosted_tool_call': {
      const result = item.name === 'image_generation_call' && item.output !== undefined ? { result: item.output } : {};
      return { type: item.name, ...idOf(item.id), ...statusOf(item.status), ...result, ...item.providerData };
    }
    case 'compaction':
      return { ...item.providerData, type: 'compaction', ...idOf(item.id), encrypted_content: item.encrypted_content };
    case 'unknown':
      return item.providerData;
    case 'computer_call':
    case 'computer_call_result':
    case 'shell_call':
    case 'shell_call_output':
    case 'apply_patch_call':
    case 'apply_patch_call_output':
    case 'tool_search_call':
    case 'tool_search_output':
    case 'program':
    case 'program_output':
      return localItem(item);
    case 'message':
    case undefined:
      return message(item);
    default:
      return item satisfies never;
  }
}

/** What the provider said of an item goes back with it; the item's own fields win. */
function withProviderData(data: ProviderObject | undefined, item: ProviderObject): ProviderObject {
  return data === undefined ? item : { ...data, ...item };
}

function message(item: Extract<AgentInputItem, { role: string }>): ProviderObject {
  if (item.role === 'assistant') {
    return {
      ...item.providerData,
      type: 'message',
      ...idOf(item.id),
      role: 'assistant',
      ...(item.phase === undefined ? {} : { phase: item.phase }),
      content: item.content.map(assistantPart),
      status: item.status,
    };
  }
  const content = typeof item.content === 'string' ? item.content : item.content.map(userPart);
  return { ...item.providerData, role: item.role, content };
}

function userPart(part: UserContent): ProviderObject {
  switch (part.type) {
    case 'input_text':
      return { ...part.providerData, type: 'input_text', text: part.text, ...cacheMark(part) };
    case 'input_image':
      return {
        ...part.providerData,
        type: 'input_image',
        detail: part.detail ?? 'auto',
        ...wireImage(part),
        ...cacheMark(part),
      };
    case 'input_file':
      return { ...part.providerData, type: 'input_file', ...wireFile(part), ...cacheMark(part) };
    case 'audio':
      return {
        ...part.providerData,
        type: 'input_audio',
        input_audio: { data: part.audio, format: part.format ?? 'wav' },
        ...cacheMark(part),
      };
    default:
      return part satisfies never;
  }
}

function assistantPart(part: AssistantContent): ProviderObject {
  if (part.type === 'output_text')
    return { annotations: [], ...part.providerData, type: 'output_text', text: part.text };
  if (part.type === 'refusal') return { ...part.providerData, type: 'refusal', refusal: part.refusal };
  // The API takes neither sound nor pictures back as the assistant's words.
  return { type: 'output_text', text: `[${part.type}]`, annotations: [] };
}

/** Reasoning goes back only to the API that gave it: what other models thought has neither id nor sealed content. */
function reasoning(item: ReasoningItem): ProviderObject | undefined {
  const sealed = item.providerData?.['encrypted_content'];
  if (item.id === undefined && sealed === undefined) return undefined;
  const raw = item.rawContent;
  return {
    ...item.providerData,
    ...idOf(item.id),
    type: 'reasoning',
    summary: item.content.map(({ text }) => ({ type: 'summary_text', text })),
    ...(raw === undefined ? {} : { content: raw.map(({ text }) => ({ type: 'reasoning_text', text })) }),
  };
}

/** Chat Completions knows no item ids, and its response ids are refused here. */
function idOf(id: string | undefined): { id?: string } {
  return id === undefined || id.startsWith('chatcmpl') ? {} : { id };
}

function statusOf(status: string | undefined): { status?: string } {
  return status === undefined ? {} : { status };
}
