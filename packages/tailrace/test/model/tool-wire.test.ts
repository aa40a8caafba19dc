/** What is said of function tools, and of their outputs, on the wire. */
import { describe, expect, test } from 'vitest';
import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  run,
  tool,
  toolNamespace,
  type FunctionTool,
  type ToolOptions,
  UserError,
} from '../../src/index.ts';
import { assertCleanRun, startWireServer } from '../../src/testing/index.ts';

type Wire = 'responses' | 'chat';
type Body = { tools: object[]; input: object[]; messages: object[] };

const make = (name: string, options: Partial<ToolOptions<undefined>> = {}): FunctionTool =>
  tool({ name, description: name, parameters: undefined, execute: () => 'out', ...options });

/** Calls the first tool once, and gives what was sent. */
async function sent(wire: Wire, tools: FunctionTool[]): Promise<Body[]> {
  const call = { type: 'tool_call', name: tools[0]?.name ?? '', arguments: {} } as const;
  await using server = await startWireServer({
    script: [{ steps: [call] }, { steps: [{ type: 'text', text: 'Done.' }] }],
  });
  const at = { baseURL: server.url, apiKey: 'k' };
  const model = wire === 'chat' ? new OpenAIChatCompletionsModel(at, 'm') : new OpenAIResponsesModel(at, 'm');
  await assertCleanRun(await run(new Agent({ name: 'A', model, tools }), 'Hi'));
  return server.requests.map(({ body }) => body as unknown as Body);
}

test('the Responses API is told of callers, outputs and deferred loading, and of namespaces as wholes', async () => {
  const outputSchema = { type: 'object', properties: { a: { type: 'number' } } } as const;
  const options: object = { outputSchema, allowedCallers: ['programmatic', 'direct'] };
  const [first] = await sent('responses', [
    make('plain', options),
    ...toolNamespace({ name: 'crm', description: 'Customers.', tools: [make('find')] }),
    make('other'),
    ...toolNamespace({ name: 'crm', description: 'Customers.', tools: [make('late', { deferLoading: true })] }),
  ]);
  expect(first?.tools).toMatchObject([
    { type: 'function', name: 'plain', output_schema: outputSchema, allowed_callers: ['programmatic', 'direct'] },
    {
      type: 'namespace',
      name: 'crm',
      description: 'Customers.',
      tools: [
        { type: 'function', name: 'find' },
        { name: 'late', defer_loading: true },
      ],
    },
    { name: 'other' },
  ]);
  expect(first?.tools).toHaveLength(3);
});

test.each([
  ['deferLoading', [make('x', { deferLoading: true })]],
  ['outputSchema', [make('x', { outputSchema: { type: 'object' } } as object)]],
  ['allowedCallers', [make('x', { allowedCallers: ['programmatic'] })]],
  ['namespace', [...toolNamespace({ name: 'a', description: 'd', tools: [make('x')] })]],
] as const)('Chat Completions refuses %s: it has no such thing', async (what, tools) => {
  const error = await sent('chat', [...tools]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(String(error)).toContain(what);
});

describe('an output of several kinds', () => {
  const rich = [
    { type: 'text', text: 'A chart.' },
    { type: 'image', image: { data: new Uint8Array([65]), mediaType: 'image/png' }, detail: 'low' },
    { type: 'image', image: { fileId: 'file_1' } },
    { type: 'file', file: { data: 'QUJD', mediaType: 'application/pdf', filename: 'a.pdf' } },
    { type: 'file', file: { url: 'https://example.test/b.pdf' } },
  ];
  const tools = [make('draw', { execute: () => rich })];

  test('goes to the Responses API as content', async () => {
    const [, second] = await sent('responses', tools);
    expect(second?.input.at(-1)).toMatchObject({
      type: 'function_call_output',
      output: [
        { type: 'input_text', text: 'A chart.' },
        { type: 'input_image', image_url: 'data:image/png;base64,QQ==', detail: 'low' },
        { type: 'input_image', file_id: 'file_1' },
        { type: 'input_file', file_data: 'data:application/pdf;base64,QUJD', filename: 'a.pdf' },
        { type: 'input_file', file_url: 'https://example.test/b.pdf' },
      ],
    });
  });

  test('goes to Chat Completions as its text', async () => {
    const [, second] = await sent('chat', tools);
    const last = second?.messages.at(-1);
    expect(last).toMatchObject({ role: 'tool' });
    const left = [
      '[an image, left out]',
      '[an image, left out]',
      '[a file, left out]',
      '[a file: https://example.test/b.pdf]',
    ];
    expect(last).toMatchObject({ content: ['A chart.', ...left].join('\n') });
  });
});
