// An agent with an MCP server: its tools in a run, one of them only after somebody has agreed, and a process that is gone at the end.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Agent, connectMcpServers, MCPServerStdio, run } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';

const notes = new MCPServerStdio({
  name: 'notes',
  command: process.execPath,
  args: [join(import.meta.dirname, 'mcp-server.ts')],
  // The process gets this and what every process needs; nothing else of our environment.
  env: { NODE_NO_WARNINGS: '1' },
  // The tool list is kept until the server says that it changed.
  cacheToolsList: true,
  // Whatever is not known to be harmless waits for somebody's decision.
  requireApproval: { never: { toolNames: ['read_note'] } },
  // What a repeated call would do. 'once' by default; this one believes what the server says of its tools.
  effects: 'from_annotations',
});

// Connected here, closed when the block is left, in whatever way.
await using servers = await connectMcpServers([notes]);
assert.deepEqual([...servers.errors], []);

const model = new ScriptedModel([
  [
    functionCall('read_note', { id: 'milk' }, { callId: 'call_1' }),
    functionCall('delete_note', { id: 'milk' }, { callId: 'call_2' }),
  ],
  [assistantMessage('It said "Buy milk.", and is gone.')],
]);
const agent = new Agent({ name: 'Secretary', model, mcpServers: servers.active });

let result = await run(agent, 'Read the note about milk, then delete it.');
console.log(
  'waits for:',
  result.interruptions.map(({ name, arguments: args }) => `${name} ${args}`),
);
for (const call of result.interruptions) await result.state.approve(call);
result = await run(agent, result.state);
console.log(result.finalOutput);

// What an application reads itself: resources and prompts.
const { resources } = await notes.listResources();
console.log(resources.map(({ uri }) => uri));
assert.deepEqual(
  resources.map(({ uri }) => uri),
  ['note://call'],
);
