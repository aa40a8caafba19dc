// Runs as OpenTelemetry spans, with the names of the GenAI conventions, below the request that a server is answering.
import assert from 'node:assert/strict';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Agent, run, setTraceProcessors, tool } from 'tailrace';
import { DerivedIdGenerator, OpenTelemetryTraceProcessor } from 'tailrace/otel';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

// Whatever provider your program has. The id generator is a choice of yours: with it, any process that goes on with a run gives its spans the same ids.
const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter)],
  idGenerator: new DerivedIdGenerator(),
});
setTraceProcessors([new OpenTelemetryTraceProcessor({ tracerProvider, providerName: 'scripted' })]);

const weather = tool({
  name: 'weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `Rain in ${city}`,
});
const model = new ScriptedModel([
  [functionCall('weather', { city: 'Oslo' }, { callId: 'call_1' })],
  [assistantMessage('Take an umbrella.')],
]);

// A header that came in with a request: the run is part of that trace.
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
await run(new Agent({ name: 'Forecaster', tools: [weather], model }), 'Umbrella?', { tracing: { traceparent } });

const spans = exporter.getFinishedSpans();
for (const span of spans) console.log(span.name, span.spanContext().spanId, '<', span.parentSpanContext?.spanId);

assert.ok(spans.every((span) => span.spanContext().traceId === '0af7651916cd43dd8448eb211c80319c'));
const root = spans.find(({ name }) => name === 'invoke_workflow Agent workflow');
assert.equal(root?.parentSpanContext?.spanId, 'b7ad6b7169203331');
const called = spans.find(({ name }) => name === 'execute_tool weather');
assert.equal(called?.attributes['gen_ai.tool.name'], 'weather');
// What was said is not told, unless `captureContent: true` asks for it.
assert.ok(!JSON.stringify(spans.map(({ attributes }) => attributes)).includes('Oslo'));
