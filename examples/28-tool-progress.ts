// A tool that says how far it is: each `yield` is seen by those who watch the run, and never by the model.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, type ObservedStreamEvent, run, tool } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const importRows = tool({
  name: 'import_rows',
  description: 'Imports the rows of a file.',
  parameters: z.object({ file: z.string() }),
  async *execute({ file }, _context, details) {
    for (let done = 100; done <= 300; done += 100) {
      await wait(5, undefined, details?.signal ? { signal: details.signal } : {});
      yield { done, of: 300 };
    }
    // What the model is told.
    return `Imported 300 rows of ${file}.`;
  },
});

const importer = new Agent({
  name: 'Importer',
  tools: [importRows],
  model: new ScriptedModel([
    [functionCall('import_rows', { file: 'a.csv' }, { callId: 'call_1' })],
    [assistantMessage('All 300 rows are in.')],
  ]),
});

const result = await run(importer, 'Import a.csv.', { stream: true });
// Programs for @openai/agents know three kinds of events; this type has the fourth.
const events: AsyncIterable<ObservedStreamEvent> = result;
const seen: unknown[] = [];
for await (const event of events) {
  if (event.type !== 'tool_progress_stream_event') continue;
  console.log(event.toolName, event.callId, event.data);
  seen.push(event.data);
}
console.log(result.finalOutput);

assert.deepEqual(seen, [
  { done: 100, of: 300 },
  { done: 200, of: 300 },
  { done: 300, of: 300 },
]);
assert(!JSON.stringify(result.history).includes('"done"'));

// The log has it, too: whoever comes later, or from another process, sees the same.
const progress: unknown[] = [];
for await (const event of result.events()) if (event.type === 'tool.progress') progress.push(event.data);
assert.deepEqual(progress, seen);
