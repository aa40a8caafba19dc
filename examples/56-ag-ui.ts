// An agent for clients of AG-UI 1.0: here the official one.
import assert from 'node:assert/strict';
import { HttpAgent } from '@ag-ui/client';
import { serveClerk } from './clerk.ts';

await using clerk = await serveClerk();

const agent = new HttpAgent({ url: `${clerk.url}/ag-ui/clerk`, threadId: 'thread_1' });
agent.subscribe({
  onTextMessageEndEvent: ({ textMessageBuffer }) => console.log(textMessageBuffer),
  onToolCallEndEvent: ({ toolCallName, toolCallArgs }) => console.log(toolCallName, toolCallArgs),
});
agent.addMessage({ id: 'user_1', role: 'user', content: 'Pay invoice 7.' });
await agent.runAgent();

const [interrupt] = agent.pendingInterrupts;
console.log(interrupt?.message);
assert.equal(interrupt?.reason, 'tool_approval');
assert.deepEqual(interrupt.metadata?.['arguments'], '{"amount":40}');
const done = await agent.runAgent({
  resume: [{ interruptId: interrupt.id, status: 'resolved', payload: { approved: true } }],
});
assert.equal(done.result, 'Invoice 7 is paid.');
