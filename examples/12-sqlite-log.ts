// Runs kept in a SQLite file: followed through another connection, listed, and read again after the end.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, errorFromSerialized, openLogSource, readLog, Runner } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { modelError, ScriptedModel, textStream } from 'tailrace/testing';

const folder = mkdtempSync(join(tmpdir(), 'tailrace-'));
const path = join(folder, 'runs.db');

const store = sqlite(path);
const runner = new Runner({ store });
const model = new ScriptedModel([textStream('Stored, and read again.'), modelError(new Error('no'))]);
const agent = new Agent({ name: 'Writer', model });

const result = await runner.run(agent, 'Write.', { stream: true, runId: 'run_1' });

// Somebody else opens the same file and follows the run, as another process would.
const elsewhere = sqlite(path);
async function follow(): Promise<string> {
  let text = '';
  for await (const event of readLog(openLogSource(elsewhere, 'run_1'))) {
    if (event.type === 'model.delta') text += event.text ?? '';
  }
  return text;
}
assert.equal(await follow(), 'Stored, and read again.');
await result.completed;

await assert.rejects(runner.run(agent, 'Again.', { runId: 'run_2' }));
await store.close();

const runs = await elsewhere.list();
for (const { run, next, ended } of runs) console.log(`${run}: ${next} events, ${ended ? 'ended' : 'running'}`);
assert.deepEqual(
  runs.map(({ run, ended }) => [run, ended]),
  [
    ['run_2', true],
    ['run_1', true],
  ],
);

// An error as the log has it: name, code and message. What a foreign error said stays in the process that threw it.
const [end] = await elsewhere.read('run_2', (runs[0]?.next ?? 1) - 1, 1);
assert(end?.type === 'run.failed');
const error = errorFromSerialized(end.error);
console.log(`${error.code}: ${error.message}`);
assert.equal(error.code, 'UNEXPECTED');

await elsewhere.close();
rmSync(folder, { recursive: true });
