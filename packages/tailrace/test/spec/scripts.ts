// One script for each thing that a run can consist of: what the spec's properties are shown for.
import { z } from 'zod';
import {
  Agent,
  type AgentOutputItem,
  type AnyAgent,
  handoff,
  type HandoffInputFilter,
  type InputGuardrail,
  MemorySession,
  ModelProviderError,
  type OutputGuardrail,
  type ReasoningItem,
  removeAllTools,
  type RunConfig,
  type Session,
  tool,
  Usage,
} from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  modelError,
  modelErrorAfter,
  ScriptedModel,
  type ScriptedModelInput,
  textStream,
} from '../../src/testing/index.ts';
import { lookTool } from './flows.ts';
import type { End } from './watched-run.ts';

/** What a script needs to be run once. */
export interface Play {
  agent: AnyAgent;
  input: string;
  config?: Partial<RunConfig>;
  maxTurns?: number | null;
  session?: Session;
}

export interface Script {
  name: string;
  ends: End;
  code?: string;
  /** A fresh one for each run. */
  play: () => Play;
}

/** Tokens that differ from text to text, so that a sum shows a call that is missing or counted twice. */
function usageOf({ length }: string): Usage {
  return new Usage({ requests: 1, inputTokens: 10 * length, outputTokens: length, totalTokens: 11 * length });
}

function says(text: string, ...more: AgentOutputItem[]): ScriptedModelInput {
  return textStream(text, { more, usage: usageOf(text) });
}

function model(...steps: ScriptedModelInput[]): ScriptedModel {
  return new ScriptedModel(steps);
}

const call = (
  name: string,
  callId: string,
  args: Record<string, unknown> | string = {},
): ReturnType<typeof functionCall> => functionCall(name, args, { callId });

const reasoning = (text: string): ReasoningItem => ({
  type: 'reasoning',
  id: `rs_${text}`,
  content: [{ type: 'input_text', text }],
});

// Turns of the event loop, not time: which of two comes first does not depend on how busy the machine is.
async function turns(count: number): Promise<void> {
  for (let taken = 0; taken < count; taken++) await new Promise((resolve) => void setImmediate(resolve));
}

function inputGuard(tripwireTriggered: boolean, parts: Partial<InputGuardrail> = {}): InputGuardrail {
  const execute = async (): ReturnType<InputGuardrail['execute']> => ({
    tripwireTriggered,
    outputInfo: { why: 'a rule' },
  });
  return { name: 'guard', execute, ...parts };
}

function outputGuard(tripwireTriggered: boolean, parts: Partial<OutputGuardrail> = {}): OutputGuardrail {
  const execute = async (): ReturnType<OutputGuardrail['execute']> => ({
    tripwireTriggered,
    outputInfo: { why: 'a rule' },
  });
  return { name: 'guard', execute, ...parts };
}

const weather = tool({
  name: 'weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => {
    await turns(city === 'Oslo' ? 10 : 1);
    return { city, degrees: 7 };
  },
});

const fails = tool({
  name: 'fails',
  description: 'Fails.',
  parameters: z.object({}),
  execute: () => {
    throw new Error('no such luck');
  },
});

const completed = (name: string, play: () => Play): Script => ({ name, ends: 'completed', play });
const failed = (name: string, code: string, play: () => Play): Script => ({ name, ends: 'failed', code, play });

const ANSWERS: readonly Script[] = [
  completed('text', () => ({
    input: 'Hi',
    agent: new Agent({ name: 'a', model: model(says('Hello to you, friend')) }),
  })),
  completed('text in other scripts, torn between code units', () => ({
    input: 'Hi',
    agent: new Agent({
      name: 'a',
      model: model(textStream('Grüße 👋🏽 нет 好', { chunks: ['Gr', 'üße \ud83d', '\udc4b🏽 н', '', 'ет 好'] })),
    }),
  })),
  completed('an answer of chat completions', () => ({
    input: 'Hi',
    agent: new Agent({
      name: 'a',
      model: model(textStream('Hello there', { provider: 'chat', usage: usageOf('Hello there') })),
    }),
  })),
  completed('reasoning before a text', () => ({
    input: 'Hi',
    agent: new Agent({ name: 'a', model: model([reasoning('hm'), assistantMessage('So be it', { id: 'm1' })]) }),
  })),
  completed('reasoning between tool calls', () => ({
    input: 'Hi',
    agent: new Agent({
      name: 'a',
      tools: [lookTool()],
      model: model([call('look', 'c1'), reasoning('hm'), call('look', 'c2')], says('Seen')),
    }),
  })),
  completed('structured output', () => ({
    input: 'Hi',
    agent: new Agent({
      name: 'a',
      outputType: z.object({ city: z.string(), degrees: z.number() }),
      model: model(says('{"city":"Oslo","degrees":7}')),
    }),
  })),
  failed('structured output that does not fit', 'OUTPUT_INVALID', () => ({
    input: 'Hi',
    agent: new Agent({ name: 'a', outputType: z.object({ city: z.string() }), model: model(says('{"town":"Oslo"}')) }),
  })),
  failed('a refusal', 'MODEL_REFUSED', () => ({
    input: 'Hi',
    agent: new Agent({
      name: 'a',
      model: model([
        {
          ...assistantMessage('', { id: 'm1' }),
          content: [{ type: 'refusal' as const, refusal: 'I would rather not' }],
        },
      ]),
    }),
  })),
];

const TOOLS: readonly Script[] = [
  completed('a tool', () => ({
    input: 'Weather?',
    agent: new Agent({
      name: 'a',
      tools: [weather],
      model: model(says('Let me see', call('weather', 'c1', { city: 'Rome' })), says('Seven degrees')),
    }),
  })),
  completed('parallel tools that return in another order', () => ({
    input: 'Weather?',
    agent: new Agent({
      name: 'a',
      tools: [weather],
      model: model(
        says('Let me see', call('weather', 'c1', { city: 'Oslo' }), call('weather', 'c2', { city: 'Rome' })),
        says('Both seven'),
      ),
    }),
  })),
  completed('a failing tool beside one that works', () => ({
    input: 'Try',
    agent: new Agent({
      name: 'a',
      tools: [weather, fails],
      model: model(says('Trying', call('fails', 'c1'), call('weather', 'c2', { city: 'Rome' })), says('One of two')),
    }),
  })),
  completed('arguments that are not JSON', () => ({
    input: 'Try',
    agent: new Agent({
      name: 'a',
      tools: [weather],
      model: model(says('Trying', call('weather', 'c1', '{"city":')), says('Never mind')),
    }),
  })),
  failed('a tool whose failure ends the run', 'TOOL_FAILED', () => ({
    input: 'Try',
    agent: new Agent({
      name: 'a',
      tools: [
        tool({
          name: 'ends',
          description: 'Ends.',
          parameters: z.object({}),
          errorFunction: null,
          execute: () => Promise.reject(new Error('the end')),
        }),
      ],
      model: model(says('Trying', call('ends', 'c1'))),
    }),
  })),
  failed('a tool that the agent does not have', 'TOOL_UNKNOWN', () => ({
    input: 'Try',
    agent: new Agent({ name: 'a', tools: [weather], model: model(says('Trying', call('nothing', 'c1'))) }),
  })),
  completed('a tool that the agent does not have, and the model is told', () => ({
    input: 'Try',
    config: { toolNotFoundBehavior: 'return_error_to_model' },
    agent: new Agent({
      name: 'a',
      tools: [weather],
      model: model(says('Trying', call('nothing', 'c1')), says('Sorry')),
    }),
  })),
  completed("a tool whose output is the run's", () => ({
    input: 'Try',
    agent: new Agent({
      name: 'a',
      tools: [weather],
      toolUseBehavior: 'stop_on_first_tool',
      model: model(says('Trying', call('weather', 'c1', { city: 'Rome' }))),
    }),
  })),
  failed('more turns than allowed', 'MAX_TURNS', () => ({
    input: 'Go on',
    maxTurns: 2,
    agent: new Agent({
      name: 'a',
      tools: [lookTool()],
      model: model(says('One', call('look', 'c1')), says('Two', call('look', 'c2')), says('Three')),
    }),
  })),
];

function passedOn(parts: { inputFilter?: HandoffInputFilter } = {}): Play {
  const shared = model(
    says('One moment', call('look', 'c0')),
    says('Over', call('transfer_to_b', 'c1')),
    says('Let me see', call('weather', 'c2', { city: 'Rome' })),
    says('Seven degrees'),
  );
  const b = new Agent({ name: 'b', model: shared, tools: [weather] });
  return {
    input: 'Weather?',
    agent: new Agent({ name: 'a', model: shared, tools: [lookTool()], handoffs: [handoff(b, parts)] }),
  };
}

const HANDOFFS: readonly Script[] = [
  completed('a handoff', () => passedOn()),
  completed('a handoff with a filter', () => passedOn({ inputFilter: removeAllTools })),
  completed('two handoffs asked at once, and a tool beside them', () => {
    const shared = model(
      says('Over', call('transfer_to_b', 'c1'), call('look', 'c2'), call('transfer_to_c', 'c3')),
      says('I am b'),
    );
    const others = ['b', 'c'].map((name) => handoff(new Agent({ name, model: shared })));
    return { input: 'Who?', agent: new Agent({ name: 'a', model: shared, tools: [lookTool()], handoffs: others }) };
  }),
  failed('handoffs without end', 'MAX_HANDOFFS', () => {
    const shared = model(
      says('Over', call('transfer_to_b', 'c1')),
      says('Back', call('transfer_to_a', 'c2')),
      says('Over', call('transfer_to_b', 'c3')),
    );
    const b = new Agent({ name: 'b', model: shared });
    const a = new Agent({ name: 'a', model: shared, handoffs: [handoff(b)] });
    b.handoffs = [handoff(a)];
    return { input: 'Who?', config: { maxHandoffs: 2 }, agent: a };
  }),
];

const guarded = (parts: { inputGuardrails?: InputGuardrail[]; outputGuardrails?: OutputGuardrail[] }): Play => ({
  input: 'Hi',
  session: new MemorySession(),
  agent: new Agent({ name: 'a', model: model(says('Hello to you')), ...parts }),
});

const GUARDRAILS: readonly Script[] = [
  completed('guardrails that pass', () =>
    guarded({
      inputGuardrails: [inputGuard(false, { runInParallel: false }), inputGuard(false)],
      outputGuardrails: [outputGuard(false)],
    }),
  ),
  failed('a blocking input trip', 'INPUT_GUARDRAIL_TRIPPED', () =>
    guarded({ inputGuardrails: [inputGuard(true, { runInParallel: false })] }),
  ),
  failed('a parallel input trip, slower than the model', 'INPUT_GUARDRAIL_TRIPPED', () =>
    guarded({
      inputGuardrails: [
        inputGuard(true, { execute: () => turns(50).then(() => ({ tripwireTriggered: true, outputInfo: 'late' })) }),
      ],
    }),
  ),
  failed('an output trip', 'OUTPUT_GUARDRAIL_TRIPPED', () => guarded({ outputGuardrails: [outputGuard(true)] })),
  failed('a guardrail that throws', 'GUARDRAIL_FAILED', () =>
    guarded({ outputGuardrails: [outputGuard(true, { execute: () => Promise.reject(new Error('no verdict')) })] }),
  ),
];

const OUTSIDE: readonly Script[] = [
  completed('a session with a past', () => ({
    input: 'And now?',
    session: new MemorySession({ initialItems: [{ type: 'message', role: 'user', content: 'Before' }] }),
    agent: new Agent({
      name: 'a',
      tools: [weather],
      model: model(says('Let me see', call('weather', 'c1', { city: 'Rome' })), says('Seven degrees')),
    }),
  })),
  failed('a session that cannot be written', 'SESSION_SAVE_FAILED', () => ({
    input: 'Hi',
    session: Object.assign(new MemorySession(), { addItems: () => Promise.reject(new Error('disk full')) }),
    agent: new Agent({ name: 'a', model: model(says('Hello')) }),
  })),
  failed('a model error', 'MODEL_BAD_REQUEST', () => ({
    input: 'Hi',
    agent: new Agent({
      name: 'a',
      model: model(modelError(new ModelProviderError('No.', { code: 'MODEL_BAD_REQUEST' }))),
    }),
  })),
  failed('an error that is not ours, in the second turn', 'UNEXPECTED', () => ({
    input: 'Hi',
    session: new MemorySession(),
    agent: new Agent({
      name: 'a',
      tools: [lookTool()],
      model: model(says('I look', call('look', 'c1')), modelErrorAfter([], new TypeError('a bug'))),
    }),
  })),
  completed('a model error, then another attempt', () => ({
    input: 'Hi',
    agent: new Agent({
      name: 'a',
      modelSettings: { retry: { maxRetries: 2, backoff: { initialDelayMs: 1, jitter: false } } },
      model: model(modelError(new ModelProviderError('Slow down.', { code: 'MODEL_RATE_LIMIT' })), says('Hello')),
    }),
  })),
];

export const SCRIPTS: readonly Script[] = [...ANSWERS, ...TOOLS, ...HANDOFFS, ...GUARDRAILS, ...OUTSIDE];
