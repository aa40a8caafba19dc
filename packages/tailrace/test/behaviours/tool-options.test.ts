/** What else can be said of tools, and of how a run calls them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type AgentOutputItem,
  invokeFunctionTool,
  MemorySession,
  run,
  RunContext,
  Runner,
  shellTool,
  tool,
  ToolCallError,
  ToolGuardrailFunctionOutputFactory as verdict,
  toolNamespace,
  type ToolOptions,
  ToolTimeoutError,
} from '../../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';
import { modelOf, scripted } from './cast.ts';
import { on } from './stage.ts';

const parameters = z.object({ n: z.number() });
const make = (options: Partial<ToolOptions<typeof parameters>> = {}) =>
  tool({ name: 'x', description: 'Does.', parameters, execute: () => 'out', ...options });
const script = (name = 'x') => [[functionCall(name, { n: 1 }, { callId: 'c1' })], [assistantMessage('Done.')]];
const told = (agent: Agent) => JSON.stringify(modelOf(agent).lastCall?.request.input.at(-1));

describe('outputSchema', () => {
  const outputSchema = z.object({ a: z.number() });
  const structured = (execute: () => unknown, options: object = {}) =>
    tool({
      name: 'x',
      description: 'd',
      parameters,
      outputSchema,
      execute: execute as () => { a: number },
      ...options,
    });

  on('is told to the model, and what the function gives is what it says', async ({ stage }) => {
    const made = structured(() => ({ a: 1, extra: true }), { allowedCallers: ['direct'], providerData: { q: 1 } });
    const agent = scripted(script(), { tools: [made] });
    await stage.whole(agent);
    expect(told(agent)).toContain(JSON.stringify('{"a":1}').slice(1, -1));
    const [sent] = modelOf(agent).firstCall?.request.tools ?? [];
    expect(sent).toMatchObject({
      outputSchema: { type: 'object', properties: { a: { type: 'number' } } },
      allowedCallers: ['direct'],
      providerData: { q: 1 },
    });
  });

  on('fails the run on what does not fit, unless errorFunction gives what does', async ({ stage }) => {
    const wrong = () => ({ a: 'text' });
    const failing = [
      structured(wrong),
      structured(() => {
        throw new Error('no');
      }),
    ];
    for (const made of failing) {
      const { error } = await stage.whole(scripted(script().slice(0, 1), { tools: [made] }));
      expect(error).toBeInstanceOf(ToolCallError);
    }
    const agent = scripted(script(), { tools: [structured(wrong, { errorFunction: () => ({ a: 0 }) })] });
    await stage.whole(agent);
    expect(told(agent)).toContain(String.raw`{\"a\":0}`);
  });

  on('holds for what guardrails put in the place of an output or a call', async ({ stage }) => {
    const rejects = [{ name: 'g', run: async () => verdict.rejectContent('No.') }];
    for (const options of [{ outputGuardrails: rejects }, { inputGuardrails: rejects }]) {
      const { error } = await stage.whole(
        scripted(script().slice(0, 1), { tools: [structured(() => ({ a: 1 }), options)] }),
      );
      expect(error).toMatchObject({ name: 'ToolCallError' });
      const own = { ...options, errorFunction: () => ({ a: -1 }) };
      const agent = scripted(script(), { tools: [structured(() => ({ a: 1 }), own)] });
      await stage.whole(agent);
      expect(told(agent)).toContain('-1');
    }
  });

  on('makes a timeout fail the run by default', async ({ stage }) => {
    const never = () => new Promise<never>(() => undefined);
    const timeouts = { toolGraceMs: 1 };
    const made = structured(never, { timeoutMs: 5 });
    const { error } = await stage.whole(scripted(script().slice(0, 1), { tools: [made] }), 'Hi', { timeouts });
    expect(error).toBeInstanceOf(ToolTimeoutError);
  });

  test('an output with a wrong path is told without its values', async () => {
    const made = structured(() => ({ a: 'secret' }));
    const failed = await invokeFunctionTool({ tool: made, runContext: new RunContext(), input: '{"n":1}' }).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ name: 'InvalidToolOutputError', code: 'TOOL_OUTPUT_INVALID' });
    expect(JSON.stringify(failed)).not.toContain('/a');
  });
});

describe('customDataExtractor', () => {
  on('puts data beside the output that the model is not told', async ({ stage }) => {
    const seen: object[] = [];
    const made = make({
      customDataExtractor: (context) => {
        seen.push(context);
        return { source: 'db' };
      },
    });
    const agent = scripted(script(), { tools: [made] });
    const { result } = await stage.whole(agent);
    expect(seen).toMatchObject([
      { input: { n: 1 }, output: 'out', toolCall: { callId: 'c1' }, rawItem: { callId: 'c1' } },
    ]);
    const item = result?.newItems.find(({ type }) => type === 'tool_call_output_item');
    expect(item).toMatchObject({ customData: { source: 'db' } });
    expect(JSON.stringify(item)).toContain('db');
    expect(told(agent)).not.toContain('db');
  });

  on('fails the run when it throws, or gives what is no object', async ({ stage }) => {
    const broken = [
      () => {
        throw new Error('no');
      },
      () => [1] as never,
      () => ({ big: 1n }),
    ];
    for (const customDataExtractor of broken) {
      const { error } = await stage.whole(scripted(script().slice(0, 1), { tools: [make({ customDataExtractor })] }));
      expect(error).toBeInstanceOf(ToolCallError);
    }
  });
});

describe('toolExecution', () => {
  on.for([1, 2])('calls %i functions at a time, in call order', async (limit, { stage }) => {
    let now = 0;
    let most = 0;
    const order: string[] = [];
    const tools = ['a', 'b', 'c', 'd'].map((name) =>
      make({
        name,
        execute: async () => {
          order.push(name);
          most = Math.max(most, (now += 1));
          await sleep(3);
          now -= 1;
          return name;
        },
      }),
    );
    const calls = tools.map(({ name }) => functionCall(name, { n: 1 }, { callId: name }));
    const agent = scripted([calls, [assistantMessage('Done.')]], { tools });
    const { result } = await stage.whole(agent, 'Hi', { toolExecution: { maxFunctionToolConcurrency: limit } });
    expect([most, order]).toEqual([limit, ['a', 'b', 'c', 'd']]);
    expect(result?.history.flatMap((item) => ('callId' in item && 'output' in item ? [item.callId] : []))).toEqual(
      order,
    );
  });

  on('starts no queued call after a cancel', async ({ stage }) => {
    const made = make({
      execute: () => {
        stage.caller.abort();
        return 'out';
      },
    });
    const calls = ['a', 'b', 'c'].map((callId) => functionCall('x', { n: 1 }, { callId }));
    const { error } = await stage.whole(scripted([calls], { tools: [made] }), 'Hi', {
      signal: stage.caller.signal,
      toolExecution: { maxFunctionToolConcurrency: 1 },
    });
    expect(error).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(stage.log().filter(({ type }) => type === 'tool.called')).toHaveLength(1);
  });

  test.each([0, -1, 1.5, 'a', Infinity])('refuses a limit of %s', async (limit) => {
    const toolExecution = { maxFunctionToolConcurrency: limit as number };
    await expect(run(scripted([]), 'Hi', { toolExecution })).rejects.toMatchObject({ code: 'OPTION_RANGE' });
    expect(() => new Runner({ toolExecution })).toThrow('maxFunctionToolConcurrency');
  });
});

describe('toolErrorFormatter', () => {
  on('[A22] an unknown tool fails the run, or is told to the model where that is asked for', async ({ stage }) => {
    const failed = await stage.seen(scripted(script('nope')));
    expect(failed.error).toMatchObject({ name: 'ModelBehaviorError', code: 'TOOL_UNKNOWN' });
    const agent = scripted(script('nope'));
    const { error, result } = await stage.seen(agent, 'Hi', { toolNotFoundBehavior: 'return_error_to_model' });
    expect([error, result.status]).toEqual([undefined, 'completed']);
    expect(told(agent)).toContain("Tool 'nope' not found.");
  });

  on('words what the model is told of unknown tools and rejected calls', async ({ stage }) => {
    const seen: object[] = [];
    const toolErrorFormatter = (args: object) => {
      seen.push(args);
      return 'In our words.';
    };
    const unknown = scripted(script('nope'));
    await stage.whole(unknown, 'Hi', { toolNotFoundBehavior: 'return_error_to_model', toolErrorFormatter });
    expect(told(unknown)).toContain('In our words.');
    const agent = scripted(script(), { tools: [make({ needsApproval: true })] });
    const runner = new Runner({ store: stage.store, toolErrorFormatter });
    const { result } = await stage.whole(agent, 'Hi', {}, { toolErrorFormatter });
    const [asked] = result?.interruptions ?? [];
    if (!result || !asked) throw new Error('nothing waits');
    void result.state.reject(asked);
    await runner.run(agent, result.state);
    expect(told(agent)).toContain('In our words.');
    expect(seen).toMatchObject([
      {
        kind: 'tool_not_found',
        toolType: 'function',
        toolName: 'nope',
        callId: 'c1',
        defaultMessage: "Tool 'nope' not found.",
      },
      { kind: 'approval_rejected', toolName: 'x', defaultMessage: 'Tool execution was not approved.' },
    ]);
  });

  on('words rejections of the shell, too', async ({ stage }) => {
    const call = { type: 'shell_call', callId: 's1', status: 'completed', action: { commands: ['ls'] } } as const;
    const shell = shellTool({ shell: { run: async () => ({ output: [] }) }, needsApproval: true });
    const steps: AgentOutputItem[][] = [[{ ...call, action: { commands: ['ls'] } }], [assistantMessage('Done.')]];
    const agent = scripted(steps, { tools: [shell] });
    const { result } = await stage.whole(agent);
    const [asked] = result?.interruptions ?? [];
    if (!result || !asked) throw new Error('nothing waits');
    void result.state.reject(asked);
    const toolErrorFormatter = ({ toolType, kind }: { toolType: string; kind: string }) => `${kind}: ${toolType}`;
    await new Runner({ store: stage.store }).run(agent, result.state, { toolErrorFormatter });
    expect(told(agent)).toContain('approval_rejected: shell');
  });

  on.for(['throws', 'gives nothing', 'has a message of the rejection'] as const)(
    'leaves the text as it is when it %s',
    async (how, { stage }) => {
      const toolErrorFormatter = () => {
        if (how === 'throws') throw new Error('no');
        return how === 'gives nothing' ? undefined : 'Formatted.';
      };
      const agent = scripted(script(), { tools: [make({ needsApproval: true })] });
      const { result } = await stage.whole(agent);
      const [asked] = result?.interruptions ?? [];
      if (!result || !asked) throw new Error('nothing waits');
      void result.state.reject(asked, how.startsWith('has') ? { message: 'Too dear.' } : {});
      await new Runner({ store: stage.store }).run(agent, result.state, { toolErrorFormatter });
      expect(told(agent)).toContain(how.startsWith('has') ? 'Too dear.' : 'Tool execution was not approved.');
    },
  );
});

describe('names', () => {
  const named = (text: string) => make({ name: 'find', execute: () => text });

  on('of a namespace are apart from those of others; a model may write both as one', async ({ stage }) => {
    const tools = [
      ...toolNamespace({ name: 'crm', description: 'Customers.', tools: [named('crm')] }),
      ...toolNamespace({ name: 'shop', description: 'Orders.', tools: [named('shop')] }),
      named('plain'),
    ];
    const calls = [
      functionCall('find', { n: 1 }, { callId: 'a', namespace: 'shop' }),
      functionCall('crm.find', { n: 1 }, { callId: 'b' }),
      functionCall('find', { n: 1 }, { callId: 'c' }),
    ];
    const agent = scripted([calls, [assistantMessage('Done.')]], { tools });
    const { result } = await stage.whole(agent);
    const outputs = result?.history.filter((item) => item.type === 'function_call_result');
    expect(outputs).toMatchObject([
      { name: 'find', namespace: 'shop', output: { text: 'shop' } },
      { name: 'find', namespace: 'crm', output: { text: 'crm' } },
      { name: 'find', output: { text: 'plain' } },
    ]);
    expect(modelOf(agent).firstCall?.request.tools).toMatchObject([
      { name: 'find', namespace: 'crm', namespaceDescription: 'Customers.' },
      { name: 'find', namespace: 'shop' },
      { name: 'find' },
    ]);
  });

  test('a namespace needs a name, a description and function tools', () => {
    const good = { name: 'a', description: 'd', tools: [make()] };
    for (const bad of [
      { name: '' },
      { description: ' ' },
      { tools: [{ type: 'hosted_tool', name: 'web' }] },
      { tools: 'x' },
    ])
      expect(() => toolNamespace({ ...good, ...bad } as typeof good)).toThrow(/namespace/i);
    expect(toolNamespace(good)).toHaveLength(1);
  });

  on('that collide in a turn fail the run, or with warn the last one is kept', async ({ stage }) => {
    const colliding = () => {
      const agent = scripted(script('find'));
      agent.tools.push(named('first'), named('second'));
      return agent;
    };
    const { error } = await stage.whole(colliding());
    expect(error).toMatchObject({ code: 'TOOL_NAME_DUPLICATE' });
    const agent = colliding();
    await stage.whole(agent, 'Hi', { toolNameCollisionPolicy: 'warn' });
    expect(told(agent)).toContain('second');
    expect(modelOf(agent).firstCall?.request.tools).toHaveLength(1);
  });
});

on('reasoningItemIdPolicy omit keeps ids of reasoning from later turns', async ({ stage }) => {
  const reasoning: AgentOutputItem = { type: 'reasoning', id: 'rs_1', content: [{ type: 'input_text', text: 'Hm.' }] };
  const agent = () =>
    scripted([[reasoning, functionCall('x', { n: 1 }, { callId: 'c1' })], [assistantMessage('Done.')]], {
      tools: [make()],
    });
  for (const reasoningItemIdPolicy of ['omit', 'preserve'] as const) {
    const one = agent();
    const session = new MemorySession();
    const { result } = await stage.whole(one, 'Hi', { reasoningItemIdPolicy, session });
    const has = reasoningItemIdPolicy === 'preserve';
    expect(modelOf(one).lastCall?.request.input[1]).toHaveProperty('type', 'reasoning');
    const places = [modelOf(one).lastCall?.request.input[1], result?.history[1], (await session.getItems())[1]];
    expect(places.map((item) => JSON.stringify(item).includes('rs_1'))).toEqual([has, has, has]);
    expect(result?.newItems[0]?.rawItem).toHaveProperty('id', 'rs_1');
  }
});

describe('[D76] outputGuardrailBlockedMessage', () => {
  const STANDARD = 'This output was withheld: a guardrail rejected it.';
  const cases = [
    ['by default', undefined, STANDARD],
    ['a text', 'Blocked.', 'Blocked.'],
    ['a function', ({ guardrailName }: { guardrailName: string }) => `By ${guardrailName}.`, 'By no.'],
    [
      'one that throws',
      () => {
        throw new Error('no');
      },
      STANDARD,
    ],
    ['one that gives nothing', () => undefined, STANDARD],
  ] as const;

  on.for(cases)('%s: what stays in session, history and items', async ([, blocked, expected], { stage }) => {
    const execute = async () => ({ tripwireTriggered: true, outputInfo: {} });
    const agent = scripted(script().slice(0, 1), {
      tools: [make()],
      toolUseBehavior: 'stop_on_first_tool',
      outputGuardrails: [{ name: 'no', execute }],
    });
    const session = new MemorySession();
    const options = { session, ...(blocked !== undefined && { outputGuardrailBlockedMessage: blocked }) };
    const { error } = await stage.whole(agent, 'Hi', options);
    const { state } = error as { state: { history: unknown; newItems: unknown } };
    for (const place of [await session.getItems(), state.history, state.newItems]) {
      expect(JSON.stringify(place)).toContain(expected);
      expect(JSON.stringify(place)).not.toContain('"out"');
    }
  });
});

test('what a rule of a tool’s schema says of its input holds no user data', async () => {
  const secret = tool({
    name: 'x',
    description: 'd',
    parameters: z.object({ keys: z.record(z.string(), z.number()) }),
    strict: false,
    errorFunction: null,
    execute: () => 'out',
  });
  const model = new ScriptedModel([[functionCall('x', { keys: { 'sk-secret-key': 'text' } }, { callId: 'c1' })]]);
  const error = await run(new Agent({ name: 'A', model, tools: [secret] }), 'Hi').catch((thrown: unknown) => thrown);
  expect(JSON.stringify((error as ToolCallError).error)).not.toContain('sk-secret');
});

test.each([{}, 'session', null, 7, { getItems: () => [] }])(
  'a session that is none is refused: %j',
  async (session) => {
    await expect(run(scripted([]), 'Hi', { session: session as never })).rejects.toMatchObject({ code: 'OPTION_TYPE' });
  },
);

test('types: arguments, outputs and fallbacks follow the schemas', () => {
  const outputSchema = z.object({ a: z.number() });
  const typed = tool({ name: 'x', description: 'd', parameters, outputSchema, execute: ({ n }) => ({ a: n }) });
  expectTypeOf(typed.invoke).returns.toEqualTypeOf<Promise<{ a: number } | string>>();
  // @ts-expect-error -- not what the schema says
  tool({ name: 'x', description: 'd', parameters, outputSchema, execute: async () => ({ a: 'text' }) });
  // @ts-expect-error -- a text is no fallback for a structured output
  tool({ name: 'x', description: 'd', parameters, outputSchema, execute: () => ({ a: 1 }), errorFunction: () => 'no' });
  const plain = tool({
    name: 'x',
    description: 'd',
    parameters,
    execute: async ({ n }) => n,
    errorFunction: () => 'no',
  });
  expectTypeOf(plain.invoke).returns.toEqualTypeOf<Promise<number | string>>();
  const wrong = () =>
    // @ts-expect-error -- no such caller
    tool({ name: 'x', description: 'd', parameters, execute: () => 1, allowedCallers: ['nobody'] });
  expect(wrong).toThrow('allowedCallers');
});
