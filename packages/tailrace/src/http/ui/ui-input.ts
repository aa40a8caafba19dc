/** What `useChat` sends, in our words: what the user says next, or what they decided about calls of the last message. */
import type { Json } from '../../base/json.ts';
import type { UserContent, UserMessageItem } from '../../event/item.ts';
import { HttpError } from '../http-error.ts';

/** What the client says of a call. */
export type UiAnswer =
  | { kind: 'decision'; approvalId: string; toolCallId: string; approved: boolean; reason?: string }
  | { kind: 'output'; toolCallId: string; output: Json };

export interface UiInput {
  /** The messages of the user after the last answer. Empty when the last message is the assistant's. */
  messages: UserMessageItem[];
  /** Of the last message, when it is the assistant's. */
  answers: UiAnswer[];
  /** The messages were in the page's chat before: they are new only behind the answer that they follow there. */
  resent?: { after: string | undefined };
}

export const NO_EDITS = `'messageId' is of a message of the user that was said before. The session is what was said: send a new message.`;

/**
 * Reads the end of the list alone: what was said before is the session's to know, and what a client says of it counts for nothing.
 *
 * @throws HttpError BODY_INVALID
 */
export function uiInput(value: unknown, messageId?: string | null): UiInput {
  if (!Array.isArray(value) || value.length === 0)
    throw new HttpError('BODY_INVALID', `'messages' must be an array of one message or more.`);
  const last = messageAt(value, value.length - 1);
  const named =
    typeof messageId === 'string' ? value.findIndex((message) => fieldsOf(message)['id'] === messageId) : -1;
  const resends = named !== -1 && fieldsOf(value[named])['role'] === 'user';
  if (resends && named !== value.length - 1) throw new HttpError('BODY_INVALID', NO_EDITS);
  if (last.role === 'assistant') return { messages: [], answers: last.parts.flatMap((part) => answersOf(part)) };
  const messages: UserMessageItem[] = [];
  for (let index = value.length - 1; index >= 0; index--) {
    const { role, parts } = messageAt(value, index);
    if (role !== 'user') break;
    messages.unshift({ role: 'user', content: contentOf(parts, index) });
  }
  if (messages.length === 0)
    throw new HttpError('BODY_INVALID', `The last of 'messages' must be of role 'user' or 'assistant'.`);
  if (!resends) return { messages, answers: [] };
  const after = fieldsOf(value[value.length - messages.length - 1])['id'];
  return { messages, answers: [], resent: { after: typeof after === 'string' ? after : undefined } };
}

type Fields = Readonly<Record<string, unknown>>;

function messageAt(messages: readonly unknown[], index: number): { role: unknown; parts: readonly unknown[] } {
  const { role, parts } = fieldsOf(messages[index]);
  if (typeof role === 'string' && Array.isArray(parts)) return { role, parts };
  throw new HttpError('BODY_INVALID', `'messages[${index}]' must have a role and parts.`);
}

function contentOf(parts: readonly unknown[], index: number): string | UserContent[] {
  const content = parts.flatMap((part) => userPart(fieldsOf(part), index));
  const [only, ...others] = content;
  if (!only) throw new HttpError('BODY_INVALID', `'messages[${index}]' says nothing.`);
  return others.length === 0 && only.type === 'input_text' ? only.text : content;
}

function userPart({ type, text, url, mediaType, filename }: Fields, index: number): UserContent[] {
  if (type === 'text' && typeof text === 'string') return [{ type: 'input_text', text }];
  if (type === 'file' && typeof url === 'string') {
    if (typeof mediaType === 'string' && mediaType.startsWith('image/')) return [{ type: 'input_image', image: url }];
    const name = typeof filename === 'string' ? { filename } : {};
    return [{ type: 'input_file', file: url.startsWith('data:') ? url : { url }, ...name }];
  }
  // What a page keeps in a message for itself.
  if (typeof type === 'string' && (type.startsWith('data-') || type === 'step-start')) return [];
  throw new HttpError('BODY_INVALID', `'messages[${index}]' has a part that is neither text nor a file with its url.`);
}

function answersOf(part: unknown): UiAnswer[] {
  const { type, state, toolCallId, approval, output } = fieldsOf(part);
  if (typeof type !== 'string' || typeof toolCallId !== 'string') return [];
  if (type !== 'dynamic-tool' && !type.startsWith('tool-')) return [];
  if (state === 'output-available' && output !== undefined)
    return [{ kind: 'output', toolCallId, output: output as Json }];
  if (state !== 'approval-responded') return [];
  const { id, approved, reason } = fieldsOf(approval);
  if (typeof id !== 'string' || typeof approved !== 'boolean')
    throw new HttpError('BODY_INVALID', `The approval of a call must have its id and say approved: true or false.`);
  const why = typeof reason === 'string' && reason !== '' ? { reason } : {};
  return [{ kind: 'decision', approvalId: id, toolCallId, approved, ...why }];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
