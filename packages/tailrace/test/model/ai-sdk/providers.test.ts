// The AI SDK bridge with the real provider packages, over real HTTP, whole and streamed, the bytes torn at any place.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  MemoryLogStore,
  type ModelSettings,
  Runner,
  type RunEvent,
  tool,
  user,
  withTrace,
} from '../../../src/index.ts';
import { aisdk, type LanguageModelCompatible } from '../../../src/model/ai-sdk/index.ts';
import { assertCleanRun, startCleanRunProbe } from '../../../src/testing/index.ts';
import { startWireServer } from '../../../src/testing/wire-server.ts';
import {
  anthropicEvents,
  anthropicJson,
  type FormatServer,
  googleAnswer,
  serve,
  type WireAnswer,
} from './wire-formats.ts';

const weather = tool({
  name: 'weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `Rain in ${city}`,
});

interface Done {
  output: unknown;
  log: readonly RunEvent[];
  text: string;
  usage: { inputTokens: number; outputTokens: number; requests: number };
}

async function asked(
  model: LanguageModelCompatible,
  stream: boolean,
  modelSettings: ModelSettings = {},
): Promise<Done> {
  const agent = new Agent({
    name: 'Forecaster',
    instructions: 'Be brief.',
    tools: [weather],
    model: aisdk(model),
    modelSettings,
  });
  const store = new MemoryLogStore();
  const runner = new Runner({ store });
  const options = { runId: 'run_1' } as const;
  let text = '';
  const result = stream
    ? await runner.run(agent, 'Umbrella?', { ...options, stream: true })
    : await runner.run(agent, 'Umbrella?', options);
  if ('toTextStream' in result) {
    for await (const piece of result.toTextStream()) text += piece;
    await result.completed;
  }
  const { inputTokens, outputTokens, requests } = result.state.usage;
  return {
    output: result.finalOutput,
    log: store.read('run_1', 0, 1000),
    text,
    usage: { inputTokens, outputTokens, requests },
  };
}

interface Provider {
  name: string;
  model: (url: string) => LanguageModelCompatible;
  answers: (stream: boolean) => WireAnswer[];
  /** What the second request says of the first answer. */
  history: (body: Record<string, unknown>) => string;
  expected: readonly string[];
}

const CALL = { city: 'Oslo' };
const providers: readonly Provider[] = [
  {
    name: 'anthropic',
    model: (url) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'sk-ant' })('claude-test'),
    answers: (stream) => {
      const call = { id: 'toolu_1', name: 'weather', input: CALL };
      return stream
        ? [anthropicEvents(['Let me ', 'look.'], call), anthropicEvents(['Take ', 'an umbrella ☂.'])]
        : [anthropicJson('Let me look.', call), anthropicJson('Take an umbrella ☂.')];
    },
    history: (body) => JSON.stringify(body['messages']),
    expected: ['"signature":"signed"', '"tool_use_id":"toolu_1"', 'Rain in Oslo', 'Let me look.'],
  },
  {
    name: 'google',
    model: (url) => createGoogle({ baseURL: `${url}/v1beta`, apiKey: 'key' })('gemini-test'),
    answers: (stream) => [
      googleAnswer(['Let me ', 'look.'], { name: 'weather', args: CALL }, !stream),
      googleAnswer(['Take ', 'an umbrella ☂.'], undefined, !stream),
    ],
    history: (body) => JSON.stringify(body['contents']),
    expected: ['"thoughtSignature":"signed-call"', 'Rain in Oslo', '"functionCall"'],
  },
];

describe.each(providers)('$name', (provider) => {
  test.each([false, true])('a call, its output, and the answer (streamed: %s)', async (stream) => {
    await using server = await serve(provider.answers(stream));
    const { output, log, text, usage } = await asked(provider.model(server.url), stream);
    expect(output).toBe('Take an umbrella ☂.');
    if (stream) expect(text).toBe('Let me look.Take an umbrella ☂.');
    expect(usage).toEqual({ inputTokens: expect.any(Number), outputTokens: 14, requests: 2 });
    const kinds = log.flatMap((event) => (event.type === 'item.added' ? [event.kind] : []));
    expect(kinds).toEqual(['reasoning', 'message', 'tool_call', 'tool_output', 'reasoning', 'message']);
    const history = provider.history(server.asked[1]?.body ?? {});
    for (const part of provider.expected) expect(history).toContain(part);
    expect(JSON.stringify(server.asked[0]?.body)).toContain('Be brief.');
  });

  test('whole and streamed come to the same items, apart from ids', async () => {
    const items: unknown[] = [];
    for (const stream of [false, true]) {
      await using server = await serve(provider.answers(stream));
      const { log } = await asked(provider.model(server.url), stream);
      items.push(log.flatMap((event) => (event.type === 'item.added' ? [shape(event.item)] : [])));
    }
    expect(items[1]).toEqual(items[0]);
  });

  test('is the same wherever the bytes are torn', async () => {
    const seen = new Set<string>();
    const torn = async (pieces: readonly number[]): Promise<void> => {
      await using server = await serve(provider.answers(true).map((answer) => ({ ...answer, pieces })));
      const { output, text, log } = await asked(provider.model(server.url), true);
      expect(text).toBe('Let me look.Take an umbrella ☂.');
      const items = log.flatMap((event) => (event.type === 'item.added' ? [shape(event.item)] : []));
      seen.add(JSON.stringify([output, items]));
    };
    for (const size of [1, 2, 3, 1000]) await torn([size]);
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
    await fc.assert(fc.asyncProperty(sizes, torn), { numRuns: 12 });
    expect(seen.size).toBe(1);
  });

  test('a connection that breaks is an error of the run, retried before anything was seen, not after', async () => {
    const [answer] = provider.answers(true);
    if (answer === undefined) throw new Error('no answer');
    await using server = await serve([{ ...answer, pieces: [400], cutAfter: 2 }]);
    await expect(asked(provider.model(server.url), true, { retry: { maxRetries: 0 } })).rejects.toMatchObject({
      code: 'MODEL_CONNECTION',
    });
  });

  test('leaving frees the connection', async () => {
    const [answer] = provider.answers(true);
    if (answer === undefined) throw new Error('no answer');
    await using server = await serve([{ ...answer, events: answer.events?.slice(0, 3) ?? [], stall: true }]);
    const agent = new Agent({ name: 'A', model: aisdk(provider.model(server.url)) });
    const result = await new Runner().run(agent, 'x', { stream: true });
    for await (const event of result) if (event.type === 'raw_model_stream_event') break;
    await result.completed;
    expect(result.cancelled).toBe(true);
    await until(() => server.left() === 1);
  });

  test.each([
    [401, 'MODEL_AUTH'],
    [404, 'MODEL_NOT_FOUND'],
    [400, 'MODEL_BAD_REQUEST'],
    [429, 'MODEL_RATE_LIMIT'],
    [503, 'MODEL_SERVER'],
  ] as const)('%d is %s', async (status, code) => {
    const json = { type: 'error', error: { type: 'some_error', message: 'No.', code: status, status: 'X' } };
    for (const stream of [false, true]) {
      await using server = await serve([{ status, json, headers: { 'request-id': 'req_9', 'retry-after': '3600' } }]);
      await expect(asked(provider.model(server.url), stream, { retry: { maxRetries: 0 } })).rejects.toMatchObject({
        code,
      });
      expect(server.asked).toHaveLength(1);
    }
  });

  test('retries are the run’s: an overloaded server is asked again', async () => {
    const settings = { retry: { maxRetries: 1, backoff: { initialDelayMs: 1 } } };
    const busy = { status: 503, json: { error: { message: 'busy' } } };
    for (const stream of [false, true]) {
      await using server = await serve([busy, ...provider.answers(stream)]);
      expect((await asked(provider.model(server.url), stream, settings)).output).toBe('Take an umbrella ☂.');
      expect(server.asked).toHaveLength(3);
    }
  });
});

test('an overloaded stream of Anthropic, told in the stream, is retryable', async () => {
  const events = [
    { event: 'error', data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } },
  ];
  await using server = await serve([{ events }, ...(providers[0] as Provider).answers(true)]);
  const settings = { retry: { maxRetries: 1, backoff: { initialDelayMs: 1 } } };
  const { output } = await asked((providers[0] as Provider).model(server.url), true, settings);
  expect(output).toBe('Take an umbrella ☂.');
});

describe.each(['responses', 'chat'] as const)('openai, %s', (api) => {
  const modelOf = (url: string): LanguageModelCompatible => {
    const openai = createOpenAI({ baseURL: url, apiKey: 'sk-test' });
    return api === 'responses' ? openai.responses('gpt-test') : openai.chat('gpt-test');
  };

  test.each([false, true])('a call, its output, and the answer (streamed: %s)', async (stream) => {
    await using server = await startWireServer({
      script: [
        {
          steps: [
            { type: 'text', text: ['Let me ', 'look.'] },
            { type: 'tool_call', name: 'weather', arguments: CALL, id: 'call_1', fragments: 3 },
          ],
          usage: { input: 5, output: 2 },
          delivery: { chunkSizes: [1, 5, 3] },
        },
        { steps: [{ type: 'text', text: ['Take ', 'an umbrella ☂.'] }], usage: { input: 9, output: 4, cached: 2 } },
      ],
    });
    const { output, text, usage } = await asked(modelOf(server.url), stream, {
      temperature: 0.2,
      maxTokens: 99,
      toolChoice: 'auto',
    });
    expect(output).toBe('Take an umbrella ☂.');
    if (stream) expect(text).toBe('Let me look.Take an umbrella ☂.');
    expect(usage).toEqual({ inputTokens: 14, outputTokens: 6, requests: 2 });
    expect(JSON.stringify(server.requests[1]?.body)).toContain('Rain in Oslo');
  });

  test('structured output, images and files reach the wire', async () => {
    await using server = await startWireServer({
      script: [{ steps: [{ type: 'text', text: '{"sky":"grey"}' }], usage: { input: 1, output: 1 } }],
    });
    const agent = new Agent({
      name: 'Looker',
      model: aisdk(modelOf(server.url)),
      outputType: z.object({ sky: z.string() }),
    });
    const result = await new Runner().run(agent, [
      user([
        { type: 'input_text', text: 'Look.' },
        { type: 'input_image', image: 'https://a.example/b.png' },
        { type: 'input_image', image: 'data:image/png;base64,iVBORw0KGgo=' },
        { type: 'input_file', file: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' },
      ]),
    ]);
    expect(result.finalOutput).toEqual({ sky: 'grey' });
    const body = JSON.stringify(server.requests[0]?.body);
    for (const part of ['json_schema', 'https://a.example/b.png', 'data:image/png;base64,iVBORw0KGgo=', 'a.pdf'])
      expect(body).toContain(part);
  });

  test('a cut stream is MODEL_CONNECTION, and one without an end is no answer', async () => {
    for (const how of ['rst', 'end'] as const) {
      await using server = await startWireServer({
        script: [
          {
            steps: [{ type: 'text', text: ['Hel', 'lo'] }],
            delivery: { cut: { afterEvents: api === 'chat' ? 2 : 5, how } },
          },
        ],
      });
      const failed = asked(modelOf(server.url), true, { retry: { maxRetries: 0 } });
      await expect(failed).rejects.toMatchObject({
        code: expect.stringMatching(/^MODEL_(CONNECTION|STREAM_TRUNCATED)$/),
      });
    }
  });

  test('traceparent goes on when asked', async () => {
    await using server = await startWireServer();
    const agent = new Agent({ name: 'A', model: aisdk(modelOf(server.url)) });
    await withTrace('T', () => new Runner().run(agent, 'x', { tracing: { propagate: true } }), {
      traceId: `trace_${'a'.repeat(32)}`,
    });
    expect(server.requests[0]?.headers['traceparent']).toMatch(new RegExp(`^00-${'a'.repeat(32)}-[0-9a-f]{16}-01$`));
  });
});

test('a run over a provider ends clean', async () => {
  await using server: FormatServer = await serve((providers[0] as Provider).answers(true));
  using probe = startCleanRunProbe();
  const { log } = await asked((providers[0] as Provider).model(server.url), true);
  await server[Symbol.asyncDispose]();
  await assertCleanRun(log, probe, { settleMs: 5_000 });
});

/** An item without ids: a stream names texts and reasoning, and Google's package draws ids of calls. */
function shape(item: object): unknown {
  const { id: _id, callId: _callId, ...rest } = item as { id?: unknown; callId?: unknown };
  return JSON.parse(JSON.stringify(rest)) as unknown;
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 200) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
