/** What a custom model gives instead of an answer: an error with a code that names the model, the same streamed and whole. */
import { describe, expect } from 'vitest';
import { Agent, type Model, type ModelResponse, type StreamEvent, Usage } from '../../src/index.ts';
import { assistantMessage } from '../../src/testing/index.ts';
import { on, type Stage } from './stage.ts';

const hello = assistantMessage('Hi.');

class OddModel implements Model {
  readonly name = 'odd-1';
  asked = 0;
  readonly #answer: unknown;
  readonly #parts: (done: StreamEvent) => unknown;

  constructor(answer: unknown, parts: (done: StreamEvent) => unknown = (done) => [done]) {
    this.#answer = answer;
    this.#parts = parts;
  }

  getResponse(): Promise<ModelResponse> {
    this.asked += 1;
    return Promise.resolve(this.#answer as ModelResponse);
  }

  async *getStreamedResponse(): AsyncIterable<StreamEvent> {
    this.asked += 1;
    const answer = this.#answer;
    const response = typeof answer === 'object' && answer !== null ? { id: 'r', ...answer } : answer;
    yield* this.#parts({ type: 'response_done', response } as StreamEvent) as StreamEvent[];
    await Promise.resolve();
  }
}

const agentOf = (model: Model): Agent => new Agent({ name: 'A', model });
const saying = (output: unknown): object => ({ usage: new Usage(), output });

describe('an answer that is none', () => {
  on.for([
    [undefined, 'a response that is undefined, not an object'],
    ['x', 'a response that is a string'],
    [{ usage: new Usage() }, 'output is undefined, not a list of items'],
    [saying([null]), 'output[0] is null, not an item'],
    [saying(['x']), 'output[0] is a string'],
    [saying([hello, { type: 'message', role: 'assistant' }]), 'output[1].content is undefined, not a list of parts'],
    [saying([{ role: 'assistant', content: [null] }]), 'output[0].content[0] is null, not a part'],
    [saying([{ type: 'function_call', callId: 'c', name: null, arguments: '{}' }]), 'has null for a name'],
  ] as const)('%#: is MODEL_BEHAVIOR, with the model and what was wrong', async ([answer, says], { stage }) => {
    const models = [new OddModel(answer), new OddModel(answer)] as const;
    const { error: whole } = await stage.whole(agentOf(models[0]));
    const { error: streamed } = await stage.seen(agentOf(models[1]));
    for (const error of [whole, streamed]) {
      expect(error).toMatchObject({ name: 'ModelBehaviorError', code: 'MODEL_BEHAVIOR' });
      expect((error as Error).message).toContain("Model 'odd-1' gave ");
      expect((error as Error).message).toContain(says);
    }
    expect(models.map(({ asked }) => asked)).toEqual([1, 1]);
  });

  on.for([
    [undefined, 'a stream that is undefined, not an async iterable'],
    [[], 'a stream that is a list'],
    [Promise.resolve([]), 'a stream that is a promise'],
    [{ [Symbol.asyncIterator]: () => ({ next: () => undefined }) }, 'next() gave undefined, not { done, value }'],
    [{ [Symbol.asyncIterator]: () => ({ next: async () => null }) }, 'next() gave null, not { done, value }'],
  ] as const)('%#: a stream that cannot be read is one too', async ([stream, says], { stage }) => {
    const model = new OddModel(undefined);
    model.getStreamedResponse = () => stream as unknown as AsyncIterable<StreamEvent>;
    const { error } = await stage.seen(agentOf(model));
    expect(error).toMatchObject({ name: 'ModelBehaviorError', code: 'MODEL_BEHAVIOR' });
    expect((error as Error).message).toContain(`Model 'odd-1' gave `);
    expect((error as Error).message).toContain(says);
  });

  on('steps that are no promises are read like others', async ({ stage }) => {
    const model = new OddModel(undefined);
    const done = { type: 'response_done', response: { id: 'r', output: [hello], usage: new Usage() } };
    const steps = [{ done: false, value: done }, { done: true }];
    model.getStreamedResponse = () =>
      ({ [Symbol.asyncIterator]: () => ({ next: () => steps.shift() }) }) as unknown as AsyncIterable<StreamEvent>;
    const { result, error } = await stage.seen(agentOf(model));
    expect([error, result.finalOutput]).toEqual([undefined, 'Hi.']);
  });
});

describe('usage that is no usage', () => {
  const none = { requests: 1, inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  on.for([
    [undefined, none],
    [null, none],
    ['x', none],
    [{ inputTokens: 3 }, { ...none, inputTokens: 3, totalTokens: 3 }],
    [
      { requests: NaN, inputTokens: NaN, outputTokens: '5', totalTokens: Infinity, inputTokensDetails: [null] },
      { ...none, inputTokensDetails: [{}] },
    ],
    [
      Object.assign(new Usage({ inputTokens: 1 }), { outputTokens: '5', totalTokens: NaN }),
      { ...none, inputTokens: 1, totalTokens: 1 },
    ],
  ] as const)('%#: counts numbers, and one request, streamed and whole', async ([usage, counted], { stage }) => {
    const answer = { output: [hello], usage };
    const { result: whole, error } = await stage.whole(agentOf(new OddModel(answer)));
    expect(error).toBeUndefined();
    const { result: streamed } = await stage.seen(agentOf(new OddModel(answer)));
    for (const result of [whole, streamed]) {
      expect(result?.state.usage).toMatchObject(counted);
      expect(result?.finalOutput).toBe('Hi.');
    }
    expect(streamed.state.usage.toData()).toEqual(whole?.state.usage.toData());
    // Also for whoever adds up the log.
    const folded = new Usage();
    for (const event of stage.log()) if (event.type === 'model.returned') folded.add(new Usage(event.usage));
    expect(folded.toData()).toEqual(streamed.state.usage.toData());
  });
});

describe('deltas that say nothing', () => {
  const delta = (text: unknown): unknown => ({ type: 'output_text_delta', delta: text });
  const raw = { type: 'model', event: { type: 'late.event' } };
  const said = async (parts: (done: StreamEvent) => unknown[], stage: Stage): Promise<unknown[]> => {
    const model = new OddModel({ output: [hello], usage: new Usage() }, parts);
    const { result, error, events } = await stage.seen(agentOf(model));
    expect([error, result.finalOutput]).toEqual([undefined, 'Hi.']);
    return events.flatMap((event) =>
      event.type === 'raw_model_stream_event'
        ? [event.data.type === 'output_text_delta' ? event.data.delta : event.data.type]
        : [],
    );
  };

  on.for([null, undefined, 5, {}])('a delta of %j is left out', async (text, { stage }) => {
    const seen = await said((done) => [delta('H'), delta(text), delta('i.'), done], stage);
    expect(seen).toEqual(['H', 'i.', 'response_done']);
  });

  on('text behind the response is left out; events of the provider are kept', async ({ stage }) => {
    const seen = await said((done) => [delta('Hi.'), done, delta('late'), raw, delta('later')], stage);
    expect(seen).toEqual(['Hi.', 'response_done', 'model']);
  });
});
