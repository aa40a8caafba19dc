// Tests of agents: a scripted model, its recorded calls, failures at any place, and the check that a run left nothing behind.
import assert from 'node:assert/strict';
import { Agent, ModelProviderError, run, setTraceProcessors, tool } from 'tailrace';
import {
  assertCleanRun,
  assistantMessage,
  functionCall,
  modelError,
  modelErrorAfter,
  ScriptedModel,
  startCleanRunProbe,
  textStream,
} from 'tailrace/testing';
import { z } from 'zod';

const double = tool({
  name: 'double',
  description: 'Twice a number.',
  parameters: z.object({ n: z.number() }),
  execute: ({ n }) => n * 2,
});

// The script: a rate limit, then a call, then an answer. The run retries by itself.
const limited = new ModelProviderError('Too many requests.', { code: 'MODEL_RATE_LIMIT', retryAfterMs: 5 });
const model = new ScriptedModel([
  modelError(limited),
  [functionCall('double', { n: 21 }, { callId: 'call_1' })],
  [assistantMessage('42')],
]);
const agent = new Agent({ name: 'Doubler', tools: [double], model });

const probe = startCleanRunProbe();
setTraceProcessors([probe.traces]);
const result = await run(agent, 'Twice 21?', { stream: true });
await result.completed;

assert.equal(result.finalOutput, '42');
assert.equal(model.calls.length, 3);
assert.equal(model.calls[2]?.request.input.length, 3);
model.assertComplete();
// One terminal event, every span ended once, no timer, socket, listener or rejection left.
await assertCleanRun(result, probe);
console.log(`${result.finalOutput}, after ${model.calls.length} calls of the model; the run is clean`);

// The same answer, cut after each of its events: a stream that breaks off is never a success, and never a hang.
const { events } = textStream('A tailrace takes the water away.');
for (let cut = 1; cut < events.length; cut += 1) {
  const reset = new ModelProviderError('reset', { code: 'MODEL_CONNECTION' });
  const torn = new ScriptedModel([modelErrorAfter(events.slice(0, cut), reset)]);
  const before = startCleanRunProbe();
  const fragile = new Agent({ name: 'Fragile', model: torn, modelSettings: { retry: { maxRetries: 0 } } });
  const outcome = await run(fragile, 'What is it?', { stream: true });
  await assert.rejects(outcome.completed, { code: 'MODEL_CONNECTION' });
  await assertCleanRun(outcome, before);
}
console.log(`cut at ${events.length - 1} places: each time the run failed cleanly`);
