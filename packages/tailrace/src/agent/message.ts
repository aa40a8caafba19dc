import type {
  AssistantContent,
  AssistantMessageItem,
  SystemMessageItem,
  UserContent,
  UserMessageItem,
} from '../event/item.ts';

/** A message of the user. */
export function user(content: string | UserContent[], providerData?: Record<string, unknown>): UserMessageItem {
  const parts: UserContent[] = typeof content === 'string' ? [{ type: 'input_text', text: content }] : content;
  return { type: 'message', role: 'user', content: parts, ...(providerData && { providerData }) };
}

/** A message of the system. */
export function system(content: string, providerData?: Record<string, unknown>): SystemMessageItem {
  return { type: 'message', role: 'system', content, ...(providerData && { providerData }) };
}

/** A message of the assistant, as if the model had said it. */
export function assistant(
  content: string | AssistantContent[],
  providerData?: Record<string, unknown>,
): AssistantMessageItem {
  const parts: AssistantContent[] = typeof content === 'string' ? [{ type: 'output_text', text: content }] : content;
  return {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: parts,
    ...(providerData && { providerData }),
  };
}
