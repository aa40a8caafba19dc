/** Values that callers' code should not give: each ends in an error with a code. */
import { describe, expect, test } from 'vitest';
import { Agent, type AgentInputItem, MemorySession, run, type ToolUseBehavior } from '../../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';
import { scripted, weather } from './cast.ts';
import { failure, on } from './stage.ts';

const saying = (): Agent => scripted([[assistantMessage('Hi.')]]);

function deepItem(levels: number): AgentInputItem {
  let providerData: Record<string, unknown> = {};
  for (let level = 2; level < levels; level++) providerData = { providerData };
  return { role: 'user', content: 'x', providerData };
}

const self: Record<string, unknown> = {};
self['self'] = self;
const branching: Record<string, unknown> = {};
branching['left'] = branching;
branching['right'] = branching;

describe('an input item', () => {
  // No run begins.
  test.for([
    ['that refers to itself', { role: 'user', content: 'x', providerData: self }],
    ['that does so in two places', { role: 'user', content: 'x', providerData: branching }],
    ['of 20000 levels', deepItem(20_000)],
  ] as [string, AgentInputItem][])('%s is INPUT_ITEM_INVALID', async ([, item]) => {
    const error = await failure(run(saying(), [{ role: 'user', content: 'first' }, item]));
    expect(error).toMatchObject({ name: 'UserError', code: 'INPUT_ITEM_INVALID', data: { index: 1 } });
    expect((error as Error).message).toBe('Input item 1 refers to itself, or is nested deeper than 1000 levels.');
  });

  on('of 1000 levels is taken', async ({ stage }) => {
    expect((await stage.whole(saying(), [deepItem(1_000)])).error).toBeUndefined();
  });
});

describe('a session', () => {
  on.for([
    [null, 'it gave null, not a list of items'],
    ['x', 'it gave a string'],
    [[null], 'its item 0 is null, not an item'],
  ] as const)('that gives %j is SESSION_LOAD_FAILED', async ([given, says], { stage }) => {
    class OddSession extends MemorySession {
      override getItems(): Promise<AgentInputItem[]> {
        return Promise.resolve(given as unknown as AgentInputItem[]);
      }
    }
    const session = new OddSession({ sessionId: 's' });
    for (const { error } of [
      await stage.whole(saying(), 'Hi', { session }),
      await stage.seen(saying(), 'Hi', { session }),
    ]) {
      expect(error).toMatchObject({ name: 'SystemError', code: 'SESSION_LOAD_FAILED' });
      expect((error as Error).message).toContain(says);
    }
  });
});

on.for([null, undefined, true] as const)('a toolUseBehavior that gives %j is OPTION_TYPE', async (given, { stage }) => {
  const toolUseBehavior = (() => given) as unknown as ToolUseBehavior;
  const agent = (): Agent =>
    new Agent({
      name: 'A',
      model: new ScriptedModel([
        [functionCall('weather', { city: 'Ulm' }, { callId: 'c' })],
        [assistantMessage('Hi.')],
      ]),
      tools: [weather()],
      toolUseBehavior,
    });
  for (const { error } of [await stage.whole(agent()), await stage.seen(agent())]) {
    expect(error).toMatchObject({ name: 'UserError', code: 'OPTION_TYPE' });
    expect((error as Error).message).toMatch(/toolUseBehavior of agent 'A' gave .*Give \{ isFinalOutput/);
  }
});

on('a reason to abort that cannot be looked at is a cancel all the same', async ({ stage }) => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  stage.caller.abort(proxy);
  const { error } = await stage.whole(saying(), 'Hi', { signal: stage.caller.signal });
  expect(error).toMatchObject({ name: 'AbortError', code: 'RUN_CANCELLED' });
});
