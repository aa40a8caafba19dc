import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Agent, createRuntime, type LogStore, MemoryLogStore, type RunEvent } from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { assistantMessage, logViolations, ScriptedModel } from '../../src/testing/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'runtime-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

const stores: Record<string, () => LogStore> = {
  memory: () => new MemoryLogStore(),
  SQLite: () => sqlite(join(directory, `${files++}.db`)),
};

describe.each(Object.entries(stores))('a runtime on %s', (_, makeStore) => {
  test('drives what is submitted, and everybody can read it to its end', async () => {
    const store = makeStore();
    const model = new ScriptedModel([[assistantMessage('Hello there.')]]);
    await using runtime = createRuntime({ store, agents: { greeter: new Agent({ name: 'Greeter', model }) } });
    await runtime.start();
    const { id } = await runtime.submit('greeter', 'Hi', { metadata: { from: 'test' } });
    const events: RunEvent[] = [];
    for await (const event of runtime.attach(id)) events.push(event);
    expect(logViolations(events)).toEqual([]);
    expect(await runtime.get(id)).toMatchObject({
      id,
      status: 'completed',
      agent: 'greeter',
      output: 'Hello there.',
      metadata: { from: 'test' },
      approvals: [],
    });
  });
});
