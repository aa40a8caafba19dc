// I1: a run ends once, and the end is the last that its log says.
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import {
  Agent,
  isTerminal,
  type LateResult,
  type LogStore,
  MemoryLogStore,
  run,
  Runner,
  setTraceProcessors,
  tool,
  withCustomSpan,
} from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { functionCall, logViolations, ScriptedModel, textStream, TraceWitness } from '../../src/testing/index.ts';
import { played } from './played.ts';
import { SCRIPTS } from './scripts.ts';

const database = sqlite(':memory:', { groupMs: 1 });
const STORES: readonly [string, LogStore][] = [
  ['a MemoryLogStore', new MemoryLogStore()],
  ['sqlite()', database],
];

afterAll(() => {
  setTraceProcessors([]);
  return database.close();
});

describe.each(STORES)('in %s', (_, store) => {
  it.each(SCRIPTS)('[I1] [I2] one terminal event, the last, and balanced spans: $name', async (script) => {
    for (const streamed of [true, false]) {
      const witness = new TraceWitness();
      setTraceProcessors([witness]);
      const { events } = await played(script.play(), store, streamed);
      expect(logViolations(events)).toEqual([]);
      expect(events.filter(isTerminal).map(({ type }) => type)).toEqual([`run.${script.ends}`]);
      expect(witness.violations()).toEqual([]);
      expect(witness.traceCount).toBe(1);
    }
  });
});

describe('after the end', () => {
  it('[I1] what a tool still does and says reaches the log no more, but onLateResult', async () => {
    const store = new MemoryLogStore();
    const late: LateResult[] = [];
    let settle = (): void => undefined;
    const returned = new Promise<void>((resolve) => (settle = resolve));
    const slow = tool({
      name: 'slow',
      description: 'Does not listen to its signal.',
      parameters: undefined,
      execute: async () => {
        await returned;
        await withCustomSpan(async () => wait(1), { data: { name: 'after the end' } });
        return 'too late';
      },
    });
    const model = new ScriptedModel([textStream('I do', { more: [functionCall('slow', {}, { callId: 'c1' })] })]);
    const runner = new Runner({ store, onLateResult: (result) => late.push(result) });
    const options = { stream: true, runId: 'late', timeouts: { toolGraceMs: 5 } } as const;
    const result = await runner.run(new Agent({ name: 'a', model, tools: [slow] }), 'Go', options);
    for await (const event of result.events()) if (event.type === 'tool.called') result.cancel();
    const before = store.read('late', 0, 1_000).length;
    settle();
    await wait(20);
    expect(store.read('late', 0, 1_000)).toHaveLength(before);
    expect(late).toEqual([{ runId: 'late', callId: 'c1', tool: 'slow', output: 'too late' }]);
  });

  it('[I1] a cancel changes nothing', async () => {
    const store = new MemoryLogStore();
    const agent = new Agent({ name: 'a', model: new ScriptedModel([textStream('Done')]) });
    const result = await new Runner({ store }).run(agent, 'Go', { stream: true, runId: 'done' });
    await result.completed;
    const before = store.read('done', 0, 1_000);
    for (const mode of ['immediate', 'after_turn'] as const) result.cancel({ mode });
    await wait(5);
    expect(store.read('done', 0, 1_000)).toEqual(before);
    expect([result.status, result.cancelled, result.error]).toEqual(['completed', false, null]);
  });

  it('[I1] the run cannot be run again under its id', async () => {
    for (const [, store] of STORES) {
      const agent = new Agent({ name: 'a', model: new ScriptedModel([textStream('One'), textStream('Two')]) });
      const runner = new Runner({ store });
      await runner.run(agent, 'Go', { runId: 'twice' });
      const before = await store.read('twice', 0, 1_000);
      await expect(runner.run(agent, 'Go', { runId: 'twice' })).rejects.toMatchObject({ code: 'RUN_EXISTS' });
      expect(await store.read('twice', 0, 1_000)).toEqual(before);
    }
    const agent = new Agent({ name: 'a', model: new ScriptedModel([textStream('One')]) });
    expect((await run(agent, 'Go')).finalOutput).toBe('One');
  });
});
