// A small MCP server over standard streams, for the example: two notes that can be read, and one door to delete them.
import { createInterface } from 'node:readline';

interface Message {
  id?: number;
  method?: string;
  params?: { protocolVersion?: string; name?: string; arguments?: { id?: string } };
}

const notes = new Map([
  ['milk', 'Buy milk.'],
  ['call', 'Call Ada.'],
]);
const inputSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
const tools = [
  { name: 'read_note', description: 'Reads a note.', inputSchema, annotations: { readOnlyHint: true } },
  { name: 'delete_note', description: 'Deletes a note.', inputSchema },
];

function answer({ method, params }: Message): object {
  const id = params?.arguments?.id ?? '';
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {}, resources: {} },
        serverInfo: { name: 'notes', version: '1' },
      };
    case 'tools/list':
      return { tools };
    case 'tools/call': {
      const text = params?.name === 'delete_note' ? String(notes.delete(id)) : (notes.get(id) ?? `No note '${id}'.`);
      return { content: [{ type: 'text', text }] };
    }
    case 'resources/list':
      return { resources: [...notes.keys()].map((name) => ({ uri: `note://${name}`, name })) };
    default:
      throw new Error(`no ${method}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as Message;
  if (message.id === undefined) continue;
  const reply = { jsonrpc: '2.0', id: message.id };
  try {
    console.log(JSON.stringify({ ...reply, result: answer(message) }));
  } catch {
    console.log(JSON.stringify({ ...reply, error: { code: -32601, message: 'Method not found' } }));
  }
}
