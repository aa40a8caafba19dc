// A session that stays short: behind a run, OpenAI makes one item of what was said.
import assert from 'node:assert/strict';
import { Agent, OpenAIResponsesCompactionSession, OpenAIResponsesModel, run } from 'tailrace';
import { SqliteSession } from 'tailrace/sqlite';
import { startWireServer } from 'tailrace/testing';

await using server = await startWireServer();
const client = { baseURL: server.url, apiKey: 'local' };
const agent = new Agent({ name: 'Assistant', model: new OpenAIResponsesModel(client, 'scripted') });

using underlyingSession = new SqliteSession({ sessionId: 'chat-1' });
const session = new OpenAIResponsesCompactionSession({
  client,
  underlyingSession,
  // By default from ten on. The context has the items, for a rule of your own.
  shouldTriggerCompaction: ({ compactionCandidateItems }) => compactionCandidateItems.length >= 3,
});

const lengths: number[] = [];
for (const question of ['One?', 'Two?', 'Three?']) {
  const result = await run(agent, question, { session });
  lengths.push((await session.getItems()).length);
  console.log(`${lengths.at(-1)} items, ${result.state.usage.requests} requests`);
}
assert.deepEqual(lengths.slice(0, 2), [2, 4]);
assert.equal((await session.getItems()).at(-1)?.type, 'compaction');
