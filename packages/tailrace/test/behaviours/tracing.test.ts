import { afterEach, describe, expect, vi } from 'vitest';
import { setTracingDisabled, setTracingIdGenerator, type SpanRecord, withTrace } from '../../src/index.ts';
import { assistantMessage, modelError, modelResponse, modelStall, textStream } from '../../src/testing/index.ts';
import { call, inputGuard, outputGuard, scripted, toBilling, toolScript, triage, usageOf, weather } from './cast.ts';
import { Moment, on, read, settled, type Stage, wait } from './stage.ts';

afterEach(() => vi.unstubAllEnvs());

const step = textStream('One two three.', { provider: 'none' });

/** The spans as lines, a child indented below its parent. */
function tree({ trace }: Stage): string[] {
  const spans = trace.calls.flatMap((entry) => (entry.call === 'spanStart' ? [entry.span] : []));
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const below = (parent: SpanRecord | undefined, depth: number): string[] =>
    spans
      .filter(({ parentId }) => (parent ? parentId === parent.spanId : parentId === null || !ids.has(parentId)))
      .flatMap((span) => [`${' '.repeat(depth)}${label(span)}`, ...below(span, depth + 1)]);
  return below(undefined, 0);
}

function label({ spanData: data }: SpanRecord): string {
  if (data.type === 'turn') return `turn ${data.turn}`;
  if (data.type === 'handoff') return `handoff ${data.from_agent} > ${data.to_agent}`;
  return 'name' in data && data.type !== 'task' ? `${data.type} ${data.name}` : data.type;
}

describe('ids of one’s own making', () => {
  afterEach(() => setTracingIdGenerator());

  on('are those of the log, and a run is told apart by them', async ({ stage }) => {
    let count = 0;
    setTracingIdGenerator({ generateTraceId: () => 'trace_own', generateSpanId: () => `span_own_${(count += 1)}` });
    await stage.seen(scripted(toolScript(), { tools: [weather()] }));
    expect(stage.log()[0]).toMatchObject({ type: 'run.started', traceId: 'trace_own' });
    const ids = stage.log().flatMap((event) => (event.type === 'span.started' ? [event.span] : []));
    expect(ids.length).toBeGreaterThan(5);
    expect(ids.every((id) => id.startsWith('span_own_'))).toBe(true);
    expect(stage.trace.spans.map(({ spanId }) => spanId).toSorted()).toEqual(ids.toSorted());
  });

  const bad: Record<string, () => unknown> = {
    throws: () => {
      throw new Error('no ids today');
    },
    'gives nothing': () => undefined,
    'gives an empty text': () => '',
    'gives the same id to all': () => 'span_same',
  };
  on.for(Object.entries(bad))(
    'a generator that %s fails no run, and no span stays open',
    async ([, make], { stage }) => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      setTracingIdGenerator({ generateSpanId: make as () => string });
      const { result } = await stage.seen(scripted(toolScript(), { tools: [weather()] }));
      expect(result?.status).toBe('completed');
      const ids = stage.trace.spans.map(({ spanId }) => spanId);
      expect(new Set(ids.filter((id) => id !== 'span_same')).size).toBe(ids.filter((id) => id !== 'span_same').length);
      expect(warned).toHaveBeenCalledTimes(make === bad['gives the same id to all'] ? 0 : 1);
      warned.mockRestore();
    },
  );
});

describe('traces', () => {
  const exits: Record<string, (stage: Stage) => Promise<unknown>> = {
    normal: (stage) => stage.seen(scripted(toolScript(), { tools: [weather()] })),
    error: (stage) => stage.seen(scripted([modelError(new Error('down'))])),
    'error, whole': (stage) => stage.whole(scripted([modelError(new Error('down'))])),
    'input trip': (stage) => stage.seen(scripted([modelStall()], { inputGuardrails: [inputGuard(true)] })),
    'output trip': (stage) => stage.seen(scripted([step], { outputGuardrails: [outputGuard(true)] })),
    'max turns': (stage) => stage.seen(scripted([[call()]], { tools: [weather()] }), 'Hi', { maxTurns: 1 }),
    cancel: async (stage) => {
      const result = await stage.stream(scripted([modelStall(step.events.slice(0, 2))]));
      await read(result, (_event, count) => (count === 2 ? result.cancel() : undefined));
    },
    'cancel, whole': async (stage) => {
      setTimeout(() => stage.caller.abort(), 5);
      await stage.whole(scripted([modelStall()]), 'Hi', { signal: stage.caller.signal });
    },
    break: async (stage) => {
      const result = await stage.stream(scripted([modelStall(step.events.slice(0, 2))]));
      await read(result, () => true);
      await settled(result);
    },
    'run deadline': (stage) => stage.seen(scripted([modelStall()]), 'Hi', { timeouts: { runMs: 10 } }),
    'body cancelled': async (stage) => {
      const result = await stage.stream(scripted([modelStall(step.events.slice(0, 2))]));
      const reader = result.toTextStream().getReader();
      await reader.read();
      await reader.cancel();
      await settled(result);
    },
    'never read': async (stage) => settled(await stage.stream(scripted([step]))),
  };
  on.for(Object.entries(exits))(
    '[E83] begin and end once, and all spans end before: %s',
    async ([, leave], { stage }) => {
      await leave(stage);
      const calls = stage.trace.calls.map((entry) => entry.call);
      expect([calls.at(0), calls.at(-1)]).toEqual(['traceStart', 'traceEnd']);
      expect(calls.filter((one) => one === 'traceStart' || one === 'traceEnd')).toHaveLength(2);
      expect(calls.filter((one) => one === 'spanStart')).toHaveLength(calls.filter((one) => one === 'spanEnd').length);
    },
  );

  on(
    '[E84] two runs are two traces; runs inside a trace of their caller share it and leave its end alone',
    async ({ stage }) => {
      const agent = (): ReturnType<typeof scripted> => scripted([step]);
      await stage.seen(agent());
      await stage.seen(agent());
      expect(new Set(stage.trace.spans.map(({ traceId }) => traceId)).size).toBe(2);
      expect([stage.trace.traceStarts, stage.trace.traceEnds]).toEqual([2, 2]);
      stage.trace.reset();
      await withTrace('Around', async () => {
        await stage.seen(agent());
        await stage.whole(agent());
        expect([stage.trace.traceStarts, stage.trace.traceEnds]).toEqual([1, 0]);
      });
      expect([stage.trace.traceStarts, stage.trace.traceEnds, stage.spans('task').length]).toEqual([1, 1, 2]);
      expect(new Set(stage.trace.spans.map(({ traceId }) => traceId)).size).toBe(1);
    },
  );

  on(
    '[E86] every span ends before its trace, an agent’s after a slow guardrail and a slow model',
    async ({ stage }) => {
      const slow = inputGuard(false, { name: 'slow', afterMs: 30 });
      await stage.seen(scripted([step], { inputGuardrails: [slow] }));
      const ends = stage.trace.calls.map((entry) => `${entry.call} ${'span' in entry ? label(entry.span) : ''}`);
      expect(ends.indexOf('spanEnd guardrail slow')).toBeLessThan(ends.indexOf('spanEnd agent Alpha'));
      expect(ends.indexOf('spanEnd generation')).toBeLessThan(ends.indexOf('spanEnd agent Alpha'));
      expect(ends.slice(-3)).toEqual(['spanEnd agent Alpha', 'spanEnd task', 'traceEnd ']);
    },
  );
});

describe('the tree of a run', () => {
  const tools = [weather()];
  const guarded = {
    inputGuardrails: [inputGuard(false, { name: 'in', blocking: true })],
    outputGuardrails: [outputGuard(false, { name: 'out' })],
  };

  on('[E85] task, agent, turn, and below it what the turn did', async ({ stage }) => {
    await stage.seen(scripted(toolScript(), { tools, ...guarded }));
    const expected = [
      ...[
        'task',
        ' agent Alpha',
        '  turn 1',
        '   generation',
        '   function weather',
        '  guardrail in',
        '  turn 2',
        '   generation',
        '  guardrail out',
      ],
    ];
    expect(tree(stage)).toEqual(expected);
    stage.trace.reset();
    await stage.whole(scripted(toolScript(), { tools, ...guarded }));
    expect(tree(stage)).toEqual(expected);
  });

  on('[E85] without the spans of task and turns', async ({ stage }) => {
    await stage.seen(scripted(toolScript(), { tools }), 'Hi', { tracing: { includeTaskAndTurnSpans: false } });
    expect(tree(stage)).toEqual(['agent Alpha', ' generation', ' function weather', ' generation']);
    expect(stage.trace.spans.at(-1)?.parentId).toBeNull();
  });

  on('[E87] a handoff: a span that says from where to where, and an agent’s span for each', async ({ stage }) => {
    await stage.seen(triage([[toBilling()]]).triage);
    expect(tree(stage)).toEqual([
      ...['task', ' agent Triage', '  turn 1', '   generation', '   handoff Triage > Billing'],
      ...[' agent Billing', '  turn 2', '   generation'],
    ]);
  });

  on('[E85] says who answered with what, and how much it used', async ({ stage }) => {
    await stage.seen(scripted([modelResponse({ output: [assistantMessage('Hi.')], usage: usageOf(7, 3) })]));
    expect(stage.spans('generation')[0]?.spanData.usage).toEqual({ input_tokens: 7, output_tokens: 3 });
    expect(stage.spans('agent')[0]?.spanData).toMatchObject({
      name: 'Alpha',
      tools: [],
      handoffs: [],
      output_type: 'text',
    });
  });
});

describe('without tracing', () => {
  const offs: Record<string, (run: () => Promise<unknown>) => Promise<unknown>> = {
    environment: (run) => {
      vi.stubEnv('TAILRACE_DISABLE_TRACING', '1');
      return run();
    },
    'environment, by the other name': (run) => {
      vi.stubEnv('OPENAI_AGENTS_DISABLE_TRACING', 'true');
      return run();
    },
    'a disabled trace around it': (run) => withTrace('Off', run, { disabled: true }),
    process: async (run) => {
      setTracingDisabled(true);
      await run();
      setTracingDisabled(false);
    },
  };
  on.for([...Object.entries(offs), ['run', undefined] as const])(
    '[E95] there are no spans, and the same results: off by %s',
    async ([, off], { stage }) => {
      const once = (tracingDisabled = false) =>
        stage.seen(
          scripted(toolScript(), { tools: [weather()], inputGuardrails: [inputGuard(false)] }),
          'Hi',
          {},
          { tracingDisabled },
        );
      const traced = await once();
      expect(stage.trace.spans.length).toBeGreaterThan(5);
      stage.trace.reset();
      let untraced: typeof traced | undefined;
      const work = async (): Promise<void> => void (untraced = await once(off === undefined));
      await (off ? off(work) : work());
      expect(stage.trace.calls).toEqual([]);
      expect(stage.log().filter(({ type }) => type.startsWith('span.'))).toEqual([]);
      expect(JSON.stringify(untraced?.events)).toEqual(JSON.stringify(traced.events));
      expect(untraced?.result.finalOutput).toBe('Sunny.');
    },
  );
});

describe('several at once', () => {
  on('[E104] concurrent runs never mix their spans', async ({ stage }) => {
    const names = Array.from({ length: 20 }, (_, index) => `Agent${index}`);
    const gate = new Moment();
    await Promise.all([
      ...names.map((name, index) => {
        const slow = weather(async () => (await gate.reached, await wait(index % 3), name), `tool_${name}`);
        const script = [[call('c1', { city: name }, `tool_${name}`)], [assistantMessage(name)]];
        return stage.seen(
          scripted(script, {
            name,
            tools: [slow],
            inputGuardrails: [inputGuard(false, { name: `guard_${name}`, afterMs: 2 })],
          }),
        );
      }),
      wait(10).then(() => gate.reach()),
    ]);
    const byTrace = Map.groupBy(stage.trace.spans, ({ traceId }) => traceId);
    expect(byTrace.size).toBe(20);
    for (const spans of byTrace.values()) {
      const [agent] = spans.flatMap(({ spanData }) => (spanData.type === 'agent' ? [spanData.name] : []));
      const kinds = spans.map(({ spanData }) => spanData.type).toSorted();
      expect(kinds).toEqual(['agent', 'function', 'generation', 'generation', 'guardrail', 'task', 'turn', 'turn']);
      for (const { spanData } of spans) {
        if (spanData.type === 'function' || spanData.type === 'guardrail')
          expect(spanData.name).toMatch(new RegExp(`_${agent}$`));
      }
    }
  });
});
