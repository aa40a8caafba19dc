import { z } from 'zod';
import { observe, pause } from '../observe.ts';
import { bothWays, type Program } from '../program.ts';

/** Runs that fail or are stopped. */
export const failurePrograms: Record<string, Program> = {
  ...bothWays('model error at the first call', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([testing.modelError(new Error('provider down'))]);
    const agent = new sdk.Agent({ name: 'Victim', model });
    const session = new sdk.MemorySession();
    return observe(sdk, { agent, input: 'Hi', stream, models: [model], session });
  }),

  ...bothWays('model error after a tool', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('tick', {}, { callId: 'call_1' })],
      testing.modelError(new RangeError('provider down')),
    ]);
    const tick = sdk.tool({
      name: 'tick',
      description: 'Ticks.',
      parameters: z.object({}),
      execute: async () => 'tock',
    });
    const agent = new sdk.Agent({ name: 'Victim', model, tools: [tick] });
    const session = new sdk.MemorySession();
    return observe(sdk, { agent, input: 'Hi', stream, models: [model], session });
  }),

  'model error in the middle of a stream': async (sdk, testing) => {
    const model = new testing.ScriptedModel([
      testing.modelStream(
        (async function* () {
          yield { type: 'response_started' as const };
          yield { type: 'output_text_delta' as const, delta: 'Half a ' };
          throw new Error('line cut');
        })(),
      ),
    ]);
    const agent = new sdk.Agent({ name: 'Victim', model });
    return observe(sdk, { agent, input: 'Hi', stream: true, models: [model] });
  },

  'stream without an end': async (sdk, testing) => {
    const model = new testing.ScriptedModel([
      testing.modelStream([{ type: 'response_started' }, { type: 'output_text_delta', delta: 'And then' }]),
    ]);
    const agent = new sdk.Agent({ name: 'Victim', model });
    return observe(sdk, { agent, input: 'Hi', stream: true, models: [model] });
  },

  ...bothWays('signal aborted before the run', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Never.')]]);
    const agent = new sdk.Agent({ name: 'Stopped', model });
    const signal = AbortSignal.abort();
    return observe(sdk, { agent, input: 'Hi', stream, options: { signal }, models: [model] });
  }),

  ...bothWays('signal aborted while a tool runs', (sdk, testing, stream) => {
    const controller = new AbortController();
    const notes: Record<string, unknown> = {};
    const model = new testing.ScriptedModel([
      [testing.functionCall('wait', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Never.')],
    ]);
    const wait = sdk.tool({
      name: 'wait',
      description: 'Waits.',
      parameters: z.object({}),
      execute: async (_input, _context, details) => {
        details?.signal?.addEventListener('abort', () => {
          notes['tool'] = 'aborted';
        });
        controller.abort();
        await pause(5);
        return 'waited';
      },
    });
    const agent = new sdk.Agent({ name: 'Stopped', model, tools: [wait] });
    return observe(sdk, { agent, input: 'Hi', stream, options: { signal: controller.signal }, models: [model], notes });
  }),

  'signal aborted in the middle of a stream': async (sdk, testing) => {
    const controller = new AbortController();
    const model = new testing.ScriptedModel([
      testing.modelStreamResponder(async function* () {
        yield { type: 'response_started' as const };
        yield { type: 'output_text_delta' as const, delta: 'One ' };
        await pause(40);
        yield { type: 'output_text_delta' as const, delta: 'two ' };
        await pause(40);
        yield { type: 'output_text_delta' as const, delta: 'three' };
      }),
    ]);
    const agent = new sdk.Agent({ name: 'Stopped', model });
    return observe(sdk, {
      agent,
      input: 'Count',
      stream: true,
      options: { signal: controller.signal },
      onEvent: (event) => {
        if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') controller.abort();
      },
    });
  },

  'script that runs out': async (sdk, testing) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Once.')]]);
    const agent = new sdk.Agent({ name: 'Once', model });
    await sdk.run(agent, 'One');
    const second = await sdk.run(agent, 'Two').then(
      () => 'no error',
      (error: Error) => ({ name: error.name, unexpected: error instanceof testing.UnexpectedModelCallError }),
    );
    model.enqueue([testing.assistantMessage('Left.')]);
    let left: { name: string; remaining: number } | null = null;
    try {
      model.assertComplete();
    } catch (error) {
      if (error instanceof testing.UnconsumedModelStepsError)
        left = { name: error.name, remaining: error.remainingSteps };
    }
    return { second, left, calls: model.calls.length };
  },
};
