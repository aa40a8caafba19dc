// A final output of your own, where a run would fail: all turns used, a refusal, an output that does not fit.
import assert from 'node:assert/strict';
import { Agent, run, tool } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const search = tool({
  name: 'search',
  description: 'Searches.',
  parameters: z.object({ words: z.string() }),
  execute: ({ words }) => `nothing about ${words}`,
});
const searcher = new Agent({
  name: 'Searcher',
  tools: [search],
  model: new ScriptedModel([
    [functionCall('search', { words: 'unicorns' }, { callId: 'call_1' })],
    [functionCall('search', { words: 'horns' }, { callId: 'call_2' })],
  ]),
});
const result = await run(searcher, 'Find unicorns.', {
  maxTurns: 2,
  errorHandlers: {
    maxTurns: ({ runData }) => ({
      finalOutput: `I gave up after ${runData.rawResponses.length} searches.`,
    }),
  },
});
console.log(result.finalOutput);
assert.equal(result.finalOutput, 'I gave up after 2 searches.');
assert.equal(result.newItems.at(-1)?.type, 'message_output_item');

// Of any kind, and kept out of the history: a next run on it does not see it.
const planner = new Agent({
  name: 'Planner',
  outputType: z.object({ steps: z.array(z.string()) }),
  model: new ScriptedModel([[assistantMessage('First we pack, then we leave.')]]),
});
const planned = await run(planner, 'Plan a trip.', {
  errorHandlers: {
    default: ({ error }) => {
      console.log(error.code);
      return { finalOutput: { steps: [] }, includeInHistory: false };
    },
  },
});
assert.deepEqual(planned.finalOutput, { steps: [] });
assert.equal(planned.history.length, 2);
