import type { AgentOutputItem, AssistantContent, AssistantMessageItem, ItemStatus } from '../event/item.ts';
import { callerIn, localOutput } from './responses-local.ts';
import { isObject, listOr, textOr, type ProviderObject } from './provider-object.ts';

/** Kinds that the provider executes itself: kept as `hosted_tool_call`. */
const HOSTED = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
  'mcp_list_tools',
  'mcp_approval_request',
  'mcp_approval_response',
]);

/** The output items of the Responses API as items of the run; a kind not known here is kept whole as `unknown`. */
export function outputItems(output: readonly unknown[]): AgentOutputItem[] {
  return output.filter(isObject).map(outputItem);
}

function outputItem(item: ProviderObject): AgentOutputItem {
  const type = item['type'];
  if (type === 'message') return message(item);
  if (type === 'function_call') return functionCall(item);
  if (type === 'reasoning') return reasoning(item);
  if (type === 'compaction' && typeof item['encrypted_content'] === 'string') {
    const { id, type: _type, encrypted_content: content, created_by: by, ...providerData } = item;
    return {
      type: 'compaction',
      encrypted_content: content,
      ...withId(id),
      ...(typeof by === 'string' ? { created_by: by } : {}),
      ...(Object.keys(providerData).length > 0 ? { providerData } : {}),
    };
  }
  if (typeof type === 'string' && HOSTED.has(type)) return hostedCall(item, type);
  return localOutput(item) ?? { type: 'unknown', ...withId(item['id']), providerData: item };
}

function message(item: ProviderObject): AssistantMessageItem {
  const { id, type: _type, role: _role, content, status, phase, ...providerData } = item;
  return {
    type: 'message',
    role: 'assistant',
    content: (typeof content === 'string' ? [{ type: 'output_text', text: content }] : listOr(content))
      .filter(isObject)
      .map(contentPart)
      .filter((part) => part !== undefined),
    status: itemStatus(status),
    providerData,
    ...withId(id),
    ...(phase === 'commentary' || phase === 'final_answer' ? { phase } : {}),
  };
}

function contentPart(part: ProviderObject): AssistantContent | undefined {
  if (part['type'] === 'output_text' || part['type'] === 'text') {
    const { type: _type, text, ...providerData } = part;
    return { type: 'output_text', text: textOr(text, ''), providerData };
  }
  if (part['type'] === 'refusal') {
    const { type: _type, refusal, ...providerData } = part;
    return { type: 'refusal', refusal: textOr(refusal, ''), providerData };
  }
  return undefined;
}

function functionCall(item: ProviderObject): AgentOutputItem {
  const { call_id: callId, name, namespace, status, arguments: args, caller, ...providerData } = item;
  const id = textOr(item['id'], undefined);
  return {
    type: 'function_call',
    callId: textOr(callId, id ?? ''),
    name: textOr(name, ''),
    status: itemStatus(status),
    arguments: argumentsText(args),
    providerData,
    ...callerIn(caller),
    ...withId(id),
    ...(typeof namespace === 'string' ? { namespace } : {}),
  };
}

function reasoning(item: ProviderObject): AgentOutputItem {
  const { summary, content, ...providerData } = item;
  const raw = listOr(content).filter(isObject);
  return {
    type: 'reasoning',
    ...withId(item['id']),
    content: listOr(summary)
      .filter(isObject)
      .map(({ text, ...rest }) => ({ type: 'input_text' as const, text: textOr(text, ''), providerData: rest })),
    ...(raw.length > 0
      ? {
          rawContent: raw.map(({ type: _type, text, ...rest }) => ({
            type: 'reasoning_text' as const,
            text: textOr(text, ''),
            ...(Object.keys(rest).length > 0 ? { providerData: rest } : {}),
          })),
        }
      : {}),
    providerData,
  };
}

function hostedCall(item: ProviderObject, type: string): AgentOutputItem {
  const { status, ...providerData } = item;
  const output = type === 'image_generation_call' ? textOr(item['result'], undefined) : undefined;
  if (output !== undefined) delete providerData['result'];
  return {
    type: 'hosted_tool_call',
    ...withId(item['id']),
    name: type,
    ...(typeof status === 'string' ? { status } : {}),
    ...(output === undefined ? {} : { output }),
    providerData: providerData,
  };
}

/** Arguments as JSON text: some servers send the value itself, or nothing for a call without parameters. */
export function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '{}' : value;
  return value == null ? '{}' : JSON.stringify(value);
}

function itemStatus(status: unknown): ItemStatus {
  return status === 'in_progress' || status === 'incomplete' ? status : 'completed';
}

function withId(id: unknown): { id?: string } {
  return typeof id === 'string' && id !== '' ? { id } : {};
}
