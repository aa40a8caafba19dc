// The program that the conformance suite starts: connects, lists, calls every tool, leaves. Its last argument is the server's address.
import { Agent, MCPServerStreamableHttp, run } from '../../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';

const url = process.argv.at(-1) ?? '';
await using server = new MCPServerStreamableHttp({ name: 'conformance', url });
await server.connect();
const tools = await server.listTools();
const values: Record<string, unknown> = { number: 2, integer: 2, string: 'text', boolean: true };
const calls = tools.map(({ name, inputSchema }, index) => {
  const types = Object.entries(inputSchema.properties ?? {}) as [string, { type?: string }][];
  const args = Object.fromEntries(types.map(([key, { type = 'string' }]) => [key, values[type] ?? null]));
  return functionCall(name, args, { callId: `call_${index}` });
});
const script = calls.length > 0 ? [calls, [assistantMessage('Done.')]] : [[assistantMessage('Done.')]];
const agent = new Agent({ name: 'Conforming', mcpServers: [server], model: new ScriptedModel(script) });
const { finalOutput } = await run(agent, 'Call every tool.');
console.log(finalOutput);
