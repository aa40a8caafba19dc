// What a reader sees does not depend on where it came in.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, createRuntime, type RunEvent, snapshot, tool, waitForInput } from 'tailrace';
import { type ClientEvent, createClient, EMPTY_VIEW, type RunView, viewRun } from 'tailrace/client';
import { sqlite } from 'tailrace/sqlite';
import { functionCall, ScriptedModel, textStream } from 'tailrace/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { clientView, type Exposed } from '../../src/http/client-view.ts';
import { snapshotFor } from '../../src/http/snapshot-view.ts';
import { storeWith } from '../durable/cut.ts';
import { serve } from '../http/serve.ts';

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  parameters: z.object({}),
  needsApproval: true,
  exposeToClient: true,
  execute: () => 'paid',
});
const ask = tool({
  name: 'ask',
  description: 'Asks.',
  parameters: z.object({}),
  exposeToClient: true,
  execute: () => waitForInput({ prompt: 'Which?' }),
});
const hidden = tool({ name: 'hidden', description: 'Hidden.', parameters: z.object({}), execute: () => 'secret' });

it('a run is its messages, its calls and its end, and nothing that was not to be seen', async () => {
  const model = new ScriptedModel([
    [functionCall('hidden', {}, { callId: 'c0' }), functionCall('pay', {}, { callId: 'c1' })],
    [functionCall('ask', {}, { callId: 'c2' })],
    textStream('Grüße 🌦️.'),
  ]);
  const agent = new Agent({ name: 'Clerk', model, tools: [pay, ask, hidden] });
  const store = sqlite(':memory:');
  await using runtime = createRuntime({ agents: { clerk: agent }, store });
  await runtime.start();
  await using served = await serve({ runtime });
  const client = createClient({ baseURL: served.url });
  const reader = client.run({ input: 'Pay.' });
  const events: ClientEvent[] = [];
  let whole: RunView = EMPTY_VIEW;
  for await (const event of reader) {
    events.push(event);
    whole = viewRun(whole, event);
    if (event.type !== 'run.suspended') continue;
    if (event.waitsFor === 'approval') await client.approve(event.run, 'c1');
    else await client.answer(event.run, 'c2', 'red');
  }
  expect(whole).toMatchObject({
    status: 'completed',
    output: 'Grüße 🌦️.',
    text: '',
    messages: [{ text: 'Pay.' }, { text: 'Grüße 🌦️.' }],
    calls: [
      { tool: 'hidden', state: 'returned' },
      { tool: 'pay', state: 'returned', arguments: '{}' },
      { tool: 'ask', state: 'returned', arguments: '{}' },
    ],
  });
  expect(JSON.stringify(whole)).not.toContain('secret');
});

const folder = join(import.meta.dirname, '../logs');
const logs = globSync('v*/*.ndjson', { cwd: folder }).sort();
const shown = (): Exposed => ({ arguments: true, output: true });

it('there are logs', () => expect(logs.length).toBeGreaterThan(20));

it.each(logs)('%s: a snapshot of any place and what follows it come to the view of the whole run', async (name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const log = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RunEvent);
  const run = log[0]?.run ?? '';
  const store = storeWith(log);
  const events = log.map(clientView(shown)).filter((event) => event !== undefined);
  const whole = events.reduce(viewRun, EMPTY_VIEW);
  for (let place = 1; place <= log.length; place += 1) {
    const told = await snapshotFor(store, await snapshot(store, run, place), shown);
    const rest = events.filter(({ seq }) => seq >= told.next);
    const view = rest.reduce(viewRun, viewRun(EMPTY_VIEW, told));
    expect(view, `from ${place}`).toEqual(whole);
  }
});
