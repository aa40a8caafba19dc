import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, isTerminal, type Runtime, type StreamEvent, tool } from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  modelStream,
  ScriptedModel,
  textStream,
} from '../../src/testing/index.ts';
import { Stage, until } from './stage.ts';

const asking = (): Agent =>
  new Agent({
    name: 'A',
    model: new ScriptedModel([[functionCall('pay', {}, { callId: 'c' })], [assistantMessage('Done.')]]),
    tools: [
      tool({
        name: 'pay',
        description: 'Pays.',
        parameters: z.object({}),
        needsApproval: true,
        execute: () => 'paid',
      }),
    ],
  });

async function suspended(runtime: Runtime): Promise<string> {
  const { id } = await runtime.submit('a', 'Pay');
  await until(async () => (await runtime.get(id)).status === 'suspended');
  return id;
}

/** An answer that takes about 20 ms. */
async function* slowly(): AsyncGenerator<StreamEvent, void> {
  for (const event of textStream('one two three four').events) {
    await sleep(2);
    yield event;
  }
}

test('of decisions about one call that come at once, from anywhere, one counts and the others are told', async () => {
  for (let round = 0; round < 6; round++) {
    await using stage = new Stage();
    const worker = stage.runtime({ agents: { a: asking() } });
    await worker.start();
    const id = await suspended(worker);
    const desks = [1, 2, 3, 4].map(() => stage.runtime({ agents: {} }));
    const outcomes = await Promise.allSettled(
      desks.map(async (desk, index) =>
        (index + round) % 2 === 0
          ? desk.approve(id, 'c', { by: `${index}` })
          : desk.reject(id, 'c', { by: `${index}` }),
      ),
    );
    const [winner, ...more] = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    expect(more).toEqual([]);
    for (const outcome of outcomes)
      // The run may have ended before the last one came.
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({
          code: expect.stringMatching(/^(APPROVAL_DECIDED|RUN_ENDED)$/) as string,
        });
    const events = await stage.whole(id);
    expect(logViolations(events)).toEqual([]);
    const decided = events.filter(({ type }) => type === 'approval.decided');
    expect(decided).toMatchObject([{ by: `${winner}`, approved: ((winner ?? 0) + round) % 2 === 0 }]);
  }
});

test('an approval after a cancel is refused, and nothing runs', async () => {
  await using stage = new Stage();
  const worker = stage.runtime({ agents: { a: asking() } });
  await worker.start();
  const id = await suspended(worker);
  await worker.stop();
  const desk = stage.runtime({ agents: {} });
  await desk.cancel(id);
  await expect(desk.approve(id, 'c')).rejects.toMatchObject({ code: 'RUN_ENDED' });
  const next = stage.runtime({ agents: { a: asking() } });
  await next.start();
  const events = await stage.whole(id);
  expect(events.at(-1)?.type).toBe('run.cancelled');
  expect(events.filter(({ type }) => type === 'tool.called')).toEqual([]);
});

test('a cancel that races with the end gives one end, wherever it meets the run', async () => {
  await using stage = new Stage();
  const ends = new Set<string>();
  const worker = stage.runtime({
    agents: {
      a: new Agent({
        name: 'A',
        model: new ScriptedModel(Array.from({ length: 40 }, () => modelStream(slowly()))),
      }),
    },
  });
  await worker.start();
  const other = stage.runtime({ agents: {} });
  for (let at = 0; at < 40; at++) {
    const { id } = await worker.submit('a', 'Hi');
    for await (const { seq } of other.attach(id)) {
      if (seq !== at) continue;
      await other.cancel(id);
      break;
    }
    const events = await stage.whole(id);
    expect(logViolations(events), `cancelled at ${at}`).toEqual([]);
    expect(events.filter(isTerminal)).toHaveLength(1);
    ends.add(events.at(-1)?.type ?? '');
  }
  expect([...ends].toSorted()).toEqual(['run.cancelled', 'run.completed']);
});
