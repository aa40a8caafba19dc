// Errors carry a code, who can act on it, whether trying again helps, and the run's id. Serialised, they hold nothing private.
import assert from 'node:assert/strict';
import {
  Agent,
  ERROR_CODES,
  isAgentsError,
  MaxTurnsExceededError,
  run,
  tool,
  ToolCallError,
  UserError,
} from 'tailrace';
import { functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

// What cannot work is refused before the run starts.
assert.throws(() => new Agent({ name: '' }), { code: 'AGENT_NAME_INVALID' });
const agent = new Agent({ name: 'Looping', model: new ScriptedModel() });
await assert.rejects(run(agent, 'Hi', { maxTurn: 3 } as object), (error: unknown) => {
  assert(error instanceof UserError);
  console.log(`${error.code}: ${error.message}`);
  return error.code === 'OPTION_UNKNOWN';
});

// A run that fails rejects with its error; `state` is the run as it was, in this process only.
const again = tool({ name: 'again', description: 'Again.', parameters: z.object({}), execute: () => 'once more' });
const looping = new Agent({
  name: 'Looping',
  tools: [again],
  model: new ScriptedModel([
    [functionCall('again', {}, { callId: 'call_1' })],
    [functionCall('again', {}, { callId: 'call_2' })],
  ]),
});
await assert.rejects(run(looping, 'Go.', { maxTurns: 2, runId: 'run_loop' }), (error: unknown) => {
  assert(error instanceof MaxTurnsExceededError);
  console.log(error.message);
  console.log(JSON.stringify(error));
  assert.equal(error.runId, 'run_loop');
  assert.deepEqual(ERROR_CODES[error.code], { actor: 'limit', retryable: false });
  assert(!JSON.stringify(error).includes('once more'));
  return true;
});

// With `errorFunction: null` a tool's failure ends the run. What the tool threw is the cause, and stays in the process.
const fatal = tool({
  name: 'fatal',
  description: 'Fails.',
  parameters: z.object({}),
  errorFunction: null,
  execute: () => {
    throw new TypeError('password is hunter2');
  },
});
const failing = new Agent({
  name: 'Failing',
  tools: [fatal],
  model: new ScriptedModel([[functionCall('fatal', {}, { callId: 'call_1' })]]),
});
await assert.rejects(run(failing, 'Go.'), (error: unknown) => {
  assert(error instanceof ToolCallError && isAgentsError(error));
  console.log(JSON.stringify(error));
  assert(error.cause instanceof TypeError);
  assert(!JSON.stringify(error).includes('hunter2'));
  return true;
});
