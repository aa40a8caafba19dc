import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, createCustomSpan, Runner, tool } from '../../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

test('what a tool left behind makes of spans after the end of its run is not kept', async () => {
  let inTool: (<T>(callback: () => T) => T) | undefined;
  const start = tool({
    name: 'start',
    description: 'Starts something that outlives the run.',
    parameters: z.object({}),
    execute: () => {
      inTool = AsyncLocalStorage.snapshot();
      return 'started';
    },
  });
  const model = new ScriptedModel([[functionCall('start', {}, { callId: 'c1' })], [assistantMessage('Done.')]]);
  const result = await new Runner().run(new Agent({ name: 'A', model, tools: [start] }), 'Hi');
  const spans = Array.from({ length: 3 }, () =>
    inTool?.(() => {
      const span = createCustomSpan({ data: { name: 'late' } });
      span.start();
      span.end();
      return new WeakRef(span);
    }),
  );
  for (let tries = 0; tries < 10 && spans.some((ref) => ref?.deref()); tries++) {
    await turn();
    gc();
  }
  expect(spans.filter((ref) => ref?.deref())).toEqual([]);
  expect(result.finalOutput).toBe('Done.');
});
