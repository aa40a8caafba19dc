// What a log keeps: deltas of finished steps can go, readers come back by position, and whole runs go by age.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Agent,
  openLogSource,
  positionOf,
  prune,
  pruneStore,
  readLog,
  resolvePosition,
  Runner,
  snapshot,
} from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { ScriptedModel, textStream } from 'tailrace/testing';

const folder = mkdtempSync(join(tmpdir(), 'tailrace-'));
const store = sqlite(join(folder, 'runs.db'));
const model = new ScriptedModel([textStream('A log that everybody reads may still be made smaller.')]);
const result = await new Runner({ store }).run(new Agent({ name: 'Writer', model }), 'Write.', {
  stream: true,
  onDisconnect: 'continue',
  runId: 'run_1',
});

// A reader that goes away keeps its position, and comes back with it: to another process, after days.
let position = '';
let seen = '';
for await (const event of result.events()) {
  position = positionOf(event);
  if (event.type === 'model.delta') seen += event.text ?? '';
  if (seen.length > 10) break;
}
console.log(`left at ${position} after '${seen}'`);

// The message is in the log as a whole, too: its pieces can go, and a record stands for them.
await result.completed;
const { events, ranges } = await prune(store, 'run_1');
console.log(`${events} events pruned in ${ranges.length} ranges`);
assert(events > 5);

const back = await resolvePosition(store, 'run_1', position);
// Set when what was seen is not in the log: after a power failure another writer may have taken the number again.
assert.equal(back.reset, undefined);
const rest: string[] = [];
for await (const event of readLog(openLogSource(store, 'run_1'), { from: back.from })) rest.push(event.type);
console.log(rest.join(' '));
assert.equal(rest[0], 'log.pruned');

// For a reader that was never there.
const { next, items, ended } = await snapshot(store, 'run_1');
console.log(`${items.length} item, up to event ${next}, ${ended?.type}`);

// Whole runs that have ended: those older than a day, but never the newest ten. None yet.
assert.deepEqual(await pruneStore(store, { olderThanMs: 86_400_000, keep: 10 }), []);
await store.close();
rmSync(folder, { recursive: true });
