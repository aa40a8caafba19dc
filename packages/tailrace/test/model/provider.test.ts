import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ModelProviderError } from '../../src/event/errors.ts';
import {
  getDefaultModel,
  getDefaultModelProvider,
  getDefaultModelSettings,
  OpenAIChatCompletionsModel,
  OpenAIProvider,
  OpenAIResponsesModel,
  setDefaultModelProvider,
  setDefaultOpenAIClient,
  setDefaultOpenAIKey,
  setOpenAIAPI,
} from '../../src/model/index.ts';
import { startWireServer } from '../../src/testing/wire-server.ts';
import { collect, doneOf, failureOf, KEY, modelOn, request, textOf, WIRES, type OpenAIModel } from './calls.ts';

beforeEach(() => {
  for (const name of [
    'OPENAI_API_KEY',
    'OPENAI_BASE_URL',
    'OPENAI_DEFAULT_MODEL',
    'OPENAI_ORG_ID',
    'OPENAI_PROJECT_ID',
  ])
    vi.stubEnv(name, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  setOpenAIAPI('responses');
});

describe('the default', () => {
  test('reads key, address and model from the environment when the first model is asked for', async () => {
    await using server = await startWireServer();
    const provider = new OpenAIProvider();
    await expect(provider.getModel()).rejects.toMatchObject({ code: 'MODEL_KEY_MISSING' });
    vi.stubEnv('OPENAI_API_KEY', KEY);
    vi.stubEnv('OPENAI_BASE_URL', server.url);
    vi.stubEnv('OPENAI_DEFAULT_MODEL', 'Qwen/Qwen3');
    const model = await provider.getModel();
    await model.getResponse(request());
    expect(server.requests[0]).toMatchObject({
      path: '/v1/responses',
      body: { model: 'Qwen/Qwen3' },
      headers: { authorization: `Bearer ${KEY}` },
    });
    expect(await provider.getModel()).toBe(model);
  });

  test('is OpenAI’s present default model', () => {
    expect(getDefaultModel()).toBe('gpt-5.6-luna');
    expect(getDefaultModelSettings()).toEqual({ reasoning: { effort: 'none' }, text: { verbosity: 'low' } });
    expect(getDefaultModelSettings('gpt-5-2025-08-07')).toEqual({
      reasoning: { effort: 'low' },
      text: { verbosity: 'low' },
    });
    expect(getDefaultModelSettings('gpt-7')).toEqual({ text: { verbosity: 'low' } });
    expect(getDefaultModelSettings('gpt-5-chat-latest')).toEqual({});
    expect(getDefaultModelSettings('gpt-4o')).toEqual({});
  });

  test('provider can be replaced', () => {
    expect(getDefaultModelProvider()).toBe(getDefaultModelProvider());
    const mine = { getModel: () => modelOn('chat', 'http://127.0.0.1:1') };
    setDefaultModelProvider(mine);
    expect(getDefaultModelProvider()).toBe(mine);
    setDefaultModelProvider(new OpenAIProvider());
  });
});

describe('OpenAIProvider', () => {
  test('chooses the API', async () => {
    const options = { apiKey: KEY, baseURL: 'http://127.0.0.1:1' };
    expect(await new OpenAIProvider(options).getModel('m')).toBeInstanceOf(OpenAIResponsesModel);
    expect(await new OpenAIProvider({ ...options, useResponses: false }).getModel('m')).toBeInstanceOf(
      OpenAIChatCompletionsModel,
    );
    setOpenAIAPI('chat_completions');
    expect(await new OpenAIProvider(options).getModel('m')).toBeInstanceOf(OpenAIChatCompletionsModel);
  });

  test('a local server needs no key', async () => {
    await using server = await startWireServer();
    await (await new OpenAIProvider({ baseURL: server.url }).getModel('m')).getResponse(request());
    expect(server.requests[0]!.headers['authorization']).toBeUndefined();
    await expect(new OpenAIProvider({ baseURL: 'https://127.0.0.1.evil.test/v1' }).getModel('m')).rejects.toMatchObject(
      { code: 'MODEL_KEY_MISSING' },
    );
  });

  test('sends organization, project and headers', async () => {
    await using server = await startWireServer();
    const provider = new OpenAIProvider({
      apiKey: KEY,
      baseURL: `${server.url}/?api-version=1`,
      organization: 'o',
      project: 'p',
      defaultHeaders: { 'X-Team': 't' },
    });
    await (await provider.getModel('m')).getResponse(request());
    expect(server.requests[0]).toMatchObject({
      path: '/v1/responses?api-version=1',
      headers: { 'openai-organization': 'o', 'openai-project': 'p', 'x-team': 't' },
    });
  });

  test('uses the key and client set for the process', async () => {
    await using server = await startWireServer();
    setDefaultOpenAIKey('sk-process-wide-key-1');
    await (await new OpenAIProvider({ baseURL: server.url }).getModel('m')).getResponse(request());
    expect(server.requests[0]!.headers['authorization']).toBe('Bearer sk-process-wide-key-1');
    setDefaultOpenAIClient({ baseURL: server.url, apiKey: 'sk-client-key-12345' });
    await (await new OpenAIProvider().getModel('m')).getResponse(request());
    expect(server.requests[1]!.headers['authorization']).toBe('Bearer sk-client-key-12345');
  });

  test('refuses a client beside a key', () => {
    expect(() => new OpenAIProvider({ openAIClient: {}, apiKey: 'x' })).toThrow(/openAIClient/);
  });

  test('strict validation refuses what only Responses knows', async () => {
    const model = await new OpenAIProvider({
      baseURL: 'http://127.0.0.1:1',
      useResponses: false,
      strictFeatureValidation: true,
    }).getModel('m');
    await expect(model.getResponse(request({ previousResponseId: 'r' }))).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('previousResponseId'),
    });
  });
});

describe.each(WIRES)('a client object, %s', (wire) => {
  /** A client in the shape of the openai package: `create` gives a promise with `withResponse`. */
  function clientOf(
    create: (body: Record<string, unknown>, options: { signal?: AbortSignal; maxRetries: number }) => unknown,
  ): OpenAIModel {
    const make = (body: never, options?: never): unknown => {
      const data = Promise.resolve().then(() => create(body, options!));
      return Object.assign(data, { withResponse: async () => ({ data: await data, request_id: 'req_client' }) });
    };
    const client = {
      apiKey: KEY,
      baseURL: 'https://c.test/v1',
      responses: { create: make },
      chat: { completions: { create: make } },
    };
    return wire === 'responses' ? new OpenAIResponsesModel(client, 'm') : new OpenAIChatCompletionsModel(client, 'm');
  }

  const EVENTS =
    wire === 'responses'
      ? [
          { type: 'response.output_text.delta', delta: 'hi', output_index: 0 },
          { type: 'response.completed', response: { id: 'r', output: [] } },
        ]
      : [
          { id: 'r', choices: [{ index: 0, delta: { content: 'hi' } }] },
          { id: 'r', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
        ];

  test('is called with the body and one attempt, and its events are streamed', async () => {
    const seen: [Record<string, unknown>, number][] = [];
    const model = clientOf(async function* (body, { maxRetries }) {
      seen.push([body, maxRetries]);
      yield* EVENTS;
    });
    const { events, error } = await collect(model);
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe('hi');
    expect(doneOf(events)).toMatchObject({ id: 'r', requestId: 'req_client' });
    expect(seen).toMatchObject([[{ model: 'm', stream: true }, 0]]);
  });

  test('answers without streaming', async () => {
    const item = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] };
    const model = clientOf(() => ({
      id: 'r',
      status: 'completed',
      output: [item],
      choices: [{ message: { content: 'hi' } }],
    }));
    expect(await model.getResponse(request())).toMatchObject({
      responseId: 'r',
      requestId: 'req_client',
      output: [{ content: [{ text: 'hi' }] }],
    });
  });

  test('its errors become ours', async () => {
    class RateLimitError extends Error {
      status = 429;
      headers = new Headers({ 'retry-after': '3' });
      error = { message: `slow down ${KEY}` };
      requestID = 'req_9';
    }
    class APIConnectionError extends Error {}
    const limited = await failureOf(clientOf(() => Promise.reject(new RateLimitError('x'))).getResponse(request()));
    expect(limited).toMatchObject({ code: 'MODEL_RATE_LIMIT', retryAfterMs: 3000, requestId: 'req_9', status: 429 });
    expect(limited).toBeInstanceOf(ModelProviderError);
    expect(limited.message).not.toContain('CANARY');
    const { error } = await collect(
      clientOf(() => Promise.reject(new APIConnectionError('Connection error.', { cause: new Error('ECONNREFUSED') }))),
    );
    expect(error).toMatchObject({ code: 'MODEL_CONNECTION', retryable: true });
  });

  test('an abort ends its stream with the reason', async () => {
    const stop = new AbortController();
    let ended = false;
    const model = clientOf(async function* (_body, { signal }) {
      yield EVENTS[0];
      await new Promise<void>((resolve) => {
        signal!.addEventListener('abort', () => resolve());
      });
      ended = true;
    });
    setTimeout(() => stop.abort(new Error('enough')), 20);
    expect((await collect(model, { signal: stop.signal })).error).toMatchObject({ message: 'enough' });
    expect(ended).toBe(true);
  });
});
