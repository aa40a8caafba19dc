import { toJson } from '../json.ts';
import { eventFacts, traceAspects } from '../observe.ts';
import type { Json, Program, SdkNamespace } from '../program.ts';
import { recordTraces } from '../trace.ts';

const errorNames = [
  'UserError',
  'SystemError',
  'MaxTurnsExceededError',
  'ModelBehaviorError',
  'InvalidToolOutputError',
] as const satisfies ReadonlyArray<keyof SdkNamespace>;

/** Classes and helpers that work without a run. */
export const valuePrograms: Record<string, Program> = {
  'usage arithmetic': async (sdk) => {
    const sum = new sdk.Usage();
    const empty = toJson(sum);
    sum.add(new sdk.Usage({ inputTokens: 3, outputTokens: 2 }));
    const afterOne = toJson(sum);
    sum.add(
      new sdk.Usage({
        requests: 2,
        input_tokens: 10,
        output_tokens: 4,
        total_tokens: 14,
        input_tokens_details: { cached_tokens: 6 },
        output_tokens_details: { reasoning_tokens: 1 },
      }),
    );
    sum.add(new sdk.Usage());
    return { empty, afterOne, sum: toJson(sum) };
  },

  'message helpers': async (sdk) => ({
    user: toJson(sdk.user('Hi')),
    assistant: toJson(sdk.assistant('Hello')),
    system: toJson(sdk.system('Be kind')),
    withData: toJson(sdk.user('Hi', { trace: 1 })),
    parts: toJson(
      sdk.user([
        { type: 'input_text', text: 'Look' },
        { type: 'input_image', image: 'https://a.example/b.png' },
      ]),
    ),
  }),

  'testing helpers': async (_sdk, testing) => ({
    message: toJson(testing.assistantMessage('Hi', { id: 'msg_1', phase: 'final_answer', providerData: { a: 1 } })),
    call: toJson(testing.functionCall('f', { a: [1, null] }, { callId: 'call_1' })),
    callWithIds: toJson(testing.functionCall('f', '{"a":1}', { callId: 'call_1', id: 'fc_1', namespace: 'n' })),
    response: toJson(testing.modelResponse([testing.assistantMessage('Hi')])),
    stream: toJson(testing.modelStream([{ type: 'response_started' }])),
  }),

  'script that is not a script': async (_sdk, testing) => {
    const refusals: Json[] = [];
    for (const input of [7, null, 'text', {}, { type: 'nope' }, { type: 'response' }, { type: 'responder' }]) {
      try {
        new testing.ScriptedModel([input as never]);
        refusals.push('accepted');
      } catch (error) {
        refusals.push({ name: (error as Error).name, reason: toJson((error as { reason?: unknown }).reason) });
      }
    }
    return { refusals };
  },

  'script that says the wrong thing for the call': async (sdk, testing) => {
    sdk.setTracingDisabled(true);
    const model = new testing.ScriptedModel([testing.modelStream([{ type: 'response_started' }])]);
    const agent = new sdk.Agent({ name: 'Mixed', model });
    const facts = (error: Error & { reason?: unknown }) => ({ name: error.name, reason: toJson(error.reason) });
    const outcome = await sdk.run(agent, 'Go').then(() => 'resolved', facts);
    return { outcome, left: model.remainingSteps };
  },

  'error classes': async (sdk) => {
    const facts: Record<string, Json> = {};
    for (const name of errorNames) {
      const error = new sdk[name]('text');
      facts[name] = {
        name: error.name,
        message: error.message,
        agents: error instanceof sdk.AgentsError,
        user: error instanceof sdk.UserError,
        error: error instanceof Error,
      };
    }
    const refusal = new sdk.ModelRefusalError('no');
    const timeout = new sdk.ToolTimeoutError({ toolName: 'slow', timeoutMs: 5 });
    const call = new sdk.ToolCallError('failed', new RangeError('inner'));
    return {
      ...facts,
      refusal: { name: refusal.name, refusal: refusal.refusal },
      timeout: { name: timeout.name, toolName: timeout.toolName, timeoutMs: timeout.timeoutMs },
      call: { name: call.name, inner: call.error.name },
    };
  },

  'event and item classes': async (sdk, testing) => {
    const agent = new sdk.Agent({ name: 'Maker' });
    const message = new sdk.RunMessageOutputItem(testing.assistantMessage('Made.'), agent);
    const call = new sdk.RunToolCallItem(testing.functionCall('f', {}, { callId: 'call_1' }), agent);
    const events = [
      new sdk.RunItemStreamEvent('message_output_created', message),
      new sdk.RunRawModelStreamEvent({ type: 'output_text_delta', delta: 'x' }),
      new sdk.RunAgentUpdatedStreamEvent(agent),
    ];
    return {
      text: sdk.extractAllTextOutput([message, call, message]),
      events: events.map(eventFacts),
      json: toJson(message.toJSON()),
      callJson: toJson(call.toJSON()),
    };
  },

  'agents that cannot be': async (sdk) => {
    const attempts: Json[] = [];
    for (const config of [{ name: '' }, {}, { name: 7 }]) {
      try {
        new sdk.Agent(config as never);
        attempts.push('made');
      } catch (error) {
        attempts.push((error as Error).name);
      }
    }
    return { attempts };
  },

  'spans without a run': async (sdk) => {
    const recorder = recordTraces(sdk);
    const outside = { trace: sdk.getCurrentTrace() === null, span: sdk.getCurrentSpan() === null };
    const failure = await sdk
      .withTrace('By hand', async (trace) => {
        await sdk.withCustomSpan(
          async () => {
            await sdk.withFunctionSpan(async (span) => void (span.spanData.output = 'out'), { data: { name: 'f' } });
            await sdk.withGuardrailSpan(async () => {}, { data: { name: 'g' } });
          },
          { data: { name: 'outer', data: { n: 1 } } },
        );
        await sdk.withHandoffSpan(async () => {}, { data: { from_agent: 'A', to_agent: 'B' } });
        await sdk.withAgentSpan(async () => trace.name, { data: { name: 'hand' } });
        await sdk.withGenerationSpan(async () => {}, { data: { model: 'm', usage: { input_tokens: 1 } } });
        await sdk.withCustomSpan(
          async () => {
            throw new TypeError('inside');
          },
          { data: { name: 'fails', data: {} } },
        );
      })
      .then(
        () => 'resolved',
        (error: Error) => error.name,
      );
    return { outside, failure, ...(await traceAspects(recorder)) };
  },

  'a span by hand with a parent': async (sdk) => {
    const recorder = recordTraces(sdk);
    await sdk.withTrace('Parents', async (trace) => {
      const parent = sdk.createCustomSpan({ data: { name: 'parent', data: {} } }, trace);
      parent.start();
      const child = sdk.createCustomSpan({ data: { name: 'child', data: {} } }, parent);
      child.start();
      child.setError({ message: 'lost', data: { why: 'test' } });
      child.end();
      parent.end();
    });
    return traceAspects(recorder);
  },

  'getOrCreateTrace nests': async (sdk) => {
    const recorder = recordTraces(sdk);
    const names = await sdk.getOrCreateTrace(async () =>
      sdk.getOrCreateTrace(async () => `${sdk.getCurrentTrace()?.name}`, { name: 'Inner' }),
    );
    return { names, ...(await traceAspects(recorder)) };
  },

  'tracing switched off': async (sdk, testing) => {
    const recorder = recordTraces(sdk);
    sdk.setTracingDisabled(true);
    const model = new testing.ScriptedModel([[testing.assistantMessage('Quiet.')]]);
    const result = await sdk.run(new sdk.Agent({ name: 'Quiet', model }), 'Go');
    const tracing = model.firstCall?.request.tracing ?? null;
    const aspects = await traceAspects(recorder);
    sdk.setTracingDisabled(false);
    return { finalOutput: result.finalOutput ?? null, tracing: toJson(tracing), ...aspects };
  },

  'trace and span as JSON': async (sdk) => {
    const seen: Json[] = [];
    const keep = (item: { toJSON(): object | null }) => {
      const json = toJson(item.toJSON()) as Record<string, Json>;
      for (const key of ['id', 'trace_id', 'parent_id', 'started_at', 'ended_at']) {
        if (typeof json[key] === 'string')
          json[key] = json[key].replace(/[0-9a-f]{6,}/, '*').replace(/^\d.*Z$/, 'time');
      }
      seen.push(json);
    };
    sdk.setTracingDisabled(false);
    sdk.setTraceProcessors([
      {
        onTraceStart: async (trace) => keep(trace),
        onTraceEnd: async () => {},
        onSpanStart: async () => {},
        onSpanEnd: async (span) => keep(span),
        shutdown: async () => {},
        forceFlush: async () => {},
      },
    ]);
    await sdk.withTrace('Shown', async () =>
      sdk.withTurnSpan(
        async () => sdk.withFunctionSpan(async () => {}, { data: { name: 'f', input: 'i', output: 'o' } }),
        { data: { turn: 1, agent_name: 'A' } },
      ),
    );
    sdk.setTraceProcessors([]);
    return { seen };
  },
};
