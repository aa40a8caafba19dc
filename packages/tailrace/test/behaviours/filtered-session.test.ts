// What a filter makes of new input is what the session has of it, and so the next run.
import { expect, test } from 'vitest';
import {
  Agent,
  type AgentInputItem,
  type CallModelInputFilter,
  MemoryLogStore,
  MemorySession,
  run,
  Runner,
  user,
} from '../../src/index.ts';
import { placesOf } from '../../src/run/filtered-input.ts';
import { assertCleanRun, assistantMessage, functionCall, modelError, ScriptedModel } from '../../src/testing/index.ts';
import { weather } from './cast.ts';

const told = (items: readonly AgentInputItem[]): string[] =>
  items.map((item) => {
    if (!('role' in item)) return item.type;
    if (typeof item.content === 'string') return item.content;
    return item.content.map((part) => ('text' in part ? part.text : part.type)).join();
  });
const redacted = (items: AgentInputItem[]): AgentInputItem[] =>
  JSON.parse(JSON.stringify(items).replaceAll('secret', '…')) as AgentInputItem[];
const filter =
  (change: (items: AgentInputItem[]) => AgentInputItem[]): CallModelInputFilter =>
  ({ modelData }) => ({ ...modelData, input: change(modelData.input) });

const FILTERS: readonly [name: string, (items: AgentInputItem[]) => AgentInputItem[], stored: string[]][] = [
  ['writes all anew', redacted, ['one …', 'two']],
  [
    'changes its items in place',
    (items) => (items.forEach((item) => Object.assign(item, redacted([item])[0])), items),
    ['one …', 'two'],
  ],
  ['keeps the newest', (items) => redacted(items.slice(-2)), ['one …', 'two']],
  ['leaves the newest out', (items) => items.slice(0, -1), ['one secret']],
  ['leaves all out', () => [], []],
  ['puts something before', (items) => [user('before'), ...items], ['before', 'one secret', 'two']],
  [
    'puts something behind, and writes all anew',
    (items) => [...redacted(items), user('behind')],
    ['one …', 'two', 'behind'],
  ],
  ['turns them round', (items) => items.toReversed(), ['two', 'one secret']],
  ['says it in one', () => [user('summary')], ['summary']],
];

for (const stream of [false, true]) {
  const way = stream ? 'streamed' : 'whole';

  test.each(FILTERS)(`a filter that %s (${way})`, async (_name, change, stored) => {
    const model = new ScriptedModel([[assistantMessage('Done.')], [assistantMessage('Again.')]]);
    const agent = new Agent({ name: 'A', model });
    const session = new MemorySession({ initialItems: [user('old secret'), user('plain')] });
    const input = [user('one secret'), user('two')];
    const result = await run(agent, input, { session, stream, callModelInputFilter: filter(change) } as never);
    if ('completed' in result) await result.completed;
    await assertCleanRun(result);
    expect(told(await session.getItems())).toEqual(['old secret', 'plain', ...stored, 'Done.']);
    expect(told(result.history)).toEqual(['old secret', 'plain', 'one secret', 'two', 'Done.']);
  });

  test(`a callback beside a filter, and a tool (${way})`, async () => {
    const script = [[functionCall('weather', { city: 'Oslo' }, { callId: 'c1' })], [assistantMessage('Done.')]];
    const agent = new Agent({ name: 'A', model: new ScriptedModel(script), tools: [weather(() => 'secret rain')] });
    const session = new MemorySession({ initialItems: [user('old secret')] });
    const result = await run(agent, 'new secret', {
      session,
      stream,
      sessionInputCallback: (history: AgentInputItem[], fresh: AgentInputItem[]) => [
        ...fresh,
        user('noted secret'),
        ...history,
      ],
      callModelInputFilter: filter(redacted),
    } as never);
    if ('completed' in result) await result.completed;
    await assertCleanRun(result);
    const stored = ['old secret', 'new …', 'noted …', 'function_call', 'function_call_result', 'Done.'];
    expect(told(await session.getItems())).toEqual(stored);
  });
}

test('nothing is stored of input that no model was to be told of', async () => {
  const session = new MemorySession();
  const tripped = {
    name: 'no',
    runInParallel: false,
    execute: async () => ({ tripwireTriggered: true, outputInfo: 0 }),
  };
  const agent = new Agent({ name: 'A', model: new ScriptedModel([]), inputGuardrails: [tripped] });
  const options = { session, callModelInputFilter: filter(redacted) };
  await expect(run(agent, 'secret', options)).rejects.toMatchObject({ code: 'INPUT_GUARDRAIL_TRIPPED' });
  const fails = filter(() => {
    throw new Error('no');
  });
  const plain = new Agent({ name: 'A', model: new ScriptedModel([]) });
  await expect(run(plain, 'secret', { session, callModelInputFilter: fails })).rejects.toThrow('no');
  expect(await session.getItems()).toEqual([]);
});

test('who goes on from the end of a run that failed stores nothing twice, and nothing unfiltered', async () => {
  const session = new MemorySession();
  const model = new ScriptedModel([modelError(new Error('gone')), [assistantMessage('Done.')]]);
  const agent = new Agent({ name: 'A', model });
  const options = { session, callModelInputFilter: filter(redacted) };
  const failed = await run(agent, 'secret', { ...options, stream: true });
  await expect(failed.completed).rejects.toThrow('gone');
  expect(told(await session.getItems())).toEqual(['…']);
  const result = await run(agent, failed.state, options);
  await assertCleanRun(result);
  expect(told(await session.getItems())).toEqual(['…', 'Done.']);
});

test('input of a run that stays in its mailbox is filtered before it is stored, and the log says what was', async () => {
  const store = new MemoryLogStore();
  const session = new MemorySession();
  const work = weather(() => {
    store.post('r1', { id: 'm', kind: 'input', body: { text: 'more secret' } });
    return 'rain';
  });
  const script = [[functionCall('weather', { city: 'Oslo' }, { callId: 'c1' })], [assistantMessage('Done.')]];
  const agent = new Agent({
    name: 'A',
    model: new ScriptedModel([...script, [assistantMessage('Done.')]]),
    tools: [work],
  });
  const runner = new Runner({ store, callModelInputFilter: filter(redacted) });
  await assertCleanRun(await runner.run(agent, 'new secret', { session, runId: 'r1' }));
  const stored = told(await session.getItems());
  expect(stored).toContain('more …');
  expect(stored.join()).not.toContain('secret');
  const commits = store.read('r1', 0, 1_000).filter((event) => event.type === 'session.commit_started');
  expect(JSON.stringify(commits)).not.toContain('secret');
  expect(commits.flatMap(({ filtered = [] }) => told(filtered))).toEqual(['new …', 'more …']);
});

test('items are told apart by object, by content, and then by order', () => {
  const before = ['a', 'b', 'b', 'c'].map((text) => user(text));
  const given = structuredClone(before);
  const at = (...gave: (AgentInputItem | undefined)[]) =>
    placesOf({ before, given, gave: gave.filter((item) => item !== undefined) });
  expect(at(given[3], given[1])).toEqual([3, 1]);
  expect(at(user('b'))).toEqual([2]);
  expect(at(user('b'), user('b'))).toEqual([1, 2]);
  expect(at(user('x'), user('c'))).toEqual([2, 3]);
  expect(at(given[0], user('x'), given[2])).toEqual([0, 3, 2]);
  expect(at(...given, user('x'))).toEqual([0, 1, 2, 3, undefined]);
});
