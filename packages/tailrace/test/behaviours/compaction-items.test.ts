/** A compaction item among what a model says: from then on the conversation begins with it. */
import { describe, expect, test } from 'vitest';
import { MemorySession, type AgentInputItem } from '../../src/index.ts';
import { sinceCompaction } from '../../src/run/since-compaction.ts';
import { assistantMessage } from '../../src/testing/index.ts';
import { call, kinds, modelOf, scripted, weather } from './cast.ts';
import { on } from './stage.ts';

const compaction = (id = 'cmp_1') => ({ type: 'compaction' as const, id, encrypted_content: 'sealed' });

describe('a compaction item', () => {
  on(
    'is where the next request, the history and the output begin; new items and the session keep all',
    async ({ stage }) => {
      const session = new MemorySession();
      const script = [
        [call('c1')],
        [assistantMessage('Before.'), compaction(), call('c2')],
        [assistantMessage('Done.')],
        [assistantMessage('Again.')],
      ];
      const agent = scripted(script, { tools: [weather()] });
      const { result } = await stage.whole(agent, 'Hi', { session });
      const pair = ['function_call', 'function_call_result'];
      expect(kinds(modelOf(agent).calls[2]?.request.input as AgentInputItem[])).toEqual(['compaction', ...pair]);
      expect(kinds(result?.history ?? [])).toEqual(['compaction', ...pair, 'assistant']);
      expect(result?.output).toEqual(result?.history);
      expect(result?.newItems).toHaveLength(7);
      expect(kinds(await session.getItems())).toEqual([
        'user',
        ...pair,
        'assistant',
        'compaction',
        ...pair,
        'assistant',
      ]);
      await stage.whole(agent, 'More', { session });
      expect(kinds(modelOf(agent).lastCall?.request.input as AgentInputItem[])).toEqual([
        ...['compaction', ...pair, 'assistant', 'user'],
      ]);
    },
  );

  on('leaves the calls before it that are answered after it', async ({ stage }) => {
    const agent = scripted([[call('c1'), compaction()], [assistantMessage('Done.')]], { tools: [weather()] });
    await stage.whole(agent, 'Hi');
    expect(kinds(modelOf(agent).lastCall?.request.input as AgentInputItem[])).toEqual([
      ...['function_call', 'compaction', 'function_call_result'],
    ]);
  });

  test('counts where it is the last one', () => {
    const items: AgentInputItem[] = [{ role: 'user', content: 'a' }, compaction(), { role: 'user', content: 'b' }];
    expect(sinceCompaction(items)).toEqual(items.slice(1));
    expect(sinceCompaction([...items, compaction('cmp_2')])).toEqual([compaction('cmp_2')]);
    expect(sinceCompaction(items.slice(2))).toEqual(items.slice(2));
  });
});
