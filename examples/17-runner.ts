// A Runner: configuration and listeners for many runs. Instructions may be a function; listeners look and cannot change a run.
import assert from 'node:assert/strict';
import { Agent, MaxTurnsExceededError, Runner, tool } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const model = new ScriptedModel([
  [functionCall('roll', {}, { callId: 'call_1' })],
  [assistantMessage('You rolled a four.')],
  [functionCall('roll', {}, { callId: 'call_2' })],
]);
const runner = new Runner({ model, workflowName: 'dice', modelSettings: { temperature: 0.5 } });

const told: string[] = [];
runner.on('agent_start', (_context, agent) => told.push(`${agent.name} starts`));
runner.on('agent_tool_end', (_context, _agent, { name }, result) => told.push(`${name} gave ${result}`));
runner.on('agent_end', (_context, agent, output) => told.push(`${agent.name} says: ${output}`));
runner.on('agent_start', () => {
  throw new Error('A listener that throws changes nothing.');
});

const roll = tool({ name: 'roll', description: 'Rolls a die.', parameters: z.object({}), execute: () => 4 });
const croupier = new Agent<{ player: string }>({
  name: 'Croupier',
  instructions: (context) => `You play with ${context.context.player}.`,
  tools: [roll],
});

const result = await runner.run(croupier, 'Roll!', { context: { player: 'Ada' } });
for (const line of told) console.log(line);
assert.deepEqual(told, ['Croupier starts', 'roll gave 4', 'Croupier says: You rolled a four.']);
assert.equal(model.firstCall?.request.systemInstructions, 'You play with Ada.');
assert.equal(result.runContext.usage.requests, 2);

// The next run continues the conversation: what was said is the next input.
const next = runner.run(croupier, [...result.history, { role: 'user', content: 'Again!' }], {
  context: { player: 'Ada' },
  maxTurns: 1,
});
await assert.rejects(next, MaxTurnsExceededError);
