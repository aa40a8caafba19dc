// A run with an MCP server is cut at every append, and taken up by a process that has a server of its own.
import { expect, test } from 'vitest';
import { Agent, type LogStore, MemoryLogStore, Runner, type RunEvent } from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { deaths } from '../resume/deaths.ts';
import { fake, mcpTool } from './tiny.ts';

const STEPS: ScriptedModelInput[] = [
  [functionCall('pay', {}, { callId: 'c1' }), functionCall('look', {}, { callId: 'c2' })],
  [functionCall('look', {}, { callId: 'c3' })],
  [assistantMessage('All done.')],
];

function world() {
  const made: string[] = [];
  const server = fake('s', [mcpTool('pay'), mcpTool('look', { annotations: { readOnlyHint: true } })], {
    effects: 'from_annotations',
    callTool: async (name) => {
      made.push(name);
      return [{ type: 'text', text: `${name} done` }];
    },
  });
  const agent = (events: readonly RunEvent[]): Agent => {
    const answered = events.filter(({ type }) => type === 'model.returned').length;
    return new Agent({ name: 'A', model: new ScriptedModel(STEPS.slice(answered)), mcpServers: [server] });
  };
  return { made, agent };
}

test.each([true, false])(
  '[I8] a call over MCP is made once, or its outcome is unknown; what only reads is made again (append stored: %s)',
  async (stored) => {
    let unknown = 0;
    const fresh = () => ({ ...world(), store: new MemoryLogStore() });
    const live = ({ agent }: ReturnType<typeof world>, store: LogStore) =>
      new Runner({ store }).run(agent([]), 'Go', { runId: 'run_1' });
    const uncut = ({ made }: ReturnType<typeof world>) => expect(made).toEqual(['pay', 'look', 'look']);
    for await (const { world: cut, before, label } of deaths({ fresh, live, stored, moreThan: 8, uncut })) {
      const { made, agent, store } = cut;
      const result = await new Runner({ store }).resume(agent(before), 'run_1');
      const events = store.read('run_1', 0, 1_000);
      expect(logViolations(events), label).toEqual([]);
      expect(result.finalOutput, label).toBe('All done.');
      const lost = events.some(({ type }) => type === 'tool.outcome_unknown');
      unknown += lost ? 1 : 0;
      const paid = made.filter((name) => name === 'pay').length;
      expect(paid, label).toBeLessThanOrEqual(1);
      if (!lost) expect(paid, label).toBe(1);
      expect(made.filter((name) => name === 'look').length, label).toBeGreaterThanOrEqual(2);
    }
    expect(unknown).toBeGreaterThan(0);
  },
);
