import { Agent, tool, waitForInput } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelResponse, ScriptedModel } from 'tailrace/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { post, serve } from './serve.ts';

it('a question is shown to clients, and answered by one of them', async () => {
  const ask = tool({
    name: 'ask',
    description: 'Asks.',
    parameters: z.object({ secret: z.string() }),
    execute: () => waitForInput({ prompt: { choose: ['red', 'blue'] } }),
  });
  const model = new ScriptedModel([
    modelResponse([functionCall('ask', { secret: 'inner' }, { callId: 'c1' })]),
    modelResponse([assistantMessage('Red it is.')]),
  ]);
  await using served = await serve({
    agents: { asker: new Agent({ name: 'Asker', model, tools: [ask] }) },
    store: sqlite(':memory:'),
  });
  const posted = await served.ask('/runs', post({ input: 'Which?' }));
  const status = (await posted.json()) as { id: string };
  expect(status).toMatchObject({
    status: 'suspended',
    waitsFor: 'input',
    waits: [{ callId: 'c1', tool: 'ask', for: 'input', prompt: { choose: ['red', 'blue'] } }],
  });
  const at = `/runs/${status.id}`;
  const answers = `${at}/answers`;
  expect((await served.ask(`${answers}/c1`, post({}))).status).toBe(400);
  expect((await served.ask(`${answers}/c2`, post({ answer: 1 }))).status).toBe(404);
  const first = await served.ask(`${answers}/c1`, post({ answer: { colour: 'red' } }));
  expect([first.status, await first.json()]).toEqual([200, { id: status.id, callId: 'c1' }]);
  expect((await served.ask(`${answers}/c1`, post({ answer: 'blue' }))).status).toBe(409);
  const events = await served.ask(`${at}/events`, { headers: { accept: 'text/event-stream' } });
  const text = await events.text();
  expect(text).toContain('"type":"wait.started"');
  expect(text).toContain('"how":"answered"');
  expect(text).toContain('Red it is.');
  // What was answered is the model's to hear, and the call's arguments are its own.
  expect(text).not.toContain('"colour"');
  expect(text).not.toContain('inner');
});
