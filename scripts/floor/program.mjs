// What a user writes, in plain ES modules, against the installed package: every door opens, and an agent runs.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Agent, handoff, run, tool } from 'tailrace';
import { createHandler } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';

const require = createRequire(import.meta.url);
const { exports } = require('tailrace/package.json');
const doors = Object.keys(exports).filter((door) => door !== './package.json');
/** Doors to packages that a user has chosen, and so has. */
const needs = { './otel': '@opentelemetry/api', './react': 'react' };
for (const door of doors) {
  const opened = import(door.replace('.', 'tailrace'));
  if (door in needs && !isInstalled(needs[door])) {
    await assert.rejects(opened, { code: 'ERR_MODULE_NOT_FOUND', message: new RegExp(`'${needs[door]}'`) });
    continue;
  }
  assert.notEqual(Object.keys(await opened).length, 0, `${door} exports nothing`);
}

function isInstalled(name) {
  try {
    return require.resolve(name) !== '';
  } catch {
    return false;
  }
}

const script = () => [
  [functionCall('lookup', { city: 'Oslo' }, { callId: 'call_1' })],
  [functionCall('transfer_to_Writer', {}, { callId: 'call_2' })],
  [assistantMessage('Rain in Oslo.')],
];
const cities = [];
const lookup = tool({
  name: 'lookup',
  description: 'The weather of a city.',
  strict: true,
  parameters: await parameters(),
  execute: ({ city }) => {
    cities.push(city);
    return 'rain';
  },
});

/** A zod schema where zod is installed, else the same as JSON schema: zod is an optional peer. */
async function parameters() {
  try {
    const { z } = await import('zod');
    return z.object({ city: z.string() });
  } catch {
    return {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    };
  }
}

const agent = (model) => {
  const writer = new Agent({ name: 'Writer', instructions: 'Write it down.', model });
  return new Agent({
    name: 'Weather',
    instructions: 'Look it up.',
    model,
    tools: [lookup],
    handoffs: [handoff(writer)],
  });
};

const settled = new ScriptedModel(script());
const result = await run(agent(settled), 'Weather in Oslo?');
assert.equal(result.finalOutput, 'Rain in Oslo.');
assert.equal(result.lastAgent?.name, 'Writer');
settled.assertComplete();

const streaming = new ScriptedModel(script());
const streamed = await run(agent(streaming), 'Weather in Oslo?', { stream: true });
const seen = new Set();
for await (const event of streamed) seen.add(event.type === 'run_item_stream_event' ? event.name : event.type);
await streamed.completed;
assert.equal(streamed.finalOutput, 'Rain in Oslo.');
for (const name of [
  'tool_called',
  'tool_output',
  'handoff_occurred',
  'message_output_created',
  'raw_model_stream_event',
]) {
  assert.ok(seen.has(name), `no ${name} among ${[...seen].join(', ')}`);
}
assert.deepEqual(cities, ['Oslo', 'Oslo']);
const store = sqlite(':memory:');
const handler = createHandler({ agents: { weather: agent(new ScriptedModel(script())) }, store });
const posted = await handler(
  new Request('http://localhost/runs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'Weather in Oslo?', stream: true }),
  }),
);
assert.equal(posted.status, 200);
assert.match(await posted.text(), /\nevent: run\.completed\n[^\n]+\n[^\n]+"Rain in Oslo\."[^\n]+\n\n$/);
await handler.stop();
await store.close();
console.log(`${doors.length} doors opened and 3 runs ended well on Node ${process.versions.node}`);
