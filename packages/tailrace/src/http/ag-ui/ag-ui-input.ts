/** What an AG-UI client sends, in our words. */
import type { Json } from '../../base/json.ts';
import type { UserContent, UserMessageItem } from '../../event/item.ts';
import { HttpError } from '../http-error.ts';

export interface AgUiInput {
  threadId: string;
  runId: string;
  /** What the user said after the last answer. Empty where `resume` is not. */
  messages: UserMessageItem[];
  resume: AgUiResume[];
}

/** The body, as its contract has let it through. */
export interface AgUiRequest {
  threadId: string;
  runId: string;
  messages?: unknown;
  resume?: unknown;
}

export interface AgUiResume {
  interruptId: string;
  status: 'resolved' | 'cancelled';
  payload: Json | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the end of the conversation alone. `state` and `forwardedProps` are not read.
 *
 * @throws HttpError BODY_INVALID
 */
export function agUiInput(body: AgUiRequest): AgUiInput {
  const { threadId, runId } = body;
  const resume = resumeOf(body.resume);
  return { threadId, runId, resume, messages: resume.length > 0 ? [] : said(body.messages) };
}

function resumeOf(value: unknown): AgUiResume[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new HttpError('BODY_INVALID', `'resume' must be an array.`);
  return value.map((entry: unknown, index) => {
    const { interruptId, status, payload } = fieldsOf(entry);
    if (typeof interruptId === 'string' && (status === 'resolved' || status === 'cancelled'))
      return { interruptId, status, payload: payload as Json | undefined };
    throw new HttpError('BODY_INVALID', `'resume[${index}]' must have an interruptId and a status.`);
  });
}

function said(value: unknown): UserMessageItem[] {
  if (!Array.isArray(value)) throw new HttpError('BODY_INVALID', `'messages' must be an array.`);
  const messages: UserMessageItem[] = [];
  for (let index = value.length - 1; index >= 0; index--) {
    const { role, content } = fieldsOf(value[index]);
    if (role !== 'user') break;
    messages.unshift({ role: 'user', content: contentOf(content, index) });
  }
  if (messages.length > 0) return messages;
  throw new HttpError('BODY_INVALID', `The last of 'messages' must be of role 'user', where nothing is resumed.`);
}

function contentOf(content: unknown, index: number): string | UserContent[] {
  if (typeof content === 'string' && content !== '') return content;
  if (Array.isArray(content) && content.length > 0) return content.map((part) => partOf(fieldsOf(part), index));
  throw new HttpError('BODY_INVALID', `'messages[${index}]' must have a text or parts as content.`);
}

function partOf({ type, text, source }: Fields, index: number): UserContent {
  if (type === 'text' && typeof text === 'string') return { type: 'input_text', text };
  const url = urlOf(fieldsOf(source));
  if (type === 'image' && url !== undefined) return { type: 'input_image', image: url };
  if (type === 'document' && url !== undefined)
    return { type: 'input_file', file: url.startsWith('data:') ? url : { url } };
  throw new HttpError('BODY_INVALID', `'messages[${index}]' has a part that is no text, image or document.`);
}

function urlOf({ type, value, mimeType }: Fields): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (type === 'url') return value;
  return type === 'data' && typeof mimeType === 'string' ? `data:${mimeType};base64,${value}` : undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
