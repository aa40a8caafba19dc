// One run, many readers: each begins where it likes, at its own pace. A position and what follows it are always the whole.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, run, type RunEvent, type StreamedRunResult } from 'tailrace';
import { ScriptedModel, textStream } from 'tailrace/testing';

const sentence = 'The water leaves the mill, and all of it.';
const agent = new Agent({ name: 'Miller', model: new ScriptedModel([textStream(sentence)]) });
// Whoever leaves, the run goes on. Without this it would be cancelled when its last reader leaves early.
const result = await run(agent, 'Where does the water go?', { stream: true, onDisconnect: 'continue' });

async function read(options: { from?: number; pauseMs?: number; leaveAfter?: number } = {}): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of result.events({ from: options.from ?? 0 })) {
    events.push(event);
    if (options.pauseMs) await wait(options.pauseMs);
    if (events.length === options.leaveAfter) break;
  }
  return events;
}

const [fast, slow, left] = await Promise.all([read(), read({ pauseMs: 2 }), read({ leaveAfter: 5 })]);
// The one that left comes back with the position after the last event it has seen, like SSE's Last-Event-ID.
const rest = await read({ from: (left.at(-1)?.seq ?? -1) + 1 });

console.log(`${fast.length} events: read at once, slowly, and in two parts (${left.length} + ${rest.length})`);
assert.deepEqual(slow, fast);
assert.deepEqual([...left, ...rest], fast);
assert.deepEqual(
  fast.map((event) => event.seq),
  fast.map((_, index) => index),
);

// The same holds for the stream's own events, and after the end.
assert.equal(await textOf(result), sentence);
assert.equal(await textOf(result), sentence);

async function textOf(from: StreamedRunResult): Promise<string> {
  let text = '';
  for await (const event of from) {
    if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') text += event.data.delta;
  }
  return text;
}
