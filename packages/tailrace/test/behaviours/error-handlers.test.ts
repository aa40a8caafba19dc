/** Final outputs in place of errors. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Agent,
  MaxTurnsExceededError,
  MemorySession,
  ModelBehaviorError,
  ModelRefusalError,
  type RunErrorHandlerInput,
  run,
  type RunErrorHandlers,
  Runner,
  UserError,
} from '../../src/index.ts';
import { assistantMessage } from '../../src/testing/index.ts';
import { call, scripted, weather } from './cast.ts';
import { on, type Stage } from './stage.ts';

const refusal = { type: 'message', role: 'assistant', status: 'completed' } as const;
const refused = () => [{ ...refusal, content: [{ type: 'refusal', refusal: 'I will not.' } as const] }];
const outputType = z.object({ a: z.string() });

const cases = {
  maxTurns: {
    agent: () => scripted([[call()]], { tools: [weather()] }),
    error: MaxTurnsExceededError,
    before: ['user', 'function_call', 'function_call_result'],
  },
  modelRefusal: { agent: () => scripted([refused()]), error: ModelRefusalError, before: ['user', 'assistant'] },
  invalidFinalOutput: {
    agent: () => scripted([[assistantMessage('no JSON')]], { outputType } as object),
    error: ModelBehaviorError,
    before: ['user', 'assistant'],
  },
} as const;
const kinds = Object.keys(cases) as (keyof typeof cases)[];

async function runs(stage: Stage, agent: () => Agent, errorHandlers: RunErrorHandlers, stream: boolean) {
  const session = new MemorySession();
  const options = { session, maxTurns: 1, errorHandlers };
  if (!stream) return { ...(await stage.whole(agent(), 'Hi', options)), session };
  const { result, error } = await stage.seen(agent(), 'Hi', options);
  return { result, error, session };
}

const roles = async (session: MemorySession) =>
  (await session.getItems()).map((item) => ('role' in item ? item.role : item.type));

describe.each(kinds)('[B32] a handler of %s', (kind) => {
  const { agent, error: ErrorClass, before } = cases[kind];
  const finalOutput = kind === 'invalidFinalOutput' ? { a: 'fixed' } : 'Sorry.';

  on.for([
    [false, true],
    [true, true],
    [false, false],
    [true, false],
  ])('gives the final output; streamed %s, in history %s', async ([stream = false, inHistory = true], { stage }) => {
    let input: RunErrorHandlerInput | undefined;
    const handler = (given: RunErrorHandlerInput) => {
      input = given;
      return { finalOutput, ...(!inHistory && { includeInHistory: false }) };
    };
    const { result, error, session } = await runs(stage, agent, { [kind]: handler }, stream);
    expect(error).toBeUndefined();
    expect(result?.finalOutput).toEqual(finalOutput);
    expect(await roles(session)).toEqual(inHistory ? [...before, 'assistant'] : before);
    expect(result?.history).toHaveLength(before.length + (inHistory ? 1 : 0));
    expect(input?.error).toBeInstanceOf(ErrorClass);
    expect(input?.context).toBe(result?.runContext);
    expect(input?.runData).toMatchObject({ rawResponses: [{}], lastAgent: { name: 'Alpha' } });
    expect(input?.runData.history).toHaveLength(before.length);
    expect(input?.runData.newItems).toHaveLength(before.length - 1);
    expect(stage.log().filter(({ type }) => type === 'error.handled')).toMatchObject([{ kind, inHistory }]);
  });

  on('fails the run when it gives nothing, whatever default says', async ({ stage }) => {
    const handlers = { [kind]: () => undefined, default: () => ({ finalOutput }) };
    const { error } = await runs(stage, agent, handlers, false);
    expect(error).toBeInstanceOf(ErrorClass);
  });

  on('default handles what has no handler of its own', async ({ stage }) => {
    const { result } = await runs(stage, agent, { default: () => ({ finalOutput }) }, false);
    expect(result?.finalOutput).toEqual(finalOutput);
  });

  on.for([false, true])(
    '[B33] whose output does not fit fails the run; the input is saved; streamed %s',
    async (stream, { stage }) => {
      const wrong = kind === 'invalidFinalOutput' ? { a: 7 } : { not: 'a text' };
      const { error, session } = await runs(stage, agent, { [kind]: () => ({ finalOutput: wrong }) }, stream);
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({ code: 'ERROR_HANDLER_INVALID' });
      expect((await roles(session))[0]).toBe('user');
    },
  );

  on('that throws fails the run with what it threw', async ({ stage }) => {
    const mine = new TypeError('mine');
    const { error } = await runs(stage, agent, { [kind]: () => Promise.reject(mine) }, false);
    expect(error).toBe(mine);
  });

  on.for([false, true])('is looked at by output guardrails, streamed %s', async (stream, { stage }) => {
    const seen: unknown[] = [];
    const guarded = () => {
      const made = agent();
      made.outputGuardrails = [
        {
          name: 'no',
          execute: async ({ agentOutput }) => {
            seen.push(agentOutput);
            return { tripwireTriggered: true, outputInfo: {} };
          },
        },
      ];
      return made;
    };
    const { error, session } = await runs(stage, guarded, { [kind]: () => ({ finalOutput }) }, stream);
    expect(error).toMatchObject({ code: 'OUTPUT_GUARDRAIL_TRIPPED' });
    expect(seen).toEqual([finalOutput]);
    expect(await roles(session)).toEqual(before);
  });
});

on('a handled limit of turns is on the agent’s span alone', async ({ stage }) => {
  await stage.whole(cases.maxTurns.agent(), 'Hi', {
    maxTurns: 1,
    errorHandlers: { maxTurns: () => ({ finalOutput: 'Sorry.' }) },
  });
  expect(stage.spans('agent').map(({ error }) => error?.message)).toEqual(['Max turns exceeded']);
  expect([...stage.spans('task'), ...stage.spans('turn')].map(({ error }) => error)).toEqual([null, null]);
});

on('other errors have no handler', async ({ stage }) => {
  const { error } = await stage.whole(scripted([[call()]]), 'Hi', {
    errorHandlers: { default: () => ({ finalOutput: 'Sorry.' }) },
  });
  expect(error).toMatchObject({ code: 'TOOL_UNKNOWN' });
});

test('a handler by another name is refused', async () => {
  const errorHandlers = { max_turns: () => undefined } as object;
  await expect(run(scripted([]), 'Hi', { errorHandlers })).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' });
  expect(() => new Runner({ errorHandlers: { maxTurns: 'Sorry.' } as object })).toThrow('errorHandlers.maxTurns');
});
