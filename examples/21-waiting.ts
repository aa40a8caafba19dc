// Calls whose output comes later: an answer of somebody's, or a time. Nothing is held until then.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, createRuntime, run, type Runtime, tool, waitForInput, waitUntil } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const ask = tool({
  name: 'ask_customer',
  description: 'Asks the customer a question.',
  parameters: z.object({ question: z.string() }),
  // Asking twice does no harm: a process may die before the question is stored.
  effects: 'pure',
  execute: ({ question }) => waitForInput({ prompt: question, expiresInMs: 3 * 24 * 3_600_000 }),
});
const remind = tool({
  name: 'wait_seconds',
  description: 'Waits before the next step.',
  parameters: z.object({ seconds: z.number() }),
  effects: 'pure',
  execute: ({ seconds }) => waitUntil({ ms: seconds * 1_000 }, 'The time is over.'),
});
const clerk = (): Agent =>
  new Agent({
    name: 'Clerk',
    tools: [ask, remind],
    model: new ScriptedModel([
      [functionCall('ask_customer', { question: 'Which size?' }, { callId: 'call_1' })],
      [functionCall('wait_seconds', { seconds: 0.2 }, { callId: 'call_2' })],
      [assistantMessage('Ordered in L.')],
    ]),
  });

// In one process: the run stops at the question, and its state goes on.
const agent = clerk();
const asked = await run(agent, 'I want the shirt.');
const [question] = asked.waits;
console.log(`${question?.for}: ${JSON.stringify(question?.prompt)}`);
assert(question && asked.finalOutput === undefined);
await asked.state.answer(question, 'L', { by: 'ada' });
const asleep = await run(agent, asked.state);
const [timer] = asleep.waits;
assert(timer?.for === 'timer' && timer.until !== undefined);
await new Promise((resolve) => setTimeout(resolve, (timer.until ?? 0) - Date.now() + 5));
assert.equal((await run(agent, asleep.state)).finalOutput, 'Ordered in L.');

// Across processes: whoever serves asks and lets go, anybody answers, and a time wakes the run by itself.
const folder = mkdtempSync(join(tmpdir(), 'tailrace-'));
const open = (): Runtime => createRuntime({ store: sqlite(join(folder, 'runs.db')), agents: { clerk: clerk() } });
{
  await using worker = open();
  await worker.start();
  // The web server in front of it: it drives nothing.
  const desk = open();
  const { id } = await desk.submit('clerk', 'I want the shirt.');
  for await (const event of desk.attach(id)) {
    if (event.type !== 'run.suspended') continue;
    const { status, waitsFor, waits } = await desk.get(id);
    console.log(`${status}, waits for ${waitsFor}: ${JSON.stringify(waits[0]?.prompt ?? waits[0]?.tool)}`);
    if (waitsFor !== 'input') continue;
    await desk.input(id, 'L', { callId: 'call_1', by: 'bob' });
    // The first answer counts, whoever gave it; the other one is told.
    await assert.rejects(worker.input(id, 'M', { callId: 'call_1' }), { code: 'WAIT_ANSWERED' });
  }
  assert.equal((await desk.get(id)).output, 'Ordered in L.');
}
rmSync(folder, { recursive: true });
