import { afterEach, describe, expect, test, vi } from 'vitest';
import { refusalOfMessage, type AssistantMessageItem } from '../../src/event/item.ts';
import { OpenAIProvider, OpenAIResponsesModel, partialResponse } from '../../src/model/index.ts';
import { startWireServer } from '../../src/testing/wire-server.ts';
import { bothFailures, collect, doneOf, failureOf, KEY, modelOn, request, WIRES } from './calls.ts';

afterEach(() => vi.unstubAllEnvs());

test('20: no key is MODEL_KEY_MISSING with the fix, before any request', async () => {
  vi.stubEnv('OPENAI_API_KEY', '');
  vi.stubEnv('OPENAI_BASE_URL', '');
  for (const work of [new OpenAIProvider().getModel(), new OpenAIResponsesModel({}, 'm').getResponse(request())]) {
    const error = await failureOf(work);
    expect(error).toMatchObject({ name: 'UserError', code: 'MODEL_KEY_MISSING', retryable: false });
    expect(error.message).toMatch(/OPENAI_API_KEY.*setDefaultOpenAIKey/);
  }
});

describe.each(WIRES)('%s', (wire) => {
  test('21: a wrong key is MODEL_AUTH and shows its tail only', async () => {
    await using server = await startWireServer({
      script: () => ({
        status: 401,
        body: { error: { message: `Incorrect API key provided: ${KEY}.`, code: 'invalid_api_key' } },
      }),
    });
    const error = await bothFailures(modelOn(wire, server.url));
    expect(error).toMatchObject({ code: 'MODEL_AUTH', status: 401, retryable: false });
    expect(error.message).toContain('…abcd');
    expect(error.message).not.toContain('CANARY');
  });

  test('21: a key of any form stays out of the message', async () => {
    const apiKey = 'plainCANARYkey99';
    await using server = await startWireServer({
      script: () => ({ status: 403, body: { error: `the key ${apiKey} may not` } }),
    });
    const error = await bothFailures(modelOn(wire, server.url, { apiKey }));
    expect(error.message).toContain('the key …ey99 may not');
    expect(error.message).not.toContain('CANARY');
  });

  test('22: a wrong base URL is MODEL_BAD_RESPONSE with status, content-type and an excerpt', async () => {
    const page = `<html>\u0007${'<p>hello</p>'.repeat(100)}`;
    await using server = await startWireServer({ script: () => ({ body: page }) });
    const error = await bothFailures(modelOn(wire, server.url.replace('http://', 'http://user:CANARY@')));
    expect(error).toMatchObject({ code: 'MODEL_BAD_RESPONSE', status: 200 });
    expect(error.message).toMatch(/answered 200 .*content-type text\/html.*"<html> <p>hello/);
    expect(error.message).not.toContain('CANARY');
    expect(error.message).not.toContain('\u0007');
    expect(error.message.length).toBeLessThan(600);
  });

  test('22: a base URL that is none is named', async () => {
    const error = await bothFailures(modelOn(wire, 'localhost'));
    expect(error).toMatchObject({ name: 'UserError', code: 'OPTION_TYPE' });
  });

  test('23: an unknown model is MODEL_NOT_FOUND and named', async () => {
    await using server = await startWireServer({
      script: () => ({
        status: 404,
        body: { error: { message: 'The model does not exist', code: 'model_not_found' } },
      }),
    });
    const error = await bothFailures(modelOn(wire, server.url));
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', retryable: false });
    expect(error.message).toContain("'test-model'");
  });

  test('24: too long a context is MODEL_CONTEXT_LENGTH', async () => {
    await using server = await startWireServer({
      script: () => ({ status: 400, body: { error: { message: 'too long', code: 'context_length_exceeded' } } }),
    });
    expect(await bothFailures(modelOn(wire, server.url))).toMatchObject({
      code: 'MODEL_CONTEXT_LENGTH',
      retryable: false,
    });
  });

  test('25: no quota is MODEL_QUOTA, which is not a rate limit', async () => {
    await using server = await startWireServer({
      script: () => ({
        status: 429,
        body: { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
      }),
    });
    expect(await bothFailures(modelOn(wire, server.url))).toMatchObject({ code: 'MODEL_QUOTA', retryable: false });
  });

  test('26: a Retry-After of an hour is reported at once', async () => {
    await using server = await startWireServer({
      script: () => ({ status: 429, body: {}, headers: { 'retry-after': '3600' } }),
    });
    const at = performance.now();
    expect(await bothFailures(modelOn(wire, server.url))).toMatchObject({
      code: 'MODEL_RATE_LIMIT',
      retryAfterMs: 3_600_000,
    });
    expect(performance.now() - at).toBeLessThan(10_000);
  });

  test('27: a cut stream is MODEL_STREAM_TRUNCATED with the events seen and the last type', async () => {
    await using server = await startWireServer({
      script: () => ({ steps: [{ type: 'text', text: 'x' }], delivery: { cut: { afterEvents: 2, how: 'end' } } }),
    });
    const { error } = await collect(modelOn(wire, server.url));
    expect(error?.code).toBe('MODEL_STREAM_TRUNCATED');
    expect(error?.data).toMatchObject({
      events: 2,
      lastType: wire === 'responses' ? 'response.in_progress' : 'chat.completion.chunk',
    });
  });

  test('28: a stall ends with whatever the signal says', async () => {
    await using server = await startWireServer({ script: () => ({ delivery: { stall: { afterEvents: 1 } } }) });
    const reason = Object.assign(new Error('Nothing for 100 ms'), { code: 'MODEL_STREAM_IDLE' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 100);
    expect((await collect(modelOn(wire, server.url), { signal: stop.signal })).error).toBe(reason);
  });

  test('34: a refusal is a message with a refusal, streamed and not', async () => {
    await using server = await startWireServer({
      script: () => ({ steps: [{ type: 'refusal', text: ['I will', ' not'] }] }),
    });
    const model = modelOn(wire, server.url);
    const plain = (await model.getResponse(request())).output;
    const { output } = doneOf((await collect(model)).events);
    for (const [item] of [plain, output]) expect(refusalOfMessage(item as AssistantMessageItem)).toBe('I will not');
  });

  test.each(['max_output_tokens', 'content_filter'] as const)(
    '35: an incomplete answer (%s) is MODEL_INCOMPLETE with the partial one',
    async (incomplete) => {
      await using server = await startWireServer({
        script: () => ({
          steps: [{ type: 'text', text: ['half', ' of'] }],
          usage: { input: 1, output: 9 },
          end: { incomplete },
        }),
      });
      const error = await bothFailures(modelOn(wire, server.url));
      expect(error).toMatchObject({
        name: 'ModelBehaviorError',
        code: 'MODEL_INCOMPLETE',
        data: { reason: incomplete },
      });
      const partial = partialResponse(error);
      expect(partial?.output).toMatchObject([{ content: [{ text: 'half of' }] }]);
      expect(partial?.usage.outputTokens).toBe(9);
      expect(JSON.stringify(error)).not.toContain('half');
    },
  );
});
