import { toJson } from '../json.ts';
import type { Json, Program, SdkNamespace } from '../program.ts';
import { recordTraces } from '../trace.ts';

const ITEM_CLASSES = [
  'RunMessageOutputItem',
  'RunToolCallItem',
  'RunToolCallOutputItem',
  'RunReasoningItem',
  'RunHandoffCallItem',
  'RunHandoffOutputItem',
  'RunToolApprovalItem',
  'RunCompactionItem',
  'RunInputItem',
] as const satisfies ReadonlyArray<keyof SdkNamespace>;

const ERROR_CLASSES = [
  'AgentsError',
  'InputGuardrailTripwireTriggered',
  'OutputGuardrailTripwireTriggered',
  'GuardrailExecutionError',
  'ModelTimeoutError',
] as const satisfies ReadonlyArray<keyof SdkNamespace>;

/** What is an instance of which class, and what classes that users make are by themselves. */
export const classPrograms: Record<string, Program> = {
  'classes of results and items': async (sdk, testing) => {
    const classesOf = (item: object) => ITEM_CLASSES.filter((name) => item instanceof sdk[name]);
    const send = sdk.tool({
      name: 'send',
      description: 'Sends.',
      parameters: { type: 'object', properties: {}, required: [], additionalProperties: true },
      strict: false,
      needsApproval: true,
      execute: async () => 'sent',
    });
    const clerk = new sdk.Agent({
      name: 'Clerk',
      tools: [send],
      model: new testing.ScriptedModel([[testing.functionCall('send', {}, { callId: 'call_2' })]]),
    });
    const agent = new sdk.Agent({
      name: 'Front',
      handoffs: [clerk],
      model: new testing.ScriptedModel([
        [
          { type: 'reasoning', id: 'rs_1', content: [{ type: 'input_text', text: 'Hm.' }] },
          testing.assistantMessage('One moment.'),
          testing.functionCall('transfer_to_Clerk', {}, { callId: 'call_1' }),
        ],
      ]),
    });
    const whole = await sdk.run(agent, 'Hi');
    const done = new sdk.Agent({ name: 'D', model: new testing.ScriptedModel([[testing.assistantMessage('Hi')]]) });
    const streamed = await sdk.run(done, 'Hi', { stream: true });
    await streamed.completed;
    const results = [whole, streamed].map((one) => [
      one instanceof sdk.RunResult,
      one instanceof sdk.StreamedRunResult,
      one.state instanceof sdk.RunState,
    ]);
    return { items: whole.newItems.map((item) => [item.type, ...classesOf(item)]), results };
  },

  'items that are made by hand': async (sdk) => {
    const agent = new sdk.Agent({ name: 'A' });
    const compaction = new sdk.RunCompactionItem({ type: 'compaction', encrypted_content: 'x' }, agent);
    const input = new sdk.RunInputItem({ role: 'user', content: 'Hi' }, agent);
    return {
      compaction: toJson({ type: compaction.type, rawItem: compaction.rawItem, agent: compaction.agent.name }),
      input: toJson({ type: input.type, rawItem: input.rawItem, agent: input.agent.name }),
    };
  },

  'classes of errors': async (sdk, testing) => {
    const classes: Record<string, Json> = {};
    const model = () => new testing.ScriptedModel([[testing.assistantMessage('Hi')]]);
    const trip = async () => ({ tripwireTriggered: true, outputInfo: {} });
    const fail = async () => Promise.reject(new RangeError('down'));
    const agents = {
      input: new sdk.Agent({ name: 'A', model: model(), inputGuardrails: [{ name: 'g', execute: trip }] }),
      output: new sdk.Agent({ name: 'A', model: model(), outputGuardrails: [{ name: 'g', execute: trip }] }),
      failed: new sdk.Agent({ name: 'A', model: model(), inputGuardrails: [{ name: 'g', execute: fail }] }),
    };
    const runner = new sdk.Runner({ tracingDisabled: true });
    for (const [name, agent] of Object.entries(agents)) {
      const error: unknown = await runner.run(agent, 'Hi').catch((thrown: unknown) => thrown);
      classes[name] = ERROR_CLASSES.filter((one) => error instanceof sdk[one]);
    }
    return { classes };
  },

  'classes of errors of scripts': async (_sdk, testing) => {
    const stopped = new testing.ScriptedModelRequestAbortedError(2);
    const thrown = (() => {
      try {
        return new testing.ScriptedModel([7 as never]);
      } catch (error) {
        return error;
      }
    })();
    return {
      stopped: toJson([stopped.name, stopped.callIndex, stopped instanceof Error]),
      invalid: thrown instanceof testing.InvalidScriptedModelStepError && thrown.reason,
    };
  },

  'hooks by themselves': async (sdk) => {
    const heard: Json[] = [];
    const hooks = new sdk.AgentHooks();
    const listener = (_context: unknown, agent: { name: string }) => void heard.push(agent.name);
    const agent = new sdk.Agent({ name: 'A' });
    hooks.on('agent_start', listener);
    heard.push(hooks.emit('agent_start', new sdk.RunContext(), agent));
    hooks.off('agent_start', listener);
    heard.push(hooks.emit('agent_start', new sdk.RunContext(), agent));
    return { heard };
  },

  'handoffs that agents stand for': async (sdk) => {
    const agent = new sdk.Agent({ name: 'Billing', handoffDescription: 'Money.' });
    const implied = sdk.getHandoff(agent);
    const made = sdk.handoff(agent);
    return {
      implied: toJson(implied.getHandoffAsFunctionTool()),
      itself: sdk.getHandoff(made) === made,
      kind: implied instanceof sdk.Handoff,
    };
  },

  'the default provider of models': async (sdk, testing) => {
    const asked: Json[] = [];
    const getModel = (name?: string) => {
      asked.push(name ?? null);
      return new testing.ScriptedModel([[testing.assistantMessage(`From ${name ?? 'the default'}.`)]]);
    };
    sdk.setDefaultModelProvider({ getModel });
    try {
      const runs = [new sdk.Agent({ name: 'A' }), new sdk.Agent({ name: 'B', model: 'named' })].map((agent) =>
        sdk.run(agent, 'Hi'),
      );
      const outputs = (await Promise.all(runs)).map(({ finalOutput }) => finalOutput ?? null);
      return { asked, outputs };
    } finally {
      sdk.setDefaultModelProvider(new sdk.OpenAIProvider());
    }
  },

  'spans that are begun and ended by hand': async (sdk) => {
    const recorder = recordTraces(sdk);
    const shown: Json[] = [];
    await sdk.withTrace('Made', async (trace) => {
      const spans = [
        sdk.createAgentSpan({ data: { name: 'A', tools: ['t'] } }),
        sdk.createTaskSpan({ data: { name: 'Task' } }),
        sdk.createTurnSpan({ data: { turn: 1, agent_name: 'A' } }),
        sdk.createFunctionSpan({ data: { name: 'f', input: '{}', output: 'x' } }),
        sdk.createGenerationSpan({ data: { model: 'm' } }),
        sdk.createResponseSpan(),
        sdk.createHandoffSpan({ data: { from_agent: 'A', to_agent: 'B' } }),
        sdk.createGuardrailSpan({ data: { name: 'g', triggered: true } }),
        sdk.createMCPListToolsSpan({ data: { server: 's', result: ['t'] } }),
      ];
      shown.push(trace instanceof sdk.Trace);
      for (const span of spans) {
        span.start();
        span.end();
        shown.push([toJson(span.spanData), span instanceof sdk.Span, span.startedAt !== null, span.endedAt !== null]);
      }
      await sdk.withTaskSpan(
        async () => {
          await sdk.withResponseSpan(async () => undefined);
          await sdk.withMCPListToolsSpan(async () => undefined, { data: { server: 's2' } });
        },
        { data: { name: 'Around' } },
      );
    });
    return { shown, trace: recorder.tree(), endings: recorder.endings() };
  },

  'a response span with an id': async (sdk) => {
    const span = await sdk.withTrace('Made', async () => sdk.createResponseSpan({ data: { response_id: 'resp_1' } }));
    return { made: toJson(span.spanData) };
  },

  'a batch processor and what it is given': async (sdk) => {
    const exported: Json[] = [];
    const batch = new sdk.BatchTraceProcessor({
      export: async (items) => void exported.push(...items.map(({ type }) => type)),
    });
    sdk.setTracingDisabled(false);
    sdk.setTraceProcessors([]);
    sdk.addTraceProcessor(batch);
    sdk.startTraceExportLoop();
    await sdk.withTrace('T', async () => sdk.withCustomSpan(async () => 1, { data: { name: 'c', data: {} } }));
    await sdk.getGlobalTraceProvider().forceFlush();
    await batch.shutdown();
    sdk.setTraceProcessors([]);
    const console = new sdk.ConsoleSpanExporter();
    return {
      exported: exported.map(String).toSorted((one, other) => one.localeCompare(other)),
      provider: sdk.getGlobalTraceProvider() instanceof sdk.TraceProvider,
      console: typeof console.export,
    };
  },
};
