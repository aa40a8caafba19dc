import type { Agent, RunErrorHandlerInput } from '@openai/agents';
import { z } from 'zod';
import { observe } from '../observe.ts';
import { bothWays, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';

type Model = InstanceType<TestingNamespace['ScriptedModel']>;

/** A handler that gives `result`, and notes what it was given. */
function noting(notes: object[], result: unknown) {
  return ({ error, runData }: RunErrorHandlerInput<unknown, Agent>) => {
    notes.push({
      error: error.constructor.name,
      newItems: runData.newItems.map(({ type }) => type),
      history: runData.history.length,
      output: runData.output.length,
      responses: runData.rawResponses.length,
      lastAgent: (runData.lastAgent as { name: string } | undefined)?.name,
    });
    return result;
  };
}

interface Case {
  model: (testing: TestingNamespace) => Model;
  kind: string;
  typed?: boolean;
}

const refused = {
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'refusal', refusal: 'I will not.' }],
} as const;

const cases: Record<string, Case> = {
  'a refusal': {
    model: (testing) => new testing.ScriptedModel([[{ ...refused, content: [...refused.content] }]]),
    kind: 'modelRefusal',
  },
  'an invalid output': {
    model: (testing) => new testing.ScriptedModel([[testing.assistantMessage('no JSON')]]),
    kind: 'invalidFinalOutput',
    typed: true,
  },
  'used up turns': {
    model: (testing) => new testing.ScriptedModel([[testing.functionCall('again', {}, { callId: 'call_1' })]]),
    kind: 'maxTurns',
  },
};

function agentOf(sdk: SdkNamespace, model: Model, typed = false) {
  const again = sdk.tool({
    name: 'again',
    description: 'Again.',
    parameters: z.object({}),
    execute: async () => 'again',
  });
  const outputType = typed ? { outputType: z.object({ a: z.string() }) } : {};
  return new sdk.Agent({ name: 'Looper', model, tools: [again], ...outputType });
}

function handled(
  name: string,
  { model: make, kind, typed }: Case,
  results: Record<string, unknown>,
): Record<string, Program> {
  return Object.fromEntries(
    Object.entries(results).flatMap(([how, result]) =>
      Object.entries(
        bothWays(`${name}, handled ${how}`, (sdk, testing, stream) => {
          const model = make(testing);
          const given: object[] = [];
          const errorHandlers = { [how.endsWith('by default') ? 'default' : kind]: noting(given, result) };
          return observe(sdk, {
            agent: agentOf(sdk, model, typed),
            input: 'Go',
            stream,
            session: new sdk.MemorySession(),
            options: { maxTurns: 1, errorHandlers },
            models: [model],
            notes: { given },
          });
        }),
      ),
    ),
  );
}

/** Final outputs in place of errors. */
export const errorHandlerPrograms: Record<string, Program> = {
  ...bothWays('max turns handled', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.functionCall('again', {}, { callId: 'call_1' })]]);
    const again = sdk.tool({
      name: 'again',
      description: 'Again.',
      parameters: z.object({}),
      execute: async () => 'again',
    });
    const agent = new sdk.Agent({ name: 'Looper', model, tools: [again] });
    const options = { maxTurns: 1, errorHandlers: { maxTurns: () => ({ finalOutput: 'Enough.' }) } };
    return observe(sdk, { agent, input: 'Loop', stream, options, models: [model] });
  }),

  ...Object.assign(
    {},
    ...Object.entries(cases).map(([name, one]) => {
      const finalOutput = one.typed ? { a: 'fixed' } : 'Sorry.';
      return handled(name, one, {
        'with an output': { finalOutput },
        'out of history': { finalOutput, includeInHistory: false },
        'by default': { finalOutput },
        'with nothing': undefined,
      });
    }),
  ),

  ...bothWays('used up turns, handled with what does not fit', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.functionCall('again', {}, { callId: 'call_1' })]]);
    const errorHandlers = { maxTurns: () => ({ finalOutput: { a: 7 } as never }) };
    const agent = agentOf(sdk, model, true);
    return observe(sdk, { agent, input: 'Go', stream, options: { maxTurns: 1, errorHandlers }, models: [model] });
  }),

  ...bothWays('a handled output that an output guardrail looks at', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.functionCall('again', {}, { callId: 'call_1' })]]);
    const seen: unknown[] = [];
    const agent = agentOf(sdk, model);
    agent.outputGuardrails = [
      {
        name: 'looks',
        execute: async ({ agentOutput, details }) => {
          seen.push(agentOutput, details?.output?.length);
          return { tripwireTriggered: false, outputInfo: {} };
        },
      },
    ];
    agent.on('agent_end', (_context, output) => void seen.push(output));
    const options = { maxTurns: 1, errorHandlers: { maxTurns: () => ({ finalOutput: 'Sorry.' }) } };
    return observe(sdk, { agent, input: 'Go', stream, options, models: [model], notes: { seen } });
  }),
};
