import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type LogStore, MemoryLogStore, type RunEvent, Runner, tool } from '../../src/index.ts';
import { leaveInput } from '../../src/run/answer.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import type { StreamEvent } from '../../src/event/stream-event.ts';
import { assistantMessage, functionCall, logViolations, modelStream } from '../../src/testing/index.ts';
import { wrapped } from '../log/stores.ts';
import { modelOf, scripted, TestSession } from './cast.ts';
import { failure, Moment, wait } from './stage.ts';

interface Place {
  /** The store of the process that runs the run. */
  store: LogStore;
  /** Another process's. */
  outside: LogStore;
}

/** The same test in memory, and on a file that two open: what comes from outside is found by looking. */
function everywhere(name: string, body: (place: Place) => Promise<void>): void {
  test(`${name}, in memory`, async () => {
    const store = new MemoryLogStore();
    await body({ store, outside: store });
    expect(store.watching).toBe(0);
  });
  test(`${name}, from another process`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tailrace-mailbox-'));
    const path = join(directory, 'runs.db');
    const [store, outside] = [sqlite(path), sqlite(path)];
    try {
      await body({ store, outside });
    } finally {
      await store.close();
      await outside.close();
      rmSync(directory, { recursive: true });
    }
  });
}

/** A tool that waits until it is aborted, or let go. */
function waiting(begun: Moment, go: Moment = new Moment()) {
  return tool({
    name: 'wait',
    description: 'Waits.',
    parameters: z.object({}),
    execute: async (_input, _context, details) => {
      begun.reach();
      await Promise.race([go.reached, new Promise((resolve) => details?.signal?.addEventListener('abort', resolve))]);
      return 'waited';
    },
  });
}

const call = () => [functionCall('wait', {}, { callId: 'c1' })];

async function logOf(store: LogStore): Promise<readonly RunEvent[]> {
  const log = await store.read('run_1', 0, 10_000);
  expect(logViolations(log)).toEqual([]);
  return log;
}

describe('a message to a run that is under way', () => {
  everywhere('cancels it at once', async ({ store, outside }) => {
    const begun = new Moment();
    const agent = scripted([call(), [assistantMessage('never')]], { tools: [waiting(begun)] });
    const running = failure(new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' }));
    await begun.reached;
    await outside.post('run_1', { id: 'm1', kind: 'cancel', body: { reason: 'enough' } });
    expect(await running).toMatchObject({ code: 'RUN_CANCELLED', cause: 'enough' });
    const log = await logOf(store);
    expect(log.find(({ type }) => type === 'cancel.requested')).toMatchObject({ mode: 'immediate', mail: 1 });
    expect(log.at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
  });

  everywhere('cancels it while its model is speaking without a pause', async ({ store, outside }) => {
    const begun = new Moment();
    let said = 0;
    async function* speaking(): AsyncGenerator<StreamEvent> {
      yield { type: 'response_started' };
      for (; said < 2_000; said += 1) {
        yield { type: 'output_text_delta', delta: 'word ' };
        begun.reach();
        await wait(1);
      }
    }
    const agent = scripted([modelStream(speaking())]);
    const result = await new Runner({ store }).run(agent, 'Hi', { runId: 'run_1', stream: true });
    await begun.reached;
    await outside.post('run_1', { id: 'm1', kind: 'cancel', body: { reason: 'enough' } });
    await result.completed;
    expect(result.status).toBe('cancelled');
    expect(said).toBeLessThan(1_000);
    await logOf(store);
  });

  everywhere('cancels it after the turn', async ({ store, outside }) => {
    const [begun, go] = [new Moment(), new Moment()];
    const agent = scripted([call(), [assistantMessage('never')]], { tools: [waiting(begun, go)] });
    const running = failure(new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' }));
    await begun.reached;
    await outside.post('run_1', { id: 'm1', kind: 'cancel', body: { mode: 'after_turn' } });
    await outside.post('run_1', { id: 'm2', kind: 'cancel', body: { mode: 'after_turn' } });
    await wait(60);
    go.reach();
    expect(await running).toMatchObject({ code: 'RUN_CANCELLED' });
    const log = await logOf(store);
    expect(log.filter(({ type }) => type === 'tool.returned')).toHaveLength(1);
    // The second one asks for nothing new; it is not taken a second time, either.
    expect(log.find(({ type }) => type === 'mail.ignored')).toMatchObject({ id: 'm2', mail: 2, why: 'stopping' });
    expect(modelOf(agent).calls).toHaveLength(1);
  });

  everywhere('joins as what the user says before the next turn', async ({ store, outside }) => {
    const [begun, go] = [new Moment(), new Moment()];
    const session = new TestSession();
    const agent = scripted([call(), [assistantMessage('Yes.')]], { tools: [waiting(begun, go)] });
    const running = new Runner({ store }).run(agent, 'Hi', { runId: 'run_1', session });
    await begun.reached;
    await outside.post('run_1', { id: 'm1', kind: 'input', body: { text: 'Hurry.' } });
    await outside.post('run_1', { id: 'm2', kind: 'input', body: 7 });
    await wait(60);
    go.reach();
    const result = await running;
    expect(result.newItems.map(({ type }) => type)).toEqual([
      'tool_call_item',
      'tool_call_output_item',
      'input_item',
      'message_output_item',
    ]);
    expect(modelOf(agent).lastCall?.request.input.at(-1)).toMatchObject({ role: 'user', content: 'Hurry.' });
    expect(await session.getItems()).toEqual(
      result.history.map((item) => expect.objectContaining({ type: item.type })),
    );
    const log = await logOf(store);
    expect(log.find(({ type }) => type === 'mail.ignored')).toMatchObject({ id: 'm2', why: 'invalid' });
  });

  everywhere('is answered, when it comes while the last answer is being given', async ({ store, outside }) => {
    const [begun, go] = [new Moment(), new Moment()];
    const agent = scripted(
      [
        {
          type: 'responder',
          respond: async () => {
            begun.reach();
            await go.reached;
            return [assistantMessage('Bye.')];
          },
        },
        [assistantMessage('Still here.')],
      ],
      {},
    );
    const running = new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' });
    await begun.reached;
    await outside.post('run_1', { id: 'm1', kind: 'input', body: 'Wait!' });
    await wait(60);
    go.reach();
    const result = await running;
    expect(result.finalOutput).toBe('Still here.');
    expect(result.history.map((item) => ('role' in item ? item.role : item.type))).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
    await logOf(store);
  });

  everywhere('is answered, when it comes in the moment of the last look', async ({ store, outside }) => {
    const close = store.closeMail?.bind(store);
    let came = false;
    store.closeMail = (run, position) => {
      if (!came) void outside.post('run_1', { id: 'm1', kind: 'input', body: 'Wait!' });
      came = true;
      return close?.(run, position) ?? false;
    };
    const agent = scripted([[assistantMessage('Bye.')], [assistantMessage('Still here.')]]);
    const result = await new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' });
    expect(result.finalOutput).toBe('Still here.');
    expect((await logOf(store)).filter(({ type }) => type === 'input.received')).toHaveLength(1);
  });

  everywhere('is refused as input, once the run has said its last', async ({ store, outside }) => {
    const told: unknown[] = [];
    const runner = new Runner({ store });
    runner.on('agent_end', () => {
      // Before the end is stored.
      told.push(failure((async () => outside.post('run_1', { id: 'm1', kind: 'input', body: 'Wait!' }))()));
    });
    const result = await runner.run(scripted([[assistantMessage('Bye.')]]), 'Hi', { runId: 'run_1' });
    expect(result.finalOutput).toBe('Bye.');
    expect(await Promise.all(told)).toMatchObject([{ code: 'RUN_ENDED' }]);
    expect(await failure(leaveInput(outside, 'run_1', 'Wait!'))).toMatchObject({ code: 'RUN_ENDED' });
    expect(await store.mail('run_1', 0)).toEqual([]);
    await logOf(store);
  });

  test('is found at once, also when it comes while a slow store is asked for mail', async () => {
    const memory = new MemoryLogStore();
    const [asked, answer] = [new Moment(), new Moment()];
    const begun = new Moment();
    let hold = false;
    const store: LogStore = {
      ...wrapped(memory, (_, perform) => perform()),
      mail: async (run, position) => {
        const found = memory.mail(run, position);
        if (hold) {
          hold = false;
          asked.reach();
          await answer.reached;
        }
        return found;
      },
    };
    const agent = scripted([call(), [assistantMessage('never')]], { tools: [waiting(begun)] });
    const running = failure(new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' }));
    await begun.reached;
    hold = true;
    memory.post('run_1', { id: 'm1', kind: 'approval', body: { callId: 'nobody', approved: true } });
    await asked.reached;
    memory.post('run_1', { id: 'm2', kind: 'cancel', body: { reason: 'enough' } });
    await wait(20);
    answer.reach();
    expect(await Promise.race([running, wait(2_000)])).toMatchObject({ code: 'RUN_CANCELLED', cause: 'enough' });
  });

  everywhere('does not cost a run its answer, when no turn is left', async ({ store, outside }) => {
    const [begun, go] = [new Moment(), new Moment()];
    const agent = scripted([[assistantMessage('Bye.')]], {
      outputGuardrails: [
        {
          name: 'slow',
          execute: async () => {
            begun.reach();
            await go.reached;
            return { tripwireTriggered: false, outputInfo: {} };
          },
        },
      ],
    });
    const running = new Runner({ store }).run(agent, 'Hi', { runId: 'run_1', maxTurns: 1 });
    await begun.reached;
    await outside.post('run_1', { id: 'm1', kind: 'input', body: 'Wait!' });
    await wait(20);
    go.reach();
    expect((await running).finalOutput).toBe('Bye.');
    await logOf(store);
  });

  everywhere('reaches it after an agent that is a tool has given its output', async ({ store, outside }) => {
    const begun = new Moment();
    const inner = scripted([[assistantMessage('Inner.')]]).asTool({ toolName: 'inner', toolDescription: 'Helps.' });
    const calls = [functionCall('inner', { input: 'x' }, { callId: 'o1' }), ...call()];
    const agent = scripted([calls.slice(0, 1), calls.slice(1), [assistantMessage('never')]], {
      tools: [inner, waiting(begun)],
    });
    const running = failure(new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' }));
    await begun.reached;
    await outside.post('run_1', { id: 'm1', kind: 'cancel', body: { reason: 'enough' } });
    expect(await running).toMatchObject({ code: 'RUN_CANCELLED', cause: 'enough' });
    await logOf(store);
  });

  everywhere('that decides about a call nobody asked about changes nothing, also later', async ({ store, outside }) => {
    const [begun, go] = [new Moment(), new Moment()];
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({}),
      needsApproval: true,
      execute: () => 'paid',
    });
    const agent = scripted([call(), [functionCall('pay', {}, { callId: 'c2' })], [assistantMessage('Done.')]], {
      tools: [waiting(begun, go), pay],
    });
    const running = new Runner({ store }).run(agent, 'Hi', { runId: 'run_1' });
    await begun.reached;
    // Approved before it is asked about: whoever guesses an id must not decide.
    await outside.post('run_1', { id: 'm1', kind: 'approval', body: { callId: 'c2', approved: true } });
    await wait(60);
    go.reach();
    const result = await running;
    expect(result.interruptions).toHaveLength(1);
    const again = await new Runner({ store }).run(agent, result.state);
    expect(again.interruptions).toHaveLength(1);
    const log = await logOf(store);
    expect(log.filter(({ type }) => type === 'mail.ignored')).toMatchObject([{ id: 'm1', why: 'unknown' }]);
  });
});
