/** What a model's server answers, through whole runs over real connections. Numbers as in bad-input.test.ts. */
import { describe, expect } from 'vitest';
import {
  Agent,
  type AgentsError,
  ModelBehaviorError,
  ModelProviderError,
  ModelRefusalError,
  type RunConfig,
} from '../src/index.ts';
import { OpenAIChatCompletionsModel, OpenAIResponsesModel, partialResponse } from '../src/model/index.ts';
import { startWireServer, type WireAnswer, type WireServer } from '../src/testing/index.ts';
import { on, read, type Stage } from './behaviours/stage.ts';

const KEY = 'sk-test-CANARY-1234567890abcd';
const CLASSES = { ModelProviderError, ModelBehaviorError, ModelRefusalError };

interface Fault {
  item: number;
  what: string;
  answer: WireAnswer;
  Class: keyof typeof CLASSES;
  code: string;
  says: RegExp[];
  idleMs?: number;
  more?: Record<string, unknown>;
  /** Only a stream can show it. */
  streamOnly?: boolean;
}

const failed = (status: number, message: string, code: string): WireAnswer => ({
  status,
  body: { error: { message, code } },
});
const words: WireAnswer = { steps: [{ type: 'text', text: ['One ', 'two ', 'three.'] }] };

const FAULTS: Fault[] = [
  {
    item: 21,
    what: 'a wrong key',
    answer: failed(401, `Incorrect API key provided: ${KEY}.`, 'invalid_api_key'),
    Class: 'ModelProviderError',
    code: 'MODEL_AUTH',
    says: [/answered 401/, /…abcd/, /Check the API key/],
    more: { status: 401 },
  },
  {
    item: 22,
    what: 'a wrong base URL',
    answer: { body: `<html>\u0007${'<p>hello</p>'.repeat(100)}` },
    Class: 'ModelProviderError',
    code: 'MODEL_BAD_RESPONSE',
    says: [/answered 200/, /content-type text\/html/, /<html> <p>hello/, /usually ends in \/v1/],
    more: { status: 200 },
  },
  {
    item: 23,
    what: 'an unknown model',
    answer: failed(404, 'The model does not exist', 'model_not_found'),
    Class: 'ModelProviderError',
    code: 'MODEL_NOT_FOUND',
    says: [/answered 404/, /'test-model'/, /Check the model name/],
    more: { status: 404 },
  },
  {
    item: 24,
    what: 'too long a context',
    answer: failed(400, 'This is too long', 'context_length_exceeded'),
    Class: 'ModelProviderError',
    code: 'MODEL_CONTEXT_LENGTH',
    says: [/This is too long/, /Shorten the input/],
  },
  {
    item: 25,
    what: 'no quota',
    answer: failed(429, 'You exceeded your current quota', 'insufficient_quota'),
    Class: 'ModelProviderError',
    code: 'MODEL_QUOTA',
    says: [/quota/, /trying again does not help/],
    more: { status: 429, retryable: false },
  },
  {
    item: 26,
    what: 'a Retry-After of an hour',
    answer: { ...failed(429, 'Slow down', 'rate_limit_exceeded'), headers: { 'retry-after': '3600' } },
    Class: 'ModelProviderError',
    code: 'MODEL_RATE_LIMIT',
    says: [/Slow down/, /Wait, or send fewer requests/],
    more: { retryAfterMs: 3_600_000 },
  },
  {
    item: 27,
    what: 'a stream that is cut',
    answer: { ...words, delivery: { cut: { afterEvents: 3, how: 'end' } } },
    Class: 'ModelBehaviorError',
    code: 'MODEL_STREAM_TRUNCATED',
    says: [/ended before its answer was complete/, /events was/],
    streamOnly: true,
  },
  {
    item: 27,
    what: 'a connection that breaks',
    answer: { ...words, delivery: { cut: { afterEvents: 3, how: 'rst' } } },
    Class: 'ModelProviderError',
    code: 'MODEL_STREAM_TRUNCATED',
    says: [/ended before its answer was complete/, /events was/],
    streamOnly: true,
  },
  {
    item: 28,
    what: 'a stream that stalls',
    answer: { ...words, delivery: { stall: { afterEvents: 3 } } },
    Class: 'ModelProviderError',
    code: 'MODEL_STREAM_IDLE',
    idleMs: 60,
    says: [/silent for 60 ms/, /Raise timeouts\.idleMs/],
    more: { data: { idleMs: 60 } },
    streamOnly: true,
  },
  {
    item: 34,
    what: 'a refusal',
    answer: { steps: [{ type: 'refusal', text: ['I will', ' not.'] }] },
    Class: 'ModelRefusalError',
    code: 'MODEL_REFUSED',
    says: [/refused.*I will not\./],
    more: { refusal: 'I will not.' },
  },
  {
    item: 35,
    what: 'an answer that is too long',
    answer: { ...words, end: { incomplete: 'max_output_tokens' } },
    Class: 'ModelBehaviorError',
    code: 'MODEL_INCOMPLETE',
    says: [/max_output_tokens/, /Raise modelSettings\.maxTokens/],
    more: { data: { reason: 'max_output_tokens' } },
  },
  {
    item: 35,
    what: 'an answer that was filtered',
    answer: { ...words, end: { incomplete: 'content_filter' } },
    Class: 'ModelBehaviorError',
    code: 'MODEL_INCOMPLETE',
    says: [/content_filter/],
    more: { data: { reason: 'content_filter' } },
  },
];

const WIRES = { responses: OpenAIResponsesModel, chat: OpenAIChatCompletionsModel };
const cells = FAULTS.flatMap((fault) =>
  (['responses', 'chat'] as const).flatMap((wire) =>
    (['streamed', 'whole'] as const)
      .filter((mode) => mode === 'streamed' || fault.streamOnly !== true)
      .map((mode) => ({ ...fault, wire, mode })),
  ),
);

async function attempt(stage: Stage, server: WireServer, { wire, mode, idleMs = 10_000 }: (typeof cells)[number]) {
  const model = new WIRES[wire]({ baseURL: server.url, apiKey: KEY }, 'test-model');
  const agent = new Agent({ name: 'Wired', model });
  const config: Partial<RunConfig> = { timeouts: { idleMs } };
  if (mode === 'whole') return (await stage.whole(agent, 'Hi', {}, config)).error as AgentsError;
  const result = await stage.stream(agent, 'Hi', {}, config);
  const { error } = await read(result);
  await expect(result.completed).rejects.toBe(error);
  return error as AgentsError;
}

describe('what a model’s server can answer', () => {
  on.for(cells)('$item: $what is $code ($wire, $mode)', async (cell, { stage }) => {
    await using server = await startWireServer({ script: () => cell.answer });
    const at = performance.now();
    const error = await attempt(stage, server, cell);
    expect(performance.now() - at).toBeLessThan(8_000);
    expect(error).toBeInstanceOf(CLASSES[cell.Class]);
    expect(error).toMatchObject({ name: cell.Class, code: cell.code, runId: 'run_1', ...cell.more });
    for (const part of cell.says) expect(error.message).toMatch(part);
    // None of these is tried again: it would not help, or text was delivered, or the wait is too long.
    expect(server.requests).toHaveLength(1);
    for (const text of [error.message, JSON.stringify(error), JSON.stringify(stage.log().at(-1))]) {
      expect(text).not.toContain('CANARY');
      expect(text).not.toContain('\u0007');
    }
    if (cell.item === 35)
      expect(partialResponse(error)?.output).toMatchObject([{ content: [{ text: 'One two three.' }] }]);
    if (cell.code === 'MODEL_STREAM_TRUNCATED')
      expect(error.data).toMatchObject({ events: expect.any(Number), lastType: expect.any(String) });
  });

  on('26: a rate limit that says to wait a moment is waited for, and then there is an answer', async ({ stage }) => {
    const busy: WireAnswer = {
      ...failed(429, 'Slow down', 'rate_limit_exceeded'),
      headers: { 'retry-after-ms': '30' },
    };
    await using server = await startWireServer({ script: [busy, words] });
    const at = performance.now();
    const model = new OpenAIResponsesModel({ baseURL: server.url, apiKey: KEY }, 'test-model');
    const { result, error } = await stage.seen(new Agent({ name: 'Wired', model }));
    expect([error, result.finalOutput, server.requests.length]).toEqual([undefined, 'One two three.', 2]);
    expect(performance.now() - at).toBeGreaterThanOrEqual(25);
  });
});
