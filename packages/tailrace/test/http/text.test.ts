// Runs as plain text: whole texts end as responses do, others break off.
import { Agent, type AnyAgent, createRuntime, MemoryLogStore, type RunEvent, type RunEventBody, tool } from 'tailrace';
import { createHandler } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelError, ScriptedModel, textStream } from 'tailrace/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { post, serve, type Served } from './serve.ts';
import { slowly } from './slowly.ts';

const TEXT = { accept: 'text/plain' };
const served = async (agent: AnyAgent): Promise<Served> => serve({ agents: { agent }, store: sqlite(':memory:') });

/** What a client got, and whether it was the whole. */
async function read(response: Response, seen?: (text: string) => void): Promise<{ text: string; whole: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      seen?.(text);
    }
    return { text, whole: true };
  } catch {
    return { text, whole: false };
  }
}

const look = tool({ name: 'look', description: 'Looks.', parameters: z.object({}), execute: () => 'inner' });

it('is the text of the answers, and no more', async () => {
  const model = new ScriptedModel([
    [assistantMessage('Let me look.'), functionCall('look', {}, { callId: 'c1' })],
    textStream('There is  snow.\n'),
  ]);
  await using server = await served(new Agent({ name: 'A', model, tools: [look] }));
  const posted = await server.ask('/runs', post({ input: 'Go' }, TEXT));
  expect(posted.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  const text = 'Let me look.\n\nThere is  snow.\n';
  expect(await read(posted)).toEqual({ text, whole: true });
  const at = posted.headers.get('location') ?? '';
  expect(await read(await server.ask(`${at}/events`, { headers: TEXT }))).toEqual({ text, whole: true });
});

it('breaks off where the run fails, or is stopped', async () => {
  const failing = new ScriptedModel([modelError('no')]);
  await using server = await served(new Agent({ name: 'A', model: failing }));
  const failed = await read(await server.ask('/runs', post({ input: 'Go' }, TEXT)));
  expect(failed).toEqual({ text: expect.stringMatching(/^\[[A-Z_]+\]\n$/), whole: false });

  const words = Array.from({ length: 2_000 }, (_, n) => n).join(' ');
  const slow = new Agent({ name: 'B', model: new ScriptedModel([slowly(textStream(words), 10)]) });
  await using other = await served(slow);
  const posted = await other.ask('/runs', post({ input: 'Go' }, TEXT));
  const spoken = Promise.withResolvers<void>();
  const reading = read(posted, (text) => void (text.startsWith('0 ') && spoken.resolve()));
  await Promise.race([spoken.promise, reading]);
  await other.ask(`${posted.headers.get('location')}/cancel`, { method: 'POST' });
  const stopped = await reading;
  expect(stopped.text).toMatch(/^0 [\d ]*\n\n\[RUN_CANCELLED\]\n$/);
  expect(stopped.whole).toBe(false);
});

/** A run whose first attempt said something, and was superseded; `from` on, events are still to come. */
function takenOver(): RunEvent[] {
  const step = '1:model:0';
  const usage = { requests: 1, inputTokens: 0, outputTokens: 0, totalTokens: 0 } as never;
  const item = assistantMessage('Good day.') as never;
  const bodies: RunEventBody[] = [
    { type: 'run.started', v: 1, agent: 'A', registered: 'agent', input: 'Hi', maxTurns: 10, workflowName: 'W' },
    { type: 'turn.started', turn: 1, agent: 'A' },
    { type: 'model.called', step, attempt: 1, agent: 'A' },
    { type: 'model.delta', step, attempt: 1, text: 'Go' },
    { type: 'model.delta', step, attempt: 1, text: 'od ev' },
    { type: 'step.attempt', of: 'model', step, attempt: 2, supersedes: 1, delayMs: 0 },
    { type: 'model.called', step, attempt: 2, agent: 'A' },
    { type: 'model.delta', step, attempt: 2, text: 'Good ' },
    { type: 'model.delta', step, attempt: 2, text: 'day.' },
    { type: 'model.returned', step, attempt: 2, output: [item], usage, streamed: true },
    { type: 'item.added', kind: 'message', agent: 'A', item },
    { type: 'turn.ended', turn: 1, outcome: 'final' },
    { type: 'run.completed', agent: 'A', output: 'Good day.', usage },
  ];
  return bodies.map((body, seq) => ({ run: 'run_1', seq, epoch: 1, at: 0, ...body }));
}

it('breaks off where text is taken back, for those who have had some of it', async () => {
  const events = takenOver();
  const store = new MemoryLogStore();
  const { epoch } = store.claim('run_1');
  store.append('run_1', epoch, 1, events.slice(0, 5), 'full');
  const agent = new Agent({ name: 'A', model: new ScriptedModel([]) });
  const handler = createHandler({ runtime: createRuntime({ agents: { agent }, store }) });
  const ask = async (path = ''): Promise<{ text: string; whole: boolean }> =>
    read(await handler(new Request(`http://localhost/runs/run_1/events${path}`, { headers: TEXT })));
  const live = ask();
  await new Promise((resolve) => setTimeout(resolve, 20));
  store.append('run_1', epoch, 2, events.slice(5), 'full');
  expect(await live).toEqual({ text: 'Good ev\n\n[ATTEMPT_SUPERSEDED]\n', whole: false });
  expect(await ask()).toEqual({ text: 'Good day.', whole: true });
  expect(await ask('?from=3')).toEqual({ text: 'Good day.', whole: true });
  expect(await ask('?from=4')).toEqual({ text: 'od ev\n\n[ATTEMPT_SUPERSEDED]\n', whole: false });
  expect(await ask('?from=8')).toEqual({ text: 'day.', whole: true });
  await handler.stop();
});
