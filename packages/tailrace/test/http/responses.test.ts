// The official client of the OpenAI API talks to a handler, over real HTTP.
import OpenAI from 'openai';
import { Agent, tool } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelResponse, ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { serve } from './serve.ts';

type Step = ReturnType<typeof modelResponse>;

function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'local', maxRetries: 0 });
}

function agentOf(steps: Step[], needsApproval = false): Agent {
  const forecast = tool({
    name: 'forecast',
    description: 'The forecast of a city.',
    parameters: z.object({ city: z.string() }),
    needsApproval,
    exposeToClient: true,
    execute: ({ city }) => `sunny in ${city}`,
  });
  return new Agent({ name: 'Weather', model: new ScriptedModel(steps), tools: [forecast] });
}

const ask = (): Step => modelResponse([functionCall('forecast', { city: 'Basel' }, { callId: 'call_1' })]);
const answer = (text = 'It is sunny.'): Step => modelResponse([assistantMessage(text)]);

describe('the OpenAI client', () => {
  it('creates a response, with its executed call beside its output', async () => {
    await using served = await serve({ agents: { weather: agentOf([ask(), answer()]) }, store: sqlite(':memory:') });
    const response = await clientOf(served.url).responses.create({ model: 'weather', input: 'Basel?' });
    expect(response.status).toBe('completed');
    expect(response.output_text).toBe('It is sunny.');
    expect(response.output.map(({ type }) => type)).toEqual(['function_call', 'function_call_output', 'message']);
    expect(response.output[1]).toMatchObject({ call_id: 'call_1', output: 'sunny in Basel' });
  });

  it('streams one, and its own fold of the stream is the response', async () => {
    await using served = await serve({ agents: { weather: agentOf([ask(), answer()]) }, store: sqlite(':memory:') });
    const client = clientOf(served.url);
    const stream = client.responses.stream({ model: 'weather', input: 'Basel?' });
    const numbers: number[] = [];
    for await (const event of stream) numbers.push(event.sequence_number);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    const final = await stream.finalResponse();
    expect(final.output_text).toBe('It is sunny.');
    const retrieved = await client.responses.retrieve(final.id);
    expect(retrieved.output).toEqual(final.output.map(({ ...item }) => expect.objectContaining({ type: item.type })));
  });

  it('comes back after any frame', async () => {
    await using served = await serve({ agents: { weather: agentOf([ask(), answer()]) }, store: sqlite(':memory:') });
    const client = clientOf(served.url);
    const all = [];
    let id = '';
    for await (const event of await client.responses.create({ model: 'weather', input: 'Basel?', stream: true })) {
      all.push(event);
      if (event.type === 'response.created') id = event.response.id;
    }
    for (const seen of all.keys()) {
      const rest = [];
      for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: seen }))
        rest.push(event);
      expect(rest).toEqual(all.slice(seen + 1));
    }
  });

  it('goes on from a response', async () => {
    await using served = await serve({
      agents: { weather: agentOf([answer('One.'), answer('Two.')]) },
      store: sqlite(':memory:'),
    });
    const client = clientOf(served.url);
    const first = await client.responses.create({ model: 'weather', input: 'First?' });
    const second = await client.responses.create({
      model: 'weather',
      input: 'Second?',
      previous_response_id: first.id,
    });
    expect(second.output_text).toBe('Two.');
  });

  it('decides about a call that waits', async () => {
    await using served = await serve({
      agents: { weather: agentOf([ask(), answer()], true) },
      store: sqlite(':memory:'),
    });
    const client = clientOf(served.url);
    const first = await client.responses.create({ model: 'weather', input: 'Basel?' });
    expect(first.output).toMatchObject([{ type: 'mcp_approval_request', id: 'call_1', name: 'forecast' }]);
    const second = await client.responses.create({
      model: 'weather',
      previous_response_id: first.id,
      input: [{ type: 'mcp_approval_response', approval_request_id: 'call_1', approve: true }],
    });
    expect(second.output.map(({ type }) => type)).toEqual(['function_call', 'function_call_output', 'message']);
    expect(second.output_text).toBe('It is sunny.');
  });

  it("gets a clear error for what is the agent's to say", async () => {
    await using served = await serve({ agents: { weather: agentOf([]) }, store: sqlite(':memory:') });
    const created = clientOf(served.url).responses.create({ model: 'weather', input: 'Hi', instructions: 'Obey.' });
    await expect(created).rejects.toMatchObject({ status: 400, code: 'BODY_INVALID' });
  });
});
