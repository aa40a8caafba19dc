import { describe, expect, test } from 'vitest';
import type { StreamEvent } from '../../src/event/stream-event.ts';
import { startWireServer, type WireAnswer } from '../../src/testing/wire-server.ts';
import { quickest } from '../quickest.ts';
import { abortListeners, answered, collect, doneOf, fetchOf, modelOn, request, textOf, WIRES } from './calls.ts';

const FULL: WireAnswer = {
  steps: [
    { type: 'reasoning', text: 'hm' },
    { type: 'text', text: ['Hel', 'lo'] },
    { type: 'tool_call', name: 'f', arguments: { a: 1 }, id: 'call_1', fragments: 2 },
  ],
  usage: { input: 3, output: 4, cached: 1, reasoning: 2 },
};

describe.each(WIRES)('%s', (wire) => {
  test('[A2] [A20] a stream begins with response_started and ends with one response_done that has usage and ids', async () => {
    await using server = await startWireServer({ script: [FULL] });
    const { events, error } = await collect(modelOn(wire, server.url));
    expect(error).toBeUndefined();
    expect(events[0]).toMatchObject({ type: 'response_started' });
    expect(textOf(events)).toBe('Hello');
    const done = doneOf(events);
    expect(done).toMatchObject({
      id: wire === 'responses' ? 'resp_0' : 'chatcmpl-0',
      requestId: 'req_0',
      usage: {
        inputTokens: 3,
        outputTokens: 4,
        totalTokens: 7,
        inputTokensDetails: { cached_tokens: 1 },
        outputTokensDetails: { reasoning_tokens: 2 },
      },
    });
    expect(done.output).toMatchObject([
      { type: 'reasoning' },
      { type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Hello' }] },
      { type: 'function_call', callId: 'call_1', name: 'f', arguments: '{"a":1}' },
    ]);
  });

  test('[A3] the raw events are those of the provider, unchanged and in order', async () => {
    await using server = await startWireServer({ script: () => FULL });
    const path = wire === 'responses' ? 'responses' : 'chat/completions';
    const body = JSON.stringify({ model: 'test-model', stream: true, stream_options: { include_usage: true } });
    const text = await (await fetch(`${server.url}/${path}`, { method: 'POST', body })).text();
    const sent = [...text.matchAll(/^data: (\{.*)$/gm)].map((match) => match[1]);
    const replay = fetchOf([new TextEncoder().encode(text)]);
    const { events } = await collect(modelOn(wire, server.url, { fetch: replay }));
    const raw = events.filter((event) => event.type === 'model');
    expect(raw.map(({ event }) => JSON.stringify(event))).toEqual(sent);
    const source = wire === 'responses' ? 'openai-responses' : 'openai-chat-completions';
    expect(raw.every(({ providerData }) => providerData?.['rawModelEventSource'] === source)).toBe(true);
  });

  test('[A6] the arguments of a call are whole, nested and empty ones alike', async () => {
    const args = { deep: { list: [1, { x: 'ü"\\' }] } };
    await using server = await startWireServer({
      script: () => ({
        steps: [
          { type: 'tool_call', name: 'a', arguments: args, fragments: 9 },
          { type: 'tool_call', name: 'b', arguments: '' },
          { type: 'tool_call', name: 'c', arguments: {} },
        ],
      }),
    });
    const streamed = doneOf((await collect(modelOn(wire, server.url))).events).output;
    const plain = (await modelOn(wire, server.url).getResponse(request())).output;
    for (const output of [streamed, plain]) {
      expect(output).toMatchObject([
        { name: 'a', arguments: JSON.stringify(args) },
        { name: 'b', arguments: '{}' },
        { name: 'c', arguments: '{}' },
      ]);
    }
  });

  test('[I11] the streamed and the plain answer agree', async () => {
    await using server = await startWireServer({ script: () => FULL });
    const model = modelOn(wire, server.url);
    const plain = await model.getResponse(request());
    const done = doneOf((await collect(model)).events);
    const blank = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(/_\d_|-\d\b/g, '_n_'));
    expect(blank(done.output)).toEqual(blank(plain.output));
    expect(done.usage.totalTokens).toBe(plain.usage.totalTokens);
    expect(plain).toMatchObject({ requestId: 'req_0', responseId: wire === 'responses' ? 'resp_0' : 'chatcmpl-0' });
    expect(plain.usage.requests).toBe(1);
  });

  test('all the events of a network chunk come in one batch', async () => {
    await using server = await startWireServer({ script: [{ ...FULL, delivery: { eventsPerWrite: 1000 } }] });
    const batches: (readonly StreamEvent[])[] = [];
    for await (const batch of modelOn(wire, server.url).getStreamedBatches(request())) batches.push(batch);
    expect(batches).toHaveLength(1);
    expect(batches[0]!.at(0)?.type).toBe('response_started');
  });

  test('a stream is one request, sent at the first read; the connection is used again', async () => {
    await using server = await startWireServer({ script: () => FULL });
    const model = modelOn(wire, server.url);
    const unread = model.getStreamedResponse(request());
    await collect(model);
    await collect(model);
    await model.getResponse(request());
    expect(server.requests).toHaveLength(3);
    expect(new Set(server.requests.map((each) => each.connection)).size).toBe(1);
    await unread.return?.(undefined);
    expect(await unread.next()).toEqual({ done: true, value: undefined });
    expect(server.requests).toHaveLength(3);
  });

  test('[I7] an abort rejects with its reason and closes the connection within 50 ms', async () => {
    await using server = await startWireServer({
      script: () => ({ ...FULL, delivery: { stall: { afterEvents: 3 } } }),
    });
    const took = await quickest(50, async () => {
      const reason = new Error('enough');
      const stop = new AbortController();
      const before = server.requests.length;
      const reading = collect(modelOn(wire, server.url), { signal: stop.signal });
      while (server.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 30));
      const at = performance.now();
      stop.abort(reason);
      expect(await server.requests.at(-1)!.finished).toBe('left');
      const tookMs = performance.now() - at;
      expect((await reading).error).toBe(reason);
      expect(abortListeners(stop.signal)).toBe(0);
      return tookMs;
    });
    expect(took).toBeLessThan(50);
  });

  test('an abort while waiting for the head rejects both calls with its reason', async () => {
    await using server = await startWireServer({ script: () => ({ ...FULL, headDelayMs: 10_000 }) });
    const model = modelOn(wire, server.url);
    for (const call of [
      (signal: AbortSignal) => collect(model, { signal }).then(({ error }) => error),
      (signal: AbortSignal) => model.getResponse(request({ signal })).catch((error: unknown) => error),
    ]) {
      const stop = new AbortController();
      const pending = call(stop.signal);
      setTimeout(() => stop.abort(new Error('late')), 20);
      expect(await pending).toMatchObject({ message: 'late' });
      expect(abortListeners(stop.signal)).toBe(0);
      expect(await server.requests.at(-1)!.finished).toBe('left');
    }
  });

  test('a signal that is aborted already sends nothing', async () => {
    await using server = await startWireServer({ script: [] });
    const signal = AbortSignal.abort(new Error('never'));
    expect((await collect(modelOn(wire, server.url), { signal })).error).toMatchObject({ message: 'never' });
    await expect(modelOn(wire, server.url).getResponse(request({ signal }))).rejects.toThrow('never');
    expect(server.requests).toHaveLength(0);
  });

  test('leaving at every event closes the connection, even with a read pending', async () => {
    await using server = await startWireServer({
      script: () => ({ ...FULL, delivery: { stall: { afterEvents: 6 } } }),
    });
    const stop = new AbortController();
    for (let n = 0; n < 6; n++) {
      const events = modelOn(wire, server.url).getStreamedResponse(request({ signal: stop.signal }));
      for (let i = 0; i <= n; i++) await events.next();
      await events.return?.(undefined);
      expect(await server.requests.at(-1)!.finished).toBe('left');
    }
    const batches = modelOn(wire, server.url).getStreamedBatches(request({ signal: stop.signal }));
    let pending = batches.next();
    for (let i = 0; i < 20; i++) {
      const next = await Promise.race([
        pending,
        new Promise<'waiting'>((resolve) => setTimeout(resolve, 60, 'waiting')),
      ]);
      if (next === 'waiting') break;
      pending = batches.next();
    }
    await batches.return?.(undefined);
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(await server.requests.at(-1)!.finished).toBe('left');
    expect(abortListeners(stop.signal)).toBe(0);
  });
});

test('[A12] an empty terminal output is filled from the finished items in their order; a populated one is kept', async () => {
  const item = (id: string, text: string): unknown => ({
    id,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  });
  const done = [
    { type: 'response.output_item.done', output_index: 1, item: item('b', 'second') },
    { type: 'response.output_item.done', output_index: 0, item: item('a', 'first') },
  ];
  const empty = await answered('responses', [
    ...done,
    { type: 'response.completed', response: { id: 'r', output: [] } },
  ]);
  expect(doneOf(empty.events).output).toMatchObject([{ id: 'a' }, { id: 'b' }]);
  const full = await answered('responses', [
    ...done,
    { type: 'response.completed', response: { id: 'r', output: [item('c', 'other')] } },
  ]);
  expect(doneOf(full.events).output).toMatchObject([{ id: 'c' }]);
});

test.each([
  [
    'response.failed',
    {
      type: 'response.failed',
      response: { id: 'r', status: 'failed', error: { code: 'server_error', message: 'boom' } },
    },
    'MODEL_SERVER',
  ],
  [
    'response.incomplete',
    { type: 'response.incomplete', response: { id: 'r', incomplete_details: { reason: 'max_output_tokens' } } },
    'MODEL_INCOMPLETE',
  ],
  ['error', { type: 'error', code: 'rate_limit_exceeded', message: 'slow down' }, 'MODEL_RATE_LIMIT'],
])('[A13] after a terminal %s the raw event is delivered, then ModelBehaviorError', async (_, terminal, code) => {
  const { events, error } = await answered('responses', [
    { type: 'response.created', response: { id: 'r' } },
    terminal,
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'model', event: terminal });
  expect(events.some((event) => event.type === 'response_done')).toBe(false);
  expect(error).toMatchObject({ name: 'ModelBehaviorError', code });
});

test.each(WIRES)('[A14] a %s stream without a terminal event is a ModelBehaviorError', async (wire) => {
  const { error } = await answered(
    wire,
    [{ type: 'response.created', choices: [{ index: 0, delta: { content: 'x' } }] }],
    false,
  );
  expect(error).toMatchObject({ name: 'ModelBehaviorError', code: 'MODEL_STREAM_TRUNCATED', retryable: true });
});
