// A model of the AI SDK in an agent. Any model that has the shape of specification v2, v3 or v4 will do: `aisdk(anthropic('claude-…'))`.
import assert from 'node:assert/strict';
import { MockLanguageModelV4, mockValues } from 'ai/test';
import { Agent, run, tool } from 'tailrace';
import { aisdk } from 'tailrace/ai-sdk';
import { z } from 'zod';

// A mock of the AI SDK's own stands in for a provider here, so that nothing leaves this machine.
const usage = {
  inputTokens: { total: 20, noCache: 12, cacheRead: 8, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
};
const answer = mockValues(
  [
    {
      type: 'tool-call' as const,
      toolCallId: 'call_1',
      toolName: 'weather',
      input: '{"city":"Oslo"}',
      // What a provider says of a part goes back to it with the part, and to no other model.
      providerMetadata: { acme: { signature: 'abc' } },
    },
  ],
  [{ type: 'text' as const, text: 'Take an umbrella.' }],
);
const provided = new MockLanguageModelV4({
  provider: 'acme',
  modelId: 'acme-1',
  doGenerate: async () => ({
    content: answer(),
    finishReason: { unified: 'stop', raw: 'stop' },
    usage,
    warnings: [],
    response: { id: 'resp_1' },
  }),
});

const weather = tool({
  name: 'weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `Rain in ${city}`,
});
const agent = new Agent({
  name: 'Forecaster',
  tools: [weather],
  model: aisdk(provided),
  // What only this provider knows: passed on to `doGenerate` and `doStream` as it is.
  modelSettings: { temperature: 0.2, providerData: { providerOptions: { acme: { speed: 'fast' } } } },
});

const result = await run(agent, 'Do I need an umbrella?');
console.log(result.finalOutput);

assert.equal(result.finalOutput, 'Take an umbrella.');
assert.equal(result.state.usage.inputTokens, 40);
const [first, second] = provided.doGenerateCalls;
assert.deepEqual(first?.providerOptions, { acme: { speed: 'fast' } });
assert.deepEqual(second?.prompt.at(-2)?.content, [
  {
    type: 'tool-call',
    toolCallId: 'call_1',
    toolName: 'weather',
    input: { city: 'Oslo' },
    providerOptions: { acme: { signature: 'abc' } },
  },
]);
