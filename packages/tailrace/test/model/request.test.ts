import { describe, expect, test } from 'vitest';
import type { AgentInputItem } from '../../src/event/item.ts';
import { chatBody } from '../../src/model/chat-request.ts';
import { responsesBody } from '../../src/model/responses-request.ts';
import { outputItems } from '../../src/model/responses-output.ts';
import { responsesItem } from '../../src/model/responses-input.ts';
import type { ModelRequest, SerializedTool } from '../../src/port/model.ts';
import { failureOf, modelOn, request } from './calls.ts';

type Body = Record<string, unknown>;
const responses = (fields: Partial<ModelRequest>, model: string = 'm'): Body =>
  JSON.parse(responsesBody(request(fields), model, true)) as Body;
const chat = (fields: Partial<ModelRequest>, model: string = 'm'): Body =>
  JSON.parse(chatBody(request(fields), model, true)) as Body;

const TOOL: SerializedTool = {
  type: 'function',
  name: 'f',
  description: 'd',
  parameters: { type: 'object', properties: {} },
  strict: true,
};
const HANDOFF = {
  toolName: 'transfer_to_b',
  toolDescription: 'hand over',
  inputJsonSchema: { type: 'object' as const, properties: {} },
  strictJsonSchema: true,
};
const SETTINGS = {
  temperature: 0.5,
  topP: 0.9,
  frequencyPenalty: 0.1,
  presencePenalty: 0.2,
  toolChoice: 'f',
  parallelToolCalls: true,
  maxTokens: 10,
  store: false,
  truncation: 'auto' as const,
  reasoning: { effort: 'low' as const, summary: 'auto' as const },
  text: { verbosity: 'low' as const },
  providerData: { extra: 1 },
};
const SCHEMA = {
  type: 'json_schema' as const,
  name: 'out',
  strict: true,
  schema: { type: 'object' as const, properties: {} },
};

const HISTORY: AgentInputItem[] = [
  { role: 'user', content: 'hello' },
  {
    role: 'user',
    content: [
      { type: 'input_text', text: 'see' },
      { type: 'input_image', image: 'https://x/y.png', detail: 'low' },
      { type: 'input_image', image: { id: 'file_2' } },
      { type: 'input_file', file: { id: 'file_1' }, filename: 'a.pdf' },
      { type: 'input_file', file: 'data:text/plain;base64,eA==', filename: 'a.txt' },
      { type: 'input_file', file: { url: 'https://x/a' } },
      { type: 'audio', audio: 'AAAA', format: 'mp3' },
    ],
  },
  {
    type: 'reasoning',
    id: 'rs_0',
    content: [{ type: 'input_text', text: 'th' }],
    rawContent: [{ type: 'reasoning_text', text: 'raw' }],
    providerData: { encrypted_content: 'e' },
  },
  {
    type: 'message',
    role: 'assistant',
    id: 'msg_0',
    status: 'completed',
    content: [{ type: 'output_text', text: 'pre' }],
  },
  { type: 'function_call', id: 'fc_0', callId: 'c0', name: 'f', arguments: '{"a":1}', status: 'completed' },
  { type: 'function_call', callId: 'c1', name: 'g', arguments: '{}' },
  { type: 'function_call_result', callId: 'c0', name: 'f', status: 'completed', output: { type: 'text', text: '42' } },
  {
    type: 'function_call_result',
    callId: 'c1',
    name: 'g',
    status: 'completed',
    output: [
      { type: 'input_text', text: 'see' },
      { type: 'input_image', image: 'https://x/z.png' },
    ],
  },
  { role: 'system', content: 'be nice' },
  {
    type: 'hosted_tool_call',
    id: 'ws_1',
    name: 'web_search_call',
    status: 'completed',
    providerData: { action: { q: 'x' } },
  },
  { type: 'compaction', id: 'cmp_1', encrypted_content: 'zzz' },
  { type: 'unknown', id: 'u', providerData: { type: 'teleport', id: 'u' } },
];

describe('the body for the Responses API', () => {
  test('carries instructions, settings, tools and format', () => {
    expect(
      responses({
        systemInstructions: 'sys',
        modelSettings: SETTINGS,
        tools: [TOOL],
        handoffs: [HANDOFF],
        outputType: SCHEMA,
      }),
    ).toEqual({
      model: 'm',
      instructions: 'sys',
      input: [{ role: 'user', content: 'hi' }],
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: { type: 'object', properties: {} }, strict: true },
        {
          type: 'function',
          name: 'transfer_to_b',
          description: 'hand over',
          parameters: { type: 'object', properties: {} },
          strict: true,
        },
      ],
      tool_choice: { type: 'function', name: 'f' },
      parallel_tool_calls: true,
      temperature: 0.5,
      top_p: 0.9,
      truncation: 'auto',
      max_output_tokens: 10,
      store: false,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low', format: SCHEMA },
      stream: true,
      extra: 1,
    });
  });

  test('maps every kind of item', () => {
    expect(responses({ input: HISTORY })['input']).toEqual([
      { role: 'user', content: 'hello' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image_url: 'https://x/y.png', detail: 'low' },
          { type: 'input_image', file_id: 'file_2', detail: 'auto' },
          { type: 'input_file', file_id: 'file_1', filename: 'a.pdf' },
          { type: 'input_file', file_data: 'data:text/plain;base64,eA==', filename: 'a.txt' },
          { type: 'input_file', file_url: 'https://x/a' },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
        ],
      },
      {
        type: 'reasoning',
        id: 'rs_0',
        summary: [{ type: 'summary_text', text: 'th' }],
        content: [{ type: 'reasoning_text', text: 'raw' }],
        encrypted_content: 'e',
      },
      {
        type: 'message',
        id: 'msg_0',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'pre', annotations: [] }],
      },
      { type: 'function_call', id: 'fc_0', call_id: 'c0', name: 'f', arguments: '{"a":1}', status: 'completed' },
      { type: 'function_call', call_id: 'c1', name: 'g', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c0', output: '42', status: 'completed' },
      {
        type: 'function_call_output',
        call_id: 'c1',
        status: 'completed',
        output: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image_url: 'https://x/z.png', detail: 'auto' },
        ],
      },
      { role: 'system', content: 'be nice' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { q: 'x' } },
      { type: 'compaction', id: 'cmp_1', encrypted_content: 'zzz' },
      { type: 'teleport', id: 'u' },
    ]);
  });

  test('what the model said goes back as it came', () => {
    const said = [
      { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'x' }], encrypted_content: 'e' },
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Hi', annotations: [{ a: 1 }] }],
      },
      { id: 'fc_1', type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', status: 'completed' },
      { id: 'ws_1', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'x' } },
      { id: 'ig_1', type: 'image_generation_call', status: 'completed', result: 'AAAA' },
      { id: 'x_1', type: 'teleport_call', where: 'Oslo' },
    ];
    expect(outputItems(said).map((item) => JSON.parse(JSON.stringify(responsesItem(item))) as unknown)).toEqual(said);
  });

  test('items of another wire lose the ids and thoughts that this one refuses', () => {
    const input: AgentInputItem[] = [
      { type: 'reasoning', content: [], rawContent: [{ type: 'reasoning_text', text: 'hm' }] },
      { type: 'function_call', id: 'chatcmpl-1', callId: 'c', name: 'f', arguments: '{}' },
    ];
    expect(responses({ input })['input']).toEqual([
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    ]);
  });

  test('a prompt template brings model and tools unless they are stated', () => {
    const prompt = {
      promptId: 'p',
      version: '2',
      variables: { a: 'x', b: { type: 'input_text' as const, text: 't' } },
    };
    const body = responses({ prompt });
    expect(body).toMatchObject({
      prompt: { id: 'p', version: '2', variables: { a: 'x', b: { type: 'input_text', text: 't' } } },
    });
    expect(body).not.toHaveProperty('model');
    expect(body).not.toHaveProperty('tools');
    expect(responses({ prompt, overridePromptModel: true, toolsExplicitlyProvided: true })).toMatchObject({
      model: 'm',
      tools: [],
    });
  });

  test('state kept by the server is referred to', () => {
    expect(responses({ previousResponseId: 'r', conversationId: 'c' })).toMatchObject({
      previous_response_id: 'r',
      conversation: 'c',
    });
  });

  test('hosted tools are passed through and chosen by type', () => {
    const tools: SerializedTool[] = [
      { type: 'hosted_tool', name: 'web_search', providerData: { type: 'web_search', search_context_size: 'low' } },
    ];
    expect(responses({ tools, modelSettings: { toolChoice: 'web_search' } })).toMatchObject({
      tools: [{ type: 'web_search', search_context_size: 'low' }],
      tool_choice: { type: 'web_search' },
    });
  });
});

describe('the body for Chat Completions', () => {
  test('carries instructions, settings, tools and format', () => {
    expect(
      chat({
        systemInstructions: 'sys',
        modelSettings: SETTINGS,
        tools: [TOOL],
        handoffs: [HANDOFF],
        outputType: SCHEMA,
      }),
    ).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'sys' },
        { role: 'user', content: 'hi' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object', properties: {} }, strict: true },
        },
        {
          type: 'function',
          function: { name: 'transfer_to_b', description: 'hand over', parameters: { type: 'object', properties: {} } },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: true,
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      max_tokens: 10,
      store: false,
      reasoning_effort: 'low',
      verbosity: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'out', strict: true, schema: { type: 'object', properties: {} } },
      },
      stream: true,
      stream_options: { include_usage: true },
      extra: 1,
    });
    expect(chat({ modelSettings: { maxTokens: 5 } }, 'gpt-5.6-luna')).toMatchObject({ max_completion_tokens: 5 });
    expect(chat({ modelSettings: { toolChoice: 'required', parallelToolCalls: false } })).not.toHaveProperty(
      'tool_choice',
    );
  });

  test('maps the items, what the assistant said and did as one message', () => {
    expect(chat({ input: HISTORY })['messages']).toEqual([
      { role: 'user', content: 'hello' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'file_2' } },
          { type: 'file', file: { file_id: 'file_1', filename: 'a.pdf' } },
          { type: 'file', file: { file_data: 'data:text/plain;base64,eA==', filename: 'a.txt' } },
          { type: 'file', file: { file_url: 'https://x/a' } },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
        ],
      },
      {
        role: 'assistant',
        content: 'pre',
        reasoning: 'raw',
        tool_calls: [
          { id: 'c0', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'c1', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c0', content: '42' },
      { role: 'tool', tool_call_id: 'c1', content: 'see\n[an image: https://x/z.png]' },
      { role: 'system', content: 'be nice' },
    ]);
  });

  test('turns of the assistant stay apart, and calls need no words', () => {
    const call = (callId: string): AgentInputItem => ({ type: 'function_call', callId, name: 'f', arguments: '{}' });
    const said = (text: string): AgentInputItem => ({
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text }],
    });
    const result: AgentInputItem = {
      type: 'function_call_result',
      callId: 'a',
      name: 'f',
      status: 'completed',
      output: 'x',
    };
    const refused: AgentInputItem = {
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'refusal', refusal: 'no' }],
    };
    const messages = chat({ input: [call('a'), result, said('1'), said('2'), call('b'), said('3'), refused] })[
      'messages'
    ] as Body[];
    expect(
      messages.map((message) => [
        message['role'],
        message['content'],
        (message['tool_calls'] as { id: string }[] | undefined)?.map(({ id }) => id),
      ]),
    ).toEqual([
      ['assistant', null, ['a']],
      ['tool', 'x', undefined],
      ['assistant', '1', undefined],
      ['assistant', '2', ['b']],
      ['assistant', '3', undefined],
      ['assistant', null, undefined],
    ]);
    expect(messages.at(-1)).toMatchObject({ refusal: 'no' });
  });

  test('reasoning goes back under the name it came with', () => {
    const thought = (providerData?: Body): AgentInputItem => ({
      type: 'reasoning',
      content: [],
      rawContent: [{ type: 'reasoning_text', text: 'hm' }],
      ...(providerData && { providerData }),
    });
    const call: AgentInputItem = { type: 'function_call', callId: 'a', name: 'f', arguments: '{}' };
    expect(chat({ input: [thought({ field: 'reasoning_content' }), call] })['messages']).toMatchObject([
      { reasoning_content: 'hm', tool_calls: [{ id: 'a' }] },
    ]);
    expect(chat({ input: [thought(), call] })['messages']).toMatchObject([{ reasoning: 'hm' }]);
  });

  test('a hosted tool is refused by name', async () => {
    const tools: SerializedTool[] = [{ type: 'hosted_tool', name: 'web_search' }];
    const error = await failureOf(modelOn('chat', 'http://127.0.0.1:1').getResponse(request({ tools })));
    expect(error).toMatchObject({ name: 'UserError' });
    expect(error.message).toContain("'web_search'");
  });
});

describe.each([
  ['responses', responses],
  ['chat', chat],
] as const)('the memory of written items, %s', (_, write) => {
  test('an item that changed is written anew', () => {
    const item: AgentInputItem = { role: 'user', content: [{ type: 'input_text', text: 'one' }] };
    const input: AgentInputItem[] = [item];
    expect(JSON.stringify(write({ input }))).toContain('one');
    (item.content[0] as { text: string }).text = 'two';
    expect(JSON.stringify(write({ input }))).toContain('two');
    item.content = 'three';
    expect(JSON.stringify(write({ input }))).toContain('three');
    Object.assign(item, { providerData: { name: 'four' } });
    expect(JSON.stringify(write({ input }))).toContain('four');
    const tool: SerializedTool = { ...TOOL };
    write({ tools: [tool] });
    tool.parameters = { type: 'object', properties: { five: {} } };
    expect(JSON.stringify(write({ tools: [tool] }))).toContain('five');
  });

  test('an item that did not change is not read into again', () => {
    let reads = 0;
    const part = {
      type: 'input_text' as const,
      text: 'x',
      get providerData(): Record<string, unknown> {
        return DATA;
      },
    };
    const DATA = {
      toJSON: undefined,
      get deep(): number {
        return ++reads;
      },
    };
    const input: AgentInputItem[] = [{ role: 'user', content: [part] }];
    write({ input });
    const once = reads;
    expect(once).toBeGreaterThan(0);
    write({ input });
    expect(reads).toBe(once);
  });
});
