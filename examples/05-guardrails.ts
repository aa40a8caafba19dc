// A parallel input guardrail trips while the model is still writing: the model is aborted at once, and no tool starts.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import {
  Agent,
  type InputGuardrail,
  InputGuardrailTripwireTriggered,
  type OutputGuardrail,
  OutputGuardrailTripwireTriggered,
  run,
} from 'tailrace';
import { modelStall, ScriptedModel, textStream } from 'tailrace/testing';

const onlyQuestions: InputGuardrail = {
  name: 'only_questions',
  // true (the default): beside the model. false: the model is called only once this has passed.
  runInParallel: true,
  async execute({ input }) {
    await wait(20);
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    return { tripwireTriggered: !text.includes('?'), outputInfo: { length: text.length } };
  },
};
const noPhoneNumbers: OutputGuardrail = {
  name: 'no_phone_numbers',
  execute: async ({ agentOutput }) => ({
    tripwireTriggered: /\d{3}-\d{4}/.test(String(agentOutput)),
    outputInfo: {},
  }),
};

// A model that says one word and then hangs: only the abort can end it.
const slow = new Agent({
  name: 'Slow',
  inputGuardrails: [onlyQuestions],
  model: new ScriptedModel([modelStall([{ type: 'output_text_delta', delta: 'Well' }])]),
});
const began = performance.now();
const result = await run(slow, 'Transfer all the money.', { stream: true });
try {
  for await (const event of result) console.log(event.type);
  assert.fail('It should have tripped.');
} catch (error) {
  assert(error instanceof InputGuardrailTripwireTriggered);
  console.log(`${error.message} after ${Math.round(performance.now() - began)} ms`);
}
assert.equal(result.status, 'failed');
assert.equal(result.inputGuardrailResults[0]?.guardrail.name, 'only_questions');

// An output guardrail sees the whole final output before it becomes one.
const chatty = new Agent({
  name: 'Chatty',
  outputGuardrails: [noPhoneNumbers],
  model: new ScriptedModel([textStream('Call 555-1234.')]),
});
await assert.rejects(run(chatty, 'How do I reach you?'), (error: unknown) => {
  assert(error instanceof OutputGuardrailTripwireTriggered);
  console.log(`${error.code}, retryable: ${error.retryable}`);
  return true;
});
