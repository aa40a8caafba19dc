import { Agent } from 'tailrace';
import { createClient, EMPTY_VIEW, type RunView, viewRun } from 'tailrace/client';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, modelResponse, ScriptedModel } from 'tailrace/testing';
import { expect, it } from 'vitest';
import { serve } from './serve.ts';

it('the client reads a run to its end, and its view is the run', async () => {
  const model = new ScriptedModel([modelResponse([assistantMessage('It is sunny.')])]);
  await using served = await serve({
    agents: { weather: new Agent({ name: 'Weather', model }) },
    store: sqlite(':memory:'),
  });
  const client = createClient({ baseURL: served.url });
  const reader = client.run({ input: 'Basel?' });
  let view: RunView = EMPTY_VIEW;
  for await (const event of reader) view = viewRun(view, event);
  expect(view).toMatchObject({
    status: 'completed',
    output: 'It is sunny.',
    messages: [
      { role: 'user', text: 'Basel?' },
      { role: 'assistant', text: 'It is sunny.' },
    ],
  });
  let again: RunView = EMPTY_VIEW;
  for await (const event of client.attach(reader.run ?? '')) again = viewRun(again, event);
  expect(again).toEqual(view);
});
