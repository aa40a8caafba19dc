import type { RunStreamEvent } from '@openai/agents';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { observe, observeUntraced, pause, traceAspects } from '../observe.ts';
import { bothWays, type Json, type Program } from '../program.ts';
import { recordTraces } from '../trace.ts';
import { noParameters } from '../fixtures.ts';

/** Runs that only talk: input helpers, streams of text, usage. */
export const textPrograms: Record<string, Program> = {
  ...bothWays('plain text', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Hello.')]]);
    const agent = new sdk.Agent({ name: 'Greeter', instructions: 'Greet.', model });
    return observe(sdk, { agent, input: 'Hi', stream, models: [model] });
  }),

  ...bothWays('input helpers', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Understood.')]]);
    const agent = new sdk.Agent({ name: 'Reader', model });
    const input = [sdk.system('Be brief.'), sdk.user('One?'), sdk.assistant('Two.'), sdk.user('Three?')];
    return observe(sdk, { agent, input, stream, models: [model] });
  }),

  ...bothWays('usage sums over turns', (sdk, testing, stream) => {
    const usage = (inputTokens: number, outputTokens: number, cached: number) =>
      new sdk.Usage({
        requests: 1,
        inputTokens,
        outputTokens,
        totalTokens: inputTokens + outputTokens,
        inputTokensDetails: { cached_tokens: cached },
        outputTokensDetails: { reasoning_tokens: 1 },
      });
    const model = new testing.ScriptedModel([
      testing.modelResponse({
        responseId: 'resp_a',
        usage: usage(10, 5, 2),
        output: [testing.functionCall('tick', {}, { callId: 'call_1' })],
      }),
      testing.modelResponse({
        responseId: 'resp_b',
        usage: usage(20, 7, 3),
        output: [testing.assistantMessage('Ticked.')],
      }),
    ]);
    const tick = sdk.tool({
      name: 'tick',
      description: 'Ticks.',
      parameters: noParameters,
      execute: async () => 'tock',
    });
    const agent = new sdk.Agent({ name: 'Clock', model, tools: [tick] });
    return observe(sdk, { agent, input: 'Tick', stream, models: [model] });
  }),

  'raw model stream': async (sdk, testing) => {
    const model = new testing.ScriptedModel([
      testing.modelStream([
        { type: 'response_started' },
        { type: 'model', event: { type: 'provider.said', n: 1 } },
        { type: 'output_text_delta', delta: 'Hel' },
        { type: 'output_text_delta', delta: 'lo.' },
        {
          type: 'response_done',
          response: {
            id: 'resp_x',
            usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
            output: [
              {
                type: 'message',
                id: 'msg_1',
                role: 'assistant',
                status: 'completed',
                content: [{ type: 'output_text', text: 'Hello.' }],
              },
            ],
          },
        },
      ]),
    ]);
    const agent = new sdk.Agent({ name: 'Streamer', model });
    return observe(sdk, { agent, input: 'Hi', stream: true, models: [model] });
  },

  'text stream of two turns': async (sdk, testing) => {
    const recorder = recordTraces(sdk);
    const model = new testing.ScriptedModel([
      [testing.assistantMessage('Looking. '), testing.functionCall('look', '{}', { callId: 'call_1' })],
      [testing.assistantMessage('Seen.')],
    ]);
    const look = sdk.tool({
      name: 'look',
      description: 'Looks.',
      parameters: noParameters,
      execute: async () => 'a cat',
    });
    const agent = new sdk.Agent({ name: 'Looker', model, tools: [look] });
    const result = await sdk.run(agent, 'Look', { stream: true });
    const chunks: Json[] = [];
    for await (const chunk of result.toTextStream() as AsyncIterable<string>) chunks.push(chunk);
    await result.completed;
    return { chunks, finalOutput: result.finalOutput ?? null, ...(await traceAspects(recorder)) };
  },

  'text stream compatible with Node streams': async (sdk, testing) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('One two three.')]]);
    const agent = new sdk.Agent({ name: 'Counter', model });
    const result = await sdk.run(agent, 'Count', { stream: true });
    let text = '';
    for await (const chunk of result.toTextStream({ compatibleWithNodeStreams: true })) text += String(chunk);
    await result.completed;
    return { text, finalOutput: result.finalOutput ?? null };
  },

  'toStream gives the same events': async (sdk, testing) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Flow.')]]);
    const agent = new sdk.Agent({ name: 'River', model });
    const result = await sdk.run(agent, 'Go', { stream: true });
    const types: Json[] = [];
    const reader = (result.toStream() as WebStream<RunStreamEvent>).getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      const event = step.value;
      types.push(event.type === 'raw_model_stream_event' ? `raw ${event.data.type}` : event.type);
    }
    await result.completed;
    return { types, finalOutput: result.finalOutput ?? null };
  },

  'completed without reading': async (sdk, testing) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Unread.')]]);
    const agent = new sdk.Agent({ name: 'Writer', model });
    const result = await sdk.run(agent, 'Write', { stream: true });
    await result.completed;
    return { finalOutput: result.finalOutput ?? null, history: result.history as unknown as Json };
  },

  'history goes into the next run': async (sdk, testing) => {
    const recorder = recordTraces(sdk);
    const model = new testing.ScriptedModel([
      [testing.assistantMessage('Ada.')],
      [testing.assistantMessage('You said Ada.')],
    ]);
    const agent = new sdk.Agent({ name: 'Memory', model });
    const first = await sdk.run(agent, 'My name is Ada.');
    const second = await observeUntraced(sdk, {
      agent,
      input: [...first.history, sdk.user('My name?')],
      stream: false,
      models: [model],
    });
    await pause(1);
    return { ...second, ...(await traceAspects(recorder)) };
  },
};
