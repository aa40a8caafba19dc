/** What shows only in a run: the caller's, the model's, a tool's or a guardrail's mistake. Numbers as in bad-input.test.ts. */
import { afterEach, describe, expect, vi } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type AgentOptions,
  type AgentOutputItem,
  GuardrailExecutionError,
  type GuardrailFunctionOutput,
  InvalidToolOutputError,
  LimitError,
  ModelBehaviorError,
  RunCancelledError,
  type RunEvent,
  tool,
  ToolCallError,
  type ToolOptions,
  ToolTimeoutError,
  UserError,
} from '../src/index.ts';
import { assistantMessage, type ScriptedModelInput, ScriptedModel } from '../src/testing/index.ts';
import { call, inputGuard, modelOf, outputGuard, scripted, toolScript, weather } from './behaviours/cast.ts';
import { on, read, settled, type Stage, wait } from './behaviours/stage.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Both ways of running it must fail with the same; gives the error. */
async function fails(stage: Stage, make: () => Agent, options = {}, config = {}): Promise<Error & { code?: string }> {
  const streamed = await stage.seen(make(), 'Hi', options, config);
  const whole = await stage.whole(make(), 'Hi', options, config);
  const error = whole.error as Error & { code?: string };
  expect(streamed.error).toBeInstanceOf(error.constructor as typeof Error);
  expect(streamed.error).toMatchObject({ code: error.code });
  return error;
}

/** The text that the model was told of its call. */
async function told(stage: Stage, agent: Agent): Promise<{ text: string; log: RunEvent[] }> {
  const { result, error } = await stage.seen(agent);
  expect(error).toBeUndefined();
  const [output] = result.newItems.filter((item) => item.type === 'tool_call_output_item');
  const raw = output?.rawItem.output;
  return { text: typeof raw === 'object' && 'text' in raw ? String(raw.text) : JSON.stringify(raw), log: stage.log() };
}

const returned = (log: readonly RunEvent[]): RunEvent | undefined => log.find(({ type }) => type === 'tool.returned');

describe('the caller', () => {
  on('8: a handoff to itself is HANDOFF_INVALID', async ({ stage }) => {
    const selfish = (): Agent => {
      const agent = scripted([[assistantMessage('x')]]);
      agent.handoffs.push(agent);
      return agent;
    };
    const error = await fails(stage, selfish);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: 'HANDOFF_INVALID' });
    expect(error.message).toMatch(/'Alpha' has a handoff to itself.*Leave it out/);
  });

  on('3: two tools of one name, one of them added later, is TOOL_NAME_DUPLICATE', async ({ stage }) => {
    const doubled = (): Agent => {
      const agent = scripted([[assistantMessage('x')]], { tools: [weather()] });
      agent.tools.push(weather());
      return agent;
    };
    const error = await fails(stage, doubled);
    expect(error).toMatchObject({ name: 'UserError', code: 'TOOL_NAME_DUPLICATE' });
    expect(error.message).toMatch(/tools\[0\] and tools\[1\]/);
  });

  on('9: agents that hand off in a circle are MAX_HANDOFFS, with the trail', async ({ stage }) => {
    const circle = (): Agent => {
      const to = (name: string, index: number): AgentOutputItem[] => [call(`h${index}`, {}, `transfer_to_${name}`)];
      const script = (name: string): AgentOutputItem[][] => Array.from({ length: 5 }, (_, index) => to(name, index));
      const b = new Agent({ name: 'B', model: new ScriptedModel(script('A')) });
      const a = new Agent({ name: 'A', model: new ScriptedModel(script('B')), handoffs: [b] });
      b.handoffs.push(a);
      return a;
    };
    const error = await fails(stage, circle, { maxTurns: null }, { maxHandoffs: 3 });
    expect(error).toBeInstanceOf(LimitError);
    expect(error).toMatchObject({ code: 'MAX_HANDOFFS', data: { limit: 3, trail: ['A', 'B', 'A', 'B', 'A'] } });
    expect(error.message).toMatch(/more than 3 handoffs: A > B > A > B > A\..*raise maxHandoffs/);
  });

  on('19: a signal that has already aborted: cancelled, and no model call', async ({ stage }) => {
    stage.caller.abort('too late');
    const agent = scripted([[assistantMessage('x')]]);
    const { result, events, error } = await stage.seen(agent, 'Hi', { signal: stage.caller.signal });
    expect([events, error, result.cancelled, modelOf(agent).calls.length]).toEqual([[], undefined, true, 0]);
    const whole = await stage.whole(agent, 'Hi', { signal: stage.caller.signal });
    expect(whole.error).toBeInstanceOf(RunCancelledError);
    expect(whole.error).toMatchObject({ name: 'AbortError', code: 'RUN_CANCELLED', cause: 'too late' });
    expect([modelOf(agent).calls.length, whole.log.at(-1)?.type]).toEqual([0, 'run.cancelled']);
  });

  on(
    '20: no model and no key is MODEL_KEY_MISSING, with the names and the fix, before any request',
    async ({ stage }) => {
      vi.stubEnv('OPENAI_API_KEY', '');
      vi.stubEnv('OPENAI_BASE_URL', '');
      const fetched = vi.spyOn(globalThis, 'fetch');
      const error = await fails(stage, () => new Agent({ name: 'Bare' }));
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({ code: 'MODEL_KEY_MISSING' });
      expect(error.message).toMatch(/OPENAI_API_KEY.*setDefaultOpenAIKey/);
      expect(fetched).not.toHaveBeenCalled();
    },
  );

  on('37: a stream that is read twice gives the same twice', async ({ stage }) => {
    const { result, events } = await stage.seen(scripted(toolScript(), { tools: [weather()] }));
    expect((await read(result)).events).toEqual(events);
    expect(events.length).toBeGreaterThan(5);
  });

  on('38: leaving the loop is no error; the run goes on or stops, as it was told', async ({ stage }) => {
    for (const [onDisconnect, status] of [
      ['cancel', 'cancelled'],
      ['continue', 'completed'],
    ] as const) {
      const result = await stage.stream(scripted(toolScript(), { tools: [weather(() => wait(10))] }), 'Hi', {
        onDisconnect,
      });
      const { error } = await read(result, () => true);
      await expect(result.completed).resolves.toBeUndefined();
      expect([error, result.status]).toEqual([undefined, status]);
    }
  });

  on('39: a result that is read before the end is undefined, with one warning', async ({ stage }) => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const result = await stage.stream(scripted([[assistantMessage('Hi.')]]));
    expect([result.finalOutput, result.finalOutput]).toEqual([undefined, undefined]);
    await settled(result);
    expect(result.finalOutput).toBe('Hi.');
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/finalOutput was read before the run had ended.*result\.completed/)],
    ]);
  });
});

describe('the model', () => {
  on('29: a tool that there is not is TOOL_UNKNOWN', async ({ stage }) => {
    const error = await fails(stage, () => scripted([[call('c1', {}, 'wether')]], { tools: [weather()] }));
    expect(error).toBeInstanceOf(ModelBehaviorError);
    expect(error).toMatchObject({ code: 'TOOL_UNKNOWN' });
    expect(error.message).toMatch(/Tool wether not found in agent Alpha\. .*'return_error_to_model'/);
  });

  on('29: or the model is told, three times, and then it is', async ({ stage }) => {
    const script = Array.from({ length: 5 }, (_, index) => [call(`c${index}`, {}, 'wether')]);
    const options = { toolNotFoundBehavior: 'return_error_to_model' as const };
    const agent = scripted(script);
    const { error, result } = await stage.seen(agent, 'Hi', options);
    expect(error).toMatchObject({ code: 'TOOL_UNKNOWN' });
    expect(modelOf(agent).calls).toHaveLength(4);
    const outputs = result.newItems.flatMap((item) =>
      item.type === 'tool_call_output_item' ? [item.rawItem.output] : [],
    );
    expect(outputs).toEqual(Array.from({ length: 3 }, () => ({ type: 'text', text: "Tool 'wether' not found." })));
    const patient = await stage.seen(scripted([...script.slice(0, 3), [assistantMessage('I see.')]]), 'Hi', options);
    expect([patient.error, patient.result.finalOutput]).toEqual([undefined, 'I see.']);
  });

  on.for([
    ['no JSON', '{"city": "SECRET', /not valid JSON.*Call it again with a JSON object/],
    ['a wrong type', '{"city": {"deep": "SECRET"}}', /do not match its schema.*\/city: .*expected string/],
    ['a missing one', '{}', /\/city/],
  ] as const)(
    '30: arguments that do not fit (%s) are told to the model, with the path and without the value',
    async ([, args, says], { stage }) => {
      let ran = 0;
      const agent = scripted([[call('c1', args)], [assistantMessage('x')]], { tools: [weather(() => (ran += 1))] });
      const { text, log } = await told(stage, agent);
      expect(text).toMatch(says);
      expect(text).not.toContain('SECRET');
      expect(ran).toBe(0);
      expect(returned(log)).toMatchObject({ error: { code: 'TOOL_INPUT_INVALID', name: 'InvalidToolInputError' } });
      expect(JSON.stringify(returned(log))).not.toContain('SECRET');
    },
  );

  on.for([
    ['no JSON', 'It is SECRET', ['/: not JSON']],
    [
      'another shape',
      '{"city":7,"hot":"SECRET"}',
      [expect.stringMatching(/^\/city: /), expect.stringMatching(/^\/hot: /)],
    ],
  ] as const)(
    '33: a final output of another type (%s) is OUTPUT_INVALID, its text on the error and not in what is stored of it',
    async ([, text, issues], { stage }) => {
      const outputType = z.object({ city: z.string(), hot: z.boolean() });
      const make = (): Agent =>
        new Agent({
          name: 'Typed',
          model: new ScriptedModel([[assistantMessage(text)]]),
          outputType,
        }) as unknown as Agent;
      const error = await fails(stage, make);
      expect(error).toBeInstanceOf(ModelBehaviorError);
      expect(error).toMatchObject({ code: 'OUTPUT_INVALID', text, issues });
      expect(error.message).not.toContain('SECRET');
      expect(JSON.stringify(stage.log().at(-1))).not.toContain('SECRET');
    },
  );
});

describe('tools and guardrails', () => {
  const slow = (options: Partial<ToolOptions<undefined>> = {}) =>
    tool({
      name: 'weather',
      description: 'Slow.',
      parameters: undefined,
      timeoutMs: 15,
      execute: () => wait(60),
      ...options,
    });

  on('31: a tool’s timeout is TOOL_TIMEOUT, told to the model or thrown', async ({ stage }) => {
    const { text, log } = await told(stage, scripted(toolScript(), { tools: [slow()] }));
    expect(text).toBe("Tool 'weather' timed out after 15ms.");
    expect(returned(log)).toMatchObject({ error: { code: 'TOOL_TIMEOUT' } });
    const error = await fails(stage, () =>
      scripted(toolScript(), { tools: [slow({ timeoutBehavior: 'raise_exception' })] }),
    );
    expect(error).toBeInstanceOf(ToolTimeoutError);
    expect(error).toMatchObject({ code: 'TOOL_TIMEOUT', toolName: 'weather', timeoutMs: 15 });
    await wait(70);
  });

  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const odd: Record<string, unknown> = {
    'a BigInt': 7n,
    'a BigInt inside': { deep: [7n] },
    'a cycle': cycle,
    'a function': () => 7,
    'a symbol': Symbol('7'),
    'a getter that throws': Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    }),
  };
  on.for(Object.entries(odd))('32: %s from a tool is TOOL_OUTPUT_UNSERIALIZABLE', async ([, value], { stage }) => {
    const { log } = await told(stage, scripted(toolScript(), { tools: [weather(() => value)] }));
    expect(returned(log)).toMatchObject({
      error: {
        code: 'TOOL_OUTPUT_UNSERIALIZABLE',
        message: expect.stringMatching(/Tool 'weather' returned .*Return a text or plain JSON data/),
      },
    });
    const fatal = tool({
      name: 'weather',
      description: 'Odd.',
      parameters: undefined,
      errorFunction: null,
      execute: () => value,
    });
    const error = await fails(stage, () => scripted(toolScript(), { tools: [fatal] }));
    expect(error).toBeInstanceOf(ToolCallError);
    expect((error as ToolCallError).error).toBeInstanceOf(InvalidToolOutputError);
  });

  on.for(['input', 'input, blocking', 'output'] as const)(
    '36: a guardrail that throws (%s) is GUARDRAIL_FAILED: no verdict is a no',
    async (kind, { stage }) => {
      const broken = new TypeError('x is not a function');
      const guards =
        kind === 'output'
          ? { outputGuardrails: [outputGuard(false, { throws: broken })] }
          : { inputGuardrails: [inputGuard(false, { throws: broken, blocking: kind !== 'input' })] };
      const script: ScriptedModelInput[] = [[assistantMessage('Hi.')]];
      const error = await fails(stage, () => scripted(script, guards));
      expect(error).toBeInstanceOf(GuardrailExecutionError);
      expect(error).toMatchObject({ code: 'GUARDRAIL_FAILED', error: broken, cause: broken });
      expect(error.message).toMatch(/(Input|Output) guardrail failed to complete: TypeError: x is not a function/);
      expect(JSON.stringify(stage.log().at(-1))).not.toContain('x is not a function');
    },
  );

  on.for([
    undefined,
    null,
    'x',
    {},
    { tripwireTriggered: 'yes' },
    { tripwireTriggered: 1 },
    { tripwireTriggered: null },
  ])('36: a guardrail that gives no verdict (%j) is GUARDRAIL_FAILED', async (given, { stage }) => {
    const guard = { name: 'odd', execute: () => Promise.resolve(given as unknown as GuardrailFunctionOutput) };
    const guarded: Partial<AgentOptions>[] = [
      { inputGuardrails: [guard] },
      { inputGuardrails: [{ ...guard, runInParallel: false }] },
      { outputGuardrails: [guard] },
    ];
    for (const guards of guarded) {
      const error = await fails(stage, () => scripted([[assistantMessage('Hi.')]], guards));
      expect(error).toBeInstanceOf(GuardrailExecutionError);
      expect(error).toMatchObject({ code: 'GUARDRAIL_FAILED' });
      expect(error.message).toMatch(/Guardrail 'odd' gave no verdict: got .* Give \{ tripwireTriggered/);
    }
  });
});
