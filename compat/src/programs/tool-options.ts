import { z } from 'zod';
import { toJson } from '../json.ts';
import { observe, pause } from '../observe.ts';
import { bothWays, type Json, type Program, type SdkNamespace } from '../program.ts';

const parameters = z.object({ n: z.number() });

function plain(sdk: SdkNamespace, options: object = {}) {
  return sdk.tool({ name: 'plain', description: 'Plain.', parameters, execute: async () => 'out', ...options });
}

/** A run with one call of one tool made with these options. */
function oneCall(
  name: string,
  toolOptions: (sdk: SdkNamespace) => object,
  runOptions: object = {},
): Record<string, Program> {
  return bothWays(name, (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('plain', { n: 1 }, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Caller', model, tools: [plain(sdk, toolOptions(sdk))] });
    return observe(sdk, { agent, input: 'Go', stream, options: { ...runOptions }, models: [model] });
  });
}

const outputSchema = z.object({ a: z.number() });

const rich: Record<string, unknown> = {
  text: { type: 'text', text: 'T' },
  'image by URL': { type: 'image', image: 'https://example.test/y.png', detail: 'low' },
  'image data': { type: 'image', image: { data: 'QUJD', mediaType: 'image/png' } },
  'image by id': { type: 'image', image: { fileId: 'file_1' } },
  'image bytes': { type: 'image', image: { data: new Uint8Array([65, 66]), mediaType: 'image/png' } },
  'image, the old way': { type: 'image', imageUrl: 'https://example.test/y.png' },
  'image data, the old way': { type: 'image', data: 'QUJD', mimeType: 'image/png' },
  'file data': { type: 'file', file: { data: 'QUJD', mediaType: 'application/pdf', filename: 'a.pdf' } },
  'file bytes': { type: 'file', file: { data: new Uint8Array([65]), mediaType: 'text/plain', filename: 'a.txt' } },
  'file by URL': { type: 'file', file: { url: 'https://example.test/a.pdf', filename: 'a.pdf' } },
  'file by id': { type: 'file', file: { id: 'file_1' } },
  'file by fileId': { type: 'file', file: { fileId: 'file_1' } },
  'a list': [
    { type: 'text', text: 'a' },
    { type: 'image', image: 'https://example.test/u.png' },
  ],
  'a list with something else': [{ type: 'text', text: 'a' }, 'b'],
  'an empty list': [],
  'a part with provider data': { type: 'text', text: 'T', providerData: { a: 1 } },
};

/** Options of tools, and of how runs call them. */
export const toolOptionPrograms: Record<string, Program> = {
  'optional, nullable, and both': async (sdk) => {
    const shapes = {
      optional: z.number().optional(),
      nullable: z.number().nullable(),
      both: z.number().nullable().optional(),
      object: z.object({ inner: z.string().optional() }).nullish(),
      choice: z.enum(['a', 'b']).nullish(),
      union: z.union([z.string(), z.number(), z.null()]).optional(),
      list: z.array(z.object({ inner: z.string().optional() })).nullish(),
    };
    const seen: Record<string, Json> = {};
    for (const [name, shape] of Object.entries(shapes)) {
      const tool = sdk.tool({
        name: 'f',
        description: 'Does.',
        parameters: z.object({ a: shape }),
        execute: async (input) => JSON.stringify(input),
      });
      seen[name] = {
        parameters: toJson(tool.parameters),
        output: toJson(await tool.invoke(new sdk.RunContext(), '{"a":null}')),
      };
    }
    const inner = sdk.tool({
      name: 'f',
      description: 'Does.',
      parameters: z.object({ a: shapes.object, b: shapes.list }),
      execute: async (input) => JSON.stringify(input),
    });
    const output = await inner.invoke(new sdk.RunContext(), '{"a":{"inner":null},"b":[{"inner":null}]}');
    return { seen, inner: toJson(output) };
  },

  ...oneCall('outputSchema that fits', () => ({ outputSchema, execute: async () => ({ a: 1, b: 2 }) })),
  ...oneCall('outputSchema that does not fit', () => ({ outputSchema, execute: async () => ({ a: 'text' }) })),
  ...oneCall('outputSchema and errorFunction', () => ({
    outputSchema,
    execute: async () => ({ a: 'text' }),
    errorFunction: () => ({ a: 0 }),
  })),
  ...oneCall('outputSchema as JSON schema', () => ({
    outputSchema: {
      type: 'object',
      properties: { a: { type: 'number' } },
      required: ['a'],
      additionalProperties: false,
    },
    execute: async () => ({ a: 'text' }),
  })),
  ...oneCall('allowedCallers and providerData', () => ({
    allowedCallers: ['direct', 'programmatic'],
    providerData: { q: 1 },
  })),
  ...oneCall('customDataExtractor', () => ({ customDataExtractor: () => ({ from: 'db' }) })),
  ...oneCall('customDataExtractor that throws', () => ({
    customDataExtractor: () => {
      throw new Error('no');
    },
  })),
  ...oneCall('timeoutErrorFunction', () => ({
    timeoutMs: 5,
    timeoutErrorFunction: () => 'Too slow.',
    execute: async () => pause(30),
  })),

  ...bothWays('what a customDataExtractor gets', (sdk, testing, stream) => {
    const given: unknown[] = [];
    const customDataExtractor = (context: object) => {
      const { runContext: _run, tool: _tool, ...rest } = context as Record<string, unknown>;
      given.push(rest);
      return null;
    };
    const model = new testing.ScriptedModel([
      [testing.functionCall('plain', { n: 1 }, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Caller', model, tools: [plain(sdk, { customDataExtractor })] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model], notes: { given } });
  }),

  ...bothWays('two function calls at a time', async (sdk, testing, stream) => {
    const facts = { now: 0, most: 0 };
    const slow = plain(sdk, {
      execute: async ({ n }: { n: number }) => {
        facts.most = Math.max(facts.most, (facts.now += 1));
        await pause(5);
        facts.now -= 1;
        return `ran ${n}`;
      },
    });
    const calls = [1, 2, 3, 4, 5].map((n) => testing.functionCall('plain', { n }, { callId: `call_${n}` }));
    const model = new testing.ScriptedModel([calls, [testing.assistantMessage('Done.')]]);
    const agent = new sdk.Agent({ name: 'Caller', model, tools: [slow] });
    const options = { toolExecution: { maxFunctionToolConcurrency: 2 } };
    return observe(sdk, { agent, input: 'Go', stream, options, models: [model], notes: { facts } });
  }),

  ...bothWays('toolErrorFormatter for an unknown tool', (sdk, testing, stream) => {
    const given: object[] = [];
    const toolErrorFormatter = ({ runContext: _context, ...args }: { runContext: unknown }) => {
      given.push(args);
      return 'In our words.';
    };
    const model = new testing.ScriptedModel([
      [testing.functionCall('nope', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const options = { toolNotFoundBehavior: 'return_error_to_model', toolErrorFormatter };
    const agent = new sdk.Agent({ name: 'Caller', model });
    return observe(sdk, { agent, input: 'Go', stream, options, models: [model], notes: { given } });
  }),

  ...bothWays('toolErrorFormatter for a rejection', async (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('plain', { n: 1 }, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Caller', model, tools: [plain(sdk, { needsApproval: true })] });
    const first = await sdk.run(agent, 'Go');
    for (const item of first.interruptions) first.state.reject(item);
    const options = {
      toolErrorFormatter: ({ kind, toolType }: { kind: string; toolType: string }) => `${kind} ${toolType}`,
    };
    return observe(sdk, { agent, input: first.state, stream, options, models: [model] });
  }),

  ...bothWays('tools of namespaces', (sdk, testing, stream) => {
    const named = (text: string) => plain(sdk, { name: 'find', execute: async () => text });
    const tools = [
      ...sdk.toolNamespace({ name: 'crm', description: 'Customers.', tools: [named('crm')] }),
      ...sdk.toolNamespace({ name: 'shop', description: 'Orders.', tools: [named('shop')] }),
      named('plain'),
    ];
    const model = new testing.ScriptedModel([
      [
        testing.functionCall('find', { n: 1 }, { callId: 'call_1', namespace: 'shop' }),
        testing.functionCall('crm.find', { n: 1 }, { callId: 'call_2' }),
        testing.functionCall('find', { n: 1 }, { callId: 'call_3' }),
      ],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Finder', model, tools });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('reasoning without its ids', (sdk, testing, stream) => {
    const reasoning = { type: 'reasoning', id: 'rs_1', content: [{ type: 'input_text', text: 'Hm.' }] } as const;
    const model = new testing.ScriptedModel([
      [
        { ...reasoning, content: [...reasoning.content] },
        testing.functionCall('plain', { n: 1 }, { callId: 'call_1' }),
      ],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Thinker', model, tools: [plain(sdk)] });
    const session = new sdk.MemorySession();
    const options = { reasoningItemIdPolicy: 'omit' };
    return observe(sdk, { agent, input: 'Go', stream, session, options, models: [model] });
  }),

  ...bothWays('a blocked output with a message of its own', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.functionCall('plain', { n: 1 }, { callId: 'call_1' })]]);
    const execute = async () => ({ tripwireTriggered: true, outputInfo: {} });
    const agent = new sdk.Agent({
      name: 'Stopper',
      model,
      tools: [plain(sdk)],
      toolUseBehavior: 'stop_on_first_tool',
      outputGuardrails: [{ name: 'no', execute }],
    });
    const session = new sdk.MemorySession();
    const options = {
      outputGuardrailBlockedMessage: ({ guardrailName }: { guardrailName: string }) => `By ${guardrailName}.`,
    };
    return observe(sdk, { agent, input: 'Go', stream, session, options, models: [model] });
  }),

  ...Object.assign(
    {},
    ...Object.entries(rich).map(([name, value]) =>
      oneCall(`rich tool output: ${name}`, () => ({ execute: async () => value })),
    ),
  ),

  'a function tool by hand': async (sdk) => {
    const runContext = new sdk.RunContext({});
    const never = async () => pause(40);
    const tools = {
      works: plain(sdk),
      throws: plain(sdk, { execute: async () => Promise.reject(new Error('no')) }),
      'throws on': plain(sdk, { execute: async () => Promise.reject(new RangeError('no')), errorFunction: null }),
      'in its words': plain(sdk, { execute: never, timeoutMs: 5, timeoutErrorFunction: () => 'Slow.' }),
      late: plain(sdk, { execute: never, timeoutMs: 5 }),
      'too late': plain(sdk, { execute: never, timeoutMs: 5, timeoutBehavior: 'raise_exception' }),
      unfit: plain(sdk, { outputSchema, execute: async () => ({ a: 'text' }) }),
      guarded: plain(sdk, {
        inputGuardrails: [{ name: 'g', run: async () => sdk.ToolGuardrailFunctionOutputFactory.rejectContent('No.') }],
      }),
    };
    const given: Record<string, unknown> = {};
    for (const [name, tool] of Object.entries(tools)) {
      given[name] = await sdk
        .invokeFunctionTool({ tool, runContext, input: '{"n":1}' })
        .catch((error: Error) => error.constructor.name);
    }
    return { given: toJson(given) };
  },

  'tool options that cannot work': async (sdk) => {
    const made = (options: object) => {
      try {
        plain(sdk, options);
        return 'made';
      } catch (error) {
        return (error as Error).constructor.name;
      }
    };
    const grouped = (options: object) => {
      try {
        return sdk.toolNamespace({ name: 'a', description: 'd', tools: [plain(sdk)], ...options }).length;
      } catch (error) {
        return (error as Error).constructor.name;
      }
    };
    const ran = async (options: object) =>
      sdk.run(new sdk.Agent({ name: 'A' }), 'Go', options).catch((error: Error) => error.constructor.name);
    return {
      callers: [[], ['x'], ['direct', 'direct'], ['direct']].map((allowedCallers) => made({ allowedCallers })),
      namespaces: [{ name: '' }, { description: '' }, { tools: [] }, { tools: [sdk.webSearchTool()] }].map(grouped),
      limits: toJson(
        await Promise.all(
          [0, -1, 1.5, 'a'].map(async (limit) => ran({ toolExecution: { maxFunctionToolConcurrency: limit } })),
        ),
      ),
      policies: toJson([
        await ran({ toolNameCollisionPolicy: 'x' }),
        await ran({ toolExecution: { preApprovalInputGuardrails: 'x' } }),
      ]),
    };
  },
};
