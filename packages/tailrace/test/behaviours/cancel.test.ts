import { setTimeout as setTimer } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { type LateResult, RunCancelledError, type RunStreamEvent, type StreamEvent, tool } from '../../src/index.ts';
import { assistantMessage, modelResponse, modelStall, textStream } from '../../src/testing/index.ts';
import {
  agentOf,
  call,
  kinds,
  modelOf,
  outputGuard,
  scripted,
  TestSession,
  toolScript,
  usageOf,
  weather,
} from './cast.ts';
import { Moment, on, PacedModel, read, settled, wait } from './stage.ts';

const step = textStream('One two three four.', { provider: 'none' });
const paced = (): PacedModel => new PacedModel(step.events);
const stuck = (events: readonly StreamEvent[] = []) => scripted([modelStall(events)]);

async function timed(work: Promise<unknown>): Promise<number> {
  const at = performance.now();
  await work.catch(() => undefined);
  return performance.now() - at;
}

describe('cancel, immediate', () => {
  on.for([1, 2, 3, 4, 5])(
    '[C39] after %i events, exactly that many are seen, and iteration ends without an error',
    async (count, { stage }) => {
      const model = paced();
      const result = await stage.stream(agentOf(model));
      const { events, error } = await read(result, (_event, seen) => (seen === count ? result.cancel() : model.go()));
      expect([events.length, error]).toEqual([count, undefined]);
      await expect(result.completed).resolves.toBeUndefined();
    },
  );

  on('[C40] after cancel and break, a new iteration replays what was committed, and ends', async ({ stage }) => {
    const model = paced();
    const result = await stage.stream(agentOf(model));
    const first = await read(result, (_event, seen) => {
      model.go();
      if (seen < 3) return false;
      result.cancel();
      return true;
    });
    const again = await read(result);
    expect(again.error).toBeUndefined();
    expect(again.events.slice(0, 3)).toEqual(first.events);
    expect([result.cancelled, result.error]).toEqual([true, expect.any(RunCancelledError)]);
  });

  on('[C41] twice is harmless, and before the first read there is nothing to see', async ({ stage }) => {
    const agent = scripted([[assistantMessage('Hi.')]]);
    const result = await stage.stream(agent);
    result.cancel({ reason: 'first' });
    result.cancel({ reason: 'second' });
    const { events, error } = await read(result);
    result.cancel();
    expect([events, error, modelOf(agent).calls.length]).toEqual([[], undefined, 0]);
    expect(stage.log().at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'first' });
    expect(stage.log().filter(({ type }) => type === 'cancel.requested')).toHaveLength(1);
  });

  on('[C42] frees a reader that waits for a model that is stuck', async ({ stage }) => {
    const result = await stage.stream(stuck());
    const reading = read(result);
    await wait(20);
    result.cancel();
    expect(await timed(reading)).toBeLessThan(5_000);
    expect(await timed(result.completed)).toBeLessThan(5_000);
  });

  on('[C43] a reader’s own time limit holds although the model hangs', async ({ stage }) => {
    const result = await stage.stream(stuck());
    const reading = read(result.streamEvents({ signal: AbortSignal.timeout(50) }));
    expect(await timed(reading)).toBeLessThan(5_000);
    expect((await reading).error).toMatchObject({ name: 'TimeoutError' });
    await settled(result);
    expect(result.status).toBe('cancelled');
  });

  on('[C44] leaves nothing: the run is over, readers are done, a new one ends at once', async ({ stage }) => {
    const model = paced();
    const result = await stage.stream(agentOf(model), 'Hi', { signal: stage.caller.signal });
    await read(result, () => stage.caller.abort('enough'));
    expect([result.status, result.finalOutput, model.closed]).toEqual(['cancelled', undefined, 1]);
    const log = stage.log();
    await wait(20);
    expect(stage.log()).toEqual(log);
    expect((await read(result)).events).toHaveLength(1);
  });

  on('[C56] ends in one run.cancelled with the reason, and says so on the result', async ({ stage }) => {
    const reason = { ticket: 7 };
    const result = await stage.stream(stuck());
    result.cancel({ reason });
    await settled(result);
    expect(stage.log().at(-1)).toMatchObject({ type: 'run.cancelled', mode: 'immediate', reason: 'object' });
    expect([result.status, result.cancelled]).toEqual(['cancelled', true]);
    expect(result.error).toMatchObject({ name: 'AbortError', code: 'RUN_CANCELLED', cause: reason });
    const whole = stage.whole(stuck(), 'Hi', { signal: stage.caller.signal });
    await wait(5);
    stage.caller.abort(reason);
    expect((await whole).error).toMatchObject({ name: 'AbortError', code: 'RUN_CANCELLED', cause: reason });
  });

  on('[C57] the part of the message and the usage so far are recorded', async ({ stage }) => {
    const agent = scripted(
      [modelResponse({ output: [call()], usage: usageOf(10, 5) }), modelStall(step.events.slice(0, 3))],
      { tools: [weather()] },
    );
    const result = await stage.stream(agent);
    await read(result, () => {
      if (stage.log().filter(({ type }) => type === 'model.delta').length === 2) result.cancel();
    });
    const stopped = stage.log().find((event) => event.type === 'model.stopped');
    expect(stopped).toMatchObject({
      partial: { status: 'incomplete', content: [{ text: 'One two ' }] },
      error: { code: 'RUN_CANCELLED' },
    });
    expect(stage.log().at(-1)).toMatchObject({ type: 'run.cancelled', usage: { inputTokens: 10, outputTokens: 5 } });
    expect(result.newItems.map(({ type }) => type)).toEqual(['tool_call_item', 'tool_call_output_item']);
  });

  on('[C52] during an output guardrail, nothing more is written to the session', async ({ stage }) => {
    const session = new TestSession();
    const checking = new Moment();
    const never = new Moment();
    const guard = outputGuard(false, { after: never.reached, onCall: () => checking.reach() });
    const result = await stage.stream(scripted([[assistantMessage('Hi.')]], { outputGuardrails: [guard] }), 'Hi', {
      session,
    });
    await checking.reached;
    result.cancel();
    await settled(result);
    never.reach();
    await wait(5);
    expect([session.saves, kinds(await session.getItems()), result.status]).toEqual([1, ['user'], 'cancelled']);
  });

  on('[C53] during a save, the run does not wait for it', async ({ stage }) => {
    const saving = new Moment();
    const session = new TestSession(() => {
      saving.reach();
      return new Promise(() => undefined);
    });
    const result = await stage.stream(scripted([[assistantMessage('Hi.')]]), 'Hi', { session });
    await saving.reached;
    result.cancel();
    expect(await timed(result.completed)).toBeLessThan(5_000);
    expect(result.status).toBe('cancelled');
  });

  on(
    '[C58] a tool is told by its signal; one that does not listen is given up after the grace, and what it gives is late',
    async ({ stage }) => {
      const started = new Moment();
      const finish = new Moment();
      const late: LateResult[] = [];
      let abortedAt = Number.NaN;
      const deaf = weather(async (_input, signal) => {
        signal?.addEventListener('abort', () => (abortedAt = performance.now()), { once: true });
        started.reach();
        await finish.reached;
        return 'too late';
      });
      const config = { timeouts: { toolGraceMs: 30 }, onLateResult: (result: LateResult) => void late.push(result) };
      const result = await stage.stream(scripted(toolScript(), { tools: [deaf] }), 'Hi', {}, config);
      await started.reached;
      result.cancel();
      await settled(result);
      expect(performance.now() - abortedAt).toBeGreaterThanOrEqual(25);
      expect(stage.trace.openSpans.size).toBe(0);
      const log = stage.log();
      finish.reach();
      await wait(5);
      expect(late).toEqual([{ runId: result.runId, callId: 'c1', tool: 'weather', output: 'too late' }]);
      expect(result.lateResults).toBe(1);
      expect(stage.log()).toEqual(log);
    },
  );

  on('[C58] a tool that listens ends the run well before the grace', async ({ stage }) => {
    const started = new Moment();
    const listening = tool({
      name: 'weather',
      description: 'Listens.',
      parameters: undefined,
      execute: (_input, _context, details) =>
        new Promise<string>((_resolve, reject) => {
          details?.signal?.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
          started.reach();
        }),
    });
    const result = await stage.stream(scripted(toolScript(), { tools: [listening] }));
    await started.reached;
    result.cancel();
    expect(await timed(result.completed)).toBeLessThan(3_000);
    expect(result.status).toBe('cancelled');
  });
});

describe('cancel, in the trace', () => {
  on('no span of a cancelled run has an error: not the model’s, and not the tool’s', async ({ stage }) => {
    const listening = weather((_input, signal) => setTimer(5_000, undefined, { signal }));
    for (const agent of [stuck(step.events.slice(0, 3)), scripted(toolScript(), { tools: [listening] })]) {
      const result = await stage.stream(agent);
      const errors: unknown[] = [];
      for await (const event of result.events()) {
        if (event.type === 'model.delta' || event.type === 'tool.called') result.cancel();
        if (event.type === 'span.ended') errors.push(event.error);
      }
      expect(result.status).toBe('cancelled');
      expect(errors.length).toBeGreaterThan(3);
      expect(errors.filter((error) => error !== undefined)).toEqual([]);
    }
  });
});

describe('leaving', () => {
  on('[C54] closing an iterator that waits is prompt and holds up nobody', async ({ stage }) => {
    const model = paced();
    const result = await stage.stream(agentOf(model), 'Hi', { onDisconnect: 'continue' });
    const iterator = result[Symbol.asyncIterator]();
    await iterator.next();
    const pending = iterator.next();
    expect(await timed(iterator.return?.() ?? Promise.resolve())).toBeLessThan(5_000);
    expect(await pending).toEqual({ done: true, value: undefined });
    await read(result, () => model.go());
    expect([result.status, result.finalOutput]).toEqual(['completed', 'One two three four.']);
  });

  const ways: Record<
    string,
    (events: () => AsyncIterableIterator<RunStreamEvent>, stream: () => ReadableStream) => Promise<unknown>
  > = {
    'waiting in next': async (events) => {
      const iterator = events();
      await iterator.next();
      void iterator.next();
      await iterator.return?.();
    },
    'in the loop’s body': (events) => read(events(), () => true),
    'while it sends': async (_events, stream) => {
      const reader = stream().getReader();
      await reader.read();
      await reader.cancel();
    },
  };
  const policies = [
    ['cancel', 'cancelled'],
    ['continue', 'completed'],
    [{ cancelAfterMs: 20 }, 'cancelled'],
    [{ cancelAfterMs: 60_000 }, 'completed'],
  ] as const;
  const cells = Object.entries(ways).flatMap(([where, leave]) =>
    policies.map(([policy, status]) => ({ where, leave, policy, status })),
  );
  on.for(cells)(
    '[C55] what leaving does is declared, wherever the reader is: $where, $policy → $status',
    async ({ leave, policy, status }, { stage }) => {
      const model = paced();
      const result = await stage.stream(agentOf(model), 'Hi', { onDisconnect: policy });
      await leave(
        () => result.streamEvents(),
        () => result.toStream(),
      );
      if (status === 'cancelled') await settled(result);
      while (result.status === 'running') {
        model.go();
        await wait(1);
      }
      expect(result.status).toBe(status);
    },
  );
});
