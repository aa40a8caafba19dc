// A run with an MCP server is cut at every append, and taken up by a process that has a server of its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Agent, MemoryLogStore, Runner, type RunEvent } from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { dyingStore } from '../resume/dying-store.ts';
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

async function appendsOf(): Promise<number> {
  const store = new MemoryLogStore();
  let appends = 0;
  const append = store.append.bind(store);
  store.append = (...args) => {
    appends += 1;
    return append(...args);
  };
  const { made, agent } = world();
  await new Runner({ store }).run(agent([]), 'Go', { runId: 'run' });
  expect(made).toEqual(['pay', 'look', 'look']);
  return appends;
}

test.each([true, false])(
  '[I8] a call over MCP is made once, or its outcome is unknown; what only reads is made again (append stored: %s)',
  async (stored) => {
    const appends = await appendsOf();
    expect(appends).toBeGreaterThan(8);
    let unknown = 0;
    for (let dies = 1; dies <= appends; dies++) {
      const { made, agent } = world();
      const store = new MemoryLogStore();
      const dying = dyingStore(store, dies, stored);
      void new Runner({ store: dying }).run(agent([]), 'Go', { runId: 'run' });
      await dying.dead;
      await sleep(0);
      const left = store.read('run', 0, 1_000);
      if (left.length === 0 || left.at(-1)?.type === 'run.completed') continue;
      const result = await new Runner({ store }).resume(agent(left), 'run');
      const events = store.read('run', 0, 1_000);
      const label = `death at append ${dies}`;
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
