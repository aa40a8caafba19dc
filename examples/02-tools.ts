// Two tools called side by side; one fails, the model is told, and the run goes on.
import assert from 'node:assert/strict';
import { Agent, run, type RunContext, tool } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const stock = new Map([['apples', 12]]);

const countStock = tool({
  name: 'count_stock',
  description: 'How many of a thing are in stock.',
  parameters: z.object({ thing: z.string() }),
  execute({ thing }) {
    const count = stock.get(thing);
    if (count === undefined) throw new Error(`no row for ${thing} in table stock_v2`);
    return { thing, count };
  },
  // What the model is told when `execute` throws. The default is a fixed sentence, because an error's text may hold anything.
  errorFunction: () => 'There is no such thing in stock.',
});

// The context is yours: tools, guardrails and instructions get it; no model sees it, and no log keeps it.
interface Customer {
  name: string;
}

const reserve = tool({
  name: 'reserve',
  description: 'Reserves things for the customer.',
  parameters: z.object({ thing: z.string(), count: z.number().int().positive() }),
  timeoutMs: 2_000,
  async execute({ thing, count }, context, details) {
    // Pass the signal on: it aborts on cancel, on `timeoutMs`, and when the run ends.
    details?.signal?.throwIfAborted();
    const { name } = (context as RunContext<Customer>).context;
    return `Reserved ${count} ${thing} for ${name}, key ${details?.idempotencyKey}.`;
  },
});

const model = new ScriptedModel([
  [
    functionCall('count_stock', { thing: 'apples' }, { callId: 'call_1' }),
    functionCall('count_stock', { thing: 'moons' }, { callId: 'call_2' }),
  ],
  [functionCall('reserve', { thing: 'apples', count: 3 }, { callId: 'call_3' })],
  [assistantMessage('Three apples are yours.')],
]);
const clerk = new Agent<Customer>({ name: 'Clerk', tools: [countStock, reserve], model });

const result = await run(clerk, 'Three apples and a moon, please.', {
  context: { name: 'Ada' },
  runId: 'run_shop',
});

for (const item of result.newItems) {
  if (item.type === 'tool_call_output_item') console.log(item.output);
}
console.log(result.finalOutput);

const outputs = result.newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item.output] : []));
assert.deepEqual(outputs, [
  { thing: 'apples', count: 12 },
  'There is no such thing in stock.',
  'Reserved 3 apples for Ada, key run_shop:2:tool:call_3.',
]);
assert.equal(result.finalOutput, 'Three apples are yours.');
