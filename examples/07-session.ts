// A conversation over several runs. What is stored is stored at the end of each turn: a call never without its output.
import assert from 'node:assert/strict';
import { Agent, MemorySession, run, SystemError } from 'tailrace';
import { assistantMessage, ScriptedModel } from 'tailrace/testing';

const model = new ScriptedModel([
  [assistantMessage('Hello Ada.')],
  [assistantMessage('Your name is Ada.')],
  [assistantMessage('Bye.')],
]);
const agent = new Agent({ name: 'Assistant', model });
const session = new MemorySession({ sessionId: 'chat-1' });

await run(agent, 'I am Ada.', { session });
const second = await run(agent, 'What is my name?', { session });
console.log(second.finalOutput);
assert.equal((await session.getItems()).length, 4);

// The second run's model saw the first run's messages.
assert.equal(model.lastCall?.request.input.length, 3);

// Two runs never write into one session at the same time: the second is told who holds it.
const [first, busy] = await Promise.allSettled([
  run(agent, 'Bye.', { session, runId: 'run_first' }),
  run(agent, 'Me too.', { session, runId: 'run_busy' }),
]);
assert.equal(first.status, 'fulfilled');
assert(busy.status === 'rejected' && busy.reason instanceof SystemError);
console.log(`${busy.reason.code}: ${busy.reason.message}`);
assert.equal(busy.reason.code, 'SESSION_BUSY');
assert.match(busy.reason.message, /run_first/);
