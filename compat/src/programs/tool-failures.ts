import { z } from 'zod';
import { observe, pause } from '../observe.ts';
import { bothWays, type Program } from '../program.ts';
import { noParameters, weatherTool } from '../fixtures.ts';

/** Runs whose tools throw, are too slow, or are asked for the wrong thing. */
export const toolFailurePrograms: Record<string, Program> = {
  ...bothWays('tool that throws', (sdk, testing, stream) => {
    const broken = sdk.tool({
      name: 'broken',
      description: 'Breaks.',
      parameters: noParameters,
      execute: async () => {
        throw new Error('no luck');
      },
    });
    const model = new testing.ScriptedModel([
      [testing.functionCall('broken', {}, { callId: 'call_1' })],
      [testing.assistantMessage('It broke.')],
    ]);
    const agent = new sdk.Agent({ name: 'Breaker', model, tools: [broken] });
    return observe(sdk, { agent, input: 'Break', stream, models: [model] });
  }),

  ...bothWays('tool that throws with its own errorFunction', (sdk, testing, stream) => {
    const broken = sdk.tool({
      name: 'broken',
      description: 'Breaks.',
      parameters: noParameters,
      execute: async () => {
        throw new TypeError('no luck');
      },
      errorFunction: (_context, error) => `Sorry: ${(error as Error).message}`,
    });
    const model = new testing.ScriptedModel([
      [testing.functionCall('broken', {}, { callId: 'call_1' })],
      [testing.assistantMessage('It broke.')],
    ]);
    const agent = new sdk.Agent({ name: 'Breaker', model, tools: [broken] });
    return observe(sdk, { agent, input: 'Break', stream, models: [model] });
  }),

  ...bothWays('tool that throws without an errorFunction', (sdk, testing, stream) => {
    const broken = sdk.tool({
      name: 'broken',
      description: 'Breaks.',
      parameters: noParameters,
      execute: async () => {
        throw new Error('fatal');
      },
      errorFunction: null,
    });
    const model = new testing.ScriptedModel([[testing.functionCall('broken', {}, { callId: 'call_1' })]]);
    const agent = new sdk.Agent({ name: 'Breaker', model, tools: [broken] });
    return observe(sdk, { agent, input: 'Break', stream, models: [model] });
  }),

  ...bothWays('unknown tool', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.functionCall('missing', {}, { callId: 'call_1' })]]);
    const agent = new sdk.Agent({ name: 'Guesser', model, tools: [weatherTool(sdk)] });
    return observe(sdk, { agent, input: 'Guess', stream, models: [model] });
  }),

  ...bothWays('unknown tool told to the model', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('missing', {}, { callId: 'call_1' })],
      [testing.assistantMessage('No such tool.')],
    ]);
    const agent = new sdk.Agent({ name: 'Guesser', model, tools: [weatherTool(sdk)] });
    const options = { toolNotFoundBehavior: 'return_error_to_model' };
    return observe(sdk, { agent, input: 'Guess', stream, options, models: [model] });
  }),

  ...bothWays('tool arguments that do not fit', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('get_weather', { town: 7 }, { callId: 'call_1' })],
      [testing.assistantMessage('Wrong arguments.')],
    ]);
    const agent = new sdk.Agent({ name: 'Weather', model, tools: [weatherTool(sdk)] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('tool arguments that are not JSON', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('get_weather', '{"city": ', { callId: 'call_1' })],
      [testing.assistantMessage('Wrong arguments.')],
    ]);
    const agent = new sdk.Agent({ name: 'Weather', model, tools: [weatherTool(sdk)] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('tool timeout as a result', (sdk, testing, stream) => {
    const notes: Record<string, unknown> = {};
    const slow = sdk.tool({
      name: 'slow',
      description: 'Slow.',
      parameters: noParameters,
      timeoutMs: 15,
      execute: async (_input, _context, details) => {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 200);
          details?.signal?.addEventListener('abort', () => {
            clearTimeout(timer);
            notes['signal'] = 'aborted';
            resolve();
          });
        });
        return 'late';
      },
    });
    const model = new testing.ScriptedModel([
      [testing.functionCall('slow', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Too slow.')],
    ]);
    const agent = new sdk.Agent({ name: 'Waiter', model, tools: [slow] });
    return observe(sdk, { agent, input: 'Wait', stream, models: [model], notes });
  }),

  ...bothWays('tool timeout that raises', (sdk, testing, stream) => {
    const slow = sdk.tool({
      name: 'slow',
      description: 'Slow.',
      parameters: noParameters,
      timeoutMs: 15,
      timeoutBehavior: 'raise_exception',
      execute: async () => {
        await pause(40);
        return 'late';
      },
    });
    const model = new testing.ScriptedModel([[testing.functionCall('slow', {}, { callId: 'call_1' })]]);
    const agent = new sdk.Agent({ name: 'Waiter', model, tools: [slow] });
    return observe(sdk, { agent, input: 'Wait', stream, models: [model] });
  }),

  ...bothWays('the same tool three times in one turn, one fails', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [1, 2, 3].map((n) => testing.functionCall('divide', { by: n - 2 }, { callId: `call_${n}` })),
      [testing.assistantMessage('Divided.')],
    ]);
    const divide = sdk.tool({
      name: 'divide',
      description: 'Divides 6.',
      parameters: z.object({ by: z.number() }),
      execute: async ({ by }) => {
        if (by === 0) throw new RangeError('by zero');
        return 6 / by;
      },
    });
    const agent = new sdk.Agent({ name: 'Divider', model, tools: [divide] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('a sibling of a fatal tool', (sdk, testing, stream) => {
    const fatal = sdk.tool({
      name: 'fatal',
      description: 'Fails.',
      parameters: noParameters,
      errorFunction: null,
      execute: async () => {
        throw new Error('fatal');
      },
    });
    const model = new testing.ScriptedModel([
      [
        testing.functionCall('fatal', {}, { callId: 'call_1' }),
        testing.functionCall('get_weather', { city: 'Oslo' }, { callId: 'call_2' }),
      ],
    ]);
    const agent = new sdk.Agent({ name: 'Siblings', model, tools: [fatal, weatherTool(sdk)] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),
};
