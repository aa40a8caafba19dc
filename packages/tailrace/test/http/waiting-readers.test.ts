// A run that waits is not cancelled because nobody reads it.
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, tool } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { assertCleanRun, assistantMessage, functionCall, modelResponse, ScriptedModel } from 'tailrace/testing';
import type { OnDisconnect } from '../../src/event/run-event.ts';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { post, serve } from './serve.ts';

it.each<OnDisconnect>(['cancel', { cancelAfterMs: 30 }])(
  'whoever leaves while a run waits leaves it waiting, with %j; it is answered and goes on',
  async (onDisconnect) => {
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({}),
      needsApproval: true,
      execute: () => 'paid',
    });
    const model = new ScriptedModel([
      modelResponse([functionCall('pay', {}, { callId: 'c1' })]),
      modelResponse([assistantMessage('Paid.')]),
    ]);
    const store = sqlite(':memory:');
    await using served = await serve({
      agents: { a: new Agent({ name: 'A', model, tools: [pay] }) },
      store,
      onDisconnect,
    });
    const left = new AbortController();
    const init = post({ input: 'Pay', stream: true }, { accept: 'text/event-stream' });
    const response = await served.ask('/runs', { ...init, signal: left.signal });
    const run = response.headers.get('location')?.split('/').at(-1) ?? '';
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (text.includes('run.suspended')) break;
    }
    left.abort();
    await sleep(150);
    expect(store.mail(run, 0)).toEqual([]);
    expect(await store.presence.list()).toEqual([]);
    expect((await served.ask(`/runs/${run}/approvals/c1`, post({ approved: true }))).status).toBe(200);
    await expect
      .poll(async () => ((await (await served.ask(`/runs/${run}`)).json()) as { status: string }).status)
      .toBe('completed');
    await assertCleanRun({ store, runId: run });
  },
);
