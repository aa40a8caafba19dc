/** What a call gave, as the model is told it. */
import type { CallToolResult, MCPServer } from './server.ts';

/** Longest result that the model is told, in characters. */
export const MAX_RESULT_LENGTH: number = 1024 * 1024;

type Content = CallToolResult['content'][number];

/** One content as it is, several as a list; `structuredContent` as JSON in their place where the server is to be used so. What is too long is cut, and says so. */
export function resultOutput(result: CallToolResult, server: MCPServer): unknown {
  const limit = server.maxResultLength ?? MAX_RESULT_LENGTH;
  const { structuredContent } = result;
  if (server.useStructuredContent === true && structuredContent !== undefined) {
    const text = JSON.stringify(structuredContent);
    return text.length <= limit ? text : cut(text, limit);
  }
  const contents = capped(result.content, limit);
  return contents.length === 1 ? contents[0] : contents;
}

// A server decides how much it sends; how much of it a model reads, and a log keeps, is decided here.
function capped(contents: readonly Content[], limit: number): Content[] {
  let left = limit;
  return contents.flatMap((content) => {
    const size = typeof content['text'] === 'string' ? content['text'].length : JSON.stringify(content).length;
    const room = left;
    left = Math.max(0, left - size);
    if (size <= room) return [content];
    if (content.type === 'text') return [{ type: 'text', text: cut(String(content['text']), room) }];
    return [{ type: 'text', text: `[left out: ${content.type} of ${size} characters, there was room for ${room}]` }];
  });
}

function cut(text: string, room: number): string {
  return `${text.slice(0, room)}\n[cut: the result had ${text.length} characters, there was room for ${room}]`;
}
