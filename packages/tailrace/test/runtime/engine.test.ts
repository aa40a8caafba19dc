// What a foreign engine has to bring, shown on one that has nothing else.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, MemoryLogStore, type RunEvent, tool } from '../../src/index.ts';
import {
  assistantMessage,
  driverContract,
  functionCall,
  logViolations,
  ScriptedModel,
} from '../../src/testing/index.ts';
import { EngineHub } from './engine.ts';
import { Stage, typesOf, until } from './stage.ts';

describe('an engine that keeps its calls open', () => {
  driverContract(test, () => {
    const hub = new EngineHub();
    return { driver: hub.driver(), another: () => hub.driver(), doomed: () => hub.doomed() };
  });

  test('drives a run through its waiting in one call, without a lease', async () => {
    await using stage = new Stage();
    const hub = new EngineHub();
    const store = new MemoryLogStore();
    const contexts: string[] = [];
    const model = new ScriptedModel([[functionCall('pay', {}, { callId: 'c' })], [assistantMessage('Paid.')]]);
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({}),
      needsApproval: true,
      execute: () => 'paid',
    });
    const runtime = stage.runtime({
      store,
      driver: hub.driver(),
      agents: { payer: new Agent({ name: 'Payer', model, tools: [pay] }) },
      context: ({ id }) => void contexts.push(id),
    });
    await runtime.start();
    const { id } = await runtime.submit('payer', 'Pay');
    await until(async () => (await runtime.get(id)).status === 'suspended');
    expect(store.leases.due(Number.MAX_SAFE_INTEGER)).toEqual([]);
    await stage.runtime({ store, driver: hub.driver(), agents: {} }).approve(id, 'c');
    const events: RunEvent[] = [];
    for await (const event of runtime.attach(id)) events.push(event);
    expect(logViolations(events)).toEqual([]);
    expect(typesOf(events).filter((type) => type.startsWith('run.'))).toEqual([
      'run.started',
      'run.resumed',
      'run.suspended',
      'run.resumed',
      'run.completed',
    ]);
    // Once for each segment, in one call of the engine's.
    expect(contexts).toEqual([id, id]);
  });
});
