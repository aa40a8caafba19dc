// One agent gives the conversation to another. An input filter decides what the other one sees of it.
import assert from 'node:assert/strict';
import { Agent, handoff, removeAllTools, run, tool } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const findInvoice = tool({
  name: 'find_invoice',
  description: 'Finds an invoice by its number.',
  parameters: z.object({ number: z.string() }),
  execute: ({ number }) => `Invoice ${number}: 40 euros, paid twice.`,
});

const model = new ScriptedModel([
  [functionCall('find_invoice', { number: 'A-7' }, { callId: 'call_1' })],
  [functionCall('transfer_to_Billing', { reason: 'paid twice' }, { callId: 'call_2' })],
  [assistantMessage('You get 40 euros back.')],
]);

const billing = new Agent({ name: 'Billing', handoffDescription: 'Refunds and invoices.', model });
const reasons: string[] = [];
const triage = new Agent({
  name: 'Triage',
  instructions: 'Find out who can help, and hand the conversation over.',
  tools: [findInvoice],
  handoffs: [
    handoff(billing, {
      inputType: z.object({ reason: z.string() }),
      onHandoff: (_context, input) => void reasons.push(input?.reason ?? ''),
      inputFilter: removeAllTools,
    }),
  ],
  model,
});

const result = await run(triage, 'I paid invoice A-7 twice.', { stream: true });
for await (const event of result) {
  if (event.type === 'run_item_stream_event') console.log(event.name);
  else if (event.type === 'agent_updated_stream_event') console.log(`now ${event.agent.name}`);
}
console.log(result.finalOutput);

assert.equal(result.lastAgent?.name, 'Billing');
assert.deepEqual(reasons, ['paid twice']);
// Billing saw the customer's words, and nothing of the tool calls.
const seen = model.lastCall?.request.input;
assert.deepEqual(seen, [{ type: 'message', role: 'user', content: 'I paid invoice A-7 twice.' }]);
