import { Agent, tool } from 'tailrace';
import { createHandler, type HandlerOptions } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelResponse, ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { post, serve, type Served } from './serve.ts';

function weather(model: ScriptedModel): Agent {
  const forecast = tool({
    name: 'forecast',
    description: 'The forecast of a city.',
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => `sunny in ${city}`,
  });
  return new Agent({ name: 'Weather', model, tools: [forecast] });
}

const script = (): ScriptedModel =>
  new ScriptedModel([
    modelResponse([functionCall('forecast', { city: 'Basel' }, { callId: 'call_1' })]),
    modelResponse([assistantMessage('It is sunny.')]),
  ]);

async function onWeb(options: HandlerOptions): Promise<Pick<Served, 'ask'> & AsyncDisposable> {
  const handler = createHandler(options);
  return {
    ask: async (path, init) => handler(new Request(`http://localhost${path}`, init)),
    [Symbol.asyncDispose]: () => handler.stop({ graceMs: 100 }),
  };
}

describe.each([
  ['node:http', serve],
  ['web requests', onWeb],
])('runs over %s', (_, serving) => {
  it('a posted run is streamed to its end, and read again from any position', async () => {
    const store = sqlite(':memory:');
    await using served = await serving({ agents: { weather: weather(script()) }, store });
    const response = await served.ask('/runs', post({ agent: 'weather', input: 'Basel?', stream: true }));
    expect(response.status).toBe(200);
    const text = await response.text();
    const frames = text.trimEnd().split('\n\n');
    expect(frames[0]).toContain('event: run.started\nid: 0.');
    expect(frames.at(-1)).toContain('event: run.completed');
    expect(text).not.toContain('sunny in Basel');
    const location = response.headers.get('location') ?? '';
    for (const [index, frame] of frames.entries()) {
      const id = /^id: (.*)$/m.exec(frame)?.[1] ?? '';
      const rest = await served.ask(`${location}/events`, {
        headers: { accept: 'text/event-stream', 'last-event-id': id },
      });
      const expected = frames.slice(index + 1);
      expect(rest.status).toBe(expected.length === 0 ? 204 : 200);
      expect((await rest.text()).trimEnd()).toBe(expected.join('\n\n'));
    }
  });

  it('refuses an input that says nothing', async () => {
    await using served = await serving({ agents: { weather: weather(script()) }, store: sqlite(':memory:') });
    for (const input of ['', []]) {
      const response = await served.ask('/runs', post({ input }));
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("'input' must")]);
    }
    expect(await (await served.ask('/runs')).json()).toEqual({ runs: [] });
  });

  it('a posted run without a stream answers with its end', async () => {
    const store = sqlite(':memory:');
    await using served = await serving({ agents: { weather: weather(script()) }, store });
    const response = await served.ask('/runs', post({ input: 'Basel?' }));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'completed', output: 'It is sunny.', agent: 'weather' });
  });
});
