import { expect, test } from 'vitest';
import { Agent, createRuntime, MemoryLogStore } from '../../src/index.ts';
import { assistantMessage, ScriptedModel } from '../../src/testing/index.ts';
import { until } from './stage.ts';

test('a runtime that could not start drives nothing, can be started again, and can be stopped', async () => {
  let broken = true;
  const store = new (class extends MemoryLogStore {
    override list(...args: Parameters<MemoryLogStore['list']>): ReturnType<MemoryLogStore['list']> {
      if (broken) throw new Error('not now');
      return super.list(...args);
    }
  })();
  const model = new ScriptedModel([[assistantMessage('Done.')]]);
  const runtime = createRuntime({ store, agents: { a: new Agent({ name: 'A', model }) } });
  await expect(runtime.start()).rejects.toThrow('not now');
  const { id } = await runtime.submit('a', 'Hi');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await runtime.get(id)).status).toBe('submitted');
  broken = false;
  await runtime.start();
  await until(async () => (await runtime.get(id)).status === 'completed');
  await runtime.stop();
});

test('a runtime whose start failed stops without an error', async () => {
  const store = new (class extends MemoryLogStore {
    override list(): never {
      throw new Error('not now');
    }
  })();
  const runtime = createRuntime({ store, agents: {} });
  await expect(runtime.start()).rejects.toThrow('not now');
  await runtime.stop();
});
