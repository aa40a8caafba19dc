import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, tool } from 'tailrace';
import { createHandler, createNodeListener, type HandlerOptions } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelResponse, ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

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

interface Served extends AsyncDisposable {
  ask: (path: string, init?: RequestInit) => Promise<Response>;
}

async function onNode(options: HandlerOptions): Promise<Served> {
  const listener = createNodeListener(options);
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ask: async (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    [Symbol.asyncDispose]: async () => {
      await listener.stop({ graceMs: 100 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function onWeb(options: HandlerOptions): Promise<Served> {
  const handler = createHandler(options);
  return {
    ask: async (path, init) => handler(new Request(`http://localhost${path}`, init)),
    [Symbol.asyncDispose]: () => handler.stop({ graceMs: 100 }),
  };
}

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe.each([
  ['node:http', onNode],
  ['web requests', onWeb],
])('runs over %s', (_, serve) => {
  it('a posted run is streamed to its end, and read again from any position', async () => {
    const store = sqlite(':memory:');
    await using served = await serve({ agents: { weather: weather(script()) }, store });
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

  it('a posted run without a stream answers with its end', async () => {
    const store = sqlite(':memory:');
    await using served = await serve({ agents: { weather: weather(script()) }, store });
    const response = await served.ask('/runs', post({ input: 'Basel?' }));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'completed', output: 'It is sunny.', agent: 'weather' });
  });
});
