// What an agent is made of: instructions that are made at each turn, settings, an output type; copies; agents that hand over.
import assert from 'node:assert/strict';
import { Agent, run, tool } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const lookUp = tool({
  name: 'look_up',
  description: 'Looks up an order.',
  parameters: z.object({ order: z.string() }),
  execute: ({ order }) => ({ order, state: 'sent' }),
});
const Answer = z.object({ order: z.string(), sent: z.boolean() });
const model = new ScriptedModel([
  [functionCall('look_up', { order: 'A7' }, { callId: 'call_1' })],
  [assistantMessage('{"order":"A7","sent":true}')],
]);
const clerk = new Agent<{ today: string }, typeof Answer>({
  name: 'Clerk',
  instructions: async ({ context }, agent) => `You are ${agent.name}. Today is ${context.today}.`,
  tools: [lookUp],
  model,
  modelSettings: { temperature: 0.2, toolChoice: 'required' },
  outputType: Answer,
});

const { finalOutput } = await run(clerk, 'Where is order A7?', { context: { today: 'Monday' } });
// Typed by `outputType`, and checked.
assert.equal(finalOutput?.sent, true);
const [first, second] = model.calls.map(({ request }) => request);
assert.equal(first?.systemInstructions, 'You are Clerk. Today is Monday.');
// A forced tool is forced once: `resetToolChoice` is true by default.
assert.equal(first?.modelSettings.toolChoice, 'required');
assert.equal(second?.modelSettings.toolChoice, undefined);

// A copy with something else. Tools are shared, lists are not.
const night = clerk.clone({ name: 'Night clerk', modelSettings: { temperature: 0 } });
assert.deepEqual(night.tools, clerk.tools);

// A tool's output as the final one: the model is not asked again.
const quick = new Agent({
  name: 'Quick',
  tools: [lookUp],
  toolUseBehavior: 'stop_on_first_tool',
  model: new ScriptedModel([[functionCall('look_up', { order: 'B2' }, { callId: 'call_1' })]]),
});
const stopped = await run(quick, 'Order B2?');
assert.equal(stopped.finalOutput, '{"order":"B2","state":"sent"}');

// `Agent.create` also types what the agents of the handoffs may put out.
const desk = Agent.create({
  name: 'Desk',
  handoffs: [night],
  model: new ScriptedModel([[assistantMessage('What can I do for you?')]]),
});
desk.on('agent_end', (_context, output) => console.log(`${desk.name}: ${output}`));
const said = await run(desk, 'Hello');
const text: string | undefined = typeof said.finalOutput === 'string' ? said.finalOutput : said.finalOutput?.order;
assert.equal(text, 'What can I do for you?');
