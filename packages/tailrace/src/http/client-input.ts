/** What a client gives a run to go on with. Clients speak as users: what the system, the model or a tool said is the server's to know. */
import type { UserMessageItem } from '../event/item.ts';
import { HttpError } from './http-error.ts';

/** @throws HttpError BODY_INVALID */
export function clientInput(value: unknown): string | UserMessageItem[] {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) throw new HttpError('BODY_INVALID', `'input' must be a text or an array of messages.`);
  return value.map((item: unknown, index) => {
    if (isUserMessage(item)) return item;
    throw new HttpError(
      'BODY_INVALID',
      `'input[${index}]' must be a message of role 'user', with a text or parts as content.`,
    );
  });
}

function isUserMessage(item: unknown): item is UserMessageItem {
  if (typeof item !== 'object' || item === null) return false;
  const { type, role, content } = item as { type?: unknown; role?: unknown; content?: unknown };
  if ((type !== undefined && type !== 'message') || role !== 'user') return false;
  return typeof content === 'string' || Array.isArray(content);
}
