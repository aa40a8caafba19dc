/** Items as the messages of an AI SDK prompt. */
import { tryParse } from '../../base/json.ts';
import { UserError } from '../../event/errors.ts';
import type { AgentInputItem, AssistantContent, FunctionCallResultItem, UserContent } from '../../event/item.ts';
import { toolOutput } from '../content-parts.ts';
import { isObject, type ProviderObject } from '../provider-object.ts';
import { audioPart, documentPart, filePart, imagePart, placeOf } from './file-part.ts';
import { type LanguageModelCompatible, nameOf, versionOf } from './language-model.ts';
import { withOptions } from './provider-options.ts';

interface Message extends ProviderObject {
  role: string;
  content: string | ProviderObject[];
}

/** Neighbouring parts of one role are one message: what a model said before it called a tool stays with the call. */
export function promptOf(
  instructions: string | undefined,
  input: string | readonly AgentInputItem[],
  model: LanguageModelCompatible,
): Message[] {
  const messages: Message[] = [];
  if (instructions !== undefined && instructions !== '') messages.push({ role: 'system', content: instructions });
  if (typeof input === 'string') messages.push({ role: 'user', content: [{ type: 'text', text: input }] });
  else for (const item of input) addItem(messages, item, model);
  return messages;
}

function addItem(messages: Message[], item: AgentInputItem, model: LanguageModelCompatible): void {
  if ('role' in item) {
    if (item.role === 'system')
      messages.push({ role: 'system', content: item.content, ...withOptions(item.providerData, model) });
    else if (item.role === 'user') {
      const content =
        typeof item.content === 'string'
          ? [{ type: 'text', text: item.content }]
          : item.content.flatMap((part) => userPart(part, model));
      messages.push({ role: 'user', content, ...withOptions(item.providerData, model) });
    } else {
      const options = withOptions(item.providerData, model);
      add(
        messages,
        'assistant',
        item.content.flatMap((part) => assistantPart(part, options, model)),
      );
    }
    return;
  }
  switch (item.type) {
    case 'reasoning': {
      const text = (item.rawContent ?? item.content).map((part) => part.text).join('');
      return add(messages, 'assistant', [{ type: 'reasoning', text, ...withOptions(item.providerData, model) }]);
    }
    case 'function_call': {
      const call = { type: 'tool-call', toolCallId: item.callId, toolName: item.name, input: inputOf(item.arguments) };
      return add(messages, 'assistant', [{ ...call, ...withOptions(item.providerData, model) }]);
    }
    case 'function_call_result': {
      const result = {
        type: 'tool-result',
        toolCallId: item.callId,
        toolName: item.name,
        output: outputOf(item, model),
      };
      return add(messages, 'tool', [{ ...result, ...withOptions(item.providerData, model) }]);
    }
    case 'hosted_tool_call': {
      const id = item.id ?? item.name;
      const options = withOptions(item.providerData, model);
      const about = { toolCallId: id, toolName: item.name };
      const call = {
        type: 'tool-call',
        ...about,
        input: inputOf(item.arguments ?? ''),
        providerExecuted: true,
        ...options,
      };
      const output =
        item.output === undefined
          ? undefined
          : { type: 'tool-result', ...about, output: textOrJson(item.output), ...options };
      return add(messages, 'assistant', output === undefined ? [call] : [call, output]);
    }
    case 'unknown':
      return;
    default:
      throw new UserError(
        `The model ${nameOf(model)} cannot be given an item of type '${String(item.type)}': the AI SDK has no word for it. Leave it out with callModelInputFilter, or take a model of the Responses API.`,
        { code: 'OPTION_TYPE' },
      );
  }
}

function add(messages: Message[], role: 'assistant' | 'tool', parts: ProviderObject[]): void {
  if (parts.length === 0) return;
  const last = messages.at(-1);
  if (last?.role === role && Array.isArray(last.content)) last.content.push(...parts);
  else messages.push({ role, content: parts });
}

function userPart(part: UserContent, model: LanguageModelCompatible): ProviderObject[] {
  switch (part.type) {
    case 'input_text':
      return [{ type: 'text', text: part.text, ...withOptions(part.providerData, model) }];
    case 'input_image':
      return [imagePart(part, model) ?? []].flat();
    case 'input_file':
      return [documentPart(part, model) ?? []].flat();
    case 'audio':
      return [audioPart(part, model)];
    default:
      throw new UserError(`There is no content part of type '${String((part as { type: unknown }).type)}'.`, {
        code: 'OPTION_TYPE',
      });
  }
}

function assistantPart(
  part: AssistantContent,
  options: ProviderObject,
  model: LanguageModelCompatible,
): ProviderObject[] {
  if (part.type === 'output_text') return part.text === '' ? [] : [{ type: 'text', text: part.text, ...options }];
  if (part.type === 'refusal') return [{ type: 'text', text: part.refusal, ...options }];
  if (part.type === 'audio')
    return part.transcript == null ? [] : [{ type: 'text', text: part.transcript, ...options }];
  const { place, mediaType } = placeOf(part.image);
  return [filePart(place, mediaType ?? 'image/png', model, options)];
}

/** The arguments of a call: always an object, whatever the model wrote. */
function inputOf(json: string): unknown {
  const value = tryParse(json);
  return isObject(value) || Array.isArray(value) ? value : {};
}

function outputOf(item: FunctionCallResultItem, model: LanguageModelCompatible): ProviderObject {
  const output = toolOutput(item.output);
  if (typeof output === 'string') return { type: 'text', value: output };
  const value = output.flatMap((part) => {
    if (part.type === 'input_text') return [{ type: 'text', text: part.text }];
    const file = part.type === 'input_image' ? imagePart(part, model) : documentPart(part, model);
    return file === undefined ? [] : [resultFile(file, model)];
  });
  return { type: 'content', value };
}

/** A file in a tool's result: each version has words of its own for it. */
function resultFile(file: ProviderObject, model: LanguageModelCompatible): ProviderObject {
  const version = versionOf(model);
  const { data, mediaType, filename } = file;
  if (version === 'v4') return file;
  const image = String(mediaType).startsWith('image/');
  if (data instanceof URL) {
    if (version === 'v3') return { type: image ? 'image-url' : 'file-url', url: data.href };
    return { type: 'text', text: data.href };
  }
  if (version !== 'v3') return { type: 'media', data, mediaType };
  if (image) return { type: 'image-data', data, mediaType };
  return { type: 'file-data', data, mediaType, ...(filename !== undefined && { filename }) };
}

function textOrJson(text: string): ProviderObject {
  const value = /^\s*[[{]/.test(text) ? tryParse(text) : undefined;
  return value === undefined ? { type: 'text', value: text } : { type: 'json', value };
}
