import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { StreamEvent } from '../../src/event/stream-event.ts';
import { Usage } from '../../src/event/usage.ts';
import type { ModelRequest } from '../../src/port/model.ts';
import {
  assistantMessage,
  functionCall,
  InvalidScriptedModelStepError,
  modelError,
  modelErrorAfter,
  modelResponder,
  modelResponse,
  modelStall,
  modelStream,
  modelStreamResponder,
  ScriptedModel,
  ScriptedModelRequestAbortedError,
  textStream,
  UnconsumedModelStepsError,
  UnexpectedModelCallError,
} from '../../src/testing/index.ts';

const request: ModelRequest = {
  input: [{ role: 'user', content: 'hi' }],
  modelSettings: { temperature: 1 },
  tools: [],
  outputType: 'text',
  handoffs: [],
  tracing: false,
};

async function drain(model: ScriptedModel, more: Partial<ModelRequest> = {}): Promise<[StreamEvent[], unknown]> {
  const events: StreamEvent[] = [];
  try {
    for await (const event of model.getStreamedResponse({ ...request, ...more })) events.push(event);
  } catch (error) {
    return [events, error];
  }
  return [events, undefined];
}

describe('items', () => {
  it('are finished messages and calls', () => {
    expect(assistantMessage('hi')).toEqual({
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'hi' }],
    });
    expect(functionCall('f', { a: 1 }, { callId: 'c' })).toEqual({
      type: 'function_call',
      name: 'f',
      callId: 'c',
      id: 'c',
      status: 'completed',
      arguments: '{"a":1}',
    });
  });

  it('keep malformed arguments and what a provider says', () => {
    const call = functionCall('f', '{', { callId: 'c', id: 'i', namespace: 'n', providerData: { z: 1 } });
    expect(call).toMatchObject({ arguments: '{', id: 'i', namespace: 'n', providerData: { z: 1 } });
    const message = assistantMessage('hi', { id: 'm', phase: 'commentary', providerData: { a: 1 } });
    expect(message).toMatchObject({ id: 'm', phase: 'commentary', providerData: { a: 1 } });
  });
});

describe('a response step', () => {
  const output = [assistantMessage('hello', { id: 'm' }), functionCall('f', {}, { callId: 'c' })];

  it('answers whole, with one request and a deterministic id', async () => {
    const model = new ScriptedModel([[assistantMessage('first')], output]);
    await model.getResponse(request);
    const response = await model.getResponse(request);
    expect(response).toMatchObject({ output, responseId: 'scripted-response-2' });
    expect(response.usage).toEqual(new Usage({ requests: 1 }));
    expect(response.output).not.toBe(output);
  });

  it('streams as start, a delta a text part, and done', async () => {
    const two = {
      ...assistantMessage(''),
      content: [
        { type: 'output_text' as const, text: 'b' },
        { type: 'refusal' as const, refusal: 'no' },
      ],
    };
    const [events] = await drain(new ScriptedModel([[...output, two]]));
    expect(events).toEqual([
      { type: 'response_started' },
      { type: 'output_text_delta', itemId: 'm', delta: 'hello' },
      { type: 'output_text_delta', delta: 'b' },
      {
        type: 'response_done',
        response: {
          id: 'scripted-response-1',
          usage: { requests: 1, inputTokens: 0, outputTokens: 0, totalTokens: 0 },
          output: [...output, two],
        },
      },
    ]);
  });

  it('keeps id, usage and provider data of a whole response', async () => {
    const usage = new Usage({ inputTokens: 5, outputTokens: 6, outputTokensDetails: { a: 1 } });
    const whole = { usage, output, responseId: 'R', requestId: 'q', providerData: { x: 1 }, rawUsage: { u: 1 } };
    expect(await new ScriptedModel([whole]).getResponse(request)).toEqual(whole);
    const [events] = await drain(new ScriptedModel([modelResponse(whole)]));
    expect(events.at(-1)).toMatchObject({
      response: {
        id: 'R',
        requestId: 'q',
        providerData: { x: 1 },
        rawUsage: { u: 1 },
        usage: { requests: 1, inputTokens: 5, outputTokens: 6, totalTokens: 11, outputTokensDetails: [{ a: 1 }] },
      },
    });
  });

  it('does not see what its list becomes later', async () => {
    const list = [assistantMessage('1')];
    const model = new ScriptedModel([list]);
    list.push(assistantMessage('2'));
    expect((await model.getResponse(request)).output).toHaveLength(1);
  });
});

describe('calls', () => {
  it('are recorded, frozen, when they begin', async () => {
    const model = new ScriptedModel([[], []]);
    const input = [{ role: 'user' as const, content: 'hi' }];
    const settings = { temperature: 1 };
    const answer = model.getResponse({ ...request, input, modelSettings: settings });
    expect(model.calls).toHaveLength(1);
    input.push({ role: 'user', content: 'more' });
    settings.temperature = 2;
    await answer;
    expect(model.firstCall?.request).toMatchObject({ input: [{ content: 'hi' }], modelSettings: { temperature: 1 } });
    expect(model.getStreamedResponse(request)).toBeDefined();
    expect(model.lastCall).toMatchObject({ index: 1, streamed: true });
    expect(model.remainingSteps).toBe(0);
    for (const part of [model.calls, model.firstCall, model.firstCall?.request])
      expect(Object.isFrozen(part)).toBe(true);
  });

  it('beyond the script fail, and steps beyond the calls too', async () => {
    const model = new ScriptedModel();
    await expect(model.getResponse(request)).rejects.toMatchObject({
      name: 'UnexpectedModelCallError',
      callIndex: 0,
      streamed: false,
    });
    const [events, error] = await drain(model);
    expect(events).toEqual([]);
    expect(error).toBeInstanceOf(UnexpectedModelCallError);
    expect(error).toMatchObject({ callIndex: 1, streamed: true });
    model.assertComplete();
    model.enqueue([], []);
    expect(() => model.assertComplete()).toThrow(UnconsumedModelStepsError);
  });
});

describe('other steps', () => {
  it('throw exactly what they were given', async () => {
    const boom = new TypeError('boom');
    const model = new ScriptedModel([modelError(boom), modelError('text'), modelError(undefined)]);
    await expect(model.getResponse(request)).rejects.toBe(boom);
    expect(await drain(model)).toEqual([[], 'text']);
    await expect(model.getResponse(request)).rejects.toBe(undefined);
  });

  it('give advice for the error they threw', async () => {
    const error = new Error('busy');
    const model = new ScriptedModel([modelError(error, () => ({ suggested: true, retryAfterMs: 5 }))]);
    await drain(model);
    const asked = { request, stream: true, attempt: 1 };
    expect(await model.getRetryAdvice({ ...asked, error })).toEqual({ suggested: true, retryAfterMs: 5 });
    expect(await model.getRetryAdvice({ ...asked, error: new Error('other') })).toBe(undefined);
  });

  it('make their answer from the call', async () => {
    const respond = modelResponder(async ({ index }) => [assistantMessage(`call ${index}`)]);
    const model = new ScriptedModel([
      respond,
      respond,
      modelStreamResponder(async () => [{ type: 'response_started' }]),
    ]);
    expect((await model.getResponse(request)).output).toEqual([assistantMessage('call 0')]);
    const [events] = await drain(model);
    expect(events[1]).toEqual({ type: 'output_text_delta', delta: 'call 1' });
    expect(await drain(model)).toEqual([[{ type: 'response_started' }], undefined]);
  });

  it('refuse a call that they do not fit', async () => {
    const model = new ScriptedModel([
      modelStream([]),
      modelStreamResponder(() => 5 as never),
      modelResponder(() => ({}) as never),
    ]);
    await expect(model.getResponse(request)).rejects.toMatchObject({
      reason: 'incompatible_call',
      callIndex: 0,
      stepType: 'stream',
    });
    expect((await drain(model))[1]).toMatchObject({ reason: 'invalid_stream', callIndex: 1 });
    await expect(model.getResponse(request)).rejects.toMatchObject({ reason: 'invalid_response', callIndex: 2 });
  });

  it('fail in the middle with what their source throws', async () => {
    const error = new RangeError('mid');
    const model = new ScriptedModel([
      modelErrorAfter([{ type: 'response_started' }], error),
      modelErrorAfter([{ type: 'response_started' }], error),
    ]);
    expect(await drain(model)).toEqual([[{ type: 'response_started' }], error]);
    await expect(model.getResponse(request)).rejects.toBe(error);
  });

  it.each([
    [1, 'invalid_input'],
    [null, 'invalid_input'],
    [{}, 'invalid_input'],
    [{ type: 'zzz' }, 'unknown_step_type'],
    [{ type: 'response' }, 'missing_response'],
    [{ type: 'response', response: 1 }, 'invalid_response'],
    [{ type: 'error' }, 'missing_error'],
    [{ type: 'responder' }, 'missing_responder'],
    [{ type: 'stream' }, 'invalid_stream'],
    [{ type: 'stream', events: 1 }, 'invalid_stream'],
    [{ type: 'stream_responder' }, 'missing_responder'],
    [{ output: [], usage: {} }, 'invalid_response'],
  ])('must be steps: %j is %s', (input, reason) => {
    const model = new ScriptedModel();
    let thrown: unknown;
    try {
      model.enqueue([], input as never);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidScriptedModelStepError);
    expect(thrown).toMatchObject({ reason, inputIndex: 1 });
    expect(model.remainingSteps).toBe(0);
  });
});

describe('textStream', () => {
  it('streams pieces with the raw events of its provider beside, or answers whole', async () => {
    const step = textStream('Hello, big world', { chunks: 3, usage: new Usage({ inputTokens: 1, outputTokens: 2 }) });
    const [events] = await drain(new ScriptedModel([step]));
    expect(events.map((event) => event.type)).toEqual([
      'response_started',
      'model',
      ...Array.from({ length: 3 }, () => ['output_text_delta', 'model']).flat(),
      'response_done',
    ]);
    const text = events.map((event) => (event.type === 'output_text_delta' ? event.delta : '')).join('');
    expect(text).toBe('Hello, big world');
    const whole = await new ScriptedModel([step]).getResponse(request);
    expect(events.at(-1)).toMatchObject({ response: { output: whole.output, usage: { totalTokens: 3 } } });
  });

  it('puts chat chunks before the text, and never cuts a character', async () => {
    const step = textStream('a👩b', { provider: 'chat', chunks: 3, more: [functionCall('f', {}, { callId: 'c' })] });
    expect(step.events.map((event) => event.type).slice(1, 3)).toEqual(['model', 'output_text_delta']);
    const deltas = step.events.flatMap((event) => (event.type === 'output_text_delta' ? [event.delta] : []));
    expect(deltas).toEqual(['a', '👩', 'b']);
    expect(step.response.output).toHaveLength(2);
  });
});

describe('an abort', () => {
  it('before the call uses no step and records nothing', async () => {
    const model = new ScriptedModel([[]]);
    const signal = AbortSignal.abort();
    const whole: unknown = await model.getResponse({ ...request, signal }).catch((error: unknown) => error);
    const [, streamed] = await drain(model, { signal });
    for (const error of [whole, streamed]) {
      expect(error).toMatchObject({ name: 'AbortError' });
      expect(error).not.toHaveProperty('callIndex');
    }
    expect([model.calls.length, model.remainingSteps]).toEqual([0, 1]);
  });

  const never = (): Promise<never> => new Promise(() => undefined);
  async function* slow(): AsyncGenerator<StreamEvent> {
    yield { type: 'response_started' };
    await never();
  }

  it.each([
    ['a stall', modelStall([{ type: 'response_started' }])],
    ['a source that hangs', modelStream(slow())],
    ['a responder that hangs', modelStreamResponder(never)],
  ])('ends %s at once and leaves no listener', async (_name, step) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 10);
    const started = performance.now();
    const [, error] = await drain(new ScriptedModel([step]), { signal: controller.signal });
    expect(error).toBeInstanceOf(ScriptedModelRequestAbortedError);
    expect(error).toMatchObject({ callIndex: 0 });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it.each([
    ['a stall', modelStall()],
    ['a responder', modelResponder(never)],
  ])('ends a call that waits for %s', async (_name, step) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 10);
    const call = new ScriptedModel([step]).getResponse({ ...request, signal: controller.signal });
    await expect(call).rejects.toBeInstanceOf(ScriptedModelRequestAbortedError);
    await Promise.resolve();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('between two events gives no more events', async () => {
    const controller = new AbortController();
    const seen: StreamEvent[] = [];
    const stream = new ScriptedModel([textStream('a b c')]).getStreamedResponse({
      ...request,
      signal: controller.signal,
    });
    const read = async (): Promise<void> => {
      for await (const event of stream) {
        seen.push(event);
        if (seen.length === 2) controller.abort();
      }
    };
    await expect(read()).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(2);
  });

  it('closes the source, as leaving does', async () => {
    let closed = 0;
    const source = function* (): Generator<StreamEvent> {
      try {
        for (;;) yield { type: 'response_started' };
      } finally {
        closed += 1;
      }
    };
    const model = new ScriptedModel([modelStream(source()), modelStream(source())]);
    for await (const event of model.getStreamedResponse(request)) if (event) break;
    const controller = new AbortController();
    const stream = model.getStreamedResponse({ ...request, signal: controller.signal })[Symbol.asyncIterator]();
    await stream.next();
    controller.abort();
    await expect(stream.next()).rejects.toMatchObject({ name: 'AbortError' });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(closed).toBe(2);
  });
});
