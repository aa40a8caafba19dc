import { expect, test } from 'vitest';
import { Agent } from '../../src/index.ts';
import { assistantMessage, ScriptedModel } from '../../src/testing/index.ts';
import { Stage } from './stage.ts';

test('a run that is submitted with a traceparent is in that trace; the same run submitted from another trace is still the same', async () => {
  await using stage = new Stage();
  const agent = new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('Done.')]]) });
  const runtime = stage.runtime({ agents: { a: agent } });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const id = await runtime.submit('a', 'Go', { runId: 'run_1', traceparent });
  expect(await runtime.submit('a', 'Go', { runId: 'run_1', traceparent: traceparent.replace('0af7', 'ffff') })).toEqual(
    id,
  );
  const [started] = await stage.store().read('run_1', 0, 1);
  expect(started).toMatchObject({
    traceId: 'trace_0af7651916cd43dd8448eb211c80319c',
    traceMetadata: { traceparent },
  });
});
