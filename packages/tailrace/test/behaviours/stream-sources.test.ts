/** What a model's stream may look like, who reads it, and what is known when. */
import { describe, expect } from 'vitest';
import {
  Agent,
  ModelProviderError,
  OpenAIResponsesModel,
  readLog,
  type RunStreamEvent,
  type StreamEvent,
} from '../../src/index.ts';
import {
  assistantMessage,
  modelError,
  modelResponse,
  modelStream,
  startWireServer,
  textStream,
  type WireScript,
} from '../../src/testing/index.ts';
import { agentOf, call, inputGuard, modelOf, scripted, TestSession, toolScript, usageOf, weather } from './cast.ts';
import { itemWords, Moment, on, PacedModel, read, settled, wait, words } from './stage.ts';

const text = (delta: string): StreamEvent => ({ type: 'output_text_delta', delta });
const started: StreamEvent = { type: 'response_started' };
const done = (message = 'abc'): StreamEvent => ({
  type: 'response_done',
  response: { id: 'r', output: [assistantMessage(message)], usage: usageOf(1, 1).toData() },
});

async function wired(script: WireScript) {
  const server = await startWireServer({ script });
  const model = new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'sk-test' }, 'm');
  return { agent: new Agent({ name: 'Wired', model }), server, [Symbol.asyncDispose]: () => server.close() };
}

const raw = (events: readonly Record<string, unknown>[]): WireScript => [
  { steps: events.map((event) => ({ type: 'raw', event })), end: 'none' },
];
const wireMessage = (id: string, said: string): Record<string, unknown> => ({
  ...{ type: 'message', id, role: 'assistant', status: 'completed' },
  content: [{ type: 'output_text', text: said, annotations: [] }],
});
const itemDone = (index: number, item: unknown) => ({ type: 'response.output_item.done', output_index: index, item });
const completed = (output: unknown[], status = 'completed', more = {}) => ({
  type: `response.${status}`,
  response: { id: 'r', object: 'response', status, output, usage: null, ...more },
});

describe('the end of a response', () => {
  on('[A12] items that were done stand in for an empty final output, in their order', async ({ stage }) => {
    const items = [itemDone(0, wireMessage('m1', 'One.')), itemDone(1, wireMessage('m2', 'Two.'))];
    await using wire = await wired(raw([...items, completed([])]));
    const { result } = await stage.seen(wire.agent);
    expect(result.output).toMatchObject([{ id: 'm1' }, { id: 'm2' }]);
    expect(result.finalOutput).toBe('Two.');
  });

  on('[A12] a final output that is there is kept', async ({ stage }) => {
    await using wire = await wired(
      raw([itemDone(0, wireMessage('m1', 'One.')), completed([wireMessage('m9', 'All.')])]),
    );
    const { result } = await stage.seen(wire.agent);
    expect(result.output).toMatchObject([{ id: 'm9', content: [{ text: 'All.' }] }]);
  });

  const failed = { error: { code: 'server_error', message: 'it broke' } };
  const ends = {
    failed: completed([], 'failed', failed),
    incomplete: completed([], 'incomplete', { incomplete_details: { reason: 'max_output_tokens' } }),
    error: { type: 'error', code: 'server_error', message: 'it broke' },
  };
  on.for(Object.entries(ends))(
    '[A13] the raw event of a %s response is delivered, then the error',
    async ([, end], { stage }) => {
      await using wire = await wired(raw([end]));
      const { events, error, result } = await stage.seen(
        wire.agent,
        'Hi',
        {},
        { modelSettings: { retry: { maxRetries: 0 } } },
      );
      const last = events.at(-1);
      expect(last?.type === 'raw_model_stream_event' && last.data).toMatchObject({
        type: 'model',
        event: { type: end.type },
      });
      expect(error).toMatchObject({ name: 'ModelBehaviorError' });
      expect([result.finalOutput, result.rawResponses, result.status]).toEqual([undefined, [], 'failed']);
    },
  );

  on('[A14] a stream that ends without a response is an error of the model’s behaviour', async ({ stage }) => {
    const { events, error } = await stage.seen(scripted([modelStream([started, text('Hel')])]));
    expect(words(events)).toEqual(['raw:response_started', 'raw:output_text_delta']);
    expect(error).toMatchObject({
      name: 'ModelBehaviorError',
      message: expect.stringContaining('did not produce a final response'),
    });
  });

  const exits = {
    'is cancelled': (at: { cancel: () => void }) => at.cancel(),
    'is left': () => true,
  };
  on.for(Object.entries(exits))(
    '[A15] the run closes the model’s stream before it ends, when it %s',
    async ([, exit], { stage }) => {
      const model = new PacedModel([started, text('a'), text('b'), done()]);
      const result = await stage.stream(agentOf(model));
      await read(result, (_event, count) => (count === 2 ? exit(result) : model.go()));
      await settled(result);
      expect(model.closed).toBe(1);
    },
  );

  on('[A15] the run closes the model’s stream before it ends, when a guardrail trips', async ({ stage }) => {
    const model = new PacedModel([started, text('a'), done()]);
    const trip = new Moment();
    const agent = agentOf(model, { inputGuardrails: [inputGuard(true, { after: trip.reached })] });
    const result = await stage.stream(agent);
    await read(result, () => trip.reach());
    expect([model.closed, result.status]).toEqual([1, 'failed']);
  });

  on('[A15] a stream that failed or ended is not closed a second time', async ({ stage }) => {
    const model = new PacedModel([started, done()]);
    const result = await stage.stream(agentOf(model));
    await read(result, () => model.go());
    expect([model.closed, result.status]).toEqual([0, 'completed']);
  });
});

describe('readers', () => {
  on('[A16] a run that nobody reads ends, and its trace with it', async ({ stage }) => {
    const result = await stage.stream(scripted(toolScript(), { tools: [weather()] }));
    await result.completed;
    expect(result.finalOutput).toBe('Sunny.');
    expect([stage.trace.traceStarts, stage.trace.traceEnds]).toEqual([1, 1]);
  });

  on('[A17] a reader’s end comes after the session’s last write and the end of the trace', async ({ stage }) => {
    const session = new TestSession(() => wait(5));
    const result = await stage.stream(scripted(toolScript(), { tools: [weather()] }), 'Hi', { session });
    await read(result);
    expect([stage.trace.traceEnds, stage.trace.openSpans.size, result.status]).toEqual([1, 0, 'completed']);
    expect(await session.getItems()).toHaveLength(4);
  });

  on('[A23] every event has run, sequence and time; no gap; JSON keeps it whole', async ({ stage }) => {
    const agent = scripted([[call()], textStream('Sunny \u{1F600} \u2028.')], { tools: [weather()] });
    const { result } = await stage.seen(agent);
    const log = stage.log();
    expect(log.length).toBeGreaterThan(15);
    for (const [index, event] of log.entries()) {
      expect(event).toMatchObject({ run: result.runId, seq: index, epoch: 1 });
      expect(Math.abs(Date.now() - event.at)).toBeLessThan(60_000);
      expect(JSON.parse(JSON.stringify(event))).toEqual(event);
    }
  });

  on('[A24] two readers both see everything, and a late one from any place', async ({ stage }) => {
    const agent = scripted([[call()], textStream('Sunny all day long.')], { tools: [weather()] });
    const result = await stage.stream(agent);
    const [one, two] = await Promise.all([read(result), read(result.streamEvents(), () => wait(1).then(() => false))]);
    expect(one.events.length).toBeGreaterThan(8);
    expect(two).toEqual(one);
    for (const { seq } of stage.log()) {
      const late: RunStreamEvent[] = (await read(result.streamEvents({ from: seq }))).events;
      expect(late).toEqual(one.events.slice(one.events.length - late.length));
    }
    expect((await read(result)).events).toEqual(one.events);
  });

  on('[A24] a slow reader holds one bounded piece of the log, however far it lags', async ({ stage }) => {
    const pieces = Array.from({ length: 3000 }, (_, index) => `${index} `);
    const result = await stage.stream(scripted([textStream(pieces.join(''), { chunks: pieces, provider: 'none' })]));
    const reads: number[] = [];
    const counted = {
      ...result.log,
      run: result.runId,
      head: () => result.log.head(),
      watch: (wake: () => void) => result.log.watch(wake),
    };
    const reader = readLog({ ...counted, read: (from, limit) => (reads.push(limit), result.log.read(from, limit)) });
    await reader.next();
    await result.completed;
    expect(stage.log().length).toBeGreaterThan(3000);
    // Nothing was pushed to it meanwhile: it has what it asked for, and asks again when it goes on.
    expect(reads.length).toBeLessThanOrEqual(3);
    let seen = 1;
    for await (const event of reader) seen += event.run === result.runId ? 1 : 0;
    expect(seen).toBe(stage.log().length);
    expect(Math.max(...reads)).toBeLessThanOrEqual(256);
  });
});

describe('what is known of a response', () => {
  on(
    '[A19] usage is in the context when the response is, and counts attempts that were tried again',
    async ({ stage }) => {
      const overloaded = new ModelProviderError('overloaded', { code: 'MODEL_SERVER', retryAfterMs: 0 });
      const known: number[] = [];
      const agent = scripted(
        [
          modelError(overloaded),
          modelResponse({ output: [call()], usage: usageOf(10, 5) }),
          modelResponse({ output: [assistantMessage('Sunny.')], usage: usageOf(0, 0) }),
        ],
        { tools: [weather(() => known.push(result.runContext.usage.totalTokens))] },
      );
      const result = await stage.stream(agent);
      const atDone: number[] = [];
      await read(result, (event) => {
        if (event.type === 'raw_model_stream_event' && event.data.type === 'response_done') {
          atDone.push(result.runContext.usage.totalTokens);
        }
      });
      expect(known).toEqual([15]);
      expect(atDone).toEqual([15, 15]);
      expect(result.runContext.usage).toMatchObject({ requests: 3, inputTokens: 10, outputTokens: 5 });
      expect(modelOf(agent).calls).toHaveLength(3);
    },
  );

  on('[A20] request id and response id stay on the raw responses', async ({ stage }) => {
    await using wire = await wired([{ steps: [{ type: 'text', text: 'Hi.' }] }]);
    const { result, events } = await stage.seen(wire.agent);
    expect(result.rawResponses).toMatchObject([{ responseId: 'resp_0', requestId: 'req_0' }]);
    expect(result.lastResponseId).toBe('resp_0');
    expect(itemWords(events)).toEqual(['message_output_created']);
  });
});
