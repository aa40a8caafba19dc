// Cancelling: now, after the turn, and by the caller's signal. A cancelled run never looks like success, and keeps what it had.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, type LateResult, run, RunCancelledError, Runner, tool } from 'tailrace';
import { assistantMessage, functionCall, modelStall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

// Now: iteration ends without an error, and `error` says what it was.
const stalled = new Agent({
  name: 'Stalled',
  model: new ScriptedModel([modelStall([{ type: 'output_text_delta', delta: 'Once upon a' }])]),
});
const story = await run(stalled, 'Tell me a story.', { stream: true });
for await (const text of story.toTextStream()) {
  console.log(text);
  story.cancel({ reason: 'bedtime' });
}
await story.completed;
assert(story.cancelled && story.error instanceof RunCancelledError);
assert.equal(story.error.name, 'AbortError');
assert.equal(story.error.cause, 'bedtime');
const partial = [];
for await (const event of story.events()) if (event.type === 'model.stopped') partial.push(event.partial?.content);
assert.deepEqual(partial, [[{ type: 'output_text', text: 'Once upon a' }]]);

// A tool that does not listen to its signal has the grace to finish, and is then left behind. What it still gives is late.
const late: LateResult[] = [];
const runner = new Runner({ timeouts: { toolGraceMs: 30 }, onLateResult: (result) => void late.push(result) });
const deaf = tool({
  name: 'deaf',
  description: 'Takes its time.',
  parameters: z.object({}),
  execute: () => wait(100, 'done at last'),
});
const helper = (...answers: string[]): Agent =>
  new Agent({
    name: 'Helper',
    tools: [deaf],
    model: new ScriptedModel([
      [functionCall('deaf', {}, { callId: 'call_1' })],
      ...answers.map((answer) => [assistantMessage(answer)]),
    ]),
  });
const caller = new AbortController();
const whole = runner.run(helper(), 'Do it.', { signal: caller.signal });
runner.once('agent_tool_start', () => setTimeout(() => caller.abort(new Error('the user closed the window')), 20));
await assert.rejects(whole, { name: 'AbortError', code: 'RUN_CANCELLED' });
await wait(100);
console.log(`late: ${late[0]?.tool} gave '${String(late[0]?.output)}'`);
assert.equal(late.length, 1);

// After the turn: its tools finish, their outputs are kept, and the model is not asked again.
const agent = helper('Here it is.');
const polite = await runner.run(agent, 'Do it.', { stream: true });
for await (const event of polite) {
  if (event.type !== 'run_item_stream_event') continue;
  console.log(event.name);
  if (event.name === 'tool_called') polite.cancel({ mode: 'after_turn' });
}
assert.equal(polite.status, 'cancelled');
assert.equal(polite.newItems.at(-1)?.type, 'tool_call_output_item');
assert.equal(polite.rawResponses.length, 1);

// It goes on later, in a run of its own, from what the state holds.
const later = await runner.run(agent, polite.state);
console.log(later.finalOutput);
assert.notEqual(later.runId, polite.runId);
assert.deepEqual(
  later.history.map((item) => item.type),
  ['message', 'function_call', 'function_call_result', 'message'],
);
