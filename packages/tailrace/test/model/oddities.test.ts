import { describe, expect, test } from 'vitest';
import { answered, collect, doneOf, fetchOf, modelOn, request, textOf } from './calls.ts';

type Chunk = Record<string, unknown>;
const chunk = (delta: unknown, more: Chunk = {}, choice: Chunk = {}): Chunk => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, ...choice }],
  ...more,
});
const STOP = chunk({}, {}, { finish_reason: 'stop' });
const call = (fragment: unknown): Chunk => chunk({ tool_calls: [fragment] });

async function calls(fragments: unknown[]): Promise<unknown[]> {
  const { events, error } = await answered('chat', [
    ...fragments.map(call),
    chunk({}, {}, { finish_reason: 'tool_calls' }),
  ]);
  expect(error).toBeUndefined();
  return doneOf(events).output.map((item) =>
    item.type === 'function_call' ? [item.callId, item.name, item.arguments] : item,
  );
}

async function text(chunks: unknown[]): Promise<string> {
  const { events, error } = await answered('chat', chunks);
  expect(error).toBeUndefined();
  const [message] = doneOf(events).output.filter((item) => item.type === 'message');
  const streamed = textOf(events);
  if (streamed !== '') expect(message).toMatchObject({ content: [{ text: streamed }] });
  return streamed;
}

describe('tool calls of Chat Completions', () => {
  test('fragments of parallel calls interleave', async () => {
    expect(
      await calls([
        { index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } },
        { index: 1, id: 'b', function: { name: 'g', arguments: '' } },
        { index: 0, function: { arguments: ':1}' } },
        { index: 1, function: { arguments: '{}' } },
      ]),
    ).toEqual([
      ['a', 'f', '{"x":1}'],
      ['b', 'g', '{}'],
    ]);
  });

  test('a new id on a used index opens a new call', async () => {
    expect(
      await calls([
        { index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } },
        { index: 0, id: 'b', function: { name: 'g', arguments: '{"y"' } },
        { index: 0, function: { arguments: ':2}' } },
      ]),
    ).toEqual([
      ['a', 'f', '{"x":1}'],
      ['b', 'g', '{"y":2}'],
    ]);
  });

  test('a new id without an index opens a new call, the same id continues it', async () => {
    expect(
      await calls([
        { id: 'a', function: { name: 'f', arguments: '{"x"' } },
        { id: 'a', function: { arguments: ':1}' } },
        { id: 'b', function: { name: 'f', arguments: '{}' } },
      ]),
    ).toEqual([
      ['a', 'f', '{"x":1}'],
      ['b', 'f', '{}'],
    ]);
  });

  test('a fragment with neither continues the last call', async () => {
    expect(
      await calls([{ id: 'a', function: { name: 'f', arguments: '{"x"' } }, { function: { arguments: ':1}' } }]),
    ).toEqual([['a', 'f', '{"x":1}']]);
  });

  test('whole calls with neither id nor index stay apart and get ids of ours', async () => {
    const found = (await calls([
      { function: { name: 'f', arguments: '{"x":1}' } },
      { function: { name: 'f', arguments: '{"x":2}' } },
    ])) as string[][];
    expect(found.map((each) => each.slice(1))).toEqual([
      ['f', '{"x":1}'],
      ['f', '{"x":2}'],
    ]);
    expect(found[0]![0]).toMatch(/^call_\w+/);
    expect(found[0]![0]).not.toBe(found[1]![0]);
  });

  test('the name is set once, and repeated or empty ids and names change nothing', async () => {
    expect(
      await calls([
        { index: 0, id: 'a', function: { name: 'f', arguments: '' } },
        { index: 0, id: '', function: { name: 'f', arguments: '{' } },
        { index: 0, id: null, function: { name: '', arguments: '}' } },
        { index: 0, id: 'a', function: { name: 'f', arguments: null } },
      ]),
    ).toEqual([['a', 'f', '{}']]);
  });

  test('an id that comes after the name belongs to its call', async () => {
    expect(
      await calls([
        { index: 0, function: { name: 'f' } },
        { index: 0, id: 'late', function: { arguments: '{}' } },
      ]),
    ).toEqual([['late', 'f', '{}']]);
  });

  test('arguments may come as a value', async () => {
    expect(await calls([{ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } } }])).toEqual([
      ['a', 'f', '{"x":1}'],
    ]);
  });

  test('[S8] hostile indexes and names are only keys', async () => {
    const found = await calls([
      ...[4294967295, -1, 1.5, '0', '__proto__', 'constructor'].map((index, i) => ({
        index,
        id: `i${i}`,
        function: { name: '__proto__', arguments: '{"__proto__":{"x":1}}' },
      })),
      null,
      7,
      { index: { a: 1 } },
    ]);
    expect(found).toHaveLength(7);
    expect(({} as Chunk)['x']).toBeUndefined();
  });

  test('the call that tool calls replaced still works', async () => {
    const { events } = await answered('chat', [
      chunk({ function_call: { name: 'f', arguments: '{' } }),
      chunk({ function_call: { arguments: '}' } }),
      STOP,
    ]);
    expect(doneOf(events).output).toMatchObject([{ type: 'function_call', name: 'f', arguments: '{}' }]);
  });
});

describe('content of Chat Completions', () => {
  test.each([
    ['a string', [chunk({ content: 'a' }), chunk({ content: 'b' })], 'ab'],
    ['null', [chunk({ content: null }), chunk({ content: 'a' })], 'a'],
    [
      'parts',
      [
        chunk({
          content: [
            { type: 'text', text: 'a' },
            { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
            { type: 'x' },
            'b',
          ],
        }),
      ],
      'ab',
    ],
    ['choices null', [{ id: 'c1', choices: null }, chunk({ content: 'a' })], 'a'],
    ['no choices', [{ id: 'c1' }, chunk({ content: 'a' })], 'a'],
    ['delta null', [chunk(null), chunk({ content: 'a' })], 'a'],
    ['no index', [{ id: 'c1', choices: [{ delta: { content: 'a' } }] }], 'a'],
    [
      'other choices',
      [
        {
          id: 'c1',
          choices: [
            { index: 1, delta: { content: 'no' } },
            { index: 0, delta: { content: 'a' } },
          ],
        },
      ],
      'a',
    ],
    ['a message instead of a delta', [{ id: 'c1', choices: [{ index: 0, message: { content: 'a' } }] }], 'a'],
    ['unknown fields', [chunk({ content: 'a', new_thing: {} }, { obfuscation: 'xx', service_tier: 'x' })], 'a'],
  ])('%s', async (_, chunks, expected) => {
    expect(await text([...chunks, STOP])).toBe(expected);
  });

  test.each(['reasoning', 'reasoning_content'])('%s becomes a reasoning item', async (field) => {
    const { events } = await answered('chat', [
      chunk({ [field]: 'h' }),
      chunk({ [field]: 'm', content: null }),
      chunk({ content: 'a' }),
      STOP,
    ]);
    expect(doneOf(events).output).toMatchObject([
      { type: 'reasoning', rawContent: [{ type: 'reasoning_text', text: 'hm' }] },
      { type: 'message' },
    ]);
  });

  test('the same reasoning under two names counts once', async () => {
    const { events } = await answered('chat', [chunk({ reasoning: 'hm', reasoning_content: 'hm' }), STOP]);
    expect(doneOf(events).output).toMatchObject([{ rawContent: [{ text: 'hm' }] }]);
  });

  test('the id is the first chunk’s, whatever follows', async () => {
    const { events } = await answered('chat', [
      { id: '', choices: [] },
      chunk({ content: 'a' }),
      chunk({ content: 'b' }, { id: 'c2' }),
      STOP,
    ]);
    expect(doneOf(events)).toMatchObject({ id: 'c1', output: [{ id: 'c1', content: [{ text: 'ab' }] }] });
  });

  test.each([
    ['[DONE] without finish_reason', [chunk({ content: 'a' })], true],
    ['finish_reason without [DONE]', [chunk({ content: 'a' }), STOP], false],
  ])('%s is complete', async (_, chunks, done) => {
    const { events, error } = await answered('chat', chunks, done);
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe('a');
    doneOf(events);
  });

  test('a last line without its end is read', async () => {
    const bytes = new TextEncoder().encode(`data: ${JSON.stringify(chunk({ content: 'a' }))}\n\ndata: [DONE]`);
    const { events, error } = await collect(modelOn('chat', 'http://m.test', { fetch: fetchOf([bytes]) }));
    expect(error).toBeUndefined();
    doneOf(events);
  });

  test('a stream that says nothing after finish_reason and stays open ends after a grace', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(STOP)}\n\n`)),
    });
    const open = (): Promise<Response> =>
      Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    const { events, error } = await collect(modelOn('chat', 'http://m.test', { fetch: open }));
    expect(error).toBeUndefined();
    doneOf(events);
  });
});

describe('usage', () => {
  const usage = (n: number): unknown => ({ prompt_tokens: n, completion_tokens: n, total_tokens: 2 * n });
  test.each([
    ['in a last chunk with empty choices', [STOP, { id: 'c1', choices: [], usage: usage(3) }]],
    ['in a last chunk without choices', [STOP, { id: 'c1', usage: usage(3) }]],
    ['beside the last choice', [{ ...STOP, usage: usage(3) }]],
    [
      'in every chunk, the last wins',
      [
        { ...chunk({ content: 'a' }), usage: usage(1) },
        { ...STOP, usage: usage(3) },
      ],
    ],
    [
      'null before it is known',
      [
        { ...chunk({ content: 'a' }), usage: null },
        { ...STOP, usage: usage(3) },
        { id: 'c1', choices: [], usage: null },
      ],
    ],
    ['under x_groq', [{ ...STOP, x_groq: { id: 'r', usage: usage(3) } }]],
    ['inside the choice', [chunk({}, {}, { finish_reason: 'stop', usage: usage(3) })]],
  ])('%s', async (_, chunks) => {
    const { events } = await answered('chat', chunks);
    expect(doneOf(events).usage).toMatchObject({ inputTokens: 3, outputTokens: 3, totalTokens: 6 });
  });

  test('none is zeros, without an entry', async () => {
    const { events } = await answered('chat', [STOP]);
    expect(doneOf(events).usage).toMatchObject({ inputTokens: 0, totalTokens: 0, requestUsageEntries: [] });
  });

  test('[A19] the raw usage is kept on request', async () => {
    const bytes = new TextEncoder().encode(
      `data: ${JSON.stringify({ ...STOP, usage: { prompt_tokens: 1, cost: 0.1 } })}\n\ndata: [DONE]\n\n`,
    );
    const { events } = await collect(modelOn('chat', 'http://m.test', { fetch: fetchOf([bytes]) }), {
      modelSettings: { preserveRawUsage: true },
    });
    expect(doneOf(events).rawUsage).toEqual({ prompt_tokens: 1, cost: 0.1 });
  });
});

describe('errors inside a stream', () => {
  test.each([
    ['a string', 'data: {"error":"it broke"}\n\n', 'it broke'],
    ['an object', 'data: {"error":{"message":"it broke","code":"server_error"}}\n\n', 'it broke'],
    ['event: error with JSON', 'event: error\ndata: {"message":"it broke"}\n\n', 'it broke'],
    ['event: error with text', 'event: error\ndata: it broke\n\n', 'it broke'],
    ['event: error with a JSON string', 'event: error\ndata: "it broke"\n\n', 'it broke'],
    [
      'beside choices',
      `data: ${JSON.stringify({ ...chunk({ content: '' }), error: { message: 'it broke', code: 502 } })}\n\n`,
      'it broke',
    ],
    [
      'inside the choice',
      `data: ${JSON.stringify(chunk({}, {}, { finish_reason: 'error', error: { message: 'it broke' } }))}\n\n`,
      'it broke',
    ],
    ['nested', 'data: {"error":{"error":{"message":"it broke"}}}\n\n', 'it broke'],
  ])('%s', async (_, bytes, message) => {
    const before = `data: ${JSON.stringify(chunk({ content: 'a' }))}\n\n`;
    for (const wire of ['chat', 'responses'] as const) {
      if (wire === 'responses' && bytes.includes('choices')) continue;
      const pieces = [new TextEncoder().encode(before + bytes)];
      const { events, error } = await collect(modelOn(wire, 'http://m.test', { fetch: fetchOf(pieces) }));
      expect(error).toMatchObject({ name: 'ModelBehaviorError', code: 'MODEL_SERVER', retryable: true });
      expect(error?.message).toContain(message);
      expect(events.filter((event) => event.type === 'model')).toHaveLength(2);
    }
  });

  test.each([
    [{ message: 'slow', code: 'rate_limit_exceeded' }, 'MODEL_RATE_LIMIT'],
    [{ message: 'slow', code: 429 }, 'MODEL_RATE_LIMIT'],
    [{ message: 'x', code: 'insufficient_quota' }, 'MODEL_QUOTA'],
    [{ message: 'x', code: 401 }, 'MODEL_AUTH'],
    [{ message: 'maximum context length exceeded', code: 400 }, 'MODEL_CONTEXT_LENGTH'],
    [{ message: 'bad', type: 'invalid_request_error' }, 'MODEL_BAD_REQUEST'],
  ])('%j is %s', async (error, code) => {
    expect((await answered('chat', [{ error }])).error?.code).toBe(code);
  });
});

describe('Responses of other servers', () => {
  const item = (id: string): unknown => ({
    id,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'ab', annotations: [] }],
  });
  const completed = (more: Chunk = {}): Chunk => ({
    type: 'response.completed',
    response: { id: 'r', output: [], ...more },
  });

  test('item ids that differ between added and done are one item', async () => {
    const { events } = await answered('responses', [
      { type: 'response.output_item.added', output_index: 0, item: { id: 'tmp', type: 'message' } },
      { type: 'response.output_text.delta', output_index: 0, item_id: 'other', delta: 'ab' },
      { type: 'response.output_item.done', output_index: 0, item: item('final') },
      completed(),
    ]);
    expect(doneOf(events).output).toMatchObject([{ id: 'final' }]);
  });

  test('deltas without any finished item still make the message and the call', async () => {
    const { events } = await answered('responses', [
      { type: 'response.output_text.delta', output_index: 0, item_id: 'm', delta: 'a' },
      { type: 'response.output_text.delta', output_index: 0, item_id: 'm', delta: 'b' },
      {
        type: 'response.output_item.added',
        output_index: 1,
        item: { id: 'fc', type: 'function_call', call_id: 'c', name: 'f', arguments: '' },
      },
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"x":' },
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: '1}' },
      completed(),
    ]);
    expect(doneOf(events).output).toMatchObject([
      { type: 'message', content: [{ text: 'ab' }] },
      { type: 'function_call', callId: 'c', name: 'f', arguments: '{"x":1}' },
    ]);
  });

  test('finished items win over deltas', async () => {
    const { events } = await answered('responses', [
      { type: 'response.output_text.delta', output_index: 0, delta: 'garbled' },
      { type: 'response.output_item.done', output_index: 0, item: item('m') },
      completed(),
    ]);
    expect(doneOf(events).output).toMatchObject([{ content: [{ text: 'ab' }] }]);
  });

  test('events without output_index keep their items apart', async () => {
    const { events } = await answered('responses', [
      { type: 'response.output_item.added', item: { type: 'message' } },
      { type: 'response.output_item.done', item: item('a') },
      { type: 'response.output_item.added', item: { type: 'message' } },
      { type: 'response.output_item.done', item: item('b') },
      completed(),
    ]);
    expect(doneOf(events).output).toMatchObject([{ id: 'a' }, { id: 'b' }]);
  });

  test('the event’s name stands in for a missing type', async () => {
    const bytes = new TextEncoder().encode(
      'event: response.output_text.delta\ndata: {"delta":"hi"}\n\nevent: response.completed\ndata: {"response":{"id":"r"}}\n\n',
    );
    const { events, error } = await collect(modelOn('responses', 'http://m.test', { fetch: fetchOf([bytes]) }));
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe('hi');
  });

  test('unknown events, items, parts and annotations pass through and are not fatal', async () => {
    const message = {
      id: 'm',
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'hologram', x: 1 },
        { type: 'output_text', text: 'ab', annotations: [{ type: 'new_citation' }], logprobs: [] },
      ],
      extra: 1,
    };
    const { events, error } = await answered('responses', [
      { type: 'response.sparkles', sparkle: true },
      { type: 'response.output_item.done', output_index: 0, item: { id: 'x', type: 'teleport_call', where: 'Oslo' } },
      completed({
        output: [
          { id: 'x', type: 'teleport_call', where: 'Oslo' },
          message,
          { id: 'w', type: 'web_search_call', status: 'completed', action: { q: 1 } },
        ],
      }),
    ]);
    expect(error).toBeUndefined();
    expect(events[1]).toMatchObject({ type: 'model', event: { type: 'response.sparkles', sparkle: true } });
    expect(doneOf(events).output).toMatchObject([
      { type: 'unknown', id: 'x', providerData: { type: 'teleport_call', where: 'Oslo' } },
      {
        type: 'message',
        content: [{ text: 'ab', providerData: { annotations: [{ type: 'new_citation' }] } }],
        providerData: { extra: 1 },
      },
      { type: 'hosted_tool_call', name: 'web_search_call', providerData: { action: { q: 1 } } },
    ]);
  });

  test('an unknown status of a plain answer is not success', async () => {
    const fetchLike = fetchOf(
      [new TextEncoder().encode('{"id":"r","status":"queued","output":[]}')],
      'application/json',
    );
    await expect(
      modelOn('responses', 'http://m.test', { fetch: fetchLike }).getResponse(request()),
    ).rejects.toMatchObject({ code: 'MODEL_BAD_RESPONSE' });
  });
});
