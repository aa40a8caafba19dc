// The three kinds of stream events, the same run as plain text, and the native events of its log.
import assert from 'node:assert/strict';
import { Agent, run, tool } from 'tailrace';
import { functionCall, ScriptedModel, textStream } from 'tailrace/testing';
import { z } from 'zod';

const getTime = tool({
  name: 'get_time',
  description: 'The time in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `12:00 in ${city}`,
});
const model = new ScriptedModel([
  textStream('Let me look. ', { more: [functionCall('get_time', { city: 'Oslo' }, { callId: 'call_1' })] }),
  textStream('It is noon in Oslo.'),
]);
const clock = new Agent({ name: 'Clock', tools: [getTime], model });

const result = await run(clock, 'What time is it in Oslo?', { stream: true });
for await (const event of result) {
  switch (event.type) {
    case 'raw_model_stream_event':
      if (event.data.type === 'output_text_delta') process.stdout.write(event.data.delta);
      break;
    case 'run_item_stream_event':
      console.log(`\n[${event.name}]`);
      break;
    case 'agent_updated_stream_event':
      console.log(`\n[now ${event.agent.name}]`);
      break;
  }
}
await result.completed;

// Each of these is a reader of its own over the same log: they begin at the first event, whenever they come.
let text = '';
for await (const piece of result.toTextStream()) text += piece;
const types = [];
for await (const event of result.events()) types.push(event.type);

console.log(`${types.length} events in the log, the last is ${types.at(-1)}`);
assert.equal(text, 'Let me look. It is noon in Oslo.');
assert.equal(result.finalOutput, 'It is noon in Oslo.');
assert.equal(types[0], 'run.started');
assert.deepEqual(
  types.filter((type) => type.startsWith('run.')),
  ['run.started', 'run.completed'],
);
