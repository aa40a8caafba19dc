import { observe, pause } from '../observe.ts';
import { bothWays, type Program } from '../program.ts';
import { noParameters, weatherTool } from '../fixtures.ts';

/** Runs with function tools: their calls, outputs, and what they decide. */
export const toolPrograms: Record<string, Program> = {
  ...bothWays('tool call', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('get_weather', { city: 'Oslo' }, { callId: 'call_1' })],
      [testing.assistantMessage('Sunny in Oslo.')],
    ]);
    const agent = new sdk.Agent({ name: 'Weather', instructions: 'Help.', model, tools: [weatherTool(sdk)] });
    return observe(sdk, { agent, input: 'Weather in Oslo?', stream, models: [model] });
  }),

  ...bothWays('parallel tools, the first one slower', (sdk, testing, stream) => {
    const order: string[] = [];
    const slow = sdk.tool({
      name: 'slow',
      description: 'Slow.',
      parameters: noParameters,
      execute: async () => {
        order.push('slow starts');
        await pause(20);
        order.push('slow ends');
        return 'slow out';
      },
    });
    const fast = sdk.tool({
      name: 'fast',
      description: 'Fast.',
      parameters: noParameters,
      execute: async () => {
        order.push('fast starts and ends');
        return 'fast out';
      },
    });
    const model = new testing.ScriptedModel([
      [testing.functionCall('slow', {}, { callId: 'call_1' }), testing.functionCall('fast', {}, { callId: 'call_2' })],
      [testing.assistantMessage('Both.')],
    ]);
    const agent = new sdk.Agent({ name: 'Parallel', model, tools: [slow, fast] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model], notes: { order } });
  }),

  ...bothWays('text beside a tool call', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [
        testing.assistantMessage('Let me see.', { id: 'msg_1' }),
        testing.functionCall('get_weather', { city: 'Rome' }, { callId: 'call_1', id: 'fc_1' }),
      ],
      [testing.assistantMessage('Sunny.')],
    ]);
    const agent = new sdk.Agent({ name: 'Weather', model, tools: [weatherTool(sdk)] });
    return observe(sdk, { agent, input: 'Rome?', stream, models: [model] });
  }),

  ...bothWays('reasoning before a tool call', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [
        {
          type: 'reasoning',
          id: 'rs_1',
          content: [{ type: 'input_text', text: 'A tool is needed.' }],
          providerData: { encrypted_content: 'xyz' },
        },
        testing.functionCall('get_weather', { city: 'Lima' }, { callId: 'call_1' }),
      ],
      [
        { type: 'reasoning', id: 'rs_2', content: [{ type: 'input_text', text: 'Now answer.' }] },
        testing.assistantMessage('Sunny.'),
      ],
    ]);
    const agent = new sdk.Agent({ name: 'Thinker', model, tools: [weatherTool(sdk)] });
    return observe(sdk, { agent, input: 'Lima?', stream, models: [model] });
  }),

  ...bothWays('tool outputs that are not strings', (sdk, testing, stream) => {
    const outputs: unknown[] = [{ a: 1, b: [true, null] }, 42, undefined, { type: 'text', text: 'typed' }, ['x', 'y']];
    const tools = outputs.map((output, index) =>
      sdk.tool({
        name: `give_${index}`,
        description: 'Gives.',
        parameters: noParameters,
        execute: async () => output,
      }),
    );
    const model = new testing.ScriptedModel([
      outputs.map((_, index) => testing.functionCall(`give_${index}`, {}, { callId: `call_${index}` })),
      [testing.assistantMessage('Given.')],
    ]);
    const agent = new sdk.Agent({ name: 'Giver', model, tools });
    return observe(sdk, { agent, input: 'Give', stream, models: [model] });
  }),

  ...bothWays('stop on first tool', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('get_weather', { city: 'Oslo' }, { callId: 'call_1' })],
    ]);
    const agent = new sdk.Agent({
      name: 'Stopper',
      model,
      tools: [weatherTool(sdk)],
      toolUseBehavior: 'stop_on_first_tool',
    });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('stop at named tools', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('first', {}, { callId: 'call_1' })],
      [testing.functionCall('last', {}, { callId: 'call_2' })],
    ]);
    const named = (name: string) =>
      sdk.tool({ name, description: `The ${name}.`, parameters: noParameters, execute: async () => `${name} out` });
    const agent = new sdk.Agent({
      name: 'Stopper',
      model,
      tools: [named('first'), named('last')],
      toolUseBehavior: { stopAtToolNames: ['last'] },
    });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('tool choice is reset after a tool was used', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('get_weather', { city: 'Oslo' }, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({
      name: 'Chooser',
      model,
      modelSettings: { toolChoice: 'required', temperature: 0.2, parallelToolCalls: true },
      tools: [weatherTool(sdk)],
    });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('a tool that is not enabled', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('No tools.')]]);
    const off = sdk.tool({
      name: 'off',
      description: 'Off.',
      parameters: noParameters,
      isEnabled: false,
      execute: async () => 'on',
    });
    const agent = new sdk.Agent({ name: 'Chooser', model, tools: [off, weatherTool(sdk)] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('run context reaches tools and instructions', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('whoami', {}, { callId: 'call_1' })],
      [testing.assistantMessage('You are Ada.')],
    ]);
    const whoami = sdk.tool({
      name: 'whoami',
      description: 'Who.',
      parameters: noParameters,
      execute: async (_input, context) => {
        const data = context?.context as { user: string; seen: string[] };
        data.seen.push('tool');
        return `${data.user} after ${context?.usage.requests} request(s)`;
      },
    });
    const agent = new sdk.Agent<{ user: string; seen: string[] }>({
      name: 'Personal',
      instructions: (runContext, self) => {
        runContext.context.seen.push('instructions');
        return `Serve ${runContext.context.user} as ${self.name}.`;
      },
      model,
      tools: [whoami as never],
    });
    const context = { user: 'Ada', seen: [] as string[] };
    return observe(sdk, { agent, input: 'Who?', stream, options: { context }, models: [model], notes: { context } });
  }),

  ...bothWays('a function decides what the tools mean', (sdk, testing, stream) => {
    const seen: string[] = [];
    const model = new testing.ScriptedModel([
      [testing.functionCall('get_weather', { city: 'Oslo' }, { callId: 'call_1' })],
      [testing.functionCall('get_weather', { city: 'Rome' }, { callId: 'call_2' })],
    ]);
    const agent = new sdk.Agent({
      name: 'Decider',
      model,
      tools: [weatherTool(sdk)],
      toolUseBehavior: (_context, results) => {
        for (const result of results) {
          if (result.type === 'function_output') seen.push(`${result.tool.name}: ${String(result.output)}`);
        }
        return seen.length < 2
          ? { isFinalOutput: false, isInterrupted: undefined }
          : { isFinalOutput: true, isInterrupted: undefined, finalOutput: seen.join('; ') };
      },
    });
    return observe(sdk, { agent, input: 'Go', stream, models: [model], notes: { seen } });
  }),

  ...bothWays('sensitive data left out of the trace', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('get_weather', { city: 'Oslo' }, { callId: 'call_1' })],
      [testing.functionCall('broken', {}, { callId: 'call_2' })],
      [testing.assistantMessage('Done.')],
    ]);
    const broken = sdk.tool({
      name: 'broken',
      description: 'Breaks.',
      parameters: noParameters,
      execute: async () => {
        throw new Error('secret');
      },
      errorFunction: () => 'It broke.',
    });
    const agent = new sdk.Agent({ name: 'Discreet', model, tools: [weatherTool(sdk), broken] });
    const runner = new sdk.Runner({ traceIncludeSensitiveData: false });
    return observe(sdk, { agent, input: 'Go', stream, run: runner.run.bind(runner) });
  }),

  ...bothWays('tool without strict mode', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('loose', { a: 1, more: [2] }, { callId: 'call_1' })],
      [testing.assistantMessage('Loose.')],
    ]);
    const loose = sdk.tool({
      name: 'loose',
      description: 'Takes anything.',
      strict: false,
      parameters: {
        type: 'object',
        properties: { a: { type: 'number' } },
        required: ['a'],
        additionalProperties: true,
      },
      execute: async (input) => JSON.stringify(input),
    });
    const agent = new sdk.Agent({ name: 'Loose', model, tools: [loose] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('tool that is enabled by the context', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Seen.')]]);
    const named = (name: string, wanted: boolean) =>
      sdk.tool({
        name,
        description: 'Maybe.',
        parameters: noParameters,
        isEnabled: ({ runContext }) => (runContext.context as { admin: boolean }).admin === wanted,
        execute: async () => name,
      });
    const agent = new sdk.Agent({
      name: 'Gate',
      model,
      tools: [named('for_admins', true), named('for_guests', false)],
    });
    return observe(sdk, { agent, input: 'Go', stream, options: { context: { admin: true } }, models: [model] });
  }),
};
