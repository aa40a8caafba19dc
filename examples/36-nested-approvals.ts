// A call of a nested agent waits for somebody, and the run's state travels as text to where somebody decides.
import assert from 'node:assert/strict';
import { Agent, run, RunState, tool } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const paid: number[] = [];
const pay = tool({
  name: 'pay',
  description: 'Pays an amount.',
  parameters: z.object({ amount: z.number() }),
  needsApproval: true,
  execute({ amount }) {
    paid.push(amount);
    return `Paid ${amount}.`;
  },
});

/** The same agents in any process: `answered` says what their models have said already. */
function agents(answered = 0): Agent {
  const call = [functionCall('pay', { amount: 500 }, { callId: 'call_2' })];
  const accountant = new Agent({
    name: 'Accountant',
    tools: [pay],
    model: new ScriptedModel([call, [assistantMessage('It is paid.')]].slice(answered)),
  });
  const ask = [functionCall('ask_accountant', { input: 'Pay the bill.' }, { callId: 'call_1' })];
  return new Agent({
    name: 'Host',
    tools: [accountant.asTool({ toolName: 'ask_accountant', toolDescription: 'Pays bills.' })],
    model: new ScriptedModel([ask, [assistantMessage('Your bill is paid.')]].slice(answered)),
  });
}

const asked = await run(agents(), 'Pay my bill.', { context: { user: 'ada' } });
const [waiting] = asked.interruptions;
console.log(`${waiting?.agent.name} waits: ${waiting?.name} ${waiting?.arguments}`);
assert.equal(waiting?.agent.name, 'Accountant');

// The state as text: put it wherever you like. It holds what was said in the run, so keep it as you keep that.
const text = asked.state.toString();

// Later, elsewhere. The nested agent goes on where it stopped: nobody's model is asked twice.
const host = agents(1);
const state = await RunState.fromString<{ user: string }>(host, text);
for (const item of state.getInterruptions()) await state.approve(item, { by: 'bob' });
const settled = await run(host, state);
assert.equal(settled.finalOutput, 'Your bill is paid.');
assert.deepEqual(paid, [500]);
assert.equal(settled.runContext.context?.user, 'ada');
// What was decided there changes nothing here.
assert.equal(asked.interruptions.length, 1);

// A text that was changed is refused.
await assert.rejects(RunState.fromString(host, text.replace('500', '900')), { code: 'STATE_INVALID' });
