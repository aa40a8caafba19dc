/** What a tool returned, as the model is told it. */
import { isRecord } from '../base/schema.ts';
import { InvalidToolOutputError } from '../event/errors.ts';
import type { FunctionCallItem, FunctionCallResultItem, ToolCallStructuredOutput } from '../event/item.ts';

/** The result item of a call. `text` is what the log and the trace show of it. */
export function resultItem(call: FunctionCallItem, output: FunctionCallResultItem['output']): FunctionCallResultItem {
  return {
    type: 'function_call_result',
    name: call.name,
    callId: call.callId,
    ...(call.namespace !== undefined && { namespace: call.namespace }),
    ...(call.caller && { caller: call.caller }),
    status: 'completed',
    output,
  };
}

export interface ToldOutput {
  output: FunctionCallResultItem['output'];
  text: string;
}

/**
 * Text stays text; `{ type: 'text' | 'image' | 'file' }` (or a list of them) becomes content; everything else becomes JSON.
 *
 * @throws InvalidToolOutputError for what JSON cannot carry
 */
export function tellOutput(value: unknown, tool: string, maxLength: number): ToldOutput {
  const structured = structuredOutput(value);
  if (structured) return { output: structured, text: JSON.stringify(value, withoutBytes) };
  const text = capped(textOf(value, tool), maxLength);
  return { output: { type: 'text', text }, text };
}

function textOf(value: unknown, tool: string): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return 'undefined';
  const text =
    typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol'
      ? undefined
      : stringify(value, tool);
  if (text !== undefined) return text;
  throw unserializable(tool, `a ${typeof value}`);
}

function stringify(value: unknown, tool: string): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw unserializable(tool, 'something that JSON cannot carry (a cycle, a BigInt, or a getter that throws)', cause);
  }
}

function unserializable(tool: string, what: string, cause?: unknown): InvalidToolOutputError {
  return new InvalidToolOutputError(`Tool '${tool}' returned ${what}. Return a text or plain JSON data.`, {
    ...(cause !== undefined && { cause }),
  });
}

function capped(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength)}\n[cut: the output had ${text.length} characters, the limit is ${maxLength}]`;
}

function structuredOutput(value: unknown): ToolCallStructuredOutput[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const parts = Array.isArray(value) ? value : [value];
  if (parts.length === 0) return undefined;
  const converted = parts.map(structuredPart);
  return converted.every((part) => part !== undefined) ? converted : undefined;
}

function structuredPart(value: unknown): ToolCallStructuredOutput | undefined {
  if (!isRecord(value)) return undefined;
  const { type, text, file, detail } = value;
  const providerData = isRecord(value['providerData']) ? { providerData: value['providerData'] } : {};
  if (type === 'text' && typeof text === 'string') return { type: 'input_text', text, ...providerData };
  if (type === 'image') {
    // MCP says an image without a wrapper.
    const source = imageSource(
      value['image'] ?? value['imageUrl'] ?? { data: value['data'], mediaType: value['mimeType'] },
    );
    return source === undefined
      ? undefined
      : { type: 'input_image', image: source, ...(typeof detail === 'string' && { detail }), ...providerData };
  }
  const part = type === 'file' ? filePart(file) : undefined;
  return part && { ...part, ...providerData };
}

function imageSource(image: unknown): string | { id: string } | undefined {
  if (typeof image === 'string') return image;
  if (!isRecord(image)) return undefined;
  if (typeof image['url'] === 'string') return image['url'];
  if (typeof image['fileId'] === 'string') return { id: image['fileId'] };
  const { data, mediaType } = image;
  const base64 = base64Of(data);
  return base64 === undefined
    ? undefined
    : `data:${typeof mediaType === 'string' ? mediaType : 'image/png'};base64,${base64}`;
}

function filePart(file: unknown): ToolCallStructuredOutput | undefined {
  if (typeof file === 'string') return { type: 'input_file', file };
  if (!isRecord(file)) return undefined;
  const name = typeof file['filename'] === 'string' ? { filename: file['filename'] } : {};
  if (typeof file['url'] === 'string') return { type: 'input_file', file: { url: file['url'] }, ...name };
  const id = file['id'] ?? file['fileId'];
  if (typeof id === 'string') return { type: 'input_file', file: { id }, ...name };
  const { data, mediaType } = file;
  const base64 = base64Of(data);
  if (base64 === undefined || typeof mediaType !== 'string') return undefined;
  return { type: 'input_file', file: `data:${mediaType};base64,${base64}`, ...name };
}

// What was sent is in the item: the text is for people.
function withoutBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `[${value.byteLength} bytes]` : value;
}

/** Text is base64 already. */
function base64Of(data: unknown): string | undefined {
  if (typeof data === 'string') return data;
  if (!(data instanceof Uint8Array)) return undefined;
  let binary = '';
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary);
}
