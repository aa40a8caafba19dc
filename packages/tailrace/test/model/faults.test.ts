import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { startWireServer, type WireAnswer } from '../../src/testing/wire-server.ts';
import {
  answered,
  bothFailures,
  collect,
  doneOf,
  failureOf,
  fetchOf,
  KEY,
  modelOn,
  request,
  textOf,
  WIRES,
} from './calls.ts';

const TEXT: WireAnswer = { steps: [{ type: 'text', text: ['a', 'b', 'c'] }], usage: { input: 1, output: 3 } };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(WIRES)('%s: before any token', (wire) => {
  test('a refused connection is retryable', async () => {
    const error = await bothFailures(modelOn(wire, `http://127.0.0.1:${await freePort()}/v1`));
    expect(error).toMatchObject({ name: 'ModelProviderError', code: 'MODEL_CONNECTION', retryable: true });
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('a name that does not resolve is retryable', async () => {
    const error = await bothFailures(modelOn(wire, 'http://model.invalid/v1'));
    expect(error).toMatchObject({ code: 'MODEL_CONNECTION', retryable: true });
  });

  test('TLS spoken to a server without it is retryable', async () => {
    await using server = await startWireServer();
    const error = await bothFailures(modelOn(wire, server.url.replace('http:', 'https:')));
    expect(error).toMatchObject({ code: 'MODEL_CONNECTION', retryable: true });
  });

  test('a connection that is reset instead of answered is retryable', async () => {
    await using server = await startWireServer({ script: () => ({ refuse: true }) });
    const error = await bothFailures(modelOn(wire, server.url));
    expect(error).toMatchObject({ code: 'MODEL_CONNECTION', retryable: true });
  });

  test.each([
    [408, 'MODEL_SERVER', true],
    [409, 'MODEL_SERVER', true],
    [429, 'MODEL_RATE_LIMIT', true],
    [500, 'MODEL_SERVER', true],
    [502, 'MODEL_SERVER', true],
    [503, 'MODEL_SERVER', true],
    [529, 'MODEL_SERVER', true],
    [400, 'MODEL_BAD_REQUEST', false],
    [401, 'MODEL_AUTH', false],
    [402, 'MODEL_QUOTA', false],
    [403, 'MODEL_AUTH', false],
    [404, 'MODEL_NOT_FOUND', false],
    [422, 'MODEL_BAD_REQUEST', false],
  ])('status %i is %s, retryable: %s', async (status, code, retryable) => {
    await using server = await startWireServer({
      script: () => ({ status, body: { error: { message: `said with ${KEY}`, type: 'x' } } }),
    });
    const error = await bothFailures(modelOn(wire, server.url));
    expect(error).toMatchObject({ name: 'ModelProviderError', code, status, retryable, requestId: 'req_0' });
    expect(error.message).toContain('said with');
    expect(JSON.stringify(error) + error.message).not.toContain('CANARY');
  });

  test.each([
    ['2', 2000],
    ['0.5', 500],
    ['1500ms', 1500],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2020 07:28:30 GMT', 0],
    ['soon', undefined],
  ])('Retry-After %j is %s ms', async (value, wait) => {
    await using server = await startWireServer({
      script: () => ({
        status: 429,
        body: {},
        headers: { 'retry-after': value, date: 'Wed, 21 Oct 2026 07:28:00 GMT' },
      }),
    });
    const error = await failureOf(modelOn(wire, server.url).getResponse(request()));
    expect(error.retryAfterMs).toBe(wait);
  });

  test('retry-after-ms wins over Retry-After', async () => {
    await using server = await startWireServer({
      script: () => ({ status: 503, body: {}, headers: { 'retry-after': '9', 'retry-after-ms': '120' } }),
    });
    expect((await failureOf(modelOn(wire, server.url).getResponse(request()))).retryAfterMs).toBe(120);
  });

  test('x-should-retry: false is believed', async () => {
    await using server = await startWireServer({
      script: () => ({ status: 500, body: {}, headers: { 'x-should-retry': 'false' } }),
    });
    expect(await bothFailures(modelOn(wire, server.url))).toMatchObject({ code: 'MODEL_SERVER', retryable: false });
  });
});

test.each([
  [429, { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } }, 'MODEL_QUOTA'],
  [429, { error: { message: 'Rate limit reached for requests', code: 'rate_limit_exceeded' } }, 'MODEL_RATE_LIMIT'],
  [403, { error: { message: 'billing_hard_limit_reached', code: 'billing_hard_limit_reached' } }, 'MODEL_QUOTA'],
  [
    400,
    { error: { message: "This model's maximum context length is 8192 tokens", code: 'context_length_exceeded' } },
    'MODEL_CONTEXT_LENGTH',
  ],
  [400, { message: 'prompt is too long: 210000 tokens > 200000 maximum' }, 'MODEL_CONTEXT_LENGTH'],
  [
    400,
    [
      {
        error: {
          code: 400,
          message: 'The input token count exceeds the maximum number of tokens allowed',
          status: 'INVALID_ARGUMENT',
        },
      },
    ],
    'MODEL_CONTEXT_LENGTH',
  ],
  [404, { error: { message: "model 'x' not found", type: 'api_error' } }, 'MODEL_NOT_FOUND'],
  [400, { error: { message: 'The model `x` does not exist', code: 'model_not_found' } }, 'MODEL_NOT_FOUND'],
  [403, { error: { message: 'Project does not have: no access to model x, model not available' } }, 'MODEL_NOT_FOUND'],
  [401, { error: 'Unauthorized' }, 'MODEL_AUTH'],
  [422, { detail: [{ msg: 'field required', loc: ['body'] }] }, 'MODEL_BAD_REQUEST'],
  [400, { detail: 'Bad thing' }, 'MODEL_BAD_REQUEST'],
  [503, 'upstream connect error', 'MODEL_SERVER'],
  [502, '<html>Bad gateway</html>', 'MODEL_SERVER'],
  [500, '', 'MODEL_SERVER'],
])('status %i with body %j is %s', async (status, body, code) => {
  await using server = await startWireServer({ script: () => ({ status, body }) });
  const error = await bothFailures(modelOn('chat', server.url));
  expect(error.code).toBe(code);
  if (typeof body === 'object')
    expect(error.message).toMatch(/quota|Rate limit|billing|maximum|not|Unauthorized|required|Bad thing/i);
});

test('a rate limit that is worded as a quota but says when to come back is a rate limit', async () => {
  const body = {
    error: { message: 'You exceeded your current quota, please retry in 20s', status: 'RESOURCE_EXHAUSTED' },
  };
  await using server = await startWireServer({
    script: () => ({ status: 429, body, headers: { 'retry-after': '20' } }),
  });
  expect(await bothFailures(modelOn('chat', server.url))).toMatchObject({
    code: 'MODEL_RATE_LIMIT',
    retryAfterMs: 20_000,
  });
});

describe.each(WIRES)('%s: during the stream', (wire) => {
  test.each(['end', 'fin', 'rst'] as const)(
    'a cut (%s) at every event is a truncated stream, never success',
    async (how) => {
      let events = 0;
      await using server = await startWireServer({
        script: (_, index) => (index === 0 ? TEXT : { ...TEXT, delivery: { cut: { afterEvents: index - 1, how } } }),
      });
      const model = modelOn(wire, server.url);
      const whole = await collect(model);
      const raw = whole.events.filter((event) => event.type === 'model');
      // Chat is complete at its finish_reason, two events before the end; Responses only at its last event.
      events = wire === 'responses' ? raw.length : raw.length - 1;
      for (let n = 0; n < events; n++) {
        const { events: got, error } = await collect(model);
        expect(error, `cut after ${n}`).toMatchObject({ code: 'MODEL_STREAM_TRUNCATED', retryable: true });
        expect(got.some((event) => event.type === 'response_done')).toBe(false);
        // A reset may overtake bytes that were sent before it.
        if (how !== 'rst') expect(got.filter((event) => event.type === 'model')).toHaveLength(n);
        expect(error?.data).toMatchObject({ events: got.filter((event) => event.type === 'model').length });
      }
    },
  );

  test('a cut in the middle of an event is a truncated stream', async () => {
    await using server = await startWireServer({
      script: () => ({ ...TEXT, delivery: { cut: { afterBytes: 333, how: 'end' } } }),
    });
    expect((await collect(modelOn(wire, server.url))).error).toMatchObject({ code: 'MODEL_STREAM_TRUNCATED' });
  });

  test('a reset after the answer is complete is no failure', async () => {
    const afterEvents = wire === 'responses' ? 100 : 5;
    await using server = await startWireServer({
      script: () => ({ ...TEXT, delivery: { cut: { afterEvents, how: 'fin' } } }),
    });
    const { events, error } = await collect(modelOn(wire, server.url));
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe('abc');
    doneOf(events);
  });

  test('pings and comments are no events, and a stalled stream ends by the signal', async () => {
    await using server = await startWireServer({
      script: () => ({ ...TEXT, delivery: { pingEvery: 1, pingMs: 5, stall: { afterEvents: 2 } } }),
    });
    const idle = Object.assign(new Error('idle'), { code: 'MODEL_STREAM_IDLE' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(idle), 150);
    const { events, error } = await collect(modelOn(wire, server.url), { signal: stop.signal });
    expect(error).toBe(idle);
    expect(events.filter((event) => event.type === 'model')).toHaveLength(2);
  });

  test('a stream that stays open after its terminal event ends all the same', async () => {
    await using server = await startWireServer({
      script: () => ({ ...TEXT, delivery: { stall: { afterEvents: 100 } } }),
    });
    const { events, error } = await collect(modelOn(wire, server.url));
    expect(error).toBeUndefined();
    doneOf(events);
    expect(await server.requests[0]!.finished).toBe('left');
  });

  test('a second terminal event and a tail do not count', async () => {
    const tail = {
      type: 'response.completed',
      response: { id: 'other', output: [] },
      id: 'other',
      choices: [{ index: 0, delta: { content: 'tail' }, finish_reason: 'stop' }],
    };
    const first =
      wire === 'responses'
        ? [{ type: 'response.completed', response: { id: 'one', output: [] } }, tail, '[DONE]']
        : [
            { id: 'one', choices: [{ index: 0, delta: { content: 'x' }, finish_reason: 'stop' }] },
            '[DONE]',
            tail,
            '[DONE]',
          ];
    const { events, error } = await answered(wire, first, false);
    expect(error).toBeUndefined();
    expect(doneOf(events).id).toBe('one');
    expect(textOf(events)).not.toContain('tail');
  });

  test('an event that is not JSON is an error, after the events before it', async () => {
    const { events, error } = await answered(wire, [{ type: 'response.created', choices: [] }, '{"type": "resp']);
    expect(error).toMatchObject({ code: 'MODEL_BAD_RESPONSE', retryable: false });
    expect(error?.message).toContain('"{\\"type\\": \\"resp"');
    expect(events.filter((event) => event.type === 'model')).toHaveLength(1);
  });

  test('JSON that is not an object is passed over', async () => {
    const end = {
      type: 'response.completed',
      response: { id: 'r' },
      choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
    };
    const { error } = await answered(wire, ['null', '7', '[]', '"x"', end]);
    expect(error).toBeUndefined();
  });

  test('bytes that are not UTF-8 are replaced', async () => {
    const delta =
      wire === 'responses'
        ? { type: 'response.output_text.delta', delta: 'a@b' }
        : { choices: [{ index: 0, delta: { content: 'a@b' } }] };
    const end = {
      type: 'response.completed',
      response: { id: 'r' },
      choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
    };
    const bytes = new TextEncoder().encode(`data: ${JSON.stringify(delta)}\n\ndata: ${JSON.stringify(end)}\n\n`);
    bytes[bytes.indexOf(0x40)] = 0xff;
    const { events, error } = await collect(modelOn(wire, 'http://model.test/v1', { fetch: fetchOf([bytes]) }));
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe('a\uFFFDb');
  });

  test('an event beyond the limit is an error, not memory', async () => {
    const piece = new TextEncoder().encode(`data: ${'x'.repeat(1024 * 1024)}`);
    const { error } = await collect(
      modelOn(wire, 'http://model.test/v1', {
        fetch: fetchOf(Array.from({ length: 18 }, (_, i) => (i === 0 ? piece : piece.subarray(6)))),
      }),
    );
    expect(error).toMatchObject({ code: 'MODEL_RESPONSE_TOO_LARGE' });
  });

  test('a huge event within the limit passes', async () => {
    const text = 'x'.repeat(2 * 1024 * 1024);
    await using server = await startWireServer({ script: () => ({ steps: [{ type: 'text', text }] }) });
    const { events, error } = await collect(modelOn(wire, server.url));
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe(text);
  });
});

describe.each(WIRES)('%s: answers that are none', (wire) => {
  test('HTML with status 200', async () => {
    await using server = await startWireServer({ script: () => ({ body: '<!doctype html><title>Welcome</title>' }) });
    const error = await bothFailures(modelOn(wire, server.url));
    expect(error).toMatchObject({ code: 'MODEL_BAD_RESPONSE', status: 200 });
    expect(error.message).toMatch(/content-type text\/html.*<!doctype html>/);
  });

  test.each([
    ['not JSON', 'oops', { 'content-type': 'application/json' }],
    ['half of JSON', '{"id": "x", "outp', { 'content-type': 'application/json' }],
    ['JSON of something else', { hello: 'world' }, {}],
    ['a JSON list', [1, 2], {}],
    ['null', 'null', { 'content-type': 'application/json' }],
  ])('%s', async (_, body, headers) => {
    await using server = await startWireServer({
      script: () => ({ body, headers }),
    });
    const error = await bothFailures(modelOn(wire, server.url));
    expect(['MODEL_BAD_RESPONSE', 'MODEL_SERVER']).toContain(error.code);
  });

  test('an error with status 200', async () => {
    await using server = await startWireServer({
      script: () => ({ body: { error: { message: 'no such key', code: 'invalid_api_key' } } }),
    });
    expect((await bothFailures(modelOn(wire, server.url))).code).toBe('MODEL_AUTH');
  });

  test('gzip that was not asked for', async () => {
    const body = gzipSync('{"id":"x"}');
    await using server = await startWireServer({
      script: () => ({ body, headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' } }),
    });
    const error = await bothFailures(modelOn(wire, server.url));
    expect(error).toMatchObject({ code: 'MODEL_BAD_RESPONSE' });
    expect(error.message).toContain('content-encoding gzip');
    expect(server.requests[0]!.headers['accept-encoding']).toBe('identity');
  });

  test('a body that promises more than it has', async () => {
    await using server = await startWireServer({
      script: () => ({ ...TEXT, body: { id: 'x' }, delivery: { contentLength: 5000 } }),
    });
    expect(await failureOf(modelOn(wire, server.url).getResponse(request()))).toMatchObject({
      code: 'MODEL_CONNECTION',
      retryable: true,
    });
  });

  test('a body that has more than it promises', async () => {
    await using server = await startWireServer({
      script: () => ({ body: { id: 'x', output: [] }, delivery: { contentLength: 5 } }),
    });
    const error = await failureOf(modelOn(wire, server.url).getResponse(request()));
    expect(['MODEL_BAD_RESPONSE', 'MODEL_CONNECTION']).toContain(error.code);
  });

  test('a body beyond 32 MiB is refused before it is read, and while it is read', async () => {
    const big = Buffer.alloc(33 * 1024 * 1024, 0x20);
    await using server = await startWireServer({
      script: [
        { body: big, headers: { 'content-type': 'application/json' }, delivery: { contentLength: big.length } },
        { body: big, headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } },
      ],
    });
    const model = modelOn(wire, server.url);
    expect(await failureOf(model.getResponse(request()))).toMatchObject({ code: 'MODEL_RESPONSE_TOO_LARGE' });
    expect(await failureOf(model.getResponse(request()))).toMatchObject({ code: 'MODEL_RESPONSE_TOO_LARGE' });
  });

  test('an error body without end is read only in part', async () => {
    const body = Buffer.alloc(4 * 1024 * 1024, 0x61);
    await using server = await startWireServer({ script: () => ({ status: 500, body }) });
    const error = await bothFailures(modelOn(wire, server.url));
    expect(error.code).toBe('MODEL_SERVER');
    expect(error.message.length).toBeLessThan(1000);
  });

  test('a provider that answers in one piece although asked to stream', async () => {
    await using server = await startWireServer({
      script: (asked) => {
        const item = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'whole' }] };
        return {
          body: asked.path.includes('chat')
            ? { id: 'w', choices: [{ message: { content: 'whole' }, finish_reason: 'stop' }] }
            : { id: 'w', status: 'completed', output: [item] },
        };
      },
    });
    const { events, error } = await collect(modelOn(wire, server.url));
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe('whole');
    expect(doneOf(events)).toMatchObject({ id: 'w' });
  });
});
