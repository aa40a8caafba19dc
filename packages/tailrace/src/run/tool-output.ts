/** What a tool returned, as the model is told it. */
import { inspectable } from '../base/error-text.ts';
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
 * Text stays text; `{ type: 'text' | 'image' | 'file' }` (or a list of them) becomes content; everything else becomes JSON. `maxLength` holds for text: of all
 * text parts together, and not of images and files.
 *
 * @throws InvalidToolOutputError for what JSON cannot carry
 */
export function tellOutput(value: unknown, tool: string, maxLength: number): ToldOutput {
  const structured = structuredOutput(value, tool, maxLength);
  if (structured) return structured;
  const text = capped(textOf(value, tool), maxLength);
  return { output: { type: 'text', text }, text };
}

function textOf(value: unknown, tool: string): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return 'undefined';
  const text =
    typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol'
      ? undefined
      : carried(tool, () => JSON.stringify(value) as string | undefined);
  if (text === '{}') warnOfNothing(value, tool);
  if (text !== undefined) return text;
  throw unserializable(tool, `a ${typeof value}`);
}

function carried<T>(tool: string, take: () => T): T {
  try {
    return take();
  } catch (thrown) {
    const cause = inspectable(thrown);
    throw unserializable(tool, 'something that JSON cannot carry (a cycle, a BigInt, or a getter that throws)', cause);
  }
}

const warned = new Set<string>();

/** Of a Map, a Response or an Error JSON keeps nothing, and says so to nobody. */
function warnOfNothing(value: unknown, tool: string): void {
  const kind = carried(tool, () => kindOf(value));
  if (kind === undefined || warned.has(`${tool} ${kind}`)) return;
  warned.add(`${tool} ${kind}`);
  console.warn(
    `tailrace: tool '${tool}' returned an object of ${kind}, of which JSON keeps nothing: the model is told {}. Return a text or plain JSON data.`,
  );
}

/** The class of an object that is no plain one, and does not say itself what JSON is to keep of it. */
function kindOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return undefined;
  const made: unknown = (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor;
  return typeof made === 'function' && made.name !== 'Object' ? made.name || 'a class without a name' : undefined;
}

function unserializable(tool: string, what: string, cause?: unknown): InvalidToolOutputError {
  return new InvalidToolOutputError(`Tool '${tool}' returned ${what}. Return a text or plain JSON data.`, {
    ...(cause !== undefined && { cause }),
  });
}

function capped(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : cut(text, maxLength, text.length, maxLength);
}

function cut(text: string, at: number, total: number, maxLength: number): string {
  return `${text.slice(0, at)}\n[cut: the output had ${total} characters, the limit is ${maxLength}]`;
}

interface Part {
  given: unknown;
  told: ToolCallStructuredOutput;
}

function structuredOutput(value: unknown, tool: string, maxLength: number): ToldOutput | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return carried(tool, () => {
    const isList = Array.isArray(value);
    const parts: Part[] = [];
    for (const given of isList ? (value as unknown[]) : [value]) {
      const told = structuredPart(given);
      if (!told) return undefined;
      parts.push({ given, told });
    }
    if (parts.length === 0) return undefined;
    const kept = cappedParts(parts, maxLength);
    const given = kept.map((part) => part.given);
    return { output: kept.map((part) => part.told), text: JSON.stringify(isList ? given : given[0], withoutBytes) };
  });
}

/** The parts up to the limit of their text, cut there; what comes after it stays unless it is text, too. */
function cappedParts(parts: Part[], maxLength: number): Part[] {
  const total = parts.reduce((sum, { told }) => sum + textLength(told), 0);
  if (total <= maxLength) return parts;
  let left = maxLength;
  let full = false;
  const kept: Part[] = [];
  for (const part of parts) {
    const { given, told } = part;
    if (told.type !== 'input_text' || (!full && told.text.length <= left)) kept.push(part);
    else if (!full) {
      const text = cut(told.text, left, total, maxLength);
      kept.push({ given: { ...(given as object), text }, told: { ...told, text } });
      full = true;
    }
    left -= textLength(told);
  }
  return kept;
}

function textLength(part: ToolCallStructuredOutput): number {
  return part.type === 'input_text' ? part.text.length : 0;
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
