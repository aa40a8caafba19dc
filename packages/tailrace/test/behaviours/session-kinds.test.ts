// What a session may be able to do beyond keeping items, and what a callback may make of it.
import { describe, expect, test } from 'vitest';
import {
  Agent,
  type AgentInputItem,
  applySessionHistoryMutations,
  isOpenAIResponsesCompactionAwareSession,
  isOpenAIResponsesCompactionOwnershipAwareSession,
  isRunContextAwareSession,
  isSessionHistoryRewriteAwareSession,
  isSessionHistoryTransactionAwareSession,
  MemoryLogStore,
  MemorySession,
  RequestUsage,
  run,
  RunContext,
  Runner,
  type Session,
  type SessionHistoryTransaction,
  type SessionHistoryTransactionArgs,
  type SessionInputCallback,
  UserError,
} from '../../src/index.ts';
import { assertCleanRun, assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';
import { weather } from './cast.ts';

const OLD: AgentInputItem = { type: 'message', role: 'user', content: 'old' };
const text = (content: string): AgentInputItem => ({ role: 'user', content });

/** A session that keeps what it was asked. */
class Told implements Session {
  items: AgentInputItem[] = [OLD];
  calls: { name: string; args: unknown[] }[] = [];

  tell(name: string, args: unknown[]): void {
    this.calls.push({ name, args });
  }

  async getSessionId(): Promise<string> {
    return 'told';
  }

  async getItems(...args: unknown[]): Promise<AgentInputItem[]> {
    this.tell('getItems', args);
    return this.items.slice();
  }

  async addItems(items: AgentInputItem[], ...args: unknown[]): Promise<void> {
    this.tell('addItems', args);
    this.items.push(...items);
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    return this.items.pop();
  }

  async clearSession(): Promise<void> {
    this.items = [];
  }
}

function agentOf(): { agent: Agent; model: ScriptedModel } {
  const model = new ScriptedModel([
    [functionCall('weather', { city: 'Oslo' }, { callId: 'c1' })],
    [assistantMessage('Sunny.')],
  ]);
  return { model, agent: new Agent({ name: 'A', model, tools: [weather()] }) };
}

const contents = (items: readonly AgentInputItem[]): unknown[] =>
  items.map((item) => ('role' in item ? (typeof item.content === 'string' ? item.content : item.role) : item.type));

describe.each([false, true])('streamed: %s', (stream) => {
  async function finished(session: Session, options: object = {}) {
    const { agent, model } = agentOf();
    const result = await run(agent, 'hi', { session, stream, ...options } as never);
    if ('completed' in result) await (result.completed as Promise<void>);
    await assertCleanRun(result);
    return { result, model };
  }

  test('a session that accepts the run’s context gets it with each call, and no other', async () => {
    const plain = new Told();
    await finished(plain);
    expect(plain.calls.flatMap(({ args }) => args)).toEqual([]);

    const aware = Object.assign(new Told(), { acceptsRunContext: true as const });
    const context = new RunContext({ tenant: 'one' });
    await finished(aware, { context });
    expect(aware.calls.map(({ args }) => args)).toEqual([[undefined, context], [context], [context], [context]]);
  });

  test('a stored item goes to the model as the session prepares it', async () => {
    const prepareHistoryItemForModelInput = (item: AgentInputItem): AgentInputItem =>
      item === OLD ? text('prepared') : item;
    const session = Object.assign(new Told(), { prepareHistoryItemForModelInput });
    const { model } = await finished(session);
    expect(contents(model.firstCall?.request.input as AgentInputItem[])).toEqual(['prepared', 'hi']);
    expect(contents(session.items)).toEqual(['old', 'hi', 'function_call', 'function_call_result', 'assistant']);
  });

  test('compaction comes once, behind the last turn, and its usage counts', async () => {
    const asked: unknown[][] = [];
    const session = Object.assign(new Told(), {
      runCompaction(...args: unknown[]) {
        asked.push([...args, session.items.length]);
        return { usage: new RequestUsage({ inputTokens: 5, outputTokens: 7, endpoint: 'responses.compact' }) };
      },
    });
    const { result } = await finished(session);
    expect(asked).toEqual([[{ responseId: 'scripted-response-2' }, 5]]);
    expect(result.state.usage).toMatchObject({ requests: 3, inputTokens: 5, outputTokens: 7 });
    expect(result.state.usage.requestUsageEntries).toMatchObject([{ endpoint: 'responses.compact' }]);
  });

  test('compaction that fails fails no run', async () => {
    const runCompaction = (): never => {
      throw new Error('no');
    };
    const { result } = await finished(Object.assign(new Told(), { runCompaction }));
    expect(result.finalOutput).toBe('Sunny.');
  });

  test('a session that wants to know whose history it compacts is told', async () => {
    const ownership = {};
    const seen: unknown[] = [];
    const session = Object.assign(new Told(), {
      async getItemsWithCompactionOwnership() {
        return { items: [OLD], ownership };
      },
      async addItemsWithCompactionOwnership(_items: AgentInputItem[], receipt: object | null) {
        seen.push(receipt);
      },
      runCompaction(...args: unknown[]) {
        seen.push(args[2], args[3]);
        return null;
      },
    });
    await finished(session);
    expect(seen.slice(0, 4)).toEqual([ownership, ownership, ownership, ownership]);
    const exchange = seen.at(-1) as { items: AgentInputItem[]; responseId: string };
    expect(exchange.responseId).toBe('scripted-response-2');
    expect(contents(exchange.items)).toEqual(['old', 'hi', 'function_call', 'function_call_result', 'assistant']);
    expect(session.calls).toEqual([]);
  });

  test.each<[string, SessionInputCallback, asked: string[], stored: string[]]>([
    ['leaves the input out', (history) => history, ['old'], ['old']],
    ['gives it twice', (history, fresh) => [...fresh, ...history, ...fresh], ['hi', 'old', 'hi'], ['old', 'hi', 'hi']],
    ['gives it first', (history, fresh) => [...fresh, ...history], ['hi', 'old'], ['old', 'hi']],
    ['edits it', (history) => [...history, text('E')], ['old', 'E'], ['old', 'E']],
    ['drops the history', (_history, fresh) => fresh, ['hi'], ['old', 'hi']],
    ['copies the history', (history, fresh) => [...structuredClone(history), ...fresh], ['old', 'hi'], ['old', 'hi']],
    [
      'changes its lists',
      (history, fresh) => {
        history.push(text('M'));
        Object.assign(fresh[0]!, { content: 'changed' });
        return Promise.resolve([...history, ...fresh]);
      },
      ['old', 'M', 'changed'],
      ['old', 'M', 'changed'],
    ],
  ])('a callback that %s', async (_what, sessionInputCallback, asked, stored) => {
    const session = new MemorySession({ initialItems: [OLD] });
    const { model, result } = await finished(session, { sessionInputCallback });
    expect(contents(model.firstCall?.request.input as AgentInputItem[])).toEqual(asked);
    const turn = ['function_call', 'function_call_result', 'assistant'];
    expect(contents(await session.getItems())).toEqual([...stored, ...turn]);
    expect(contents(result.history)).toEqual([...asked, ...turn]);
  });

  test.each([undefined, 'x', {}])('a callback that gives %o is refused', async (given) => {
    const { agent } = agentOf();
    const options = { session: new MemorySession(), stream, sessionInputCallback: (() => given) as never };
    const attempt = async (): Promise<void> => {
      const result = await run(agent, 'hi', options as never);
      if ('completed' in result) await (result.completed as Promise<void>);
    };
    await expect(attempt()).rejects.toMatchObject({ code: 'OPTION_TYPE' });
  });
});

test('a durable run adds by transactions, each with an id of its own', async () => {
  const made: SessionHistoryTransactionArgs[] = [];
  const session = Object.assign(new Told(), {
    async applyHistoryTransaction(args: SessionHistoryTransactionArgs) {
      made.push(args);
    },
  });
  const result = await new Runner({ store: new MemoryLogStore() }).run(agentOf().agent, 'hi', {
    session,
    runId: 'run_1',
  });
  await assertCleanRun(result);
  expect(made.map(({ operationId }) => operationId)).toEqual([
    'run_1:0:session:input',
    'run_1:1:session:turn',
    'run_1:2:session:turn',
  ]);
  expect(session.calls.map(({ name }) => name)).toEqual(['getItems']);
});

test('the guards say what a session can', () => {
  const all = [
    isRunContextAwareSession,
    isSessionHistoryRewriteAwareSession,
    isSessionHistoryTransactionAwareSession,
    isOpenAIResponsesCompactionAwareSession,
    isOpenAIResponsesCompactionOwnershipAwareSession,
  ];
  const said = (session: Session | undefined): boolean[] => all.map((is) => is(session));
  expect(said(undefined)).toEqual([false, false, false, false, false]);
  expect(said(new Told())).toEqual([false, false, false, false, false]);
  expect(said(new MemorySession())).toEqual([false, true, true, false, false]);
  expect(said(Object.assign(new Told(), { acceptsRunContext: 'yes', runCompaction: () => null }))).toEqual([
    false,
    false,
    false,
    true,
    false,
  ]);
});

describe('a session’s history', () => {
  const named = (callId: string, args: string) =>
    ({ type: 'function_call', callId, name: 'f', arguments: args, status: 'completed' }) as const;

  test('a call is replaced where it comes first; its repetitions go', () => {
    const items: AgentInputItem[] = [named('a', '1'), named('b', '2'), named('a', '3')];
    const replacement = named('a', '9');
    expect(applySessionHistoryMutations(items, [{ type: 'replace_function_call', callId: 'a', replacement }])).toEqual([
      replacement,
      named('b', '2'),
    ]);
    expect(items).toHaveLength(3);
  });

  test('a change is made once for its id, and whole or not at all', async () => {
    const session = new MemorySession({ initialItems: [text('1')] });
    const apply = (operationId: string, transaction: SessionHistoryTransaction): Promise<void> =>
      session.applyHistoryTransaction({ operationId, transaction });
    const now = async (): Promise<unknown[]> => contents(await session.getItems());
    await apply('o1', { type: 'append_items', items: [text('2')] });
    await apply('o1', { type: 'append_items', items: [text('2')] });
    expect(await now()).toEqual(['1', '2']);
    const wrong: [string, SessionHistoryTransaction][] = [
      ['o1', { type: 'append_items', items: [] }],
      ['', { type: 'append_items', items: [] }],
      ['o2', { type: 'replace_suffix', expectedSuffix: [text('x')], replacement: [] }],
      ['o2', { type: 'replace_suffix', expectedSuffix: [text('0'), text('1'), text('2')], replacement: [] }],
      ['o2', { type: 'nope' } as never],
    ];
    for (const [id, change] of wrong) await expect(apply(id, change)).rejects.toBeInstanceOf(UserError);
    expect(await now()).toEqual(['1', '2']);
    await apply('o3', { type: 'replace_suffix', expectedSuffix: [text('2')], replacement: [text('3'), text('4')] });
    expect(await now()).toEqual(['1', '3', '4']);
    await session.clearSession();
    await apply('o1', { type: 'append_items', items: [text('2')] });
    expect(await now()).toEqual(['2']);
  });
});
