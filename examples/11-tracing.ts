// Traces: who is told, spans of your own, and a waterfall drawn from the log alone. A broken exporter changes no run.
import assert from 'node:assert/strict';
import {
  Agent,
  BatchTraceProcessor,
  getGlobalTraceProvider,
  InMemoryTraceProcessor,
  run,
  setTraceProcessors,
  type SpanRecord,
  tool,
  type TraceRecord,
  waterfall,
  withCustomSpan,
  withTrace,
} from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const exported: (TraceRecord | SpanRecord)[] = [];
const batches = new BatchTraceProcessor({ export: async (items) => void exported.push(...items) });
const broken = new BatchTraceProcessor({ export: () => Promise.reject(new Error('the collector is down')) });
const traces = new InMemoryTraceProcessor();
setTraceProcessors([traces, batches, broken]);

const lookUp = tool({
  name: 'look_up',
  description: 'Looks a word up.',
  parameters: z.object({ word: z.string() }),
  // Inside a tool the current span is the tool's: what is opened here is its child.
  execute: ({ word }) =>
    withCustomSpan(async () => `${word}: where the water leaves`, { data: { name: 'dictionary', data: { word } } }),
});
const model = new ScriptedModel([
  [functionCall('look_up', { word: 'tailrace' }, { callId: 'call_1' })],
  [assistantMessage('Where the water leaves.')],
  [assistantMessage('You are welcome.')],
]);
const agent = new Agent({ name: 'Dictionary', tools: [lookUp], model });

// Two runs in one trace. Without `withTrace`, each run has a trace of its own.
const first = await withTrace('Conversation', async () => {
  const asked = await run(agent, 'What is a tailrace?', { stream: true });
  await asked.completed;
  await run(agent, 'Thank you.');
  return asked;
});

const events = [];
for await (const event of first.events()) events.push(event);
console.log(waterfall(events, { width: 80 }));

await getGlobalTraceProvider().forceFlush(1_000);
assert.equal(traces.traceStarts, 1);
assert.equal(traces.traceEnds, 1);
assert.equal(traces.openSpans.size, 0);
assert.equal(exported.length, traces.spans.length + 1);
assert.equal(broken.dropped, exported.length);

const custom = traces.spans.find((span) => span.spanData.type === 'custom');
const parent = traces.spans.find((span) => span.spanId === custom?.parentId);
assert.equal(parent?.spanData.type, 'function');
