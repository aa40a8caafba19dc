// Deadlines: of the run, of one attempt of the model, of a silent stream, of a tool. Each ends with an error that says which one it was.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, isAgentsError, run, type RunTimeouts, tool } from 'tailrace';
import { assistantMessage, functionCall, modelStall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

// A model that says one word and then nothing more.
async function codeWith(timeouts: RunTimeouts): Promise<string> {
  const model = new ScriptedModel([modelStall([{ type: 'output_text_delta', delta: 'Well' }])]);
  const result = await run(new Agent({ name: 'Silent', model }), 'Hello?', { stream: true, timeouts });
  const began = performance.now();
  await result.completed.catch(() => undefined);
  assert(isAgentsError(result.error));
  console.log(`${JSON.stringify(timeouts)} ${result.error.code} after ${Math.round(performance.now() - began)} ms`);
  return result.error.code;
}

assert.equal(await codeWith({ runMs: 50 }), 'RUN_DEADLINE');
assert.equal(await codeWith({ turnMs: 50 }), 'TURN_DEADLINE');
assert.equal(await codeWith({ idleMs: 50 }), 'MODEL_STREAM_IDLE');
assert.equal(await codeWith({ attemptMs: 50 }), 'MODEL_TIMEOUT');

// A tool's own limit does not end the run: the model is told, and goes on.
const slow = tool({
  name: 'slow',
  description: 'Takes a while.',
  parameters: z.object({}),
  timeoutMs: 30,
  execute: async (_input, _context, details) => await wait(5_000, 'never', { signal: details?.signal }),
});
const model = new ScriptedModel([
  [functionCall('slow', {}, { callId: 'call_1' })],
  [assistantMessage('It takes too long today.')],
]);
const result = await run(new Agent({ name: 'Patient', tools: [slow], model }), 'Try it.');
const told = result.newItems.find((item) => item.type === 'tool_call_output_item');
console.log(told?.output);
assert.equal(told?.output, "Tool 'slow' timed out after 30ms.");
assert.equal(result.finalOutput, 'It takes too long today.');
