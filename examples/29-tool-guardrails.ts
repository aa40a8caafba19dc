// Guardrails of one tool: what may be called, and what the model may see of its output.
import assert from 'node:assert/strict';
import {
  Agent,
  defineToolInputGuardrail,
  defineToolOutputGuardrail,
  run,
  tool,
  ToolCallError,
  ToolGuardrailFunctionOutputFactory as verdict,
  ToolInputGuardrailTripwireTriggered,
} from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const onlyReading = defineToolInputGuardrail({
  name: 'only_reading',
  async run({ toolCall }) {
    if (/drop|delete/i.test(toolCall.arguments)) return verdict.throwException({ call: toolCall.callId });
    if (/update/i.test(toolCall.arguments)) return verdict.rejectContent('Only SELECT is allowed. Rephrase the query.');
    return verdict.allow();
  },
});
const noCards = defineToolOutputGuardrail({
  name: 'no_cards',
  run: async ({ output }) =>
    /\d{4} \d{4}/.test(String(output))
      ? verdict.rejectContent('The rows hold card numbers and are withheld.')
      : verdict.allow(),
});

const queries: string[] = [];
const query = tool({
  name: 'query',
  description: 'Runs a SQL query.',
  parameters: z.object({ sql: z.string() }),
  inputGuardrails: [onlyReading],
  outputGuardrails: [noCards],
  execute({ sql }) {
    queries.push(sql);
    return sql.includes('cards') ? '4242 4242' : '3 rows';
  },
});

const model = new ScriptedModel([
  [
    functionCall('query', { sql: 'UPDATE users' }, { callId: 'call_1' }),
    functionCall('query', { sql: 'SELECT cards' }, { callId: 'call_2' }),
    functionCall('query', { sql: 'SELECT users' }, { callId: 'call_3' }),
  ],
  [assistantMessage('There are three users.')],
]);
const analyst = new Agent({ name: 'Analyst', tools: [query], model });
const result = await run(analyst, 'How many users are there?');
for (const item of result.newItems) if (item.type === 'tool_call_output_item') console.log(item.output);
for (const { guardrail, output } of [...result.toolInputGuardrailResults, ...result.toolOutputGuardrailResults])
  console.log(guardrail.type, guardrail.name, output.behavior.type);

// The rejected call was never made.
assert.deepEqual(queries, ['SELECT cards', 'SELECT users']);
assert.deepEqual(
  result.newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item.output] : [])),
  ['Only SELECT is allowed. Rephrase the query.', 'The rows hold card numbers and are withheld.', '3 rows'],
);

// throwException ends the run.
const dropping = new Agent({
  name: 'Analyst',
  tools: [query],
  model: new ScriptedModel([[functionCall('query', { sql: 'DROP TABLE users' }, { callId: 'call_1' })]]),
});
await assert.rejects(run(dropping, 'Clean up.'), (error: unknown) => {
  assert(error instanceof ToolCallError && error.error instanceof ToolInputGuardrailTripwireTriggered);
  console.log(error.code, error.error.message);
  return error.code === 'TOOL_GUARDRAIL_TRIPPED';
});
