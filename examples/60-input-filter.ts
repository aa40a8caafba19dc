// What the model is given of a conversation: a filter leaves out what is old and hides what it need not see. The session and the result keep all.
import assert from 'node:assert/strict';
import { Agent, type AgentInputItem, type CallModelInputFilter, MemorySession, Runner } from 'tailrace';
import { assistantMessage, ScriptedModel } from 'tailrace/testing';

const CARD = /\b(?:\d{4}[ -]?){3}\d{4}\b/g;

// It gets copies: nothing that it does to an item reaches the conversation.
const lastWords: CallModelInputFilter = ({ modelData, agent }) => {
  const from = Math.max(
    0,
    modelData.input.findLastIndex((item) => 'role' in item && item.role === 'user'),
  );
  const text = JSON.stringify(modelData.input.slice(from)).replaceAll(CARD, '[card]');
  return {
    input: JSON.parse(text) as AgentInputItem[],
    instructions: `${modelData.instructions} You are ${agent.name}.`,
  };
};

const model = new ScriptedModel([[assistantMessage('Welcome.')], [assistantMessage('Thank you, it is paid.')]]);
const agent = new Agent({ name: 'Cashier', instructions: 'Take payments.', model });
const session = new MemorySession();
const runner = new Runner({ callModelInputFilter: lastWords });

await runner.run(agent, 'Good morning.', { session });
const result = await runner.run(agent, 'My card is 4242 4242 4242 4242.', { session });

const seen = model.lastCall?.request;
console.log(seen?.systemInstructions, JSON.stringify(seen?.input));
assert.equal(seen?.systemInstructions, 'Take payments. You are Cashier.');
assert.equal(seen.input.length, 1);
assert.match(JSON.stringify(seen.input), /My card is \[card\]/);
// What was said is still known, to the next run and to whoever reads it.
assert.equal((await session.getItems()).length, 4);
assert.match(JSON.stringify(result.history), /4242 4242/);
