/** What a Responses client sends as `input`, in our words. */
import type { AgentInputItem } from '../../event/item.ts';
import { HttpError } from '../http-error.ts';

export interface ResponsesInput {
  items: AgentInputItem[];
  /** Answers to `mcp_approval_request` items. */
  decisions: { callId: string; approved: boolean; message?: string }[];
  /** What calls give that the client was asked for: `function_call_output` items. */
  answers: { callId: string; answer: string }[];
}

/**
 * Messages of users, decisions, and answers to calls that wait for one. System and developer messages are refused: instructions are the agent's; and so are the assistant's: what it said is known.
 *
 * @throws HttpError BODY_INVALID
 */
export function responsesInput(value: unknown): ResponsesInput {
  if (value === '' || (Array.isArray(value) && value.length === 0))
    throw new HttpError('BODY_INVALID', `'input' says nothing.`);
  if (typeof value === 'string') return { items: [{ role: 'user', content: value }], decisions: [], answers: [] };
  if (!Array.isArray(value)) throw new HttpError('BODY_INVALID', `'input' must be a text or an array of items.`);
  const read: ResponsesInput = { items: [], decisions: [], answers: [] };
  for (const [index, item] of value.entries()) take(read, item, index);
  return read;
}

function take(read: ResponsesInput, item: unknown, index: number): void {
  const bad = (why: string): HttpError => new HttpError('BODY_INVALID', `'input[${index}]' ${why}.`);
  if (typeof item !== 'object' || item === null) throw bad('must be an item');
  const { type, role, content, approval_request_id, approve, reason, call_id, output } = item as Record<
    string,
    unknown
  >;
  if (type === 'function_call_output') {
    if (typeof call_id !== 'string' || typeof output !== 'string')
      throw bad('must have a call_id and a text as output');
    read.answers.push({ callId: call_id, answer: output });
    return;
  }
  if (type === 'mcp_approval_response') {
    if (typeof approval_request_id !== 'string' || typeof approve !== 'boolean')
      throw bad('must name its approval_request_id and say approve: true or false');
    const message = typeof reason === 'string' ? { message: reason } : {};
    read.decisions.push({ callId: approval_request_id, approved: approve, ...message });
    return;
  }
  if (type !== undefined && type !== 'message') throw bad(`has a type that only the server may give it`);
  if (role === 'assistant')
    throw bad(
      `is the assistant's, and clients speak as users: go on from what it said with 'previous_response_id' or 'conversation'`,
    );
  if (role !== 'user') throw bad(`must be of role 'user'`);
  if (typeof content === 'string') read.items.push({ role, content });
  else if (Array.isArray(content))
    read.items.push({ role, content: content.map((part: unknown) => userPart(part, bad)) });
  else throw bad('must have a text or parts as content');
}

type Bad = (why: string) => HttpError;
type UserPart = { type: 'input_text'; text: string } | { type: 'input_image'; image: string };

function userPart(part: unknown, bad: Bad): UserPart {
  const { type, text, image_url } = (typeof part === 'object' && part !== null ? part : {}) as Record<string, unknown>;
  if ((type === 'input_text' || type === 'text') && typeof text === 'string') return { type: 'input_text', text };
  if (type === 'input_image' && typeof image_url === 'string') return { type: 'input_image', image: image_url };
  throw bad('has a part that is neither input_text nor input_image with an image_url');
}
