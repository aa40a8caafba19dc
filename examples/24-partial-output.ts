// A structured output while it is being written: each part the whole of what is certain, the last one the final output.
import assert from 'node:assert/strict';
import { Agent, OpenAIResponsesModel, run } from 'tailrace';
import { startWireServer } from 'tailrace/testing';
import { z } from 'zod';

const pieces = ['{"name":"Tea', '","steps":["Boil', ' water","Wa', 'it"],"minutes":', '5}'];
await using server = await startWireServer({
  script: [{ steps: [{ type: 'text', text: pieces }], delivery: { delayMs: 10 } }],
});
const cook = new Agent({
  name: 'Cook',
  model: new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'local' }, 'scripted'),
  outputType: z.object({ name: z.string(), steps: z.array(z.string()), minutes: z.number() }),
});

const result = await run(cook, 'How do I make tea?', { stream: true });
for await (const recipe of result.partialOutputStream()) {
  // Typed: any part may still be missing.
  console.log(recipe.name ?? '…', recipe.steps?.join(', ') ?? '…', recipe.minutes ?? '…');
}
assert.deepEqual(result.finalOutput, { name: 'Tea', steps: ['Boil water', 'Wait'], minutes: 5 });
