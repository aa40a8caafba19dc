/** What other implementations of the same interface do wrong, each with the test that keeps it right here. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, vi } from 'vitest';
import {
  addTraceProcessor,
  type AgentInputItem,
  InputGuardrailTripwireTriggered,
  LimitError,
  RunCancelledError,
  type StreamEvent,
  type StreamedRunResult,
  type TracingProcessor,
  withTrace,
} from '../../src/index.ts';
import {
  assistantMessage,
  modelError,
  modelErrorAfter,
  modelStall,
  modelStream,
  textStream,
} from '../../src/testing/index.ts';
import { agentOf, call, inputGuard, scripted, toolScript, usageOf, weather } from './cast.ts';
import { failure, Moment, on, PacedModel, read, settled, type Stage, wait } from './stage.ts';

const pieces = Array.from({ length: 40 }, (_, index) => `${index} `);
const long = textStream(pieces.join(''), { chunks: pieces, provider: 'none' });
const said = textStream('One two three.', { provider: 'none' });

afterEach(() => vi.restoreAllMocks());

describe('of @openai/agents', () => {
  on('1: a run that is not streamed and throws, or is aborted, ends its trace', async ({ stage }) => {
    await stage.whole(scripted([modelError(new Error('down'))]));
    setTimeout(() => stage.caller.abort(), 5);
    const { error } = await stage.whole(scripted([modelStall()]), 'Hi', { signal: stage.caller.signal });
    expect(error).toBeInstanceOf(RunCancelledError);
    expect([stage.trace.traceStarts, stage.trace.traceEnds, stage.trace.openSpans.size]).toEqual([2, 2, 0]);
  });

  on('2: an error loses no event, however slow the reader is', async ({ stage }) => {
    const down = new Error('down');
    const result = await stage.stream(scripted([modelErrorAfter(long.events.slice(0, 41), down)]));
    const { events, error } = await read(result, () => wait(2).then(() => false));
    expect([events.length, error]).toEqual([41, down]);
  });

  on('3: the end of iteration, and completed, come after the end of the trace', async ({ stage }) => {
    const ends: number[] = [];
    const first = await stage.stream(scripted([said]));
    const waited = first.completed.then(() => ends.push(stage.trace.traceEnds));
    await read(first);
    ends.push(stage.trace.traceEnds);
    await waited;
    expect(ends).toEqual([1, 1]);
  });

  on('3: a stream that leaves withTrace inside an object keeps its trace open until it ends', async ({ stage }) => {
    const model = new PacedModel(said.events);
    const { result } = await withTrace('Around', async () => ({ result: await stage.stream(agentOf(model)) }));
    expect([stage.trace.traceStarts, stage.trace.traceEnds]).toEqual([1, 0]);
    await read(result, () => model.go());
    expect(stage.trace.calls.at(-1)?.call).toBe('traceEnd');
  });

  const aborts: Record<string, (result: StreamedRunResult, stage: Stage) => unknown> = {
    'the caller’s signal': (_result, stage) => stage.caller.abort(),
    'the caller’s signal, with a reason': (_result, stage) => stage.caller.abort(new Error('enough')),
    'the caller’s signal, with a text': (_result, stage) => stage.caller.abort('enough'),
    'cancel()': (result) => result.cancel(),
    'cancel() with a reason': (result) => result.cancel({ reason: 'enough' }),
    'leaving the loop': () => true,
  };
  const when = ['at the first event', 'in the middle'] as const;
  on.for(Object.entries(aborts).flatMap(([how, abort]) => when.map((at) => ({ how, abort, at }))))(
    '4: an abort never looks like success, and settles in one way: $how, $at',
    async ({ abort, at }, { stage }) => {
      const model = new PacedModel(long.events);
      const result = await stage.stream(agentOf(model), 'Hi', { signal: stage.caller.signal });
      const { error } = await read(result, (_event, count) => {
        if (count === (at === 'in the middle' ? 20 : 1)) return abort(result, stage) === true;
        model.go();
        return false;
      });
      await expect(result.completed).resolves.toBeUndefined();
      expect([error, result.cancelled, result.status, result.finalOutput]).toEqual([
        undefined,
        true,
        'cancelled',
        undefined,
      ]);
      expect(result.error).toBeInstanceOf(RunCancelledError);
    },
  );

  on('5: a second iteration gives everything again', async ({ stage }) => {
    const { result, events } = await stage.seen(scripted([long]));
    expect(events).toHaveLength(43);
    expect((await read(result)).events).toEqual(events);
  });

  on('6: a delta is stored once, also where provider and text say it twice', async ({ stage }) => {
    const both = textStream(pieces.join(''), { chunks: pieces, provider: 'responses' });
    const { result } = await stage.seen(scripted([modelStream(both.events)]));
    const paired = stage.log().filter((event) => event.type === 'model.delta' && event.text !== undefined);
    expect(paired).toHaveLength(40);
    expect(result.status).toBe('completed');
  });

  on(
    '6: what nobody reads does not grow without bound: the log has a limit, and the run ends at it',
    async ({ stage }) => {
      let given = 0;
      const endless = modelStream(
        (function* (): Generator<StreamEvent> {
          yield { type: 'response_started' };
          for (;;) {
            given += 1;
            yield { type: 'output_text_delta', delta: 'x'.repeat(1000) };
          }
        })(),
      );
      const result = await stage.stream(scripted([endless]), 'Hi', {}, { maxLogBytes: 200_000 });
      const error = await failure(result.completed);
      expect(error).toBeInstanceOf(LimitError);
      expect(error).toMatchObject({ code: 'LOG_FULL' });
      expect(given).toBeLessThan(400);
      expect(JSON.stringify(stage.log()).length).toBeLessThan(400_000);
    },
  );

  on('7: a tool that ignores its signal does not keep completed pending', async ({ stage }) => {
    const started = new Moment();
    const deaf = weather(() => (started.reach(), new Promise(() => undefined)));
    const result = await stage.stream(
      scripted(toolScript(), { tools: [deaf] }),
      'Hi',
      {},
      { timeouts: { toolGraceMs: 20 } },
    );
    await started.reached;
    const at = performance.now();
    result.cancel();
    await result.completed;
    expect(performance.now() - at).toBeLessThan(4_000);
  });

  on('8: a processor that throws fails nothing, and one that takes its time delays nothing', async ({ stage }) => {
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    const slow = vi.fn<() => Promise<void>>(
      () => new Promise<void>((resolve) => void setTimeout(resolve, 10_000).unref()),
    );
    const bad = vi.fn<() => Promise<void>>(() => {
      throw new Error('processor');
    });
    for (const each of [slow, bad]) {
      const processor: TracingProcessor = {
        onTraceStart: each,
        onTraceEnd: each,
        onSpanStart: each,
        onSpanEnd: each,
        shutdown: async () => undefined,
        forceFlush: async () => undefined,
      };
      addTraceProcessor(processor);
    }
    const at = performance.now();
    const { error } = await stage.seen(scripted([said]));
    await stage.whole(scripted([said]));
    expect(error).toBeUndefined();
    expect(performance.now() - at).toBeLessThan(9_000);
    expect([slow.mock.calls.length > 10, bad.mock.calls.length]).toEqual([true, slow.mock.calls.length]);
  });

  on('9: importing installs no listener on the process', async () => {
    const program = `
      const count = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
      const before = count();
      const { run, Agent } = await import('tailrace');
      const { ScriptedModel, assistantMessage } = await import('tailrace/testing');
      const imported = count();
      await run(new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('Hi.')]]) }), 'Hi');
      console.log(JSON.stringify([before, imported, count()]));
    `;
    const args = ['--conditions=@tailrace/source', '--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
    const [before, imported, ran] = JSON.parse(stdout) as number[];
    expect([imported, ran]).toEqual([before, before]);
  });

  on('10: no token reaches anybody before a blocking guardrail has passed', async ({ stage }) => {
    const gate = new Moment();
    const agent = scripted([said], { inputGuardrails: [inputGuard(false, { blocking: true, after: gate.reached })] });
    const result = await stage.stream(agent);
    const reading = read(result);
    await wait(20);
    expect(stage.log().some(({ type }) => type === 'model.called' || type === 'model.delta')).toBe(false);
    gate.reach();
    expect((await reading).events.length).toBeGreaterThan(3);
  });

  on(
    '11: the work of a turn does not grow with the history: what was said before is not looked at again',
    async ({ stage }) => {
      const looks: number[] = [];
      for (const turns of [3, 60]) {
        let looked = 0;
        const item: AgentInputItem = { role: 'user', content: 'Hi' };
        Object.defineProperty(item, 'content', { enumerable: true, get: () => ((looked += 1), 'Hi') });
        const script = [...Array.from({ length: turns }, (_, index) => [call(`c${index}`)]), [assistantMessage('x')]];
        const { result, error } = await stage.seen(scripted(script, { tools: [weather()] }), [item], {
          maxTurns: null,
        });
        expect([error, result.currentTurn]).toEqual([undefined, turns + 1]);
        looks.push(looked);
      }
      expect(looks[1]).toBe(looks[0]);
    },
  );

  on('12: a text stream looks at nothing but the text: no delta is validated on the way out', async ({ stage }) => {
    let looked = 0;
    const watched = (event: object): object =>
      new Proxy(event, { get: (target, key) => ((looked += 1), Reflect.get(target, key) as unknown) });
    const events = textStream(pieces.join(''), { chunks: pieces }).events.map((event): StreamEvent => {
      if (event.type !== 'model') return event;
      return { ...event, event: watched(event.event as object) };
    });
    const unread = await stage.stream(scripted([modelStream(events)]));
    await settled(unread);
    expect(looked).toBeGreaterThan(0);
    looked = 0;
    const chunks: string[] = [];
    for await (const chunk of unread.toTextStream()) chunks.push(chunk);
    expect([chunks, looked]).toEqual([pieces, 0]);
  });
});

describe('of the Python SDK', () => {
  on.for(['cancel', 'leave'] as const)(
    'a %s while a parallel input guardrail runs ends the trace',
    async (how, { stage }) => {
      const never = new Promise<void>(() => undefined);
      const agent = scripted([modelStall(said.events.slice(0, 2))], {
        inputGuardrails: [inputGuard(false, { after: never })],
      });
      const result = await stage.stream(agent);
      await read(result, (_event, count) => {
        if (count < 2) return false;
        if (how === 'cancel') result.cancel();
        return how === 'leave';
      });
      await settled(result);
      expect([result.status, stage.trace.traceEnds, stage.trace.openSpans.size]).toEqual(['cancelled', 1, 0]);
    },
  );

  on('leaving the iterator does not let the run go on unseen', async ({ stage }) => {
    const model = new PacedModel(long.events);
    const result = await stage.stream(agentOf(model));
    await read(result, () => true);
    await settled(result);
    expect([result.status, model.closed]).toEqual(['cancelled', 1]);
  });

  on('two readers at once both come to the end', async ({ stage }) => {
    const result = await stage.stream(scripted([long]));
    const [one, two] = await Promise.all([read(result), read(result)]);
    expect([one.events.length, two.events.length]).toEqual([43, 43]);
  });

  on('a parallel trip surfaces when it happens, not when the model is done', async ({ stage }) => {
    const agent = scripted([modelStall(said.events.slice(0, 2))], {
      inputGuardrails: [inputGuard(true, { afterMs: 50 })],
    });
    const at = performance.now();
    const { error } = await stage.seen(agent);
    expect(error).toBeInstanceOf(InputGuardrailTripwireTriggered);
    expect(performance.now() - at).toBeLessThan(5_000);
  });

  on('a run that is read to its end in a foreign context raises nothing', async ({ stage }) => {
    const storage = new AsyncLocalStorage<number>();
    const result = await storage.run(1, () => withTrace('Around', () => stage.stream(scripted([said]))));
    const { error, events } = await storage.run(2, () => read(result));
    expect([error, events.length > 3]).toEqual([undefined, true]);
    expect(result.runContext.usage.toData()).toMatchObject(usageOf(0, 0).toData());
  });
});
