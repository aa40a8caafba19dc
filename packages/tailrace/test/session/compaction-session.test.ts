// OpenAIResponsesCompactionSession: when it compacts, by which way, and what it never loses.
import { describe, expect, test } from 'vitest';
import OpenAI from 'openai';
import {
  Agent,
  type AgentInputItem,
  isOpenAIResponsesCompactionOwnershipAwareSession,
  MemorySession,
  OpenAIConversationsSession,
  type OpenAIResponsesCompactionDecisionContext,
  OpenAIResponsesCompactionSession,
  type OpenAIResponsesCompactionSessionOptions,
  OpenAIResponsesModel,
  run,
  type Session,
} from '../../src/index.ts';
import { assertCleanRun, startWireServer, type WireServer } from '../../src/testing/index.ts';

const user = (text: string): AgentInputItem => ({ type: 'message', role: 'user', content: text });
const assistant = (text: string): AgentInputItem => ({
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text }],
});
const answers = (count: number): AgentInputItem[] => Array.from({ length: count }, (_, index) => assistant(`${index}`));
const kinds = async (session: Session): Promise<unknown[]> =>
  (await session.getItems()).map((item) => ('role' in item ? item.role : item.type));

interface Asked {
  asked: Record<string, unknown>[];
  session: (options?: OpenAIResponsesCompactionSessionOptions) => OpenAIResponsesCompactionSession;
}

function faked(fail?: () => void): Asked {
  const asked: Record<string, unknown>[] = [];
  const compact = async (body: Record<string, unknown>) => {
    asked.push(body);
    fail?.();
    const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'sealed' };
    const kept = { type: 'message', role: 'user', id: 'm1', content: [{ type: 'input_text', text: 'kept' }] };
    const usage = { input_tokens: 10, output_tokens: 3, total_tokens: 13 };
    return { id: 'resp_c', output: [kept, compaction], usage };
  };
  return {
    asked,
    session: (options = {}) => new OpenAIResponsesCompactionSession({ client: { responses: { compact } }, ...options }),
  };
}

describe('when', () => {
  test.each([9, 10])('%i answers: from ten on', async (count) => {
    const { session: open, asked } = faked();
    const session = open();
    await session.addItems([user('q'), ...answers(count), { type: 'compaction', encrypted_content: 'x' }]);
    const result = await session.runCompaction({ responseId: 'r1' });
    expect(asked).toHaveLength(count < 10 ? 0 : 1);
    expect(result?.usage).toEqual(
      count < 10
        ? undefined
        : expect.objectContaining({ inputTokens: 10, outputTokens: 3, endpoint: 'responses.compact' }),
    );
    if (count === 10) expect(await kinds(session)).toEqual(['user', 'compaction']);
  });

  test('with force, always; or as the hook says, which sees what it is about', async () => {
    const { session: open, asked } = faked();
    const seen: OpenAIResponsesCompactionDecisionContext[] = [];
    const shouldTriggerCompaction = (context: OpenAIResponsesCompactionDecisionContext) => (seen.push(context), false);
    const session = open({ shouldTriggerCompaction });
    await session.addItems([user('q'), assistant('a')]);
    expect(await session.runCompaction({ responseId: 'r1', store: false })).toBeNull();
    expect(seen).toMatchObject([
      { responseId: 'r1', compactionMode: 'input', compactionCandidateItems: [assistant('a')], sessionItems: [{}, {}] },
    ]);
    expect(await session.runCompaction({ force: true })).not.toBeNull();
    expect(asked).toHaveLength(1);
  });
});

describe('how', () => {
  test.each<[string, OpenAIResponsesCompactionSessionOptions, object, 'chain' | 'input']>([
    ['auto, a stored response', {}, { responseId: 'r1' }, 'chain'],
    ['auto, no response', {}, {}, 'input'],
    ['auto, a response that was not stored', {}, { responseId: 'r1', store: false }, 'input'],
    ['input, said once and for all', { compactionMode: 'input' }, { responseId: 'r1' }, 'input'],
    ['input, said for this time', {}, { responseId: 'r1', compactionMode: 'input' }, 'input'],
    [
      'the chain, said for this time',
      { compactionMode: 'input' },
      { responseId: 'r1', compactionMode: 'previous_response_id' },
      'chain',
    ],
  ])('%s', async (_what, options, args, way) => {
    const { session: open, asked } = faked();
    const session = open({ model: 'gpt-5.1', ...options });
    await session.addItems([user('q')]);
    await session.runCompaction({ ...args, force: true });
    const rest = way === 'chain' ? { previous_response_id: 'r1' } : { input: [{ role: 'user', content: 'q' }] };
    expect(asked).toEqual([{ model: 'gpt-5.1', ...rest }]);
  });

  test('the chain without an id is refused', async () => {
    const session = faked().session({ compactionMode: 'previous_response_id' });
    await expect(session.runCompaction({ force: true })).rejects.toThrow(/responseId/);
  });
});

describe('what is never lost', () => {
  test('the history, when the API fails', async () => {
    const { session: open } = faked(() => {
      throw new Error('down');
    });
    const session = open();
    await session.addItems([user('q')]);
    await expect(session.runCompaction({ force: true })).rejects.toThrow('down');
    expect(await kinds(session)).toEqual(['user']);
  });

  test('the history, when the underlying session fails', async () => {
    let adds = 0;
    const items: AgentInputItem[] = [user('q'), assistant('a')];
    const underlyingSession: Session = {
      getSessionId: async () => 's',
      getItems: async () => items.slice(),
      addItems: async (some) => {
        if ((adds += 1) === 1) throw new Error('disk');
        items.push(...some);
      },
      popItem: async () => items.pop(),
      clearSession: async () => void items.splice(0),
    };
    const session = faked().session({ underlyingSession });
    await expect(session.runCompaction({ force: true })).rejects.toThrow('disk');
    expect(await kinds(session)).toEqual(['user', 'assistant']);
  });

  test('what is added while the API is at it', async () => {
    const { session: open } = faked();
    const session = open();
    await session.addItems([user('q')]);
    const compacting = session.runCompaction({ force: true });
    const adding = session.addItems([user('next')]);
    await Promise.all([compacting, adding]);
    expect(await kinds(session)).toEqual(['user', 'compaction', 'user']);
  });

  test('what another has added since the run read it', async () => {
    const { session: open, asked } = faked();
    const session = open();
    await session.addItems([user('q')]);
    const { items, ownership } = await session.getItemsWithCompactionOwnership();
    await session.addItemsWithCompactionOwnership([assistant('a')], ownership);
    const exchange = { items: [...items, assistant('a')], responseId: 'r1' };
    const args = { responseId: 'r1', force: true };
    await session.addItems([user('by another')]);
    expect(await session.runCompaction(args, undefined, ownership, exchange)).toBeNull();
    expect(await session.runCompaction(args, undefined, null, exchange)).toBeNull();
    expect(asked).toHaveLength(0);
  });

  test('what a filter has kept from the model', async () => {
    const { session: open, asked } = faked();
    const session = open();
    await session.addItems([user('q'), user('kept back')]);
    const { ownership } = await session.getItemsWithCompactionOwnership();
    const args = { responseId: 'r1', force: true };
    expect(await session.runCompaction(args, undefined, ownership, { items: [user('q')] })).toBeNull();
    expect(await session.runCompaction(args, undefined, ownership)).toBeNull();
    expect(asked).toHaveLength(0);
    const all = { items: [user('q'), user('kept back')] };
    expect(await session.runCompaction(args, undefined, ownership, all)).not.toBeNull();
  });

  test('a history longer than maxRollbackItems', async () => {
    const { session: open, asked } = faked();
    const session = open({ maxRollbackItems: 2 });
    await session.addItems([user('1'), user('2'), user('3')]);
    await expect(session.runCompaction({ force: true })).rejects.toMatchObject({ code: 'OPTION_RANGE' });
    expect(asked).toHaveLength(0);
    await session.popItem();
    expect(await session.runCompaction({ force: true })).not.toBeNull();
  });
});

test.each<[OpenAIResponsesCompactionSessionOptions, string]>([
  [{ model: 'claude-5' }, 'OPTION_TYPE'],
  [{ compactionMode: 'nope' as never }, 'OPTION_TYPE'],
  [{ maxRollbackItems: 0 }, 'OPTION_RANGE'],
  [{ maxRollbackItems: Number.MAX_SAFE_INTEGER }, 'OPTION_RANGE'],
  [{ underlyingSession: new OpenAIConversationsSession() }, 'OPTION_CONFLICT'],
])('%o is refused', (options, code) => {
  expect(() => new OpenAIResponsesCompactionSession(options)).toThrow(expect.objectContaining({ code }));
});

describe.each<[string, (server: WireServer) => object]>([
  ['our transport', ({ url }) => ({ baseURL: url, apiKey: 'k' })],
  ['the openai package', ({ url }) => new OpenAI({ baseURL: url, apiKey: 'k' })],
])('in a run, over %s', (_way, client) => {
  test.each([false, true])('streamed: %s', async (stream) => {
    await using server = await startWireServer({ script: () => ({ steps: [{ type: 'text', text: 'Yes.' }] }) });
    const model = new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'k' }, 'm');
    const underlyingSession = new MemorySession();
    const session = new OpenAIResponsesCompactionSession({
      client: client(server),
      underlyingSession,
      shouldTriggerCompaction: ({ compactionCandidateItems }) => compactionCandidateItems.length >= 3,
    });
    expect(isOpenAIResponsesCompactionOwnershipAwareSession(session)).toBe(true);
    const lengths: number[] = [];
    for (let time = 0; time < 4; time += 1) {
      const result = await run(new Agent({ name: 'A', model }), `Question ${time}`, { session, stream } as never);
      if ('completed' in result) await (result.completed as Promise<void>);
      await assertCleanRun(result);
      lengths.push((await underlyingSession.getItems()).length);
      const compacted = result.state.usage.requestUsageEntries?.some(
        ({ endpoint }) => endpoint === 'responses.compact',
      );
      expect(compacted ?? false).toBe(time === 2);
    }
    // Three questions and answers became the last question of the chain and the compaction.
    expect(lengths).toEqual([2, 4, expect.any(Number), expect.any(Number)]);
    expect(lengths[2]).toBeLessThan(6);
    expect(await kinds(underlyingSession)).toContain('compaction');
    const last = server.requests.at(-1)?.body?.['input'] as { type?: string }[];
    expect(last.some(({ type }) => type === 'compaction')).toBe(true);
  });
});
