// The runs whose logs are kept, one a kind of thing that a log can tell. Agents here are the ones that take the cut logs up again: change them as little as a
// program would that wants to go on with its runs.
import { z } from 'zod';
import {
  Agent,
  type AnyAgent,
  handoff,
  type LogStore,
  type MailboxMessage,
  MemoryLogStore,
  MemorySession,
  ModelProviderError,
  RequestUsage,
  type RunEvent,
  Runner,
  type StreamRunOptions,
  defineToolInputGuardrail,
  defineToolOutputGuardrail,
  tool,
  ToolGuardrailFunctionOutputFactory as verdict,
  user,
  waitForInput,
  waitUntil,
} from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  modelError,
  ScriptedModel,
  type ScriptedModelInput,
  textStream,
} from '../../src/testing/index.ts';
import { answer } from '../../src/run/answer.ts';
import { decide } from '../../src/run/decide.ts';
import { eventsOf, storeWith, upTo } from '../durable/cut.ts';

export interface LogScript {
  agent: (model: ScriptedModel) => AnyAgent;
  steps: ScriptedModelInput[];
  stream: boolean;
  /** With a session that has been used before. */
  session?: boolean;
  /** One that makes its history shorter behind a run. */
  compacting?: boolean;
  /** Comes while the model is asked for the first time. */
  mail?: MailboxMessage;
  options?: () => Partial<StreamRunOptions>;
  /** What a process that was killed left of it. */
  cut?: (events: readonly RunEvent[]) => RunEvent[];
  /** Taken up again after the cut, and run to its end. */
  takenUp?: boolean;
}

const look = tool({
  name: 'look',
  description: 'Looks something up.',
  parameters: z.object({ n: z.number() }),
  effects: 'idempotent',
  execute: ({ n }) => `saw ${n}`,
});
const pay = tool({
  name: 'pay',
  description: 'Pays an amount.',
  parameters: z.object({ amount: z.number() }),
  execute: ({ amount }) => `paid ${amount}`,
});
const refund = tool({
  name: 'refund',
  description: 'Gives an amount back.',
  parameters: z.object({ amount: z.number() }),
  needsApproval: true,
  execute: ({ amount }) => `refunded ${amount}`,
});
const fail = tool({
  name: 'fail',
  description: 'Fails.',
  parameters: z.object({}),
  execute: () => {
    throw new Error('out of order');
  },
});

const size = tool({
  name: 'size',
  description: 'Asks for the size.',
  parameters: z.object({}),
  effects: 'pure',
  execute: () => waitForInput({ prompt: 'Which size?' }),
});
const nap = tool({
  name: 'nap',
  description: 'Waits a little.',
  parameters: z.object({}),
  effects: 'pure',
  execute: () => waitUntil({ ms: 1 }, 'The time is over.'),
});
const count = tool({
  name: 'count',
  description: 'Counts aloud.',
  parameters: z.object({}),
  effects: 'pure',
  async *execute() {
    for (const n of [1, 2, 3]) yield { n };
    return 'three';
  },
});
const guarded = tool({
  name: 'query',
  description: 'Runs a query.',
  parameters: z.object({ text: z.string() }),
  effects: 'idempotent',
  inputGuardrails: [
    defineToolInputGuardrail({
      name: 'only_reading',
      run: async ({ toolCall }) =>
        toolCall.arguments.includes('drop') ? verdict.rejectContent('Only reading.') : verdict.allow(),
    }),
  ],
  outputGuardrails: [
    defineToolOutputGuardrail({
      name: 'no_cards',
      run: async ({ output }) =>
        String(output).includes('4242') ? verdict.rejectContent('Withheld.') : verdict.allow({ looked: true }),
    }),
  ],
  execute: ({ text }) => (text === 'cards' ? '4242 4242' : 'three rows'),
});

const plain = (model: ScriptedModel): AnyAgent => new Agent({ name: 'Clerk', instructions: 'Be brief.', model });

const clerk = (model: ScriptedModel): AnyAgent =>
  new Agent({ name: 'Clerk', instructions: 'Be brief.', model, tools: [look, pay, fail] });

const desk =
  (filtered: boolean) =>
  (model: ScriptedModel): AnyAgent => {
    const second = new Agent({ name: 'Second', model, tools: [look] });
    const filter = filtered
      ? { inputFilter: (data: { inputHistory: unknown }) => ({ ...data, preHandoffItems: [] }) as never }
      : {};
    return new Agent({ name: 'First', model, tools: [look], handoffs: [handoff(second, filter)] });
  };

const calls = [functionCall('look', { n: 1 }, { callId: 'c1' }), functionCall('fail', {}, { callId: 'c2' })];
const tools: LogScript = {
  agent: clerk,
  stream: true,
  steps: [textStream('Let me see.', { chunks: ['Let me', ' see.'], more: calls }), textStream('It is done.')],
};
const paying: LogScript = {
  agent: clerk,
  stream: true,
  steps: [[functionCall('pay', { amount: 3 }, { callId: 'c1' })], textStream('It is paid.')],
};
const handoffs = (filtered: boolean): LogScript => ({
  agent: desk(filtered),
  stream: true,
  steps: [
    [functionCall('look', { n: 1 }, { callId: 'c1' })],
    [functionCall('transfer_to_Second', {}, { callId: 'c2' })],
    [functionCall('look', { n: 2 }, { callId: 'c3' })],
    textStream('Second speaking.'),
  ],
});
const suspended: LogScript = {
  agent: (model) => new Agent({ name: 'Clerk', model, tools: [look, refund] }),
  stream: true,
  steps: [
    [functionCall('look', { n: 1 }, { callId: 'c1' }), functionCall('refund', { amount: 9 }, { callId: 'c2' })],
    textStream('It is refunded.'),
  ],
};
const waiting = (name: 'size' | 'nap'): LogScript => ({
  agent: (model) => new Agent({ name: 'Clerk', model, tools: [look, size, nap] }),
  stream: true,
  steps: [
    [functionCall('look', { n: 1 }, { callId: 'c1' }), functionCall(name, {}, { callId: 'c2' })],
    textStream('It is ordered.'),
  ],
});
const progress: LogScript = {
  agent: (model) => new Agent({ name: 'Clerk', model, tools: [count] }),
  stream: true,
  steps: [[functionCall('count', {}, { callId: 'c1' })], textStream('Three.')],
};
const checked: LogScript = {
  agent: (model) => new Agent({ name: 'Clerk', model, tools: [guarded] }),
  stream: true,
  steps: [
    [
      functionCall('query', { text: 'drop it' }, { callId: 'c1' }),
      functionCall('query', { text: 'cards' }, { callId: 'c2' }),
      functionCall('query', { text: 'rows' }, { callId: 'c3' }),
    ],
    textStream('Three rows.'),
  ],
};
/** One model for both: its steps are taken in the order in which the agents ask. */
const nested: LogScript = {
  agent: (model) => {
    const helper = new Agent({ name: 'Helper', model, tools: [look, refund] });
    const ask = helper.asTool({ toolName: 'ask_helper', toolDescription: 'Asks the helper.' });
    return new Agent({ name: 'Clerk', model, tools: [ask] });
  },
  stream: true,
  steps: [
    [functionCall('ask_helper', { input: 'Look and pay back.' }, { callId: 'c1' })],
    [functionCall('look', { n: 1 }, { callId: 'c2' })],
    [functionCall('refund', { amount: 9 }, { callId: 'c3' })],
    textStream('The helper has paid.'),
    textStream('It is refunded.'),
  ],
};
const handled: LogScript = {
  agent: clerk,
  stream: true,
  options: () => ({ maxTurns: 1, errorHandlers: { maxTurns: () => ({ finalOutput: 'I gave up.' }) } }),
  steps: [[functionCall('look', { n: 1 }, { callId: 'c1' })]],
};
const session: LogScript = {
  agent: clerk,
  stream: false,
  session: true,
  steps: [[functionCall('look', { n: 1 }, { callId: 'c1' })], [assistantMessage('As before.')]],
};
const compacted: LogScript = { ...session, compacting: true };
const told: LogScript = {
  agent: plain,
  stream: true,
  mail: { id: 'm1', kind: 'input', body: { text: 'And one more.' } },
  steps: [textStream('One.'), textStream('And two.')],
};

export const catalogue: Readonly<Record<string, LogScript>> = {
  text: {
    agent: plain,
    stream: true,
    steps: [textStream('Hello there, friend.', { chunks: ['Hello', ' there,', ' friend.'] })],
  },
  whole: { agent: plain, stream: false, steps: [[assistantMessage('Hello there, friend.')]] },
  structured: {
    agent: (model) => new Agent({ name: 'Clerk', model, outputType: z.object({ total: z.number() }) }),
    stream: false,
    steps: [[assistantMessage('{"total":3}')]],
  },
  tools,
  handoff: handoffs(false),
  filter: handoffs(true),
  session,
  retry: {
    agent: (model) =>
      new Agent({ name: 'Clerk', model, modelSettings: { retry: { backoff: { initialDelayMs: 0, jitter: false } } } }),
    stream: true,
    steps: [
      modelError(new ModelProviderError('Too many requests.', { code: 'MODEL_RATE_LIMIT', status: 429 })),
      textStream('Second try.'),
    ],
  },
  tripped: {
    agent: (model) =>
      new Agent({
        name: 'Clerk',
        model,
        inputGuardrails: [
          {
            name: 'polite',
            runInParallel: false,
            execute: async () => ({ tripwireTriggered: true, outputInfo: { words: 1 } }),
          },
        ],
      }),
    stream: true,
    steps: [],
  },
  failed: { agent: plain, stream: false, steps: [modelError(new Error('no such model'))] },
  cancelled: {
    agent: (model) => new Agent({ name: 'Clerk', model }),
    stream: true,
    options: () => ({ signal: AbortSignal.abort('enough') }),
    steps: [],
  },
  suspended,
  approved: { ...suspended, takenUp: true },
  'cut-model': { ...tools, cut: (events) => upTo(events, 'model.delta', 3) },
  'cut-tool': { ...tools, cut: (events) => upTo(events, 'tool.called') },
  'cut-once': { ...paying, cut: (events) => upTo(events, 'tool.called') },
  'cut-result': { ...tools, cut: (events) => upTo(events, 'tool.returned') },
  'cut-handoff': { ...handoffs(false), cut: (events) => upTo(events, 'model.returned', 2) },
  'cut-filter': { ...handoffs(true), cut: (events) => upTo(events, 'handoff.occurred') },
  'cut-session': { ...session, cut: (events) => upTo(events, 'session.commit_started', 2) },
  'cut-end': { ...handoffs(false), cut: (events) => upTo(events, 'turn.ended', 4) },
  'waits-for-input': waiting('size'),
  answered: { ...waiting('size'), takenUp: true },
  'waits-for-time': waiting('nap'),
  progress,
  'cut-progress': { ...progress, cut: (events) => upTo(events, 'tool.progress', 2) },
  checked,
  'cut-checked': { ...checked, cut: (events) => upTo(events, 'tool.checked', 1) },
  'nested-suspended': nested,
  'cut-nested': { ...nested, cut: (events) => upTo(events, 'tool.called', 2) },
  'cut-nested-model': { ...nested, cut: (events) => upTo(events, 'model.called', 3) },
  handled,
  compacted,
  'cut-compacted': { ...compacted, cut: (events) => upTo(events, 'session.compacted') },
  input: told,
  ignored: { ...told, mail: { id: 'm1', kind: 'approval', body: { callId: 'nobody', approved: true } } },
  unknown: { ...paying, cut: (events) => upTo(events, 'tool.called'), takenUp: true },
  blocked: {
    agent: (model) =>
      new Agent({
        name: 'Clerk',
        model,
        tools: [pay],
        toolUseBehavior: 'stop_on_first_tool',
        outputGuardrails: [
          { name: 'strict', execute: async () => ({ tripwireTriggered: true, outputInfo: { words: 2 } }) },
        ],
      }),
    stream: true,
    session: true,
    steps: [[functionCall('pay', { amount: 3 }, { callId: 'c1' })]],
  },
  'cut-input': { ...told, cut: (events) => upTo(events, 'input.received') },
  'cut-handled': { ...handled, cut: (events) => upTo(events, 'item.added', 3) },
  'taken-over': { ...tools, cut: (events) => upTo(events, 'model.delta', 3), takenUp: true },
};

export const RUN = 'run_kept';

const usedSession = (): MemorySession =>
  new MemorySession({ sessionId: 'session_kept', initialItems: [user('Earlier.')] });

class CompactingSession extends MemorySession {
  runCompaction() {
    return { usage: new RequestUsage({ inputTokens: 5, outputTokens: 1, totalTokens: 6 }) };
  }
}

const sessionOf = ({ compacting }: LogScript): MemorySession =>
  compacting ? new CompactingSession({ sessionId: 'session_kept', initialItems: [user('Earlier.')] }) : usedSession();

function postWhenAsked(store: MemoryLogStore, mail: MailboxMessage): void {
  const append = store.append.bind(store);
  store.append = (run, epoch, clientSeq, events, durability) => {
    append(run, epoch, clientSeq, events, durability);
    if (events.some(({ type }) => type === 'model.called')) store.post(run, mail);
  };
}

/** Runs the script and gives its log, cut where the script says so. */
export async function record(script: LogScript): Promise<RunEvent[]> {
  const store = new MemoryLogStore();
  if (script.mail) postWhenAsked(store, script.mail);
  const runner = new Runner({ store, codeVersion: '1.0', traceId: 'trace_kept' });
  const common = { runId: RUN, ...(script.session && { session: sessionOf(script) }), ...script.options?.() };
  const agent = script.agent(new ScriptedModel(script.steps));
  try {
    if (script.stream) await (await runner.run(agent, 'Go on.', { ...common, stream: true })).completed;
    else await runner.run(agent, 'Go on.', { ...common, stream: false });
  } catch {
    // How a run ended is in its log.
  }
  const events = await eventsOf(store, RUN);
  const left = script.cut ? script.cut(events) : events;
  return script.takenUp ? (await takeUp(script, left)).events : left;
}

export interface TakenUp {
  output: unknown;
  events: RunEvent[];
  session: unknown[];
}

/** Takes a log up that has not ended, with a session as the log says that it was left. Calls that wait are approved. */
export async function takeUp(
  script: LogScript,
  events: readonly RunEvent[],
  store: LogStore = storeWith(events),
): Promise<TakenUp> {
  const steps = script.steps.slice(events.filter(({ type }) => type === 'model.returned').length);
  const session = sessionOf(script);
  const committed = events.filter(({ type }) => type === 'session.committed').length;
  if (script.session && committed > 0) await session.addItems([user('Go on.')]);
  const agent = script.agent(new ScriptedModel(steps));
  const last = events.at(-1);
  const calls = last?.type === 'run.suspended' ? (last.calls ?? []) : [];
  for (const callId of calls) {
    const waitsFor = last?.type === 'run.suspended' ? last.waitsFor : undefined;
    if (waitsFor === 'approval') await decide(store, RUN, { callId, approved: true, by: 'somebody' });
    if (waitsFor === 'input') await answer(store, RUN, callId, 'L', { by: 'somebody' });
  }
  const runner = new Runner({ store, codeVersion: '1.0' });
  const result = await runner.resume(agent, RUN, {
    stream: script.stream,
    ...(script.session && { session }),
    ...script.options?.(),
  });
  if ('completed' in result) await result.completed;
  return {
    output: result.finalOutput,
    events: await eventsOf(store, RUN),
    session: script.session ? await session.getItems() : [],
  };
}
