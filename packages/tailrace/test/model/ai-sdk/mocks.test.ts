// The AI SDK bridge with models of each version of the specification: the mocks of `ai/test`, and a hand-made one of v2.
import { convertArrayToReadableStream, MockLanguageModelV3, MockLanguageModelV4 } from 'ai/test';
import { describe, expect, test } from 'vitest';
import { Agent, RequestUsage, run, Usage } from '../../../src/index.ts';
import type { AgentInputItem } from '../../../src/event/item.ts';
import type { StreamEvent } from '../../../src/event/stream-event.ts';
import {
  AiSdkModel,
  aiSdkProviderTool,
  aiSdkToolSearchTool,
  aisdk,
  type LanguageModelCompatible,
  parseArguments,
  toolChoiceToLanguageV2Format,
} from '../../../src/model/ai-sdk/index.ts';
import type { ModelRequest } from '../../../src/port/model.ts';
import { startCleanRunProbe } from '../../../src/testing/index.ts';

type Parts = readonly Record<string, unknown>[];
type Version = 'v2' | 'v3' | 'v4';
const VERSIONS: readonly Version[] = ['v2', 'v3', 'v4'];

const usage = (version: Version): object =>
  version === 'v2'
    ? { inputTokens: 10, outputTokens: 5, totalTokens: 15, cachedInputTokens: 4, reasoningTokens: 2 }
    : {
        inputTokens: { total: 10, noCache: 6, cacheRead: 4, cacheWrite: undefined },
        outputTokens: { total: 5, text: undefined, reasoning: 2 },
      };
const finish = (version: Version, reason = 'stop', raw: string | undefined = reason): Record<string, unknown> => ({
  type: 'finish',
  usage: usage(version),
  finishReason: version === 'v2' ? reason : { unified: reason, raw },
});

interface Mocked {
  model: LanguageModelCompatible;
  calls: Record<string, unknown>[];
}

/** A model that streams `parts`, or gives `content`. */
function mocked(version: Version, parts: Parts, content: Parts = [], provider = 'mock'): Mocked {
  const calls: Record<string, unknown>[] = [];
  const end = parts.find(({ type }) => type === 'finish') ?? finish(version);
  const doGenerate = (options: Record<string, unknown>): unknown => {
    calls.push(options);
    const { usage: used, finishReason } = end;
    return Promise.resolve({ content, usage: used, finishReason, warnings: [], response: { id: 'resp_1' } });
  };
  const doStream = (options: Record<string, unknown>): unknown => {
    calls.push(options);
    return Promise.resolve({ stream: convertArrayToReadableStream([...parts]) });
  };
  const about = { provider, modelId: 'm-1', doGenerate: doGenerate as never, doStream: doStream as never };
  if (version === 'v4') return { model: new MockLanguageModelV4(about), calls };
  if (version === 'v3') return { model: new MockLanguageModelV3(about), calls };
  return { model: { specificationVersion: 'v2', supportedUrls: {}, ...about }, calls };
}

const request = (fields: Partial<ModelRequest> = {}): ModelRequest => ({
  input: 'Hi',
  modelSettings: {},
  tools: [],
  outputType: 'text',
  handoffs: [],
  tracing: false,
  ...fields,
});

async function streamed(model: LanguageModelCompatible, fields?: Partial<ModelRequest>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of new AiSdkModel(model).getStreamedResponse(request(fields))) events.push(event);
  return events;
}

const ANSWER = (version: Version): Parts => [
  { type: 'stream-start', warnings: [] },
  { type: 'response-metadata', id: 'resp_1', timestamp: new Date(0) },
  { type: 'reasoning-start', id: 'r' },
  { type: 'reasoning-delta', id: 'r', delta: 'I ' },
  { type: 'reasoning-delta', id: 'r', delta: 'think' },
  { type: 'reasoning-end', id: 'r', providerMetadata: { mock: { signature: 's' } } },
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'Hel' },
  { type: 'text-delta', id: 't', delta: 'lo' },
  { type: 'text-end', id: 't' },
  { type: 'tool-input-start', id: 'c', toolName: 'f' },
  { type: 'tool-input-delta', id: 'c', delta: '{"a":1}' },
  { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{"a":1}', providerMetadata: { mock: { itemId: 'fc' } } },
  finish(version, 'tool-calls'),
];
const base = { model: 'mock:m-1', responseId: 'resp_1' };
const OUTPUT = [
  {
    type: 'reasoning',
    id: 'r',
    content: [{ type: 'input_text', text: 'I think' }],
    rawContent: [{ type: 'reasoning_text', text: 'I think' }],
    providerData: { ...base, mock: { signature: 's' } },
  },
  {
    type: 'message',
    id: 't',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Hello' }],
    providerData: base,
  },
  {
    type: 'function_call',
    callId: 'c',
    name: 'f',
    arguments: '{"a":1}',
    status: 'completed',
    providerData: { ...base, mock: { itemId: 'fc' } },
  },
];

describe.each(VERSIONS)('%s', (version) => {
  test('a streamed answer: each part as it came, its meaning after it, and one end', async () => {
    const events = await streamed(mocked(version, ANSWER(version)).model);
    expect(
      events.map((event) => (event.type === 'model' ? (event.event as { type: string }).type : event.type)),
    ).toEqual([
      'response_started',
      ...[
        'stream-start',
        'response-metadata',
        'reasoning-start',
        'reasoning-delta',
        'reasoning-delta',
        'reasoning-end',
      ],
      ...['text-start', 'text-delta', 'output_text_delta', 'text-delta', 'output_text_delta', 'text-end'],
      ...['tool-input-start', 'tool-input-delta', 'tool-call', 'finish', 'response_done'],
    ]);
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
    const done = events.at(-1);
    expect(done).toEqual({
      type: 'response_done',
      response: {
        id: 'resp_1',
        output: OUTPUT,
        usage: {
          requests: 1,
          inputTokens: 10,
          outputTokens: 5,
          totalTokens: 15,
          inputTokensDetails: { cached_tokens: 4 },
          outputTokensDetails: { reasoning_tokens: 2 },
        },
      },
    });
  });

  test('a whole answer has the same items, but for the ids that only a stream names', async () => {
    const content = [
      { type: 'reasoning', text: 'I think', providerMetadata: { mock: { signature: 's' } } },
      { type: 'text', text: 'Hello' },
      {
        type: 'tool-call',
        toolCallId: 'c',
        toolName: 'f',
        input: '{"a":1}',
        providerMetadata: { mock: { itemId: 'fc' } },
      },
    ];
    const model = new AiSdkModel(mocked(version, [finish(version, 'tool-calls')], content).model);
    const answer = await model.getResponse(request({ modelSettings: { preserveRawUsage: true } }));
    const unnamed = OUTPUT.map((item) => Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'id')));
    expect(answer.output).toEqual(unnamed);
    expect(answer.responseId).toBe('resp_1');
    expect(answer.usage).toBeInstanceOf(Usage);
    expect([answer.usage.inputTokens, answer.usage.outputTokens, answer.usage.requests]).toEqual([10, 5, 1]);
    expect(answer.rawUsage).toEqual(JSON.parse(JSON.stringify(usage(version))));
    expect(RequestUsage).toBeDefined();
  });

  test('a request in the model’s words', async () => {
    const { model, calls } = mocked(version, ANSWER(version));
    const input: AgentInputItem[] = [
      { role: 'system', content: 'Be kind.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image: 'https://a.example/b.png' },
          { type: 'input_image', image: 'data:image/webp;base64,AAAA' },
          { type: 'input_file', file: 'data:application/pdf;base64,BBBB', filename: 'a.pdf' },
          { type: 'audio', audio: 'CCCC', format: 'mp3' },
        ],
      },
      ...(OUTPUT as AgentInputItem[]),
      { type: 'function_call_result', callId: 'c', name: 'f', status: 'completed', output: 'done' },
      {
        type: 'function_call_result',
        callId: 'd',
        name: 'g',
        status: 'completed',
        output: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image: 'data:image/png;base64,DDDD' },
        ],
      },
    ];
    await streamed(model, {
      systemInstructions: 'You help.',
      input,
      modelSettings: {
        temperature: 0.5,
        maxTokens: 7,
        toolChoice: 'f',
        providerData: { topK: 3, providerOptions: { mock: { own: true } }, headers: { 'x-own': '1' } },
      },
      tools: [
        {
          type: 'function',
          name: 'f',
          description: 'F.',
          parameters: { type: 'object', properties: {} },
          strict: true,
        },
        { type: 'hosted_tool', name: 'web_search', providerData: { args: { depth: 2 } } },
        aiSdkProviderTool({ id: 'openai.file_search', args: { k: 1 } }),
      ],
      handoffs: [
        {
          toolName: 'transfer_to_B',
          toolDescription: 'To B.',
          inputJsonSchema: { type: 'object' },
          strictJsonSchema: true,
        },
      ],
      outputType: { type: 'json_schema', name: 'out', strict: true, schema: { type: 'object', properties: {} } },
      traceparent: 'tp',
    });
    const data = (base64: string): unknown => (version === 'v4' ? { type: 'data', data: base64 } : base64);
    const url = new URL('https://a.example/b.png');
    const mock = (fields: object): object => ({ providerOptions: { mock: fields } });
    const picture =
      version === 'v4'
        ? { type: 'file', mediaType: 'image/png', data: data('DDDD') }
        : version === 'v3'
          ? { type: 'image-data', data: 'DDDD', mediaType: 'image/png' }
          : { type: 'media', data: 'DDDD', mediaType: 'image/png' };
    const { abortSignal, ...options } = calls[0] ?? {};
    expect(abortSignal).toBeInstanceOf(AbortSignal);
    expect(options).toEqual({
      temperature: 0.5,
      maxOutputTokens: 7,
      topK: 3,
      headers: { traceparent: 'tp', 'x-own': '1' },
      toolChoice: { type: 'tool', toolName: 'f' },
      responseFormat: { type: 'json', name: 'out', schema: { type: 'object', properties: {} } },
      providerOptions: { mock: { own: true } },
      tools: [
        {
          type: 'function',
          name: 'f',
          description: 'F.',
          inputSchema: { type: 'object', properties: {} },
          ...(version !== 'v2' && { strict: true }),
        },
        {
          type: version === 'v2' ? 'provider-defined' : 'provider',
          id: 'mock.web_search',
          name: 'web_search',
          args: { depth: 2 },
        },
        {
          type: version === 'v2' ? 'provider-defined' : 'provider',
          id: 'openai.file_search',
          name: 'file_search',
          args: { k: 1 },
        },
        { type: 'function', name: 'transfer_to_B', description: 'To B.', inputSchema: { type: 'object' } },
      ],
      prompt: [
        { role: 'system', content: 'You help.' },
        { role: 'system', content: 'Be kind.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'file', mediaType: 'image/*', data: version === 'v4' ? { type: 'url', url } : url },
            { type: 'file', mediaType: 'image/webp', data: data('AAAA') },
            { type: 'file', mediaType: 'application/pdf', data: data('BBBB'), filename: 'a.pdf' },
            { type: 'file', mediaType: 'audio/mpeg', data: data('CCCC') },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'I think', ...mock({ signature: 's' }) },
            { type: 'text', text: 'Hello' },
            { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: { a: 1 }, ...mock({ itemId: 'fc' }) },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId: 'c', toolName: 'f', output: { type: 'text', value: 'done' } },
            {
              type: 'tool-result',
              toolCallId: 'd',
              toolName: 'g',
              output: { type: 'content', value: [{ type: 'text', text: 'see' }, picture] },
            },
          ],
        },
      ],
    });
  });

  test('what another model said of an item is not told to this one', async () => {
    const { model, calls } = mocked(version, ANSWER(version), [], 'other');
    await streamed(model, { input: OUTPUT as AgentInputItem[] });
    expect(JSON.stringify(calls[0]?.['prompt'])).not.toContain('providerOptions');
  });

  test('a tool that the provider runs is a hosted call with its output, and goes back as one', async () => {
    const parts = [
      { type: 'tool-call', toolCallId: 'h', toolName: 'web_search', input: '{"q":"x"}', providerExecuted: true },
      { type: 'tool-result', toolCallId: 'h', toolName: 'web_search', result: [{ title: 'T' }] },
      { type: 'file', mediaType: 'image/png', data: version === 'v4' ? { type: 'data', data: 'EEEE' } : 'EEEE' },
      finish(version),
    ];
    const { model, calls } = mocked(version, parts);
    const done = (await streamed(model)).at(-1);
    if (done?.type !== 'response_done') throw new Error('no end');
    expect(done.response.output).toMatchObject([
      {
        type: 'hosted_tool_call',
        name: 'web_search',
        arguments: '{"q":"x"}',
        output: '[{"title":"T"}]',
        status: 'completed',
      },
      { type: 'message', content: [{ type: 'image', image: 'data:image/png;base64,EEEE' }] },
    ]);
    await streamed(model, { input: done.response.output });
    expect(calls[1]?.['prompt']).toMatchObject([
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', toolCallId: 'h', providerExecuted: true, input: { q: 'x' } },
          { type: 'tool-result', toolCallId: 'h', output: { type: 'json', value: [{ title: 'T' }] } },
          { type: 'file', mediaType: 'image/png' },
        ],
      },
    ]);
  });

  test.each([
    ['length', 'MODEL_INCOMPLETE'],
    ['content-filter', 'MODEL_INCOMPLETE'],
    ['error', 'MODEL_SERVER'],
  ])('finished by %s: %s, whole and streamed', async (reason, code) => {
    const text = [
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'Half' },
    ];
    const { model } = mocked(version, [...text, finish(version, reason)], [{ type: 'text', text: 'Half' }]);
    await expect(streamed(model)).rejects.toMatchObject({ code });
    await expect(new AiSdkModel(model).getResponse(request())).rejects.toMatchObject({ code });
  });

  test('a stream without a finish, or with one that knows nothing, was cut', async () => {
    const text = [
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'Half' },
    ];
    const nothing = { type: 'finish', usage: {}, finishReason: version === 'v2' ? 'unknown' : { unified: 'other' } };
    for (const parts of [text, [...text, nothing]]) {
      await expect(streamed(mocked(version, parts).model)).rejects.toMatchObject({ retryable: true });
    }
  });
});

test('an error part is delivered, then thrown', async () => {
  const events: StreamEvent[] = [];
  const { model } = mocked('v4', [{ type: 'error', error: { type: 'overloaded_error', message: 'Busy' } }]);
  const reading = (async () => {
    for await (const event of new AiSdkModel(model).getStreamedResponse(request())) events.push(event);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'MODEL_SERVER' });
  expect(events.at(-1)).toMatchObject({ type: 'model', event: { type: 'error' } });
});

test('errors by what they carry', async () => {
  const failing = (error: Error): AiSdkModel =>
    new AiSdkModel(
      new MockLanguageModelV4({ doGenerate: () => Promise.reject(error), doStream: () => Promise.reject(error) }),
    );
  const named = (name: string, fields: object = {}): Error => Object.assign(new Error('Words.'), { name, ...fields });
  const cases: readonly [Error, string][] = [
    [named('AI_LoadAPIKeyError'), 'MODEL_KEY_MISSING'],
    [named('AI_NoSuchModelError'), 'MODEL_NOT_FOUND'],
    [named('AI_UnsupportedFunctionalityError'), 'MODEL_BAD_REQUEST'],
    [named('AI_InvalidResponseDataError'), 'MODEL_BAD_RESPONSE'],
    [named('AI_APICallError', { url: 'https://a.example', cause: new TypeError('fetch failed') }), 'MODEL_CONNECTION'],
    [
      named('AI_APICallError', { statusCode: 429, responseHeaders: { 'retry-after': '7' }, responseBody: '{}' }),
      'MODEL_RATE_LIMIT',
    ],
    [named('AI_RetryError', { lastError: named('AI_APICallError', { statusCode: 500 }) }), 'MODEL_SERVER'],
    [new TypeError('terminated'), 'MODEL_CONNECTION'],
  ];
  for (const [error, code] of cases) {
    await expect(failing(error).getResponse(request())).rejects.toMatchObject({ code });
    await expect(failing(error).getStreamedResponse(request()).next()).rejects.toMatchObject({ code });
  }
  const own = new RangeError('mine');
  await expect(failing(own).getResponse(request())).rejects.toBe(own);
});

test('an abort rejects at once with its reason, and closes the stream', async () => {
  using _probe = startCleanRunProbe();
  let cancelled = false;
  const stream = new ReadableStream({
    cancel() {
      cancelled = true;
    },
  });
  const never = new Promise<never>(() => {});
  const model = new AiSdkModel(
    new MockLanguageModelV4({ doGenerate: () => never, doStream: () => Promise.resolve({ stream }) }),
  );
  const reason = new Error('enough');
  const whole = new AbortController();
  const waiting = model.getResponse(request({ signal: whole.signal }));
  setTimeout(() => whole.abort(reason), 5);
  await expect(waiting).rejects.toBe(reason);

  const abort = new AbortController();
  const next = model.getStreamedBatches(request({ signal: abort.signal })).next();
  setTimeout(() => abort.abort(reason), 5);
  await expect(next).rejects.toBe(reason);
  expect(cancelled).toBe(true);
});

test('the text of a finished answer may be changed; what was streamed stays', async () => {
  const seen: unknown[] = [];
  const model = aisdk(mocked('v3', ANSWER('v3'), [{ type: 'text', text: 'Hello' }]).model, {
    transformOutputText: async (text, { provider, modelId, specificationVersion, stream }) => {
      seen.push([provider, modelId, specificationVersion, stream]);
      return text.toUpperCase();
    },
  });
  const events: StreamEvent[] = [];
  for await (const event of model.getStreamedResponse(request())) events.push(event);
  expect(events.filter(({ type }) => type === 'output_text_delta')).toMatchObject([{ delta: 'Hel' }, { delta: 'lo' }]);
  expect(JSON.stringify(events.at(-1))).toContain('"HELLO"');
  expect(JSON.stringify((await model.getResponse(request())).output)).toContain('"HELLO"');
  expect(seen).toEqual([
    ['mock', 'm-1', 'v3', true],
    ['mock', 'm-1', 'v3', false],
  ]);
});

test('settings that only options of OpenAI know; effort is a word of v4', async () => {
  const modelSettings = {
    parallelToolCalls: false,
    store: false,
    promptCacheRetention: 'in-memory',
    reasoning: { effort: 'high', summary: 'auto' },
    text: { verbosity: 'low' },
    providerData: { providerOptions: { openai: { store: true } } },
  } as const;
  const openai = {
    parallelToolCalls: false,
    store: true,
    promptCacheRetention: 'in_memory',
    reasoningSummary: 'auto',
    textVerbosity: 'low',
  };
  for (const version of VERSIONS) {
    const { model, calls } = mocked(version, ANSWER(version), [], 'openai.responses');
    await streamed(model, { modelSettings });
    const effort = version === 'v4' ? {} : { reasoningEffort: 'high' };
    expect(calls[0]?.['providerOptions']).toEqual({ openai: { ...openai, ...effort } });
    expect(calls[0]?.['reasoning']).toBe(version === 'v4' ? 'high' : undefined);
  }
});

test('what a model cannot be given is refused before it is asked', async () => {
  const { model, calls } = mocked('v3', ANSWER('v3'));
  const fields: Partial<ModelRequest>[] = [
    { input: [{ role: 'user', content: [{ type: 'input_image', image: { id: 'file_1' } }] }] },
    { input: [{ role: 'user', content: [{ type: 'input_file', file: 'AAAA' }] }] },
    { input: [{ type: 'compaction', encrypted_content: 'x' }] },
    { tools: [{ type: 'shell', name: 'shell' }] },
  ];
  for (const each of fields) await expect(streamed(model, each)).rejects.toMatchObject({ code: 'OPTION_TYPE' });
  expect(calls).toEqual([]);
});

test('what is no language model is refused at once; a stream may be of any make', async () => {
  for (const wrong of ['gpt-test', undefined, { doEmbed() {} }]) {
    expect(() => aisdk(wrong as never)).toThrow(/doGenerate and doStream/);
  }
  const parts = [{ type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', delta: 'Hi' }, finish('v3')];
  let left = 0;
  const foreign = (): object => {
    const rest = [...parts];
    const read = async (): Promise<object> => (rest.length > 0 ? { done: false, value: rest.shift() } : { done: true });
    return { getReader: () => ({ read, cancel: async () => void (left += 1) }) };
  };
  async function* iterated(): AsyncGenerator<object> {
    yield* parts;
  }
  for (const stream of [foreign(), iterated()]) {
    const events = await streamed({
      ...mocked('v2', []).model,
      doStream: () => Promise.resolve({ stream }),
    });
    expect(events.filter(({ type }) => type === 'output_text_delta')).toHaveLength(1);
  }
  expect(left).toBe(1);
});

test('the small ones', () => {
  expect(toolChoiceToLanguageV2Format(undefined)).toBeUndefined();
  expect(toolChoiceToLanguageV2Format('none')).toEqual({ type: 'none' });
  expect(toolChoiceToLanguageV2Format('f')).toEqual({ type: 'tool', toolName: 'f' });
  expect([parseArguments('{"a":1}'), parseArguments(''), parseArguments(null), parseArguments('{')]).toEqual([
    { a: 1 },
    {},
    {},
    {},
  ]);
  expect(aiSdkToolSearchTool({ id: 'openai.tool_search' })).toMatchObject({ type: 'hosted_tool', name: 'tool_search' });
});

test('a run with it, streamed', async () => {
  const parts = [{ type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', delta: 'Hi' }, finish('v4')];
  const result = await run(new Agent({ name: 'A', model: aisdk(mocked('v4', parts).model) }), 'x', { stream: true });
  await result.completed;
  expect(result.finalOutput).toBe('Hi');
});
