// The context: an object of yours that a run hands to your code. No model sees it, and no log keeps it.
import assert from 'node:assert/strict';
import { Agent, run, RunContext, tool } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

interface Shop {
  readonly user: { readonly id: string; readonly name: string };
  readonly orders: Map<string, string[]>;
  log: string[];
}

const myOrders = tool({
  name: 'my_orders',
  description: 'The orders of the user.',
  parameters: z.object({}),
  execute: (_input, context?: RunContext<Shop>) => {
    if (!context) return [];
    const shop = context.context;
    shop.log.push(`read by ${shop.user.id}`);
    return shop.orders.get(shop.user.id) ?? [];
  },
});
const model = new ScriptedModel([
  [functionCall('my_orders', {}, { callId: 'call_1' })],
  [assistantMessage('You have ordered a lamp.')],
]);
const agent = new Agent<Shop>({
  name: 'Shop',
  instructions: ({ context }) => `You talk to ${context.user.name}.`,
  tools: [myOrders],
  inputGuardrails: [
    {
      name: 'known user',
      execute: async ({ context }) => ({
        tripwireTriggered: !context.context.orders.has(context.context.user.id),
        outputInfo: null,
      }),
    },
  ],
  model,
});
const shop: Shop = { user: { id: 'u1', name: 'Ada' }, orders: new Map([['u1', ['lamp']]]), log: [] };
const result = await run(agent, 'What have I ordered?', { context: shop });

assert.deepEqual(shop.log, ['read by u1']);
// It is the same object everywhere, and afterwards; beside it is what the run has used.
assert.equal(result.runContext.context, shop);
assert.equal(result.runContext.usage.requests, 2);
// What the model was told is what you have put into its words.
assert.ok(!JSON.stringify(model.calls).includes('u1'));
console.log(result.finalOutput);

// Code that wants a context can be tried without a run.
const alone = new RunContext<Shop>(shop);
assert.equal(await agent.getSystemPrompt(alone), 'You talk to Ada.');
