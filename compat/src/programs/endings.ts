import type { ReadableStream } from 'node:stream/web';
import type { RunStreamEvent } from '@openai/agents';
import { z } from 'zod';
import { observe, pause, traceAspects } from '../observe.ts';
import { bothWays, type Json, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';
import { recordTraces } from '../trace.ts';

/** A model whose stream is `words`, one delta each, and then the whole message, or `failure`. */
function speaking(testing: TestingNamespace, words: string[], failure?: Error, endMs = 1) {
  return new testing.ScriptedModel([
    testing.modelStreamResponder(async function* () {
      yield { type: 'response_started' as const };
      for (const delta of words) yield { type: 'output_text_delta' as const, delta };
      await pause(endMs);
      if (failure) throw failure;
      const usage = { inputTokens: 1, outputTokens: words.length, totalTokens: words.length + 1 };
      const response = { id: 'resp_1', usage, output: [testing.assistantMessage(words.join(''))] };
      yield { type: 'response_done' as const, response };
    }),
  ]);
}

async function settled(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: Error) => `rejected: ${error.name}`,
  );
}

/** Waits for the promise, but not longer than 150 ms: one side may never settle it. */
async function settledSoon(promise: Promise<unknown>): Promise<string> {
  return Promise.race([settled(promise), pause(150).then(() => 'pending')]);
}

function label(event: RunStreamEvent): string {
  return event.type === 'raw_model_stream_event' ? `raw ${event.data.type}` : event.type;
}

function kindsOf(items: readonly { type?: string | undefined }[]): string[] {
  return items.map(({ type = 'message' }) => type);
}

function talker(sdk: SdkNamespace, model: InstanceType<TestingNamespace['ScriptedModel']>) {
  return new sdk.Agent({ name: 'Talker', model });
}

/** What holds when a run is left, read twice, read slowly, or watched by somebody who throws. */
export const endingPrograms: Record<string, Program> = {
  'a completed state, run again': async (sdk, testing) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Done.')]]);
    const agent = talker(sdk, model);
    const first = await sdk.run(agent, 'Go');
    const again = await sdk.run(agent, first.state);
    const streamed = await sdk.run(agent, first.state, { stream: true });
    const events: Json[] = [];
    for await (const event of streamed) events.push(label(event));
    await streamed.completed;
    return { outputs: [again.finalOutput ?? '', streamed.finalOutput ?? ''], events, asked: model.calls.length };
  },

  'the state of a run that used up its turns': async (sdk, testing) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('tick', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const tick = sdk.tool({ name: 'tick', description: 'Ticks.', parameters: z.object({}), execute: () => 'tock' });
    const agent = new sdk.Agent({ name: 'Ticker', model, tools: [tick] });
    const failed = await sdk.run(agent, 'Go', { maxTurns: 1 }).catch((error: unknown) => error);
    if (!(failed instanceof sdk.AgentsError) || !failed.state) throw new Error('It did not fail.');
    const state = failed.state as Parameters<typeof sdk.run>[1];
    const refused = await sdk.run(agent, state).then(
      () => 'not',
      (error: Error) => error.name,
    );
    const result = await sdk.run(agent, state, { maxTurns: 2 });
    const { finalOutput = '', history, newItems } = result;
    return {
      refused,
      finalOutput,
      history: kindsOf(history),
      newItems: newItems.length,
      asked: model.calls.length,
    };
  },

  'a stream that was left, gone on with': async (sdk, testing) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('tick', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const tick = sdk.tool({ name: 'tick', description: 'Ticks.', parameters: z.object({}), execute: () => 'tock' });
    const agent = new sdk.Agent({ name: 'Ticker', model, tools: [tick] });
    const left = await sdk.run(agent, 'Go', { stream: true });
    for await (const event of left) if (label(event) === 'run_item_stream_event' && left.newItems.length > 1) break;
    await settledSoon(left.completed);
    const { finalOutput = '', history } = await sdk.run(agent, left.state);
    return { finalOutput, history: kindsOf(history), asked: model.calls.length };
  },

  'a stream read twice': async (sdk, testing) => {
    const result = await sdk.run(talker(sdk, speaking(testing, ['One ', 'two.'])), 'Go', { stream: true });
    const first: Json[] = [];
    const second: Json[] = [];
    for await (const event of result) first.push(label(event));
    for await (const event of result) second.push(label(event));
    return { first, second, completed: await settled(result.completed) };
  },

  'a stream left in the middle': async (sdk, testing) => {
    const recorder = recordTraces(sdk);
    const model = speaking(testing, ['One ', 'two ', 'three.'], undefined, 50);
    const result = await sdk.run(talker(sdk, model), 'Go', { stream: true });
    for await (const event of result) if (label(event) === 'raw output_text_delta') break;
    const completed = await settled(result.completed);
    const error = result.error ? (result.error as Error).name : null;
    const ending = { completed, cancelled: result.cancelled, error };
    return { ending, ...(await traceAspects(recorder)) };
  },

  'a web stream cancelled by its reader': async (sdk, testing) => {
    const model = speaking(testing, ['One ', 'two ', 'three.'], undefined, 50);
    const result = await sdk.run(talker(sdk, model), 'Go', { stream: true });
    const reader = (result.toStream() as ReadableStream<RunStreamEvent>).getReader();
    await reader.read();
    await reader.cancel();
    return { completed: await settled(result.completed), cancelled: result.cancelled };
  },

  'events before a failure, read slowly': async (sdk, testing) => {
    const words = Array.from({ length: 20 }, (_, index) => `${index} `);
    const model = speaking(testing, words, new Error('line cut'));
    const result = await sdk.run(talker(sdk, model), 'Go', { stream: true });
    let seen = 0;
    const iteration = await settled(
      (async () => {
        for await (const event of result) {
          await pause(1);
          if (label(event) === 'raw output_text_delta') seen += 1;
        }
      })(),
    );
    return { seen, iteration, completed: await settled(result.completed) };
  },

  'whether the trace has ended when the stream has': async (sdk, testing) => {
    const order: Json[] = [];
    sdk.setTracingDisabled(false);
    sdk.setTraceProcessors([
      {
        onTraceStart: async () => void order.push('trace starts'),
        onTraceEnd: async () => void order.push('trace ends'),
        onSpanStart: async () => {},
        onSpanEnd: async () => {},
        shutdown: async () => {},
        forceFlush: async () => {},
      },
    ]);
    const result = await sdk.run(talker(sdk, speaking(testing, ['Hi.'])), 'Go', { stream: true });
    for await (const event of result) if (event.type === 'run_item_stream_event') order.push('last event');
    order.push('iteration ends');
    await result.completed;
    order.push('completed');
    await pause(10);
    return { order };
  },

  'a stream handed out of its trace inside an object': async (sdk, testing) => {
    const recorder = recordTraces(sdk);
    const model = speaking(testing, ['Out.']);
    const { result } = await sdk.withTrace('Around', async () => ({
      result: await sdk.run(talker(sdk, model), 'Go', { stream: true }),
    }));
    await result.completed;
    return { finalOutput: result.finalOutput ?? null, ...(await traceAspects(recorder)) };
  },

  'a trace processor that throws': async (sdk, testing) => {
    const ignore = async () => {};
    const onTraceStart = async () => {
      throw new Error('exporter down');
    };
    sdk.setTracingDisabled(false);
    sdk.setTraceProcessors([
      {
        onTraceStart,
        onTraceEnd: ignore,
        onSpanStart: ignore,
        onSpanEnd: ignore,
        shutdown: ignore,
        forceFlush: ignore,
      },
    ]);
    const model = new testing.ScriptedModel([[testing.assistantMessage('Unharmed.')]]);
    const outcome = await settled(sdk.run(talker(sdk, model), 'Go'));
    sdk.setTraceProcessors([]);
    return { outcome };
  },

  ...bothWays('a hook that throws', async (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Unharmed.')]]);
    const agent = talker(sdk, model);
    agent.on('agent_start', () => {
      throw new Error('hook down');
    });
    const seen = await observe(sdk, { agent, input: 'Go', stream });
    return { finalOutput: seen['finalOutput'] ?? null, error: seen['error'] ?? null };
  }),

  ...bothWays('aborted with a reason while the model thinks', (sdk, testing, stream) => {
    const controller = new AbortController();
    const model = new testing.ScriptedModel([
      testing.modelResponder(async () => {
        setTimeout(() => controller.abort(new Error('the user left')), 5);
        await pause(20);
        return [testing.assistantMessage('Late.')];
      }),
    ]);
    const session = new sdk.MemorySession();
    const options = { signal: controller.signal };
    return observe(sdk, { agent: talker(sdk, model), input: 'Go', stream, options, session });
  }),

  'a tool that ignores the abort': async (sdk, testing) => {
    const controller = new AbortController();
    const stuck = sdk.tool({
      name: 'stuck',
      description: 'Never ends by itself.',
      parameters: z.object({}),
      execute: () => {
        setTimeout(() => controller.abort(), 5);
        return pause(400);
      },
    });
    const model = new testing.ScriptedModel([[testing.functionCall('stuck', {}, { callId: 'call_1' })]]);
    const agent = new sdk.Agent({ name: 'Stuck', model, tools: [stuck] });
    const result = await sdk.run(agent, 'Go', { stream: true, signal: controller.signal });
    let tools = 0;
    for await (const event of result) if (event.type === 'run_item_stream_event') tools += 1;
    await pause(450);
    return { tools, completed: await settledSoon(result.completed), cancelled: result.cancelled };
  },
};
