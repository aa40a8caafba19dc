import type {
  Agent,
  AgentInputItem,
  CallModelInputFilter,
  RunContext,
  Session,
  SessionInputCallback,
} from '@openai/agents';
import { z } from 'zod';
import { toJson } from '../json.ts';
import { observe } from '../observe.ts';
import { bothWays, type Json, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';

const OLD: AgentInputItem = { type: 'message', role: 'user', content: 'old' };
const user = (content: string): AgentInputItem => ({ type: 'message', role: 'user', content });

const redacted = (items: AgentInputItem[]): AgentInputItem[] =>
  JSON.parse(JSON.stringify(items).replaceAll('door', '…')) as AgentInputItem[];

/** A session that tells what it was asked, whoever asks how often. */
class ToldSession implements Session {
  items: AgentInputItem[] = [OLD];
  readonly told: string[] = [];

  async getSessionId(): Promise<string> {
    return 'told';
  }

  async getItems(_limit?: number, context?: RunContext): Promise<AgentInputItem[]> {
    this.told.push(`get ${context === undefined ? 'without' : 'with'} context`);
    return this.items.slice();
  }

  async addItems(items: AgentInputItem[], context?: RunContext): Promise<void> {
    for (const item of items)
      this.told.push(`${String(item.type)} ${context === undefined ? 'without' : 'with'} context`);
    this.items.push(...items);
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    return this.items.pop();
  }

  async clearSession(): Promise<void> {
    this.items = [];
  }
}

function looker(
  sdk: SdkNamespace,
  testing: TestingNamespace,
): { agent: Agent; models: [InstanceType<TestingNamespace['ScriptedModel']>] } {
  const look = sdk.tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({ at: z.string() }),
    execute: async ({ at }) => `${at} is there`,
  });
  const model = new testing.ScriptedModel([
    [
      testing.functionCall('look', { at: 'door' }, { callId: 'call_1' }),
      testing.functionCall('look', { at: 'window' }, { callId: 'call_2' }),
    ],
    [testing.functionCall('look', { at: 'roof' }, { callId: 'call_3' })],
    [testing.assistantMessage('All there.')],
  ]);
  return { agent: new sdk.Agent({ name: 'Looker', model, tools: [look] }), models: [model] };
}

function receptionist(sdk: SdkNamespace, testing: TestingNamespace) {
  const model = new testing.ScriptedModel([
    [testing.functionCall('transfer_to_Billing', {}, { callId: 'call_1' })],
    [testing.assistantMessage('Billing here.')],
  ]);
  const billing = new sdk.Agent({ name: 'Billing', model });
  return { billing, model };
}

const KEPT = { conversationId: { conversationId: 'conv_1' }, previousResponseId: { previousResponseId: 'resp_0' } };

const serverPrograms = Object.entries(KEPT).flatMap(([name, options]) => [
  bothWays(`${name}: tools`, async (sdk, testing, stream) => {
    const { agent, models } = looker(sdk, testing);
    return observe(sdk, { agent, models, stream, input: 'Look', options });
  }),
  bothWays(`${name}: a handoff`, async (sdk, testing, stream) => {
    const { billing, model } = receptionist(sdk, testing);
    const agent = new sdk.Agent({ name: 'Desk', model, handoffs: [billing] });
    return observe(sdk, { agent, models: [model], stream, input: [user('A'), user('B')], options });
  }),
  bothWays(`${name}: input that begins with an output`, async (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Thanks.')]]);
    const output: AgentInputItem = {
      type: 'function_call_result',
      callId: 'c9',
      name: 'look',
      status: 'completed',
      output: 'seen',
    };
    return observe(sdk, {
      agent: new sdk.Agent({ name: 'A', model }),
      models: [model],
      stream,
      input: [output],
      options,
    });
  }),
  bothWays(`${name}: an approval`, async (sdk, testing, stream) => {
    const pay = sdk.tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({}),
      needsApproval: true,
      execute: async () => 'paid',
    });
    const model = new testing.ScriptedModel([
      [testing.functionCall('pay', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Paid.')],
    ]);
    const agent = new sdk.Agent({ name: 'A', model, tools: [pay] });
    const first = await sdk.run(agent, 'Pay', options);
    first.state.approve(first.interruptions[0]!);
    return observe(sdk, { agent, models: [model], stream, input: first.state });
  }),
  bothWays(`${name}: a handoff filter is refused`, async (sdk, testing, stream) => {
    const { billing, model } = receptionist(sdk, testing);
    const agent = new sdk.Agent({
      name: 'Desk',
      model,
      handoffs: [sdk.handoff(billing, { inputFilter: (data) => data })],
    });
    const failed = async (): Promise<string> => {
      try {
        const result = await (stream
          ? sdk.run(agent, 'Hi', { ...options, stream: true })
          : sdk.run(agent, 'Hi', options));
        if ('completed' in result) await (result.completed as Promise<void>);
        return 'went through';
      } catch (error) {
        return (error as Error).name;
      }
    };
    return { error: await failed() };
  }),
]);

const CALLBACKS: Record<string, SessionInputCallback> = {
  'gives back both': async (history, fresh) => [...history, ...fresh],
  'leaves the input out': (history) => history,
  'gives the input twice': (history, fresh) => [...fresh, ...history, ...fresh],
  'puts the input first': (history, fresh) => [...fresh, ...history],
  'adds an item': (history, fresh) => [...history, user('added'), ...fresh],
  'drops the history': (_history, fresh) => fresh,
  'changes what it is given': (history, fresh) => {
    history.push(user('pushed'));
    return [...history, ...fresh];
  },
};

const callbackPrograms = Object.entries(CALLBACKS).map(([name, sessionInputCallback]) =>
  bothWays(`a session callback that ${name}`, async (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Yes.')]]);
    const session = new sdk.MemorySession({ initialItems: [OLD] });
    const agent = new sdk.Agent({ name: 'A', model });
    return observe(sdk, { agent, models: [model], stream, input: 'new', session, options: { sessionInputCallback } });
  }),
);

/** How a run of one answer ends, and how often its model was asked. */
async function briefly(
  testing: TestingNamespace,
  start: (model: InstanceType<TestingNamespace['ScriptedModel']>) => Promise<{ finalOutput?: unknown }>,
): Promise<Record<string, Json>> {
  const model = new testing.ScriptedModel([[testing.assistantMessage('Yes.')]]);
  const ending = await start(model).then(
    ({ finalOutput }) => `completed: ${String(finalOutput)}`,
    (error: Error) => error.name,
  );
  return { ending, calls: model.calls.length };
}

/** What a fake of OpenAI's conversations was asked, and what it keeps. */
function fakeConversations() {
  const asked: Json[] = [];
  let kept: Record<string, unknown>[] = [];
  const page = (data: unknown[]) => ({
    data,
    has_more: false,
    async *[Symbol.asyncIterator]() {
      yield* data;
    },
  });
  const items = {
    create: async (_id: string, { items: added }: { items: object[] }) => {
      asked.push({ create: toJson(added) });
      for (const item of added as { content?: unknown }[]) {
        const content = typeof item.content === 'string' ? [{ type: 'input_text', text: item.content }] : item.content;
        kept.push({ type: 'message', ...item, ...(content !== undefined && { content }), id: `item_${kept.length}` });
      }
    },
    list: (_id: string, { order, limit }: { order: string; limit?: number }) =>
      page((order === 'desc' ? kept.toReversed() : kept).slice(0, limit)),
    delete: async (id: string) => {
      asked.push({ delete: id });
      kept = kept.filter((item) => item['id'] !== id);
    },
  };
  const conversations = {
    create: async (body: unknown) => (asked.push({ start: toJson(body) }), { id: 'conv_new' }),
    delete: async (id: string) => void asked.push({ remove: id }),
    items,
  };
  return { client: { conversations } as never, asked };
}

function fakeCompaction() {
  const asked: Json[] = [];
  const compact = async (body: unknown) => {
    asked.push(toJson(body));
    return {
      output: [
        { type: 'message', role: 'user', id: 'm1', content: [{ type: 'input_text', text: 'kept' }] },
        { type: 'compaction', id: 'cmp_1', encrypted_content: 'sealed' },
      ],
      usage: {
        input_tokens: 10,
        output_tokens: 3,
        total_tokens: 13,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    };
  };
  return { client: { responses: { compact } } as never, asked };
}

const kindsOf = (items: readonly AgentInputItem[]): string[] =>
  items.map((item) => ('role' in item ? item.role : item.type));

/** What sessions can, and histories that the provider keeps. */
export const sessionPrograms: Readonly<Record<string, Program>> = {
  ...bothWays('a compaction among what the model says', async (sdk, testing, stream) => {
    const compaction = (id: string) => ({ type: 'compaction' as const, id, encrypted_content: 'sealed' });
    const call = (callId: string) => testing.functionCall('tick', {}, { callId });
    const tick = sdk.tool({
      name: 'tick',
      description: 'Ticks.',
      parameters: z.object({}),
      execute: async () => 'tock',
    });
    const model = new testing.ScriptedModel([
      [call('call_1')],
      [testing.assistantMessage('Before.'), compaction('cmp_1'), call('call_2')],
      [testing.assistantMessage('Done.')],
      [testing.assistantMessage('Again.')],
    ]);
    const agent = new sdk.Agent({ name: 'A', tools: [tick], model });
    const session = new sdk.MemorySession({ initialItems: [OLD] });
    const seen = await observe(sdk, { agent, input: 'Hi', stream, models: [model], session });
    const next = await sdk.run(agent, 'More', { session });
    return { ...seen, next: toJson(model.calls.at(-1)?.request.input), nextHistory: toJson(next.history) };
  }),

  ...Object.assign({}, ...serverPrograms),
  ...Object.assign({}, ...callbackPrograms),

  ...bothWays('a session that takes the context', async (sdk, testing, stream) => {
    const { agent } = looker(sdk, testing);
    const session = Object.assign(new ToldSession(), { acceptsRunContext: true as const });
    const result = await (stream
      ? sdk.run(agent, 'Look', { session, stream: true })
      : sdk.run(agent, 'Look', { session }));
    if ('completed' in result) await (result.completed as Promise<void>);
    return { told: session.told };
  }),

  ...bothWays('a session that prepares its items for the model', async (sdk, testing, stream) => {
    const { agent, models } = looker(sdk, testing);
    const prepareHistoryItemForModelInput = () => user('prepared');
    const session = Object.assign(new ToldSession(), { prepareHistoryItemForModelInput });
    return observe(sdk, { agent, models, stream, input: 'Look', session });
  }),

  ...bothWays('a session that compacts', async (sdk, testing, stream) => {
    const { agent, models } = looker(sdk, testing);
    const notes: Record<string, unknown> = {};
    const session = Object.assign(new ToldSession(), {
      runCompaction(...args: unknown[]) {
        notes['args'] = args;
        return { usage: new sdk.RequestUsage({ inputTokens: 5, outputTokens: 7, endpoint: 'responses.compact' }) };
      },
    });
    return observe(sdk, { agent, models, stream, input: 'Look', session, notes });
  }),

  ...bothWays('a session that knows what it compacts', async (sdk, testing, stream) => {
    const { agent } = looker(sdk, testing);
    const ownership = { own: true };
    const seen: unknown[] = [];
    const session = Object.assign(new ToldSession(), {
      getItemsWithCompactionOwnership: async () => ({ items: [OLD], ownership }),
      addItemsWithCompactionOwnership: async (items: AgentInputItem[], given: object | null) => {
        for (const _item of items) seen.push(given === ownership);
      },
      runCompaction(args: unknown, _context: unknown, given: unknown, exchange: unknown) {
        const { items, ...rest } = exchange as { items: AgentInputItem[] };
        seen.push(
          args,
          given === ownership,
          items.map((item) => item.type),
          rest,
        );
        return null;
      },
    });
    const result = await (stream
      ? sdk.run(agent, 'Look', { session, stream: true })
      : sdk.run(agent, 'Look', { session }));
    if ('completed' in result) await (result.completed as Promise<void>);
    return { seen: toJson(seen) };
  }),

  'a session beside conversationId': async (sdk, testing) => {
    const session = new sdk.MemorySession({ initialItems: [OLD] });
    const said = await briefly(testing, (model) =>
      sdk.run(new sdk.Agent({ name: 'A', model }), 'Hi', { session, conversationId: 'conv_1' }),
    );
    return { ...said, stored: (await session.getItems()).length };
  },

  'previousResponseId beside conversationId': async (sdk, testing) =>
    briefly(testing, (model) =>
      sdk.run(new sdk.Agent({ name: 'A', model }), 'Hi', { previousResponseId: 'resp_0', conversationId: 'conv_1' }),
    ),

  'output guardrails beside conversationId': async (sdk, testing) =>
    briefly(testing, (model) => {
      const execute = async () => ({ tripwireTriggered: true, outputInfo: {} });
      const agent = new sdk.Agent({ name: 'A', model, outputGuardrails: [{ name: 'no', execute }] });
      return sdk.run(agent, 'Hi', { conversationId: 'conv_1' });
    }),

  'a session that fails to compact': async (sdk, testing) => {
    const runCompaction = (): never => {
      throw new TypeError('down');
    };
    const session = Object.assign(new ToldSession(), { runCompaction });
    const said = await briefly(testing, (model) => sdk.run(new sdk.Agent({ name: 'A', model }), 'Hi', { session }));
    return { ...said, stored: session.items.length };
  },

  'what a session can': async (sdk) => {
    const guards = [
      sdk.isRunContextAwareSession,
      sdk.isSessionHistoryRewriteAwareSession,
      sdk.isSessionHistoryTransactionAwareSession,
      sdk.isOpenAIResponsesCompactionAwareSession,
      sdk.isOpenAIResponsesCompactionOwnershipAwareSession,
    ];
    const { client } = fakeCompaction();
    const sessions = [
      undefined,
      new ToldSession(),
      new sdk.MemorySession(),
      new sdk.OpenAIResponsesCompactionSession({ client }),
    ];
    return { can: sessions.map((session) => guards.map((is) => is(session))) };
  },

  'changes of a history': async (sdk) => {
    const call = (callId: string, args: string) =>
      ({ type: 'function_call', callId, name: 'f', arguments: args, status: 'completed' }) as const;
    const items = [call('a', '1'), call('b', '2'), call('a', '3'), OLD];
    const change = (callId: string, replacement: ReturnType<typeof call>) =>
      toJson(sdk.applySessionHistoryMutations(items, [{ type: 'replace_function_call', callId, replacement }]));
    return { a: change('a', call('a', '9')), b: change('b', call('z', '9')), none: change('q', call('q', '9')) };
  },

  'transactions of a memory session': async (sdk) => {
    const session = new sdk.MemorySession({ initialItems: [user('1')] });
    const steps: Json[] = [];
    const apply = async (operationId: string, transaction: object): Promise<void> => {
      const failed = await session.applyHistoryTransaction({ operationId, transaction } as never).then(
        () => undefined,
        (error: Error) => error.name,
      );
      steps.push([
        failed ?? 'made',
        (await session.getItems()).map((item) => toJson('content' in item ? item.content : '')),
      ]);
    };
    await apply('o1', { type: 'append_items', items: [user('2')] });
    await apply('o1', { type: 'append_items', items: [user('2')] });
    await apply('o1', { type: 'append_items', items: [user('3')] });
    await apply('', { type: 'append_items', items: [user('3')] });
    await apply('o2', { type: 'replace_suffix', expectedSuffix: [user('x')], replacement: [] });
    await apply('o3', { type: 'replace_suffix', expectedSuffix: [user('2')], replacement: [user('4'), user('5')] });
    await apply('o4', { type: 'nope' });
    await session.applyHistoryMutations({ mutations: [] });
    await session.clearSession();
    await apply('o1', { type: 'append_items', items: [user('2')] });
    return { steps };
  },

  ...bothWays('a filter that redacts, beside a session', (sdk, testing, stream) => {
    const { agent, models } = looker(sdk, testing);
    const session = new sdk.MemorySession({ initialItems: [user('old door')] });
    const callModelInputFilter: CallModelInputFilter = ({ modelData }) => ({
      ...modelData,
      input: redacted(modelData.input),
    });
    const input = [user('new door'), user('plain')];
    return observe(sdk, { agent, models, stream, input, session, options: { callModelInputFilter } });
  }),

  'filters beside a session': async (sdk, testing) => {
    const stored = async (change: (items: AgentInputItem[]) => AgentInputItem[]): Promise<Json> => {
      const agent = new sdk.Agent({
        name: 'A',
        model: new testing.ScriptedModel([[testing.assistantMessage('Yes.')]]),
      });
      const session = new sdk.MemorySession({ initialItems: [user('old door'), user('plain')] });
      const callModelInputFilter: CallModelInputFilter = ({ modelData }) => ({
        ...modelData,
        input: change(modelData.input),
      });
      await sdk.run(agent, [user('new door'), user('last')], { session, callModelInputFilter });
      return toJson((await session.getItems()).slice(2));
    };
    return {
      newest: await stored((items) => items.slice(-2)),
      withoutTheLast: await stored((items) => items.slice(0, -1)),
      nothing: await stored(() => []),
      before: await stored((items) => [user('added'), ...items]),
      behind: await stored((items) => [...redacted(items), user('added')]),
      round: await stored((items) => items.toReversed()),
      newestAnew: await stored((items) => redacted(items.slice(-2))),
      inOne: await stored(() => [user('all of it')]),
    };
  },

  ...bothWays('a call that waits for a decision, beside a session', async (sdk, testing, stream) => {
    const pay = sdk.tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({}),
      needsApproval: true,
      execute: () => 'paid',
    });
    const model = new testing.ScriptedModel([
      [testing.functionCall('pay', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Payer', model, tools: [pay] });
    const session = new sdk.MemorySession();
    const go = async (input: unknown) => {
      const result = await sdk.run(agent, input as string, { session, stream: stream as true });
      await result.completed;
      return result;
    };
    const waiting = await go('Pay');
    const whileItWaits = kindsOf(await session.getItems());
    const [call] = waiting.interruptions;
    if (call) waiting.state.approve(call);
    const { finalOutput } = await go(waiting.state);
    return { whileItWaits, after: kindsOf(await session.getItems()), finalOutput: finalOutput ?? null };
  }),

  'a handoff filter that leaves the turn out, beside a session': async (sdk, testing) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Done.')]]);
    const next = new sdk.Agent({ name: 'Next', model });
    const first = sdk.Agent.create({
      name: 'First',
      model: new testing.ScriptedModel([[testing.functionCall('transfer_to_Next', {}, { callId: 'call_1' })]]),
      handoffs: [sdk.handoff(next, { inputFilter: (data) => ({ ...data, newItems: [] }) })],
    });
    const session = new sdk.MemorySession();
    const result = await sdk.run(first, 'Hi', { session });
    return {
      stored: kindsOf(await session.getItems()),
      asked: kindsOf(model.calls[0]?.request.input as AgentInputItem[]),
      newItems: result.newItems.map(({ type }) => type),
    };
  },

  'a conversation at OpenAI': async (sdk, testing) => {
    const { client, asked } = fakeConversations();
    const session = new sdk.OpenAIConversationsSession({ client });
    const before = session.sessionId ?? null;
    const { agent } = looker(sdk, testing);
    const result = await sdk.run(agent, 'Look', { session });
    const kinds = kindsOf(await session.getItems());
    const newest = kindsOf(await session.getItems(2));
    const popped = (await session.popItem())?.type ?? null;
    const id = await session.getSessionId();
    await session.clearSession();
    const sent = asked.filter((call) => !('create' in (call as object)));
    const added = asked.flatMap((call) => (call as { create?: Json[] }).create ?? []);
    const after = session.sessionId ?? null;
    return { before, id, after, kinds, newest, popped, sent, added, finalOutput: result.finalOutput ?? null };
  },

  'items with ids, added to a conversation at OpenAI': async (sdk) => {
    const { client, asked } = fakeConversations();
    const session = new sdk.OpenAIConversationsSession({ client, conversationId: 'conv_old' });
    const call = { callId: 'c1', name: 'look', status: 'completed' } as const;
    await session.addItems([
      { ...user('Look'), id: 'msg_0' },
      { type: 'reasoning', id: 'rs_1', content: [{ type: 'input_text', text: 'Hm.' }] },
      { type: 'function_call', id: 'fc_1', arguments: '{}', ...call },
      { type: 'function_call_result', id: 'out_1', output: { type: 'text', text: 'seen' }, ...call },
      {
        type: 'hosted_tool_call',
        id: 'ws_1',
        name: 'web_search_call',
        status: 'completed',
        providerData: { type: 'web_search_call', id: 'ws_1', action: { type: 'search', query: 'q' } },
      },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Seen.' }],
      },
    ]);
    return { asked };
  },

  'a conversation that is there': async (sdk) => {
    const { client, asked } = fakeConversations();
    const session = new sdk.OpenAIConversationsSession({ client, conversationId: 'conv_old' });
    const started = await sdk.startOpenAIConversationsSession(client);
    const none = [await session.getItems(0), await session.popItem()];
    await session.addItems([]);
    return {
      id: session.sessionId ?? null,
      started,
      none: toJson(none),
      asked,
      keeps: session.preserveReasoningItemIdsForPersistence(),
    };
  },

  ...bothWays('a session that OpenAI compacts', async (sdk, testing, stream) => {
    const { client, asked } = fakeCompaction();
    const underlyingSession = new sdk.MemorySession({ initialItems: [OLD] });
    const shouldTriggerCompaction = () => true;
    const session = new sdk.OpenAIResponsesCompactionSession({
      client,
      underlyingSession,
      shouldTriggerCompaction,
      model: 'gpt-5.1',
    });
    const { agent, models } = looker(sdk, testing);
    return observe(sdk, { agent, models, stream, input: 'Look', session, notes: { asked } });
  }),

  'compaction by hand': async (sdk, testing) => {
    const seen: Json[] = [];
    const { client, asked } = fakeCompaction();
    const open = (options: object = {}) =>
      new sdk.OpenAIResponsesCompactionSession({
        client,
        underlyingSession: new sdk.MemorySession({ initialItems: [user('a'), testing.assistantMessage('b')] }),
        ...options,
      });
    const result = async (made: Promise<unknown>): Promise<Json> => made.then(toJson, (error: Error) => error.name);
    const short = await result(open().runCompaction({ responseId: 'r1' }));
    const forced = open();
    const chained = await result(forced.runCompaction({ responseId: 'r1', force: true }));
    const sent = await result(open().runCompaction({ force: true }));
    const unstored = await result(open().runCompaction({ responseId: 'r1', store: false, force: true }));
    const noId = await result(open({ compactionMode: 'previous_response_id' }).runCompaction({ force: true }));
    const long = await result(open({ maxRollbackItems: 1 }).runCompaction({ force: true }));
    const hook = (context: unknown): boolean => (seen.push(toJson(context)), false);
    const refused = await result(open({ shouldTriggerCompaction: hook }).runCompaction({ responseId: 'r2' }));
    const stale = await result(forced.runCompaction({ force: true }, undefined, null));
    return {
      short,
      chained,
      sent,
      unstored,
      noId,
      long,
      refused,
      stale,
      seen,
      asked,
      items: toJson(await forced.getItems()),
    };
  },
};
