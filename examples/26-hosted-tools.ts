// Tools that the provider runs: what they are is sent along, and what they did comes back as items. A call of one of its MCP servers may need somebody's decision.
import assert from 'node:assert/strict';
import { Agent, hostedMcpTool, OpenAIResponsesModel, run, webSearchTool } from 'tailrace';
import { startWireServer } from 'tailrace/testing';

await using server = await startWireServer({
  script: [
    {
      steps: [
        {
          type: 'item',
          item: { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'weather' } },
        },
        {
          type: 'item',
          item: {
            type: 'mcp_approval_request',
            id: 'mcpr_1',
            name: 'send',
            arguments: '{"to":"ada"}',
            server_label: 'mail',
          },
        },
      ],
    },
    { steps: [{ type: 'text', text: 'Sent.' }] },
  ],
});
const agent = new Agent({
  name: 'Assistant',
  model: new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'local' }, 'gpt-5.1'),
  tools: [
    webSearchTool({ searchContextSize: 'low' }),
    hostedMcpTool({ serverLabel: 'mail', serverUrl: 'https://mail.example/mcp', requireApproval: 'always' }),
  ],
});

const asked = await run(agent, 'Tell Ada about the weather.');
const [call] = asked.interruptions;
assert(call);
console.log(`the provider asks: may it call ${call.name}?`);
await asked.state.approve(call);
const result = await run(agent, asked.state);
console.log(result.finalOutput);

const [first, second] = server.requests.map(({ body }) => body as { tools: unknown[]; input: unknown[] });
assert.deepEqual(first?.tools[0], { type: 'web_search', search_context_size: 'low' });
assert.deepEqual(second?.input.at(-1), { type: 'mcp_approval_response', approve: true, approval_request_id: 'mcpr_1' });
assert.deepEqual(
  result.newItems.map(({ type }) => type),
  ['tool_call_item', 'tool_call_item', 'tool_call_item', 'message_output_item'],
);
