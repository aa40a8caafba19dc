// Type-checked in the installed project, without skipLibCheck: the declarations stand on their own.
import { Agent, MemoryLogStore, run, tool, type RunResult, type RunStreamEvent } from 'tailrace';
import * as client from 'tailrace/client';
import { createHandler } from 'tailrace/http';
import * as models from 'tailrace/models';
import * as offline from 'tailrace/offline';
import * as otel from 'tailrace/otel';
import * as sqlite from 'tailrace/sqlite';
import { assistantMessage, ScriptedModel } from 'tailrace/testing';

const add = tool({
  name: 'add',
  description: 'Adds two numbers.',
  parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
  execute: () => 'three',
});
const agent = new Agent({ name: 'Adder', model: new ScriptedModel([[assistantMessage('three')]]), tools: [add] });
const result: RunResult<unknown, typeof agent> = await run(agent, 'What is 1 + 2?');
const output: string | undefined = result.finalOutput;
const streamed = await run(agent, 'Again', { stream: true });
for await (const event of streamed) {
  const seen: RunStreamEvent = event;
  console.log(seen.type, output, models, offline, sqlite);
}
const handler: (request: Request) => Promise<Response> = createHandler({
  agents: { agent },
  store: new MemoryLogStore(),
});
console.log(handler, client, otel);
