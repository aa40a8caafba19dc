import type { AgentInputItem } from '../event/item.ts';

/** The demo reads sentences. What is longer is not one, and its patterns would take their time over it. */
const MOST = 2_000;

/** The input with long texts of users cut off. */
export function bounded(input: string | AgentInputItem[]): string | AgentInputItem[] {
  if (typeof input === 'string') return input.slice(0, MOST);
  return input.map((item) => {
    if (!('role' in item) || item.role !== 'user') return item;
    const { content } = item;
    if (typeof content === 'string') return { ...item, content: content.slice(0, MOST) };
    return {
      ...item,
      content: content.map((part) => (part.type === 'input_text' ? { ...part, text: part.text.slice(0, MOST) } : part)),
    };
  });
}
