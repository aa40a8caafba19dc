// Calls that wait for a person: in one process with the state of a result, and across processes with a runtime.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, createRuntime, run, type Runtime, tool } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const paid: number[] = [];
const pay = tool({
  name: 'pay',
  description: 'Pays an amount.',
  parameters: z.object({ amount: z.number() }),
  // True asks about every call; a function decides call by call.
  needsApproval: async (_context, { amount }) => amount > 100,
  execute({ amount }) {
    paid.push(amount);
    return `Paid ${amount}.`;
  },
});
const accountant = (): Agent =>
  new Agent({
    name: 'Accountant',
    tools: [pay],
    model: new ScriptedModel([
      [
        functionCall('pay', { amount: 50 }, { callId: 'call_1' }),
        functionCall('pay', { amount: 500 }, { callId: 'call_2' }),
      ],
      [assistantMessage('Done.')],
    ]),
  });

// In one process: the run stops there, and its state goes on. The call that needs nobody has been made.
const agent = accountant();
const asked = await run(agent, 'Pay 50 and 500.');
const [call] = asked.interruptions;
console.log(`waits: ${call?.name} ${call?.arguments}`);
assert(call && asked.finalOutput === undefined);
assert.deepEqual(paid, [50]);
await asked.state.approve(call, { by: 'ada' });
const settled = await run(agent, asked.state);
assert.equal(settled.finalOutput, 'Done.');
assert.deepEqual(paid, [50, 500]);

// Across processes: the worker lets go of a run that waits. Nothing is held, so it may wait for days and through restarts.
const folder = mkdtempSync(join(tmpdir(), 'tailrace-'));
const open = (): Runtime =>
  createRuntime({ store: sqlite(join(folder, 'runs.db')), agents: { accountant: accountant() } });
{
  await using worker = open();
  await worker.start();
  // The web server in front of it: it drives nothing.
  const desk = open();
  const { id } = await desk.submit('accountant', 'Pay 50 and 500.');

  for await (const event of desk.attach(id)) {
    if (event.type !== 'run.suspended') continue;
    const { status, approvals } = await desk.get(id);
    console.log(`${status}: ${JSON.stringify(approvals)}`);
    assert.equal(status, 'suspended');
    const [waiting] = approvals;
    assert(waiting);
    await desk.reject(id, waiting.callId, { by: 'bob', message: 'Ask for less.' });
    // The first decision counts, whoever made it; the other one is told.
    await assert.rejects(worker.approve(id, 'call_2', { by: 'eve' }), { code: 'APPROVAL_DECIDED' });
  }
  assert.equal((await desk.get(id)).output, 'Done.');
  assert.deepEqual(paid, [50, 500, 50]);
}
rmSync(folder, { recursive: true });
