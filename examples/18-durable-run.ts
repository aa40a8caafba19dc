// A run outlives its process: the worker that drives it is killed in the middle of an answer, and another one goes on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, createRuntime, type Model, type Runtime, tool } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { functionCall, modelStall, ScriptedModel, textStream } from 'tailrace/testing';
import { z } from 'zod';

// This file is both processes: with a folder as its argument it is the worker that gets killed.
const given = process.argv[2];
const folder = given ?? mkdtempSync(join(tmpdir(), 'tailrace-'));

const refund = tool({
  name: 'refund',
  description: 'Pays an order back.',
  parameters: z.object({ order: z.string() }),
  // The default: after a crash a call that was under way is not repeated, because nobody can know whether it happened.
  effects: 'once',
  execute({ order }, _context, details) {
    appendFileSync(join(folder, 'refunds'), `${order} ${details?.idempotencyKey}\n`);
    return `Order ${order} was paid back.`;
  },
});

function runtimeWith(model: Model): Runtime {
  return createRuntime({
    store: sqlite(join(folder, 'runs.db')),
    agents: { support: new Agent({ name: 'Support', tools: [refund], model }) },
    // How long a worker may give no sign of life before others take its runs: 10 seconds by default.
    leaseMs: 300,
  });
}

if (given !== undefined) {
  const call = functionCall('refund', { order: 'A-7' }, { callId: 'call_1' });
  const worker = runtimeWith(
    new ScriptedModel([[call], modelStall([{ type: 'output_text_delta', delta: 'Your money' }])]),
  );
  // A worker that is asked to stop leaves its runs at a step boundary, and others go on at once. This one is not asked.
  process.once('SIGTERM', () => void worker.stop({ graceMs: 5_000 }));
  await worker.start();
} else {
  await using runtime = runtimeWith(new ScriptedModel([textStream('Your money is on its way.')]));
  // Any process may submit and read, whoever drives.
  const { id } = await runtime.submit('support', 'Pay order A-7 back, please.', { metadata: { customer: 'ada' } });
  const worker = spawn(process.execPath, [...process.execArgv, import.meta.filename, folder], { stdio: 'inherit' });

  let text = '';
  for await (const event of runtime.attach(id)) {
    if (event.type === 'model.delta') text += event.text ?? '';
    if (text === 'Your money' && worker.kill('SIGKILL')) {
      console.log(`killed after '${text}'`);
      await runtime.start();
    }
    // What the dead worker's attempt said is void: the next one says all of it.
    if (event.type === 'step.attempt') text = '';
    if (event.type === 'run.resumed') console.log(`goes on: ${event.by}`);
  }
  const { status, output, metadata } = await runtime.get(id);
  console.log(`${status}: ${output}`);
  assert.equal(text, 'Your money is on its way.');
  assert.deepEqual({ status, output, metadata }, { status: 'completed', output: text, metadata: { customer: 'ada' } });
  // The finished call was not made again.
  assert.equal(readFileSync(join(folder, 'refunds'), 'utf8'), `A-7 ${id}:1:tool:call_1\n`);
  await runtime.stop();
  rmSync(folder, { recursive: true });
}
