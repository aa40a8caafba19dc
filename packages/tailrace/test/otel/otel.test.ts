// The OpenTelemetry door against the real SDK.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  context,
  type ContextManager,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace as otel,
} from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  getCurrentSpan,
  handoff,
  InMemoryTraceProcessor,
  MemoryLogStore,
  OpenAIResponsesModel,
  run,
  Runner,
  setTraceProcessors,
  type SpanRecord,
  type TraceRecord,
  tool,
  withCustomSpan,
  withTrace,
} from '../../src/index.ts';
import {
  DerivedIdGenerator,
  OpenTelemetryTraceProcessor,
  type OpenTelemetryProcessorOptions,
} from '../../src/otel/index.ts';
import {
  assertCleanRun,
  assistantMessage,
  functionCall,
  modelError,
  modelResponder,
  ScriptedModel,
  startCleanRunProbe,
} from '../../src/testing/index.ts';
import { startWireServer } from '../../src/testing/wire-server.ts';

const CANARY = 'canary-7d1f';

class AsyncContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    at: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(at, () => fn.call(thisArg as never, ...args));
  }
  bind<T>(_at: Context, target: T): T {
    return target;
  }
  enable(): this {
    return this;
  }
  disable(): this {
    return this;
  }
}

afterEach(() => {
  setTraceProcessors([]);
  context.disable();
});

function stage(options: OpenTelemetryProcessorOptions & { derived?: boolean } = {}) {
  const { derived = true, ...rest } = options;
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(derived && { idGenerator: new DerivedIdGenerator() }),
  });
  const processor = new OpenTelemetryTraceProcessor({ tracerProvider, ...rest });
  setTraceProcessors([processor]);
  const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
  const named = (name: string): ReadableSpan => {
    const span = spans().find((each) => each.name === name);
    if (span === undefined)
      throw new Error(
        `no span ${name} among ${spans()
          .map((each) => each.name)
          .join(', ')}`,
      );
    return span;
  };
  return { exporter, processor, tracerProvider, spans, named };
}

const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;

/** Each span below its parent, as text. */
function tree(spans: readonly ReadableSpan[], parent?: string, depth = 0): string[] {
  return spans
    .filter((span) => parentOf(span) === parent)
    .sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .flatMap((span) => [`${'  '.repeat(depth)}${span.name}`, ...tree(spans, span.spanContext().spanId, depth + 1)]);
}

function team(): Agent {
  const lookUp = tool({
    name: 'look_up',
    description: CANARY,
    parameters: z.object({ word: z.string() }),
    execute: async ({ word }) =>
      withCustomSpan(async () => `${CANARY} ${word}`, { data: { name: 'dictionary', data: { word } } }),
  });
  const writer = new Agent({
    name: 'Writer',
    tools: [lookUp],
    model: new ScriptedModel([
      [functionCall('look_up', { word: CANARY }, { callId: 'call_1' })],
      // Its turn begins in a millisecond before the guardrail's.
      modelResponder(async () => (await setTimeout(3), [assistantMessage(CANARY)])),
    ]),
    outputGuardrails: [{ name: 'tone', execute: async () => ({ tripwireTriggered: false, outputInfo: CANARY }) }],
  });
  return new Agent({
    name: 'Front',
    handoffs: [handoff(writer)],
    model: new ScriptedModel([[functionCall('transfer_to_Writer', {}, { callId: 'call_0' })]]),
  });
}

describe.each([true, false])('with derived ids: %s', (derived) => {
  test('a run is a tree of GenAI spans', async () => {
    const { spans, named } = stage({ derived, providerName: 'scripted' });
    using probe = startCleanRunProbe();
    const store = new MemoryLogStore();
    const runner = new Runner({ store, groupId: 'chat-1', traceMetadata: { tenant: 't1' }, workflowName: 'Desk' });
    await runner.run(team(), CANARY, { runId: 'run_1' });
    await assertCleanRun(store.read('run_1', 0, 200), probe);
    expect(tree(spans())).toEqual([
      'invoke_workflow Desk',
      '  run Desk',
      '    invoke_agent Front',
      '      turn 1',
      '        chat',
      '        handoff Writer',
      '    invoke_agent Writer',
      '      turn 2',
      '        chat',
      '        execute_tool look_up',
      '          dictionary',
      '      turn 3',
      '        chat',
      '      guardrail tone',
    ]);
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(named('invoke_workflow Desk').attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.workflow.name': 'Desk',
      'gen_ai.conversation.id': 'chat-1',
      'tailrace.metadata.tenant': 't1',
    });
    expect(named('invoke_agent Writer').attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'Writer',
      'gen_ai.provider.name': 'scripted',
    });
    const called = named('execute_tool look_up');
    expect(called.attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'look_up',
      'gen_ai.tool.type': 'function',
    });
    expect(called.kind).toBe(SpanKind.INTERNAL);
    expect(called.status.code).toBe(SpanStatusCode.UNSET);
    expect(
      JSON.stringify(spans().map(({ name, attributes, events, status }) => [name, attributes, events, status])),
    ).not.toContain(CANARY);
  });

  test('two runs of one trace are below one span', async () => {
    const { spans } = stage({ derived });
    await withTrace('Two', async () => {
      await run(new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('1')]]) }), 'x');
      await run(new Agent({ name: 'B', model: new ScriptedModel([[assistantMessage('2')]]) }), 'x');
    });
    expect(tree(spans()).filter((line) => !line.startsWith('    '))).toEqual([
      'invoke_workflow Two',
      '  run Agent workflow',
      '  run Agent workflow',
    ]);
  });
});

test('a model call is a client span with its model and what it used; its traceparent names that span', async () => {
  const { named } = stage();
  await using server = await startWireServer({
    script: [{ steps: [{ type: 'text', text: 'Hi' }], usage: { input: 7, output: 5 } }],
  });
  const model = new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'sk-test' }, 'gpt-test');
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await run(new Agent({ name: 'A', model }), 'x', { tracing: { traceparent, propagate: true } });
  const chat = named('chat gpt-test');
  expect(chat.kind).toBe(SpanKind.CLIENT);
  expect(chat.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-test',
    'gen_ai.usage.input_tokens': 7,
    'gen_ai.usage.output_tokens': 5,
  });
  const { traceId, spanId } = chat.spanContext();
  expect(traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(server.requests[0]?.headers['traceparent']).toBe(`00-${traceId}-${spanId}-01`);
  const root = named('invoke_workflow Agent workflow');
  expect(root.parentSpanContext).toMatchObject({ spanId: 'b7ad6b7169203331', isRemote: true });
  expect(JSON.stringify(root.attributes)).not.toContain('b7ad');
});

test('content is told when it is asked for', async () => {
  const { named } = stage({ captureContent: true });
  await run(team(), 'x');
  expect(named('execute_tool look_up').attributes).toMatchObject({
    'gen_ai.tool.call.arguments': `{"word":"${CANARY}"}`,
    'gen_ai.tool.call.result': `${CANARY} ${CANARY}`,
  });
  expect(named('dictionary').attributes['tailrace.data']).toBe(`{"word":"${CANARY}"}`);
});

test.each([false, true])(
  'an error is the status of its span, its text only with content (%s)',
  async (captureContent) => {
    const { named, spans } = stage({ captureContent });
    const broken = tool({
      name: 'broken',
      description: 'Something.',
      parameters: z.object({}),
      execute: () => {
        throw new RangeError(CANARY);
      },
    });
    const model = new ScriptedModel([[functionCall('broken', {}, { callId: 'c' })], modelError(new Error(CANARY))]);
    await expect(run(new Agent({ name: 'A', tools: [broken], model }), 'x')).rejects.toThrow(CANARY);
    const span = named('execute_tool broken');
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['error.type']).toBe('_OTHER');
    expect(named('invoke_agent A').status.code).toBe(SpanStatusCode.ERROR);
    expect(span.events.map(({ name }) => name)).toEqual(captureContent ? ['exception'] : []);
    const told = JSON.stringify(spans().map(({ attributes, events, status }) => [attributes, events, status]));
    expect(told.includes(CANARY)).toBe(captureContent);
  },
);

test('a run is below the span that is active where it starts, and what a tool does may be below the tool’s', async () => {
  context.setGlobalContextManager(new AsyncContexts());
  const { processor, tracerProvider, named } = stage();
  const tracer = tracerProvider.getTracer('server');
  const fetching = tool({
    name: 'fetching',
    description: 'Something.',
    parameters: z.object({}),
    execute: () =>
      context.with(processor.contextOf(getCurrentSpan()), () => {
        tracer.startSpan('GET').end();
        return 'ok';
      }),
  });
  const model = new ScriptedModel([[functionCall('fetching', {}, { callId: 'c' })], [assistantMessage('done')]]);
  const request = tracer.startSpan('POST /ask');
  await context.with(otel.setSpan(ROOT_CONTEXT, request), () =>
    run(new Agent({ name: 'A', tools: [fetching], model }), 'x'),
  );
  request.end();
  expect(parentOf(named('invoke_workflow Agent workflow'))).toBe(request.spanContext().spanId);
  expect(parentOf(named('GET'))).toBe(named('execute_tool fetching').spanContext().spanId);
});

test('what another process began is ended in the same place, with the same ids', async () => {
  const first = stage();
  const ended: SpanRecord[] = [];
  setTraceProcessors([
    first.processor,
    Object.assign(new InMemoryTraceProcessor(), { onSpanEnd: (span: SpanRecord) => void ended.push(span) }),
  ]);
  await run(team(), 'x');
  const second = stage();
  for (const span of ended) second.processor.onSpanEnd(span);
  const ids = (spans: readonly ReadableSpan[]): string[] =>
    spans
      .filter(({ name }) => !name.startsWith('invoke_workflow'))
      .map((span) => `${span.name} ${span.spanContext().traceId} ${span.spanContext().spanId} ${parentOf(span)}`);
  expect(ids(second.spans())).toEqual(ids(first.spans()));
});

test('no span begins before the one that it is in, whatever their clocks say; what another process began keeps its start', () => {
  const { processor, spans } = stage();
  const now = Date.now();
  const at = (ms: number): string => new Date(now + ms).toISOString();
  const span = (spanId: string, parentId: string | null, startedAt: string, endedAt: string | null): SpanRecord =>
    ({
      type: 'trace.span',
      traceId: 'trace_1',
      spanId,
      parentId,
      spanData: { type: 'custom', name: spanId, data: {} },
      error: null,
      startedAt,
      endedAt,
    }) as unknown as SpanRecord;
  const trace = { type: 'trace', traceId: 'trace_1', name: 'W', groupId: null } as unknown as TraceRecord;
  processor.onTraceStart(trace);
  // The millisecond before the trace's, and a child that ended in it.
  processor.onSpanStart(span('outer', null, at(-10), null));
  processor.onSpanStart(span('inner', 'outer', at(-12), null));
  processor.onSpanEnd(span('inner', 'outer', at(-12), at(-11)));
  processor.onSpanEnd(span('outer', null, at(-10), at(2)));
  processor.onSpanEnd(span('older', null, at(-60_000), at(3)));
  processor.onTraceEnd(trace);
  const ms = ([seconds, nanos]: readonly [number, number]): number => seconds * 1_000 + nanos / 1e6;
  const [inner, outer, older, root] = spans().map((one) => [ms(one.startTime), ms(one.endTime)] as const);
  if (!inner || !outer || !older || !root) throw new Error('a span is missing');
  expect(outer[0]).toBe(root[0]);
  expect(inner).toEqual([root[0], root[0]]);
  expect(Math.round(older[0])).toBe(now - 60_000);
});

test('a processor that has nowhere to tell does no harm, and stops', async () => {
  const processor = new OpenTelemetryTraceProcessor();
  setTraceProcessors([processor]);
  await run(new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('1')]]) }), 'x');
  await processor.forceFlush();
  await processor.shutdown();
});
