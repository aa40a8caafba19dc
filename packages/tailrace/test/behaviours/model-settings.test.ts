// Whose settings a model is called with: the agent's over the Runner's, and a tool's own config over its caller's.
import { expect, test } from 'vitest';
import { Agent, type ModelSettings, Runner } from '../../src/index.ts';
import { assertCleanRun, assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';

async function settingsOf(lower: ModelSettings | undefined, upper: ModelSettings) {
  const model = new ScriptedModel([[assistantMessage('Done.')]]);
  const agent = new Agent({ name: 'A', model, modelSettings: upper });
  const before = structuredClone([lower, upper]);
  await assertCleanRun(await new Runner(lower ? { modelSettings: lower } : {}).run(agent, 'Hi'));
  expect([lower, upper]).toEqual(before);
  return model.calls[0]?.request.modelSettings;
}

const LOWER: ModelSettings = {
  temperature: 0,
  maxTokens: 5,
  reasoning: { summary: 'auto', effort: 'high' },
  text: { verbosity: 'low' },
  promptCacheOptions: { mode: 'explicit' },
  retry: { maxRetries: 5, backoff: { initialDelayMs: 3, multiplier: 2 } },
  providerData: { a: 1 },
};

test('an agent says only what it wants otherwise, inside a group of settings too', async () => {
  const upper: ModelSettings = {
    temperature: 1,
    reasoning: { effort: 'low' },
    text: {},
    promptCacheOptions: { ttl: '30m' },
    retry: { maxRetries: 1, backoff: { multiplier: 3 } },
    providerData: { b: 2 },
  };
  expect(await settingsOf(LOWER, upper)).toEqual({
    temperature: 1,
    maxTokens: 5,
    reasoning: { summary: 'auto', effort: 'low' },
    text: { verbosity: 'low' },
    promptCacheOptions: { mode: 'explicit', ttl: '30m' },
    retry: { maxRetries: 1, backoff: { initialDelayMs: 3, multiplier: 3 } },
    providerData: { b: 2 },
  });
});

test('a group that one of the two has is that one’s', async () => {
  expect(await settingsOf(LOWER, {})).toEqual(LOWER);
  expect(await settingsOf({}, LOWER)).toEqual(LOWER);
  expect(await settingsOf(undefined, LOWER)).toEqual(LOWER);
  const retry = { backoff: { jitter: true } };
  expect(await settingsOf({ retry: { maxRetries: 1 } }, { retry })).toEqual({ retry: { maxRetries: 1, ...retry } });
});

test('a tool’s own config says only what it wants otherwise, of providerData too', async () => {
  const model = new ScriptedModel([[assistantMessage('In.')]]);
  const inner = new Agent({ name: 'Inner', model, modelSettings: { topP: 0.5 } });
  const modelSettings: ModelSettings = { reasoning: { effort: 'low' }, providerData: { b: 2 } };
  const ask = inner.asTool({ toolName: 'ask', toolDescription: 'Asks.', runConfig: { modelSettings } });
  const outer = new ScriptedModel([
    [functionCall('ask', { input: 'q' }, { callId: 'c1' })],
    [assistantMessage('Done.')],
  ]);
  const agent = new Agent({ name: 'Outer', model: outer, tools: [ask] });
  await assertCleanRun(await new Runner({ modelSettings: LOWER }).run(agent, 'Hi'));
  expect(model.calls[0]?.request.modelSettings).toEqual({
    ...LOWER,
    topP: 0.5,
    reasoning: { summary: 'auto', effort: 'low' },
    providerData: { a: 1, b: 2 },
  });
  expect(outer.calls[0]?.request.modelSettings).toEqual(LOWER);
});
