// Which failed model calls are made again: a policy decides, failure by failure, and each attempt is in the log.
import assert from 'node:assert/strict';
import { Agent, OpenAIResponsesModel, type RetryPolicy, retryPolicies, run } from 'tailrace';
import { startWireServer, type WireAnswer } from 'tailrace/testing';

const overloaded: WireAnswer = { status: 503, body: { error: { message: 'Overloaded.' } } };
const answer: WireAnswer = { steps: [{ type: 'text', text: 'Here I am.' }], usage: { input: 3, output: 3 } };
await using server = await startWireServer({ script: [overloaded, overloaded, answer] });

// Ready-made policies may be put together with your own.
const atNight: RetryPolicy = ({ attempt }) => ({ retry: true, delayMs: attempt * 5, reason: 'nobody is waiting' });
const agent = new Agent({
  name: 'Patient',
  model: new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'local' }, 'gpt-5.1'),
  modelSettings: {
    retry: {
      maxRetries: 3,
      policy: retryPolicies.any(
        retryPolicies.retryAfter(),
        retryPolicies.networkError(),
        retryPolicies.all(retryPolicies.httpStatus([503]), atNight),
      ),
    },
  },
});

const result = await run(agent, 'Hello?', { stream: true });
await result.completed;
for await (const event of result.events()) {
  if (event.type === 'step.attempt')
    console.log(`attempt ${event.attempt} after ${event.delayMs} ms: ${event.reason ?? 'the error may pass'}`);
}
console.log(`${result.finalOutput} (${result.runContext.usage.requests} requests)`);
assert.equal(server.requests.length, 3);
assert.equal(result.runContext.usage.requests, 3);
