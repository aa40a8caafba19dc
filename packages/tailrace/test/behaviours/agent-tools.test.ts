// Agents as tools: what their callers, their users and whoever looks on see of them.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type AgentTool,
  MaxTurnsExceededError,
  MemorySession,
  invokeFunctionTool,
  MemoryLogStore,
  run,
  RunContext,
  Runner,
  tool,
  Usage,
  waitForInput,
  withCustomSpan,
} from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  modelError,
  modelResponder,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { failure, itemWords, Moment, on, type Stage, word } from './stage.ts';

const say = (text: string): ScriptedModelInput => [assistantMessage(text)];
const ask = (callId = 'c1', args: object | string = { input: 'go' }): ScriptedModelInput => [
  functionCall('inner', typeof args === 'string' ? args : JSON.stringify(args), { callId }),
];

interface Pair {
  outer: Agent;
  inner: Agent;
  model: ScriptedModel;
  tool: AgentTool;
}

type Options = Omit<Parameters<Agent['asTool']>[0], 'parameters'>;

/** An agent that asks another one once, as a tool. */
function pair(script: ScriptedModelInput[], options: Options = {}, inner: object = {}, args?: object | string): Pair {
  const model = new ScriptedModel(script);
  const agent = new Agent({ name: 'Inner', instructions: 'Answer.', model, ...inner });
  const made = agent.asTool({ toolName: 'inner', toolDescription: 'Asks Inner.', ...options });
  const outer = new Agent({
    name: 'Outer',
    model: new ScriptedModel([ask('c1', args), say('Done.')]),
    tools: [made],
  });
  return { outer, inner: agent, model, tool: made };
}

const look = tool({
  name: 'look',
  description: 'Looks.',
  parameters: z.object({ n: z.number() }),
  execute: ({ n }) => `saw ${n}`,
});

const told = (stage: Stage): unknown[] =>
  stage.log().flatMap((event) => (event.type === 'tool.returned' && !event.scope ? [event.output] : []));

describe('an agent as a tool', () => {
  for (const stream of [false, true])
    on(`runs inside the run that calls it, ${stream ? 'streamed' : 'whole'}`, async ({ stage }) => {
      const script = [[functionCall('look', { n: 1 }, { callId: 'c1' })], say('Inner says.')];
      const { outer, model } = pair(script, {}, { tools: [look] });
      const result = stream ? (await stage.seen(outer)).result : (await stage.whole(outer)).result;
      expect(result?.finalOutput).toBe('Done.');
      expect(result?.newItems.map(({ type }) => type)).toEqual([
        'tool_call_item',
        'tool_call_output_item',
        'message_output_item',
      ]);
      expect(result?.history).toHaveLength(4);
      expect(result?.state.usage.requests).toBe(4);
      expect(result?.rawResponses).toHaveLength(2);
      expect(result?.lastAgent?.name).toBe('Outer');
      expect(told(stage)).toEqual(['Inner says.']);
      expect(model.calls[0]?.request).toMatchObject({
        systemInstructions: 'Answer.',
        input: [{ type: 'message', role: 'user', content: 'go' }],
      });
      const nested = stage.log().filter(({ scope }) => scope);
      expect(new Set(nested.map(({ scope }) => JSON.stringify(scope)))).toEqual(new Set(['["1:tool:c1"]']));
      expect(nested.flatMap((event) => ('step' in event ? [event.step] : []))).toContain('1:tool:c1/1:tool:c1');
      expect(nested.at(-1)).toMatchObject({ type: 'agent.ended', outcome: 'completed', output: 'Inner says.' });
    });

  on('is not interrupted by a function that decides what its tools mean: it is told how', async ({ stage }) => {
    const { outer } = pair([say('Yes.')]);
    outer.toolUseBehavior = () => ({ isFinalOutput: false, isInterrupted: true, interruptions: [] });
    const { error } = await stage.whole(outer);
    expect(error).toMatchObject({ name: 'UserError', code: 'OPTION_CONFLICT' });
    expect((error as Error).message).toContain('waitForInput()');
  });

  on('is a branch of its caller’s trace, below the span of its call', async ({ stage }) => {
    const { outer } = pair([[functionCall('look', { n: 1 }, { callId: 'c1' })], say('Yes.')], {}, { tools: [look] });
    await stage.whole(outer);
    expect(new Set(stage.trace.spans.map(({ traceId }) => traceId)).size).toBe(1);
    const path = (id: string | null | undefined): string[] => {
      const span = stage.trace.spans.find(({ spanId }) => spanId === id);
      return span ? [...path(span.parentId), span.spanData.type] : [];
    };
    const innerLook = stage.spans('function').find(({ spanData }) => spanData.name === 'look');
    const above = ['task', 'agent', 'turn', 'function', 'task', 'agent', 'turn', 'function'];
    expect(path(innerLook?.spanId)).toEqual(above);
    expect(stage.spans('task').map(({ spanData }) => spanData.usage?.requests)).toEqual([2, 4]);
  });

  on('shows nothing of itself in its caller’s stream, and all of it to onStream and on', async ({ stage }) => {
    const heard: string[] = [];
    const items: string[] = [];
    const { outer, tool: made } = pair(
      [[functionCall('look', { n: 1 }, { callId: 'k1' })], say('Yes.')],
      {
        onStream: ({ event, agent, toolCall }) => {
          heard.push(`${agent.name} ${toolCall?.callId} ${word(event)}`);
        },
      },
      { tools: [look] },
    );
    made.on('run_item_stream_event', ({ event }) => void items.push(event.type)).on('*', () => undefined);
    const { events } = await stage.seen(outer);
    expect(itemWords(events)).toEqual(['tool_called', 'tool_output', 'message_output_created']);
    expect(events.filter(({ type }) => type === 'raw_model_stream_event')).toHaveLength(5);
    expect(heard).toEqual(
      [
        'raw:response_started',
        'raw:response_done',
        'tool_called',
        'tool_output',
        'raw:response_started',
        'raw:output_text_delta',
        'raw:response_done',
        'message_output_created',
      ].map((one) => `Inner c1 ${one}`),
    );
    expect(items).toHaveLength(3);
  });

  on('does not care how its handlers fare', async ({ stage }) => {
    const { outer } = pair([say('Yes.')], {
      onStream: async () => {
        await new Promise(() => undefined);
      },
      onStreamMaxPendingEvents: 1,
    });
    const { outer: other } = pair([say('Yes.')], {
      onStream: () => {
        throw new Error('a handler');
      },
    });
    const began = performance.now();
    expect((await stage.whole(outer)).result?.finalOutput).toBe('Done.');
    expect((await stage.whole(other)).result?.finalOutput).toBe('Done.');
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  on('may run beside others, each with calls of the same ids', async ({ stage }) => {
    const both: ScriptedModelInput = [
      functionCall('left', { input: 'l' }, { callId: 'c1' }),
      functionCall('right', { input: 'r' }, { callId: 'c2' }),
    ];
    const side = (name: string) => {
      const model = new ScriptedModel([[functionCall('look', { n: 1 }, { callId: 'c1' })], say(`${name} done`)]);
      return new Agent({ name, model, tools: [look] }).asTool({ toolName: name, toolDescription: 'A side.' });
    };
    const outer = new Agent({
      name: 'Outer',
      model: new ScriptedModel([both, say('Done.')]),
      tools: [side('left'), side('right')],
    });
    const { result } = await stage.whole(outer);
    expect(result?.finalOutput).toBe('Done.');
    expect(told(stage)).toEqual(['left done', 'right done']);
    expect(result?.state.usage.requests).toBe(6);
  });

  on('may have tools that are agents, down to a limit', async ({ stage }) => {
    const model = new ScriptedModel(
      Array.from({ length: 60 }, () =>
        modelResponder(({ request }) => {
          const answered = JSON.stringify(request.input).includes('function_call_result');
          return { usage: new Usage({ requests: 1 }), output: answered ? [assistantMessage('Up.')] : (ask() as never) };
        }),
      ),
    );
    const agent = new Agent({ name: 'Deep', model });
    agent.tools.push(agent.asTool({ toolName: 'inner', toolDescription: 'Itself.' }));
    const { result } = await stage.whole(agent);
    expect(result?.finalOutput).toBe('Up.');
    const depths = stage.log().map(({ scope }) => scope?.length ?? 0);
    expect(Math.max(...depths)).toBe(16);
    const errors = stage.log().flatMap((event) => (event.type === 'tool.returned' ? (event.error ?? []) : []));
    expect(errors).toMatchObject([{ code: 'MAX_NESTED_AGENTS' }]);
  });

  on('has its caller’s context object and usage, and says what it was given', async ({ stage }) => {
    const seen: unknown[] = [];
    const spy = tool({
      name: 'spy',
      description: 'Looks at the context.',
      parameters: z.object({}),
      execute: (_input, context) => {
        seen.push(context?.context, context?.toolInput, context?.usage.requests);
        return withCustomSpan(async () => 'seen', { data: { name: 'spied', data: {} } });
      },
    });
    const script = [[functionCall('spy', {}, { callId: 'k' })], say('ok')];
    const agent = new Agent({ name: 'Inner', model: new ScriptedModel(script), tools: [spy] });
    const made = agent.asTool({ toolName: 'inner', toolDescription: 'x', parameters: z.object({ text: z.string() }) });
    const model = new ScriptedModel([ask('c1', { text: 'q' }), say('Done.')]);
    const context = { who: 'me' };
    await stage.whole(new Agent({ name: 'Outer', model, tools: [made] }), 'Hi', { context });
    expect(seen[0]).toBe(context);
    expect(seen.slice(1)).toEqual([{ text: 'q' }, 2]);
    expect(stage.spans('custom')).toHaveLength(1);
  });

  on('keeps a session of its own', async ({ stage }) => {
    const session = new MemorySession();
    const { outer } = pair([say('Yes.')], { runOptions: { session } });
    await stage.whole(outer);
    expect((await session.getItems()).map((item) => ('role' in item ? item.role : item.type))).toEqual([
      'user',
      'assistant',
    ]);
  });

  on('cannot have its caller’s session', async ({ stage }) => {
    const session = new MemorySession();
    const { outer } = pair([say('Yes.')], { runOptions: { session } });
    const { result } = await stage.whole(outer, 'Hi', { session });
    expect(result?.finalOutput).toBe('Done.');
    const errors = stage.log().flatMap((event) => (event.type === 'tool.returned' ? (event.error ?? []) : []));
    expect(errors).toMatchObject([{ code: 'SESSION_BUSY' }]);
  });
});

describe('what an agent tool is given', () => {
  const inputOf = async (options: object, args: object): Promise<unknown> => {
    const model = new ScriptedModel([say('ok')]);
    const inner = new Agent({ name: 'Inner', model });
    const made = inner.asTool({ toolName: 'inner', toolDescription: 'x', ...options } as never);
    const caller = new ScriptedModel([ask('c1', args), say('Done.')]);
    await run(new Agent({ name: 'Outer', model: caller, tools: [made] }), 'Hi');
    return (model.calls[0]?.request.input as { content: unknown }[] | undefined)?.[0]?.content;
  };

  test('is its input, or its arguments as JSON, with what the schema says of them', async () => {
    expect(await inputOf({}, { input: 'plain' })).toBe('plain');
    expect(await inputOf({ parameters: z.object({ text: z.string() }) }, { text: 'q' })).toBe('{"text":"q"}');
    const described = z.object({ text: z.string().describe('what to translate'), n: z.number().nullable() });
    const summary = await inputOf({ parameters: described }, { text: 'q', n: null });
    expect(summary).toContain('"text": "q"');
    expect(summary).toContain('- text (string, required) - what to translate\n- n (number | null, required)');
    const schema = await inputOf({ parameters: described, includeInputSchema: true }, { text: 'q', n: 1 });
    expect(schema).toContain('"description": "what to translate"');
  });

  test('is what its inputBuilder makes of it', async () => {
    const seen: unknown[] = [];
    const inputBuilder = (options: { params: { text: string } }): string => {
      seen.push(Object.keys(options));
      return `X ${options.params.text}`;
    };
    const parameters = z.object({ text: z.string().describe('t') });
    expect(await inputOf({ parameters, inputBuilder, includeInputSchema: true }, { text: 'q' })).toBe('X q');
    expect(seen).toEqual([['params', 'summary', 'jsonSchema']]);
  });

  test('has to fit: what does not is told to the model', async () => {
    const { outer, model } = pair([say('ok')], {}, {}, { wrong: 1 });
    const result = await run(outer, 'Hi');
    expect(model.calls).toHaveLength(0);
    expect(JSON.stringify(result.history)).toContain('do not match its schema');
  });
});

describe('what an agent tool gives', () => {
  on('is what its extractor makes of the nested result', async ({ stage }) => {
    const { outer } = pair(
      [[functionCall('look', { n: 1 }, { callId: 'k' })], say('Yes.')],
      {
        customOutputExtractor: ({ finalOutput, newItems, lastAgent, agentToolInvocation }) =>
          JSON.stringify([finalOutput, newItems.map(({ type }) => type), lastAgent?.name, agentToolInvocation]),
      },
      { tools: [look] },
    );
    await stage.whole(outer);
    expect(told(stage)).toEqual([
      JSON.stringify([
        'Yes.',
        ['tool_call_item', 'tool_call_output_item', 'message_output_item'],
        'Inner',
        { toolName: 'inner', toolCallId: 'c1', toolArguments: '{"input":"go"}' },
      ]),
    ]);
  });

  const trip = { name: 'no', execute: async () => ({ tripwireTriggered: true, outputInfo: 'secret' }) };
  const failing: Record<string, [ScriptedModelInput[], object, object]> = {
    'a model that fails': [[modelError(new Error('boom'))], {}, {}],
    'too many turns': [
      [[functionCall('look', { n: 1 }, { callId: 'k' })]],
      { runOptions: { maxTurns: 1 } },
      { tools: [look] },
    ],
    'an input guardrail': [[say('x')], {}, { inputGuardrails: [trip] }],
    'an output guardrail': [[say('x')], {}, { outputGuardrails: [trip] }],
    'an extractor that throws': [
      [say('x')],
      {
        customOutputExtractor: () => {
          throw new Error('no');
        },
      },
      {},
    ],
  };
  for (const [what, [script, options, inner]] of Object.entries(failing))
    on(`after ${what} is an error for the calling model, and nothing more`, async ({ stage }) => {
      const { outer } = pair(script, options, inner);
      const { result } = await stage.whole(outer);
      expect(result?.finalOutput).toBe('Done.');
      expect(told(stage)).toEqual(['An error occurred while running the tool. Please try again.']);
      expect(result?.inputGuardrailResults).toEqual([]);
    });

  on('is text, whatever its output type', async ({ stage }) => {
    const { outer } = pair([say('{"a":1}')], {}, { outputType: z.object({ a: z.number() }) });
    await stage.whole(outer);
    expect(told(stage)).toEqual(['{"a":1}']);
  });

  on('comes from the agent that it ended in', async ({ stage }) => {
    const heir = new Agent({ name: 'Heir', model: new ScriptedModel([say('from the heir')]) });
    const { outer } = pair([[functionCall('transfer_to_Heir', {}, { callId: 'h' })]], {}, { handoffs: [heir] });
    await stage.whole(outer);
    expect(told(stage)).toEqual(['from the heir']);
  });
});

describe('a run with an agent tool under way', () => {
  for (const stream of [false, true])
    on(`stops all of it at once, ${stream ? 'streamed' : 'whole'}`, async ({ stage }) => {
      const begun = new Moment();
      let aborted: number | undefined;
      const slow = tool({
        name: 'slow',
        description: 'Waits for its signal.',
        parameters: z.object({}),
        execute: async (_input, _context, details) => {
          begun.reach();
          await new Promise<void>((resolve) =>
            details?.signal?.addEventListener('abort', () => {
              aborted = performance.now();
              resolve();
            }),
          );
          throw new Error('stopped');
        },
      });
      const { outer } = pair([[functionCall('slow', {}, { callId: 'k' })], say('x')], {}, { tools: [slow] });
      const options = { signal: stage.caller.signal };
      const running = stream ? stage.seen(outer, 'Hi', options) : stage.whole(outer, 'Hi', options);
      await begun.reached;
      const at = performance.now();
      stage.caller.abort(new Error('enough'));
      await running;
      expect((aborted ?? Infinity) - at).toBeLessThan(4_000);
      const log = stage.log();
      expect(log.at(-1)?.type).toBe('run.cancelled');
      expect(log.find((event) => event.type === 'agent.ended')).toMatchObject({ outcome: 'cancelled' });
    });

  on('ends within its deadline', async ({ stage }) => {
    const { outer } = pair([modelResponder(async () => new Promise<never>(() => undefined))]);
    const { error } = await stage.whole(outer, 'Hi', { timeouts: { runMs: 50, toolGraceMs: 50 } });
    expect(error).toMatchObject({ code: 'RUN_DEADLINE' });
  });

  on('counts its turns apart', async ({ stage }) => {
    const { outer } = pair(
      [[functionCall('look', { n: 1 }, { callId: 'k' })], [functionCall('look', { n: 2 }, { callId: 'l' })], say('ok')],
      {},
      { tools: [look] },
    );
    expect((await stage.whole(outer, 'Hi', { maxTurns: 2 })).result?.finalOutput).toBe('Done.');
    const { outer: other } = pair([say('ok')]);
    expect((await stage.whole(other, 'Hi', { maxTurns: 1 })).error).toBeInstanceOf(MaxTurnsExceededError);
  });
});

test('an agent tool is refused with options that cannot work', () => {
  const agent = new Agent({ name: 'A b/c', model: new ScriptedModel([]) });
  expect(agent.asTool({ toolDescription: 'x' }).name).toBe('A_b_c');
  expect(() => agent.asTool({ toolDescription: 'x', onStreamMaxPendingEvents: 0 })).toThrow(/1 or more/);
  expect(() => agent.asTool({ nope: 1 } as never)).toThrow(/no option 'nope'/);
});

test('an agent tool that is called by itself runs its agent', async () => {
  const model = new ScriptedModel([say('alone'), say('again')]);
  const agent = new Agent({ name: 'Inner', model });
  const context = new RunContext({ who: 'me' });
  const made = agent.asTool({ toolName: 'inner', toolDescription: 'x' });
  expect(await made.invoke(context, '{"input":"x"}')).toBe('alone');
  const customOutputExtractor = ({ agentToolInvocation }: { agentToolInvocation: { toolName: string } }): string =>
    agentToolInvocation.toolName;
  const other = agent.asTool({ toolName: 'inner', toolDescription: 'x', customOutputExtractor });
  expect(await invokeFunctionTool({ tool: other, runContext: context, input: '{"input":"x"}' })).toBe('inner');
  expect(context.usage.requests).toBe(2);
});

test('a nested agent’s call that waits for an answer is one of the run', async () => {
  const ask = tool({
    name: 'ask',
    description: 'Asks somebody.',
    parameters: z.object({}),
    execute: () => waitForInput({ prompt: 'Which?' }) as never,
  });
  const { outer } = pair([[functionCall('ask', {}, { callId: 'k' })], say('inner done')], {}, { tools: [ask] });
  const first = await run(outer, 'Hi');
  expect(first.state.getWaits()).toMatchObject([{ callId: 'k', tool: 'ask', agent: 'Inner', prompt: 'Which?' }]);
  const [waiting] = first.state.getWaits();
  if (waiting) await first.state.answer(waiting, 'The left one.');
  const last = await run(outer, first.state);
  expect(last.finalOutput).toBe('Done.');
  expect(JSON.stringify(last.history)).toContain('inner done');
});

test('a run is not gone on with by agents that lack what a nested agent is about to do', async () => {
  const store = new MemoryLogStore();
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const { outer } = pair([[functionCall('pay', {}, { callId: 'k' })], say('x')], {}, { tools: [pay] });
  await new Runner({ store }).run(outer, 'Hi', { runId: 'run_1' });
  const { outer: other } = pair([say('x')]);
  const error = await failure(new Runner({ store }).resume(other, 'run_1'));
  expect(error).toMatchObject({
    code: 'RESUME_INCOMPATIBLE',
    data: { differences: [{ agent: 'Inner', tool: 'pay' }] },
  });
});

test('its caller’s Runner gives it model and settings, and keeps its hooks, filters and guardrails', async () => {
  const seen: string[] = [];
  const model = new ScriptedModel([ask(), say('inner'), say('Done.')]);
  const inner = new Agent({ name: 'Inner' });
  const outer = new Agent({ name: 'Outer', tools: [inner.asTool({ toolName: 'inner', toolDescription: 'x' })] });
  const runner = new Runner({
    model,
    modelSettings: { temperature: 0.3 },
    inputGuardrails: [
      {
        name: 'g',
        execute: async ({ agent }) => {
          seen.push(`guardrail ${agent.name}`);
          return { tripwireTriggered: false, outputInfo: {} };
        },
      },
    ],
    callModelInputFilter: ({ modelData, agent }) => {
      seen.push(`filter ${agent.name}`);
      return modelData;
    },
  });
  runner.on('agent_start', (_context, agent) => void seen.push(`start ${agent.name}`));
  inner.on('agent_end', () => void seen.push('inner end'));
  expect((await runner.run(outer, 'Hi')).finalOutput).toBe('Done.');
  expect(model.calls.map(({ request }) => request.modelSettings.temperature)).toEqual([0.3, 0.3, 0.3]);
  expect(seen.sort()).toEqual(['filter Outer', 'filter Outer', 'guardrail Outer', 'inner end', 'start Outer']);
  expect(await failure(runner.run(outer, ''))).toBeDefined();
});
