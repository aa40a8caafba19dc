// The final output as data: declared as a schema, sent to the model, checked when it comes back, typed in the result.
import assert from 'node:assert/strict';
import { Agent, ModelBehaviorError, run } from 'tailrace';
import { assistantMessage, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const Meeting = z.object({ title: z.string(), day: z.string(), guests: z.array(z.string()) });

const model = new ScriptedModel([
  [assistantMessage('{"title":"Review","day":"Friday","guests":["Ada","Grace"]}')],
  [assistantMessage('Friday, with Ada.')],
]);
const planner = new Agent({ name: 'Planner', instructions: 'Extract the meeting.', outputType: Meeting, model });

const result = await run(planner, 'Review on Friday with Ada and Grace.');
const meeting = result.finalOutput;
console.log(`${meeting?.title} on ${meeting?.day} with ${meeting?.guests.join(' and ')}`);
assert.deepEqual(meeting?.guests, ['Ada', 'Grace']);
assert.notEqual(model.firstCall?.request.outputType, 'text');

// Text that does not fit is the model's error, not a value of the wrong shape.
await assert.rejects(run(planner, 'The same again.'), (error: unknown) => {
  assert(error instanceof ModelBehaviorError);
  console.log(`${error.code}: ${error.message}`);
  return error.code === 'OUTPUT_INVALID';
});
