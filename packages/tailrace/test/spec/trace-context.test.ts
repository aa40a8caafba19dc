// Where a run's trace comes from and goes to: W3C trace context, keys, ids.
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseTraceparent, traceparentOf, w3cSpanId, w3cTraceId } from '../../src/base/traceparent.ts';
import {
  Agent,
  dispatchSpan,
  dispatchSpanEnd,
  dispatchSpanStart,
  dispatchTrace,
  generateGroupId,
  generateSpanId,
  generateTraceId,
  getCurrentTrace,
  getCurrentTraceContext,
  InMemoryTraceProcessor,
  MemoryLogStore,
  MultiTracingProcessor,
  NoopSpan,
  NoopTrace,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  Runner,
  setTraceProcessors,
  Span,
  startTraceExportLoop,
  tool,
  Trace,
  type TracingConfig,
  withCustomSpan,
  withTrace,
  withTraceContext,
} from '../../src/index.ts';
import {
  assertCleanRun,
  assistantMessage,
  functionCall,
  ScriptedModel,
  startCleanRunProbe,
} from '../../src/testing/index.ts';
import { startWireServer } from '../../src/testing/wire-server.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

afterEach(() => setTraceProcessors([]));

async function asked(tracing: TracingConfig, wire: 'responses' | 'chat' = 'responses') {
  await using server = await startWireServer();
  using probe = startCleanRunProbe();
  const traces = new InMemoryTraceProcessor();
  setTraceProcessors([traces]);
  const client = { baseURL: server.url, apiKey: 'sk-test' };
  const model =
    wire === 'responses' ? new OpenAIResponsesModel(client, 'm') : new OpenAIChatCompletionsModel(client, 'm');
  const store = new MemoryLogStore();
  const runner = new Runner({ store });
  const result = await runner.run(new Agent({ name: 'A', model }), 'Hi', { tracing, runId: 'run_1' });
  expect(result.finalOutput).toBe('Hello there');
  const log = store.read('run_1', 0, 100);
  server.closeIdleConnections();
  await assertCleanRun(log, probe, { settleMs: 5_000 });
  return { traces, header: server.requests[0]?.headers['traceparent'], log };
}

describe('traceparent', () => {
  test('of the caller: the run is in that trace, and the log says where it came from', async () => {
    const { traces, header, log } = await asked({ traceparent: ` ${PARENT} ` });
    expect(new Set(traces.spans.map(({ traceId }) => traceId))).toEqual(new Set([`trace_${TRACE}`]));
    expect(traces.spans[0]?.traceMetadata).toEqual({ traceparent: PARENT });
    expect(log[0]).toMatchObject({ traceId: `trace_${TRACE}`, traceMetadata: { traceparent: PARENT } });
    expect(header).toBeUndefined();
  });

  test.each(['responses', 'chat'] as const)('goes on to the model only when asked: %s', async (wire) => {
    const { traces, header } = await asked({ traceparent: PARENT, propagate: true }, wire);
    const generation = traces.spans.find(({ spanData }) => spanData.type === 'generation');
    expect(header).toBe(`00-${TRACE}-${generation?.spanId.slice(5, 21)}-01`);
  });

  test('that is none begins a new trace, and so does none', async () => {
    for (const traceparent of [
      '',
      'nonsense',
      PARENT.toUpperCase(),
      `${PARENT}-more`,
      PARENT.replace(TRACE, '0'.repeat(32)),
    ]) {
      const { traces } = await asked({ traceparent });
      expect(traces.spans[0]?.traceId).toMatch(/^trace_[0-9a-f]{32}$/);
      expect(traces.spans[0]?.traceId).not.toBe(`trace_${TRACE}`);
    }
  });

  test('gives way to the trace that the caller stands in', async () => {
    const { traces } = await withTrace('Outer', () => asked({ traceparent: PARENT }), { traceId: 'trace_mine' });
    expect(traces.spans[0]?.traceId).toBe('trace_mine');
  });

  test('is read as the standard says', () => {
    expect(parseTraceparent(PARENT)).toEqual({ traceId: TRACE, spanId: 'b7ad6b7169203331', sampled: true });
    expect(parseTraceparent(`cc${PARENT.slice(2, -2)}00-what-comes`)).toMatchObject({ sampled: false });
    for (const none of [undefined, `ff${PARENT.slice(2)}`, PARENT.slice(0, -1)]) {
      expect(parseTraceparent(none)).toBeUndefined();
    }
  });

  test('ids of ours keep their digits, any other id gets digits of its own, always the same', () => {
    expect(w3cTraceId(`trace_${TRACE}`)).toBe(TRACE);
    expect(w3cSpanId('span_0123456789abcdef01234567')).toBe('0123456789abcdef');
    for (const id of ['trace_mine', `trace_${'0'.repeat(32)}`, 'é', '']) {
      expect(w3cTraceId(id)).toMatch(/^[0-9a-f]{32}$/);
      expect(w3cTraceId(id)).not.toMatch(/^0+$/);
      expect(w3cTraceId(id)).toBe(w3cTraceId(id));
    }
    const many = Array.from({ length: 5_000 }, (_, at) => w3cSpanId(`custom-${at}`));
    expect(new Set(many).size).toBe(5_000);
    expect(traceparentOf('a', 'b')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});

test('[E98] a run may have a tracing key of its own: processors see it, no log and no JSON does unless asked', async () => {
  const { traces, log } = await asked({ apiKey: 'sk-tenant-secret' });
  const started = traces.calls.find(({ call }) => call === 'traceStart');
  if (started?.call !== 'traceStart') throw new Error('no trace');
  expect(started.trace.tracingApiKey).toBe('sk-tenant-secret');
  expect(traces.spans.map(({ tracingApiKey }) => tracingApiKey)).toEqual(traces.spans.map(() => 'sk-tenant-secret'));
  expect(JSON.stringify([log, started.trace, traces.spans])).not.toContain('sk-tenant-secret');
  const { trace } = started;
  expect(trace instanceof Trace && trace.toJSON({ includeTracingApiKey: true })).toMatchObject({
    tracing_api_key: 'sk-tenant-secret',
  });
});

test('the key of withTrace is that of the spans inside', async () => {
  const traces = new InMemoryTraceProcessor();
  setTraceProcessors([traces]);
  await withTrace('T', () => withCustomSpan(async () => 1, { data: { name: 'c' } }), { tracingApiKey: 'sk-b' });
  expect(traces.spans[0]?.tracingApiKey).toBe('sk-b');
});

test('several processors as one: each is told, also beside one that throws', async () => {
  const [one, two] = [new InMemoryTraceProcessor(), new InMemoryTraceProcessor()];
  const all = new MultiTracingProcessor();
  const bad = new InMemoryTraceProcessor();
  bad.onSpanEnd = () => {
    throw new Error('broken');
  };
  bad.forceFlush = () => Promise.reject(new Error('broken'));
  for (const processor of [one, bad, two]) all.addTraceProcessor(processor);
  setTraceProcessors([all]);
  await withTrace('T', () => withCustomSpan(async () => 1, { data: { name: 'c' } }));
  await all.forceFlush();
  for (const told of [one, two])
    expect([told.traceStarts, told.spanStarts, told.spans.length, told.traceEnds]).toEqual([1, 1, 1, 1]);
  all.setProcessors([two]);
  await withTrace('T', async () => 1);
  expect([one.traceStarts, two.traceStarts]).toEqual([1, 2]);
  await all.shutdown();
});

test('ids by hand, and what is there where tracing is off', () => {
  expect(generateTraceId()).toMatch(/^trace_[0-9a-f]{32}$/);
  expect(generateSpanId()).toMatch(/^span_[0-9a-f]{24}$/);
  expect(generateGroupId()).toMatch(/^group_[0-9a-f]{24}$/);
  expect(new NoopTrace().toJSON()).toBeNull();
  expect(new NoopSpan({ type: 'custom', name: 'x', data: {} }).toJSON()).toBeNull();
});

test('a place in a run’s trace can be gone back to from elsewhere: spans opened there are the run’s', async () => {
  using probe = startCleanRunProbe();
  const traces = new InMemoryTraceProcessor();
  setTraceProcessors([traces]);
  const store = new MemoryLogStore();
  const queued = tool({
    name: 'queued',
    description: 'Works in another place.',
    parameters: z.object({}),
    execute: async () => {
      const here = getCurrentTraceContext();
      // A queue that runs its jobs where nobody is in a trace.
      return withTraceContext(null, () => {
        expect(getCurrentTrace()).toBeNull();
        return withTraceContext(here, () => withCustomSpan(async () => 'done', { data: { name: 'job' } }));
      });
    },
  });
  const model = new ScriptedModel([[functionCall('queued', {}, { callId: 'c' })], [assistantMessage('ok')]]);
  await new Runner({ store }).run(new Agent({ name: 'A', tools: [queued], model }), 'x', { runId: 'run_1' });
  const log = store.read('run_1', 0, 100);
  await assertCleanRun(log, probe);
  const job = traces.spans.find(({ spanData }) => spanData.type === 'custom');
  const call = traces.spans.find(({ spanData }) => spanData.type === 'function');
  expect(job?.parentId).toBe(call?.spanId);
  expect(log.filter((event) => event.type === 'span.started' && event.span === job?.spanId)).toHaveLength(1);
});

test('told by hand: processors hear of traces and spans that are not changed by it; one that throws harms nobody', async () => {
  const traces = new InMemoryTraceProcessor();
  let started = 0;
  const bad = Object.assign(new InMemoryTraceProcessor(), {
    start: () => void (started += 1),
    onSpanEnd: () => {
      throw new Error('broken');
    },
  });
  setTraceProcessors([bad, traces]);
  startTraceExportLoop();
  const trace = new Trace({ name: 'Elsewhere' });
  const span = new Span({ traceId: trace.traceId, data: { type: 'custom', name: 'x', data: {} } });
  await dispatchTrace(trace);
  await dispatchSpan(span);
  await dispatchSpanStart(span);
  await dispatchSpanEnd(span);
  expect(traces.calls.map(({ call }) => call)).toEqual([
    ...['traceStart', 'traceEnd', 'spanStart', 'spanEnd', 'spanStart', 'spanEnd'],
  ]);
  expect([span.startedAt, span.endedAt]).toEqual([null, null]);
  expect(started).toBe(2);
});
