// OpenAIConversationsSession over real HTTP, and over a client object.
import { describe, expect, test } from 'vitest';
import OpenAI from 'openai';
import { z } from 'zod';
import {
  Agent,
  type AgentInputItem,
  OpenAIConversationsSession,
  type OpenAIConversationsSessionOptions,
  OpenAIResponsesModel,
  run,
  setDefaultOpenAIClient,
  startOpenAIConversationsSession,
  tool,
} from '../../src/index.ts';
import { assertCleanRun, startWireServer, type WireServer } from '../../src/testing/index.ts';

const said = (role: 'user' | 'assistant', text: string): AgentInputItem =>
  role === 'user'
    ? { type: 'message', role, content: text }
    : { type: 'message', role, status: 'completed', content: [{ type: 'output_text', text }] };

function textOf(item: AgentInputItem | undefined): string {
  if (!item || !('content' in item)) return String(item?.type);
  return typeof item.content === 'string'
    ? item.content
    : item.content.map((part) => ('text' in part ? part.text : '')).join('');
}

const texts = (items: readonly AgentInputItem[]): string[] => items.map(textOf);

const WAYS: [string, (server: WireServer) => OpenAIConversationsSessionOptions][] = [
  ['our transport', ({ url }) => ({ baseURL: url, apiKey: 'k' })],
  ['a client of the openai package', ({ url }) => ({ client: new OpenAI({ baseURL: url, apiKey: 'k' }) })],
];

describe.each(WAYS)('over %s', (_way, optionsOf) => {
  test('a conversation is created when it is needed, once', async () => {
    await using server = await startWireServer();
    const session = new OpenAIConversationsSession(optionsOf(server));
    expect(session.sessionId).toBeUndefined();
    const [first, second] = await Promise.all([session.getSessionId(), session.getSessionId()]);
    expect(second).toBe(first);
    expect([...server.conversations.keys()]).toEqual([first]);
    expect(await session.getItems()).toEqual([]);
  });

  test('items come back as they were, oldest first, however many', async () => {
    await using server = await startWireServer();
    const session = new OpenAIConversationsSession(optionsOf(server));
    const many = Array.from({ length: 130 }, (_, index) => said(index % 2 ? 'assistant' : 'user', String(index)));
    await session.addItems(many);
    expect(texts(await session.getItems())).toEqual(texts(many));
    expect(texts(await session.getItems(3))).toEqual(['127', '128', '129']);
    expect(texts(await session.getItems(120))).toEqual(texts(many.slice(-120)));
    expect(await session.getItems(0)).toEqual([]);
    expect(textOf(await session.popItem())).toBe('129');
    expect(texts(await session.getItems(1))).toEqual(['128']);
    await session.addItems([]);
    const again = new OpenAIConversationsSession({ ...optionsOf(server), conversationId: session.sessionId! });
    expect(texts(await again.getItems(1))).toEqual(['128']);
    await session.clearSession();
    expect(session.sessionId).toBeUndefined();
    expect(server.conversations.size).toBe(0);
    expect(await session.getItems()).toEqual([]);
  });

  test('calls, outputs and reasoning keep what they say', async () => {
    await using server = await startWireServer();
    const session = new OpenAIConversationsSession(optionsOf(server));
    const items: AgentInputItem[] = [
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image: 'https://x.test/a.png' },
        ],
      },
      { type: 'message', role: 'system', content: 'Be brief.' },
      { type: 'reasoning', id: 'rs_1', content: [{ type: 'input_text', text: 'Hm.' }] },
      { type: 'function_call', callId: 'c1', name: 'look', arguments: '{"x":1}', status: 'completed' },
      {
        type: 'function_call_result',
        callId: 'c1',
        name: 'look',
        status: 'completed',
        output: { type: 'text', text: 'seen' },
      },
    ];
    await session.addItems(items);
    const stored = await session.getItems();
    expect(stored).toMatchObject([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image: 'https://x.test/a.png' },
        ],
      },
      { role: 'system', content: 'Be brief.' },
      { type: 'reasoning', id: 'rs_1', content: [{ type: 'input_text', text: 'Hm.' }] },
      { type: 'function_call', callId: 'c1', name: 'look', arguments: '{"x":1}' },
      { type: 'function_call_result', callId: 'c1', name: 'look', output: 'seen' },
    ]);
    const comparable = (some: AgentInputItem[]) => session.prepareHistoryItemsForPersistenceComparison(some);
    expect(comparable(stored)).toEqual(comparable(items));
    expect(comparable(stored.slice(1))).not.toEqual(comparable(items));
    expect(stored[0]).toHaveProperty('id');
    expect(session.prepareHistoryItemForModelInput(stored[0]!)).not.toHaveProperty('id');
  });

  test.each([false, true])('two runs have one conversation (streamed: %s)', async (stream) => {
    await using server = await startWireServer({
      script: [
        { steps: [{ type: 'tool_call', name: 'look', arguments: {}, id: 'c1' }] },
        { steps: [{ type: 'text', text: 'Seen.' }] },
        { steps: [{ type: 'text', text: 'Still there.' }] },
      ],
    });
    const look = tool({ name: 'look', description: 'Looks.', parameters: z.object({}), execute: () => 'a boat' });
    const model = new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'k' }, 'm');
    const agent = new Agent({ name: 'A', model, tools: [look] });
    const session = new OpenAIConversationsSession(optionsOf(server));
    for (const input of ['Look', 'Again']) {
      const result = await run(agent, input, { session, stream } as never);
      if ('completed' in result) await (result.completed as Promise<void>);
      await assertCleanRun(result);
    }
    const kinds = ['message', 'function_call', 'function_call_output', 'message', 'message', 'message'];
    expect([...server.conversations.values()].flat().map(({ type }) => type)).toEqual(kinds);
    const last = server.requests.at(-1)?.body?.['input'] as { type?: string; role?: string; id?: string }[];
    expect(last.map(({ type, role }) => role ?? type)).toEqual([
      'user',
      'function_call',
      'function_call_output',
      'assistant',
      'user',
    ]);
    expect(last.flatMap(({ role, id }) => (role && id ? [id] : []))).toEqual([]);
  });
});

test('what the API refuses is the cause of what the run says', async () => {
  await using server = await startWireServer();
  const session = new OpenAIConversationsSession({ baseURL: server.url, apiKey: 'k', conversationId: 'conv_gone' });
  await expect(session.getItems()).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  const agent = new Agent({ name: 'A', model: new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'k' }, 'm') });
  await expect(run(agent, 'Hi', { session })).rejects.toMatchObject({
    code: 'SESSION_LOAD_FAILED',
    cause: { code: 'MODEL_NOT_FOUND' },
  });
  expect(server.requests).toHaveLength(0);
});

test('an empty id is refused', () => {
  expect(() => new OpenAIConversationsSession({ conversationId: '' })).toThrow(/conversationId/);
});

test('an item goes without the id that it had, but for those that are the model’s own', async () => {
  const asked: { items: { id?: string }[] }[] = [];
  const none = async (): Promise<never> => Promise.reject(new Error('not here'));
  const items = { create: async (_id: string, body: never) => void asked.push(body), delete: none, list: none };
  const client = { conversations: { create: none, delete: none, items } } as never;
  const session = new OpenAIConversationsSession({ client, conversationId: 'conv_1' });
  const call = { callId: 'c1', name: 'look', status: 'completed' } as const;
  const added: AgentInputItem[] = [
    { type: 'message', id: 'msg_0', role: 'user', content: 'Look' },
    { type: 'reasoning', id: 'rs_1', content: [{ type: 'input_text', text: 'Hm.' }] },
    { type: 'function_call', id: 'fc_1', arguments: '{}', ...call },
    { type: 'function_call_result', id: 'out_1', output: 'seen', ...call },
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
  ];
  await session.addItems(added);
  const sent = asked.flatMap((body) => body.items);
  expect(sent).toHaveLength(6);
  expect(sent.flatMap(({ id }) => id ?? [])).toEqual(['rs_1']);
  expect(added.map(({ id }) => id)).toEqual(['msg_0', 'rs_1', 'fc_1', 'out_1', 'ws_1', 'msg_1']);
});

test('the process’s default client is used, as it is', async () => {
  const asked: unknown[] = [];
  const create = async (body: unknown) => (asked.push(body), { id: `conv_${asked.length}` });
  const none = async (): Promise<never> => Promise.reject(new Error('not here'));
  const items = {
    create: none,
    delete: none,
    list: () => ({
      async *[Symbol.asyncIterator]() {
        yield { id: 'i1', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'one' }] };
        yield { id: 'i2', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'two' }] };
      },
    }),
  };
  try {
    setDefaultOpenAIClient({ conversations: { create, delete: none, items } });
    expect(await startOpenAIConversationsSession()).toBe('conv_1');
    expect(asked).toEqual([{ items: [] }]);
    expect(texts(await new OpenAIConversationsSession().getItems())).toEqual(['one', 'two']);
  } finally {
    setDefaultOpenAIClient(undefined as never);
  }
});
