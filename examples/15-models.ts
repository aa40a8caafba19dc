// Models over HTTP: any server that speaks the Responses API or Chat Completions. Here it is one on this machine, which first answers 429.
import assert from 'node:assert/strict';
import { Agent, ModelProviderError, OpenAIProvider, Runner } from 'tailrace';
import { startWireServer, type WireAnswer } from 'tailrace/testing';

const busy: WireAnswer = {
  status: 429,
  headers: { 'retry-after-ms': '20' },
  body: { error: { message: 'Slow down.', type: 'requests', code: 'rate_limit_exceeded' } },
};
const hello: WireAnswer = { steps: [{ type: 'text', text: ['Hel', 'lo.'] }], usage: { input: 5, output: 2 } };
const cut: WireAnswer = { ...hello, delivery: { cut: { afterEvents: 3, how: 'fin' } } };

await using server = await startWireServer({ script: [busy, hello, cut] });
const runner = new Runner({
  modelProvider: new OpenAIProvider({ baseURL: server.url, apiKey: 'local', useResponses: false }),
});
const agent = new Agent({ name: 'Greeter', model: 'llama', modelSettings: { temperature: 0, maxTokens: 100 } });

// The rate limit is waited out as the server asked; the request is made again, and both attempts are in the log and in the trace.
const result = await runner.run(agent, 'Hi!', { stream: true });
await result.completed;
console.log(`${result.finalOutput} ${result.runContext.usage.totalTokens} tokens`);
const attempts = [];
for await (const event of result.events()) {
  if (event.type === 'model.called') attempts.push(event.attempt);
  if (event.type === 'step.attempt') console.log(`attempt ${event.attempt} after ${event.delayMs} ms`);
}
assert.deepEqual(attempts, [1, 2]);
assert.equal(result.finalOutput, 'Hello.');
assert.equal(server.requests[0]?.path, '/v1/chat/completions');
assert.equal(server.requests[0]?.body?.['temperature'], 0);

// A stream that breaks off after text was delivered is not tried again behind the reader's back: it fails.
const torn = await runner.run(agent, 'Hi!', { stream: true });
await torn.completed.catch(() => undefined);
assert(torn.error instanceof ModelProviderError);
console.log(`${torn.error.code}: ${torn.error.message}`);
assert.equal(torn.error.code, 'MODEL_STREAM_TRUNCATED');
assert.equal(server.requests.length, 3);
