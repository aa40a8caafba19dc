import type { Agent, AgentOptions, RunToolApprovalItem, ToolsToFinalOutputResult } from '@openai/agents';
import type { ScriptedModel } from '@openai/agents/testing';
import { z } from 'zod';
import { observe } from '../observe.ts';
import { bothWays, type Observation, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';

type Steps = ConstructorParameters<TestingNamespace['ScriptedModel']>[0];
/** What programs vary of an agent tool. */
type ToolOptions = Parameters<Agent['asTool']>[0];

interface Pair {
  readonly agent: Agent;
  readonly models: ScriptedModel[];
  readonly inner: Agent;
}

interface Parts {
  readonly inner?: Record<string, unknown>;
  readonly outer?: Pick<AgentOptions, 'toolUseBehavior'>;
  readonly options?: Omit<ToolOptions, 'parameters'>;
  readonly args?: string | Record<string, unknown>;
}

/** An agent that asks another one once, as a tool, and then answers. */
function pair(sdk: SdkNamespace, testing: TestingNamespace, steps: Steps, parts: Parts = {}): Pair {
  const below = new testing.ScriptedModel(steps);
  const inner = new sdk.Agent({ name: 'Inner Agent', instructions: 'Help.', model: below, ...parts.inner });
  const call = testing.functionCall('helper', parts.args ?? { input: 'Help me.' }, { callId: 'call_1' });
  const model = new testing.ScriptedModel([[call], [testing.assistantMessage('Done.')]]);
  const agent = new sdk.Agent({
    name: 'Outer',
    model,
    tools: [inner.asTool({ toolName: 'helper', toolDescription: 'Helps.', ...parts.options })],
    ...parts.outer,
  });
  return { agent, models: [model, below], inner };
}

/** As `pair`, with arguments of the tool's own. */
function structured(
  sdk: SdkNamespace,
  testing: TestingNamespace,
  options: Partial<ToolOptions> = {},
  said?: string,
): Pair {
  const below = new testing.ScriptedModel([[testing.assistantMessage('Bonjour')]]);
  const inner = new sdk.Agent({ name: 'Translator', model: below });
  const call = testing.functionCall('translate', { text: 'Hello', language: null }, { callId: 'call_1' });
  const model = new testing.ScriptedModel([[call], [testing.assistantMessage('Done.')]]);
  const text = said === undefined ? z.string() : z.string().describe(said);
  const parameters = z.object({ text, language: z.string().nullable() });
  const tool = inner.asTool({
    toolName: 'translate',
    toolDescription: 'Translates.',
    ...(options as object),
    parameters,
  });
  return { agent: new sdk.Agent({ name: 'Outer', model, tools: [tool] }), models: [model, below], inner };
}

function note(sdk: SdkNamespace, ran: unknown[], needsApproval = false) {
  return sdk.tool({
    name: 'note',
    description: 'Notes.',
    parameters: z.object({ n: z.number() }),
    needsApproval,
    execute: async ({ n }, context) => {
      const { who } = (context?.context ?? {}) as { who?: string };
      ran.push([n, who ?? null, context?.toolInput ?? null]);
      return `noted ${n}`;
    },
  });
}

interface Interrupted {
  readonly interruptions: RunToolApprovalItem[];
  readonly state: {
    approve(item: RunToolApprovalItem, options?: { alwaysApprove?: boolean }): void;
    reject(item: RunToolApprovalItem, options?: { message?: string; alwaysReject?: boolean }): void;
    toString(): string;
  };
}

interface Waiting extends Pair {
  readonly ran: unknown[];
}

/** An agent whose nested agent asks twice for what somebody has to approve. */
function waiting(sdk: SdkNamespace, testing: TestingNamespace): Waiting {
  const ran: unknown[] = [];
  const steps = [
    [
      testing.functionCall('note', { n: 1 }, { callId: 'note_1' }),
      testing.functionCall('note', { n: 2 }, { callId: 'note_2' }),
    ],
    [testing.assistantMessage('Noted.')],
  ];
  return { ...pair(sdk, testing, steps, { inner: { tools: [note(sdk, ran, true)] } }), ran };
}

async function interrupted(sdk: SdkNamespace, { agent }: Waiting, stream: boolean): Promise<Interrupted> {
  if (!stream) return sdk.run(agent, 'Go.');
  const result = await sdk.run(agent, 'Go.', { stream: true });
  await result.completed;
  return result;
}

type Decide = (state: Interrupted['state'], items: Interrupted['interruptions']) => void;

/** Runs to the interruption, decides, and tells what follows. */
async function decided(sdk: SdkNamespace, made: Waiting, stream: boolean, decide: Decide): Promise<Observation> {
  const first = await interrupted(sdk, made, stream);
  decide(first.state, first.interruptions);
  const { agent, models, ran } = made;
  return observe(sdk, { agent, input: first.state, stream, models, notes: { ran } });
}

/** The same, from the text of the state. */
async function restored(sdk: SdkNamespace, made: Waiting, stream: boolean, decide: Decide): Promise<Observation> {
  const first = await interrupted(sdk, made, stream);
  const state = await sdk.RunState.fromString(made.agent, first.state.toString());
  decide(state, state.getInterruptions());
  const { agent, models, ran } = made;
  return observe(sdk, { agent, input: state, stream, models, notes: { ran } });
}

export const agentToolPrograms: Record<string, Program> = {
  'agent tool, by default': async (sdk, testing) => {
    const agent = new sdk.Agent({ name: 'Inner Agent', model: new testing.ScriptedModel([]) });
    const { type, name, description, strict, parameters } = agent.asTool({});
    return { type, name, description, strict, parameters: JSON.parse(JSON.stringify(parameters)) };
  },

  ...bothWays('agent as a tool', (sdk, testing, stream) =>
    observe(sdk, { ...pair(sdk, testing, [[testing.assistantMessage('I help.')]]), input: 'Hi', stream }),
  ),

  ...bothWays('agent as a tool, with tools of its own', (sdk, testing, stream) => {
    const ran: unknown[] = [];
    const steps = [[testing.functionCall('note', { n: 1 }, { callId: 'n' })], [testing.assistantMessage('Noted.')]];
    const made = pair(sdk, testing, steps, { inner: { tools: [note(sdk, ran)] } });
    return observe(sdk, { ...made, input: 'Hi', stream, options: { context: { who: 'me' } }, notes: { ran } });
  }),

  ...bothWays('agent as a tool, two at once', (sdk, testing, stream) => {
    const side = (name: string) => {
      const model = new testing.ScriptedModel([[testing.assistantMessage(`${name} says so.`)]]);
      return { model, tool: new sdk.Agent({ name, model }).asTool({ toolName: name, toolDescription: name }) };
    };
    const [left, right] = [side('left'), side('right')];
    const model = new testing.ScriptedModel([
      [
        testing.functionCall('left', { input: 'l' }, { callId: 'call_1' }),
        testing.functionCall('right', { input: 'r' }, { callId: 'call_2' }),
      ],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Outer', model, tools: [left.tool, right.tool] });
    return observe(sdk, { agent, input: 'Hi', stream, models: [model, left.model, right.model] });
  }),

  ...bothWays('agent as a tool of an agent as a tool', (sdk, testing, stream) => {
    const made = pair(sdk, testing, [[testing.assistantMessage('I help.')]]);
    const model = new testing.ScriptedModel([
      [testing.functionCall('outer', { input: 'deeper' }, { callId: 'call_0' })],
      [testing.assistantMessage('Up again.')],
    ]);
    const tools = [made.agent.asTool({ toolName: 'outer', toolDescription: 'Asks.' })];
    const agent = new sdk.Agent({ name: 'Top', model, tools });
    return observe(sdk, { agent, input: 'Hi', stream, models: [model, ...made.models] });
  }),

  ...bothWays('agent as a tool that hands off', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('From the heir.')]]);
    const heir = new sdk.Agent({ name: 'Heir', model });
    const steps = [[testing.functionCall('transfer_to_Heir', {}, { callId: 'h' })]];
    const made = pair(sdk, testing, steps, { inner: { handoffs: [heir] } });
    return observe(sdk, { ...made, input: 'Hi', stream, models: [...made.models, model] });
  }),

  ...bothWays('agent as a tool, with an extractor', (sdk, testing, stream) => {
    const customOutputExtractor: NonNullable<ToolOptions['customOutputExtractor']> = ({
      finalOutput,
      newItems,
      lastAgent,
      agentToolInvocation,
    }) => JSON.stringify([finalOutput, newItems.map(({ type }) => type), lastAgent?.name, agentToolInvocation]);
    const made = pair(sdk, testing, [[testing.assistantMessage('I help.')]], { options: { customOutputExtractor } });
    return observe(sdk, { ...made, input: 'Hi', stream });
  }),

  ...bothWays('agent as a tool, its result for a function that decides', (sdk, testing, stream) => {
    const seen: unknown[] = [];
    const made = pair(sdk, testing, [[testing.assistantMessage('{"a":1}')]], {
      inner: { outputType: z.object({ a: z.number() }) },
      outer: {
        toolUseBehavior: (_context, results) => {
          for (const result of results) {
            if (result.type !== 'function_output') continue;
            const { agentRunResult, interruptions } = result;
            const items = agentRunResult?.newItems.map(({ type }) => type);
            const { input, lastAgent } = agentRunResult ?? {};
            seen.push([agentRunResult?.finalOutput, items, input, lastAgent?.name, interruptions]);
          }
          return { isFinalOutput: false, isInterrupted: undefined };
        },
      },
    });
    return observe(sdk, { ...made, input: 'Hi', stream, notes: { seen } });
  }),

  ...bothWays('agent as a tool that fails, for a function that decides', (sdk, testing, stream) => {
    const seen: unknown[] = [];
    const made = pair(sdk, testing, [testing.modelError(new Error('boom'))], {
      outer: {
        toolUseBehavior: (_context, results): ToolsToFinalOutputResult => {
          seen.push(results.map((result) => result.type === 'function_output' && result.agentRunResult === undefined));
          return { isFinalOutput: true, isInterrupted: undefined, finalOutput: 'Enough.' };
        },
      },
    });
    return observe(sdk, { ...made, input: 'Hi', stream, notes: { seen } });
  }),

  ...bothWays('agent as a tool, with an output type', (sdk, testing, stream) => {
    const made = pair(sdk, testing, [[testing.assistantMessage('{"a":1}')]], {
      inner: { outputType: z.object({ a: z.number() }) },
    });
    return observe(sdk, { ...made, input: 'Hi', stream });
  }),

  ...bothWays('agent as a tool, stopped on the first tool', (sdk, testing, stream) => {
    const steps = [[testing.assistantMessage('Let me see.'), testing.functionCall('note', { n: 1 }, { callId: 'n' })]];
    const made = pair(sdk, testing, steps, {
      inner: { tools: [note(sdk, [])], toolUseBehavior: 'stop_on_first_tool' },
    });
    return observe(sdk, { ...made, input: 'Hi', stream });
  }),

  ...bothWays('agent as a tool, structured', (sdk, testing, stream) =>
    observe(sdk, { ...structured(sdk, testing), input: 'Hi', stream }),
  ),

  ...bothWays('agent as a tool, described', (sdk, testing, stream) =>
    observe(sdk, { ...structured(sdk, testing, {}, 'What to translate'), input: 'Hi', stream }),
  ),

  ...bothWays('agent as a tool, structured, with a builder', (sdk, testing, stream) => {
    const seen: unknown[] = [];
    const inputBuilder = (options: { params: { text: string } }) => {
      seen.push(options);
      return [{ role: 'user' as const, content: `Translate: ${options.params.text}` }];
    };
    const options = { inputBuilder, includeInputSchema: true } as unknown as Partial<ToolOptions>;
    return observe(sdk, { ...structured(sdk, testing, options), input: 'Hi', stream, notes: { seen } });
  }),

  ...bothWays('agent as a tool, heard', async (sdk, testing, stream) => {
    const heard: unknown[] = [];
    const ran: unknown[] = [];
    const steps = [[testing.functionCall('note', { n: 1 }, { callId: 'n' })], [testing.assistantMessage('Noted.')]];
    const made = pair(sdk, testing, steps, {
      inner: { tools: [note(sdk, ran)] },
      options: {
        onStream: ({ event, agent, toolCall }) => {
          const what = event.type === 'run_item_stream_event' ? event.name : event.type;
          heard.push([what, agent.name, toolCall?.callId ?? null]);
        },
      },
    });
    return observe(sdk, { ...made, input: 'Hi', stream, notes: { heard } });
  }),

  ...bothWays('agent as a tool, switched off', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Alone.')]]);
    const inner = new sdk.Agent({ name: 'Inner', model: new testing.ScriptedModel([]) });
    const tools = [inner.asTool({ toolName: 'helper', toolDescription: 'Helps.', isEnabled: () => false })];
    const agent = new sdk.Agent({ name: 'Outer', model, tools });
    return observe(sdk, { agent, input: 'Hi', stream, models: [model] });
  }),

  ...bothWays('agent as a tool whose model fails', (sdk, testing, stream) =>
    observe(sdk, { ...pair(sdk, testing, [testing.modelError(new Error('boom'))]), input: 'Hi', stream }),
  ),

  ...bothWays('agent as a tool with too many turns', (sdk, testing, stream) => {
    const steps = [[testing.functionCall('note', { n: 1 }, { callId: 'n' })]];
    const made = pair(sdk, testing, steps, {
      inner: { tools: [note(sdk, [])] },
      options: { runOptions: { maxTurns: 1 } },
    });
    return observe(sdk, { ...made, input: 'Hi', stream });
  }),

  ...bothWays('agent as a tool with an input guardrail that trips', (sdk, testing, stream) => {
    const stop = {
      name: 'stop',
      runInParallel: false,
      execute: async () => ({ tripwireTriggered: true, outputInfo: { why: 'no' } }),
    };
    const made = pair(sdk, testing, [[testing.assistantMessage('x')]], { inner: { inputGuardrails: [stop] } });
    return observe(sdk, { ...made, input: 'Hi', stream });
  }),

  ...bothWays('agent as a tool with an output guardrail that trips', (sdk, testing, stream) => {
    const stop = { name: 'stop', execute: async () => ({ tripwireTriggered: true, outputInfo: { why: 'no' } }) };
    const made = pair(sdk, testing, [[testing.assistantMessage('x')]], { inner: { outputGuardrails: [stop] } });
    return observe(sdk, { ...made, input: 'Hi', stream });
  }),

  ...bothWays('agent as a tool that needs approval', async (sdk, testing, stream) => {
    const made = pair(sdk, testing, [[testing.assistantMessage('I help.')]], { options: { needsApproval: true } });
    return decided(sdk, { ...made, ran: [] }, stream, (state, items) => {
      for (const item of items) state.approve(item);
    });
  }),

  ...bothWays('nested approval asked for', (sdk, testing, stream) => {
    const { agent, models, ran } = waiting(sdk, testing);
    return observe(sdk, { agent, input: 'Go.', stream, models, notes: { ran } });
  }),

  ...bothWays('nested approval given', (sdk, testing, stream) =>
    decided(sdk, waiting(sdk, testing), stream, (state, items) => {
      for (const item of items) state.approve(item);
    }),
  ),

  ...bothWays('nested approval refused, with and without a message', (sdk, testing, stream) =>
    decided(sdk, waiting(sdk, testing), stream, (state, [one, other]) => {
      if (one) state.reject(one);
      if (other) state.reject(other, { message: 'Too much.' });
    }),
  ),

  ...bothWays('nested approval given to one of two', (sdk, testing, stream) =>
    decided(sdk, waiting(sdk, testing), stream, (state, [, other]) => {
      if (other) state.approve(other);
    }),
  ),

  ...bothWays('state as text and back, all approved', (sdk, testing, stream) =>
    restored(sdk, waiting(sdk, testing), stream, (state, items) => {
      for (const item of items) state.approve(item);
    }),
  ),

  ...bothWays('state as text and back, nothing decided', (sdk, testing, stream) =>
    restored(sdk, waiting(sdk, testing), stream, () => {}),
  ),

  'state as text, decided before': async (sdk, testing) => {
    const made = waiting(sdk, testing);
    const first = await interrupted(sdk, made, false);
    for (const item of first.interruptions) first.state.approve(item);
    const state = await sdk.RunState.fromString(made.agent, first.state.toString());
    const { agent, models, ran } = made;
    return observe(sdk, { agent, input: state, stream: false, models, notes: { ran } });
  },

  'state as text, as JSON': async (sdk, testing) => {
    const made = waiting(sdk, testing);
    const first = await interrupted(sdk, made, false);
    const text = JSON.stringify(first.state, null, 2);
    const state = await sdk.RunState.fromString(made.agent, text);
    for (const item of state.getInterruptions()) state.approve(item);
    const { agent, models, ran } = made;
    return observe(sdk, { agent, input: state, stream: false, models, notes: { ran } });
  },

  'state as text, with another context': async (sdk, testing) => {
    const made = waiting(sdk, testing);
    const first = await sdk.run(made.agent, 'Go.', { context: { who: 'me' } });
    const text = first.state.toString();
    const kept = await sdk.RunState.fromString(made.agent, text);
    for (const item of kept.getInterruptions()) kept.approve(item);
    const other = await sdk.RunState.fromStringWithContext(made.agent, text, new sdk.RunContext({ who: 'you' }));
    for (const item of other.getInterruptions()) other.approve(item);
    const result = await sdk.run(made.agent, other);
    return { output: result.finalOutput ?? null, ran: JSON.parse(JSON.stringify(made.ran)) };
  },
};
