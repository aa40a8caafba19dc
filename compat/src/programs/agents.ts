import { z } from 'zod';
import { observe, observeUntraced, traceAspects } from '../observe.ts';
import { toJson } from '../json.ts';
import { bothWays, type Program } from '../program.ts';
import { recordTraces } from '../trace.ts';

/** Agents as values, hooks, sessions, the runner, and traces around runs. */
export const agentPrograms: Record<string, Program> = {
  'agent defaults and clone': async (sdk) => {
    const base = new sdk.Agent({
      name: 'Base',
      instructions: 'Base.',
      modelSettings: { temperature: 0.5 },
      tools: [sdk.tool({ name: 'a', description: 'A.', parameters: z.object({}), execute: async () => 'a' })],
    });
    const copy = base.clone({ name: 'Copy', instructions: 'Copied.' });
    const bare = new sdk.Agent({ name: 'Bare' });
    const facts = (agent: typeof base) => ({
      name: agent.name,
      instructions: toJson(agent.instructions),
      handoffDescription: agent.handoffDescription,
      modelSettings: toJson(agent.modelSettings),
      tools: agent.tools.map((one) => one.name),
      handoffs: agent.handoffs.length,
      outputType: toJson(agent.outputType),
      toolUseBehavior: toJson(agent.toolUseBehavior),
      resetToolChoice: agent.resetToolChoice,
      outputSchemaName: agent.outputSchemaName,
      json: toJson(agent.toJSON()),
    });
    return { base: facts(base), copy: facts(copy), bare: facts(bare), sameTool: base.tools[0] === copy.tools[0] };
  },

  'tool definition': async (sdk) => {
    const made = sdk.tool({
      name: 'get weather now',
      description: 'Weather.',
      parameters: z.object({ city: z.string().describe('City name'), days: z.number().nullable() }),
      execute: async ({ city, days }) => `${city} ${days}`,
    });
    const context = new sdk.RunContext({});
    return {
      type: made.type,
      name: made.name,
      description: made.description,
      parameters: toJson(made.parameters),
      strict: made.strict,
      invoked: toJson(await made.invoke(context, '{"city":"Oslo","days":null}')),
    };
  },

  ...bothWays('lifecycle hooks', (sdk, testing, stream) => {
    const order: string[] = [];
    const model = new testing.ScriptedModel([
      [testing.functionCall('tick', { n: 1 }, { callId: 'call_1' })],
      [testing.functionCall('transfer_to_Second', {}, { callId: 'call_2' })],
      [testing.assistantMessage('End.')],
    ]);
    const tick = sdk.tool({
      name: 'tick',
      description: 'Ticks.',
      parameters: z.object({ n: z.number() }),
      execute: async ({ n }) => {
        order.push(`tool ${n}`);
        return 'tock';
      },
    });
    const second = new sdk.Agent({ name: 'Second', model });
    const agent = new sdk.Agent({ name: 'First', model, tools: [tick], handoffs: [second] });
    for (const one of [agent, second]) {
      one.on('agent_start', (_context, self, input) => order.push(`${one.name}: start ${self.name} ${input?.length}`));
      one.on('agent_end', (_context, output) => order.push(`${one.name}: end ${output}`));
      one.on('agent_handoff', (_context, next) => order.push(`${one.name}: handoff ${next.name}`));
      one.on('agent_tool_start', (_context, used, { toolCall }) =>
        order.push(`${one.name}: tool start ${used.name} ${JSON.stringify(toolCall.type)}`),
      );
      one.on('agent_tool_end', (_context, used, result) => order.push(`${one.name}: tool end ${used.name} ${result}`));
    }
    const runner = new sdk.Runner();
    runner.on('agent_start', (_context, self, input) => order.push(`runner: start ${self.name} ${input?.length}`));
    runner.on('agent_end', (_context, self, output) => order.push(`runner: end ${self.name} ${output}`));
    runner.on('agent_handoff', (_context, from, to) => order.push(`runner: handoff ${from.name} ${to.name}`));
    runner.on('agent_tool_start', (_context, self, used) => order.push(`runner: tool start ${self.name} ${used.name}`));
    runner.on('agent_tool_end', (_context, self, used, result) =>
      order.push(`runner: tool end ${self.name} ${used.name} ${result}`),
    );
    const run = runner.run.bind(runner);
    return observe(sdk, { agent, input: 'Go', stream, run, models: [model], notes: { order } });
  }),

  ...bothWays('two runs on one MemorySession', async (sdk, testing, stream) => {
    const recorder = recordTraces(sdk);
    const model = new testing.ScriptedModel([
      [testing.functionCall('tick', {}, { callId: 'call_1' })],
      [testing.assistantMessage('First.')],
      [testing.assistantMessage('Second.')],
    ]);
    const tick = sdk.tool({
      name: 'tick',
      description: 'Ticks.',
      parameters: z.object({}),
      execute: async () => 'tock',
    });
    const agent = new sdk.Agent({ name: 'Keeper', model, tools: [tick] });
    const session = new sdk.MemorySession({ sessionId: 'session-1' });
    const first = await observeUntraced(sdk, { agent, input: 'One', stream, session });
    const { requests = null, ...second } = await observeUntraced(sdk, {
      agent,
      input: 'Two',
      stream,
      session,
      models: [model],
    });
    const sessionId = await session.getSessionId();
    const popped = toJson(await session.popItem());
    const last = toJson(await session.getItems(1));
    await session.clearSession();
    const cleared = toJson(await session.getItems());
    return { first, second, requests, sessionId, popped, last, cleared, ...(await traceAspects(recorder)) };
  }),

  ...bothWays('call model input filter', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Filtered.')]]);
    const agent = new sdk.Agent({ name: 'Filtered', instructions: 'Long.', model });
    const notes: Record<string, unknown> = {};
    const options = {
      callModelInputFilter: (args: {
        modelData: { input: unknown[]; instructions?: string };
        agent: { name: string };
      }) => {
        notes['saw'] = { ...args.modelData, agent: args.agent.name };
        return { instructions: 'Short.', input: [...args.modelData.input, sdk.user('Added.')] };
      },
    };
    return observe(sdk, { agent, input: 'Hi', stream, options, models: [model], notes });
  }),

  ...bothWays('session input callback', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Second.')]]);
    const agent = new sdk.Agent({ name: 'Keeper', model });
    const session = new sdk.MemorySession({ initialItems: [sdk.user('Old one'), sdk.assistant('Old two')] });
    const notes: Record<string, unknown> = {};
    const options = {
      sessionInputCallback: (history: unknown[], fresh: unknown[]) => {
        notes['history'] = history;
        notes['fresh'] = fresh;
        return [...history.slice(-1), ...fresh];
      },
    };
    return observe(sdk, { agent, input: [sdk.user('New')], stream, options, session, models: [model], notes });
  }),

  ...bothWays('runner configuration', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Configured.')]]);
    const agent = new sdk.Agent({ name: 'Configured', modelSettings: { temperature: 0.1, maxTokens: 5 } });
    const runner = new sdk.Runner({
      model,
      modelSettings: { temperature: 0.9, topP: 0.5 },
      workflowName: 'Compat',
      groupId: 'group-1',
      traceMetadata: { suite: 'compat' },
      traceIncludeSensitiveData: false,
    });
    const run = runner.run.bind(runner);
    return observe(sdk, { agent, input: 'Hi', stream, run, models: [model] });
  }),

  "settings of the agent over the runner's": async (sdk, testing) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('In.')], [testing.assistantMessage('Alone.')]]);
    const inner = new sdk.Agent({
      name: 'Inner',
      model,
      modelSettings: { text: { verbosity: 'low' }, retry: { maxRetries: 1, backoff: { multiplier: 3 } } },
    });
    const ask = inner.asTool({
      toolName: 'ask',
      toolDescription: 'Asks.',
      runConfig: { modelSettings: { reasoning: { effort: 'low' }, providerData: { b: 2 } } },
    });
    const outer = new testing.ScriptedModel([
      [testing.functionCall('ask', { input: 'Q' }, { callId: 'call_1' })],
      [testing.assistantMessage('Out.')],
    ]);
    const runner = new sdk.Runner({
      modelSettings: {
        temperature: 0.9,
        reasoning: { summary: 'auto', effort: 'high' },
        text: { verbosity: 'high' },
        retry: { maxRetries: 5, backoff: { initialDelayMs: 3, multiplier: 2 } },
        providerData: { a: 1 },
      },
    });
    await runner.run(new sdk.Agent({ name: 'Outer', model: outer, tools: [ask] }), 'Hi');
    await runner.run(inner, 'Hi');
    const settings = [...outer.calls, ...model.calls].map(({ request }) => request.modelSettings);
    return { settings: toJson(settings) };
  },

  ...bothWays('models of the agent and of the runner', (sdk, testing, stream) => {
    const own = new testing.ScriptedModel([[testing.functionCall('transfer_to_Bare', {}, { callId: 'call_1' })]]);
    const shared = new testing.ScriptedModel([[testing.assistantMessage('Shared.')]]);
    const bare = new sdk.Agent({ name: 'Bare' });
    const agent = new sdk.Agent({ name: 'Own', model: own, handoffs: [bare] });
    const runner = new sdk.Runner({ model: shared });
    const run = runner.run.bind(runner);
    return observe(sdk, { agent, input: 'Go', stream, run, models: [own, shared] });
  }),

  ...bothWays('model provider by name', (sdk, testing, stream) => {
    const asked: Array<string | undefined> = [];
    const model = new testing.ScriptedModel([[testing.assistantMessage('Provided.')]]);
    const agent = new sdk.Agent({ name: 'Provided', model: 'small-1' });
    const runner = new sdk.Runner({
      modelProvider: {
        getModel(name) {
          asked.push(name);
          return model;
        },
      },
    });
    const run = runner.run.bind(runner);
    return observe(sdk, { agent, input: 'Hi', stream, run, models: [model], notes: { asked } });
  }),

  ...bothWays('tracing disabled for one runner', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Untraced.')]]);
    const agent = new sdk.Agent({ name: 'Untraced', model });
    const runner = new sdk.Runner({ tracingDisabled: true });
    const run = runner.run.bind(runner);
    return observe(sdk, { agent, input: 'Hi', stream, run, models: [model] });
  }),

  ...bothWays('one trace around two runs', async (sdk, testing, stream) => {
    const recorder = recordTraces(sdk);
    const model = new testing.ScriptedModel([
      [testing.assistantMessage('One.')],
      [testing.functionCall('inner', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Two.')],
    ]);
    const inner = sdk.tool({
      name: 'inner',
      description: 'Inner.',
      parameters: z.object({}),
      execute: async () =>
        sdk.withCustomSpan(async () => `in ${sdk.getCurrentTrace()?.name}`, { data: { name: 'own', data: { a: 1 } } }),
    });
    const agent = new sdk.Agent({ name: 'Traced', model, tools: [inner] });
    const outputs = await sdk.withTrace(
      'Around',
      async () => {
        const first = await observeUntraced(sdk, { agent, input: 'One', stream });
        const between = await sdk.withCustomSpan(async (span) => span.spanData.name, {
          data: { name: 'between', data: {} },
        });
        const second = await observeUntraced(sdk, { agent, input: 'Two', stream });
        return { first: first['finalOutput'] ?? null, between, second: second['finalOutput'] ?? null };
      },
      { groupId: 'g', metadata: { k: 'v' } },
    );
    return { outputs, after: sdk.getCurrentTrace() === null, ...(await traceAspects(recorder)) };
  }),
};
