import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { liveOf } from '../../../src/event/live.ts';
import type { RunEvent } from '../../../src/event/run-event.ts';
import type { TracingProcessor } from '../../../src/port/tracing.ts';
import { traceCarrier, type SpanEventBody, type TraceScope } from '../../../src/port/trace-scope.ts';
import { InMemoryTraceProcessor } from '../../../src/view/trace/in-memory-trace-processor.ts';
import { getCurrentSpan, getCurrentTrace } from '../../../src/view/trace/current.ts';
import { createCustomSpan, withCustomSpan } from '../../../src/view/trace/span-kinds.ts';
import { Trace } from '../../../src/view/trace/trace.ts';
import { traceView, type TraceView } from '../../../src/view/trace/trace-view.ts';
import {
  cancelled,
  close,
  committed,
  completed,
  EPOCH_MS,
  failed,
  log,
  open,
  resumed,
  started,
  suspended,
  told,
} from './hand-made-log.ts';

function watched(options?: { trace?: Trace }): { seen: InMemoryTraceProcessor; view: TraceView } {
  const seen = new InMemoryTraceProcessor();
  return { seen, view: traceView(() => [seen], options) };
}

const tree = [
  started(),
  open('task'),
  open('agent', 'task'),
  open('turn', 'agent'),
  open('call', 'turn'),
  close('call'),
  close('turn'),
  close('agent'),
  close('task'),
];

describe('the trace of a run', () => {
  it.each([
    ['completed', completed],
    ['failed', failed],
    ['cancelled', cancelled],
  ])('opens and ends once when the run is %s', (_name, end) => {
    const { seen, view } = watched();
    view(log(...tree, end));
    expect(told(seen.calls)).toEqual([
      'trace+ Flow',
      'span+ task',
      'span+ agent',
      'span+ turn',
      'span+ call',
      'span- call',
      'span- turn',
      'span- agent',
      'span- task',
      'trace- Flow',
    ]);
  });

  it('says the same however the log is cut into batches', () => {
    const events = log(...tree, completed);
    const whole = watched();
    whole.view(events);
    for (let cut = 0; cut <= events.length; cut++) {
      const torn = watched();
      torn.view(events.slice(0, cut));
      torn.view(events.slice(cut));
      expect(told(torn.seen.calls)).toEqual(told(whole.seen.calls));
    }
  });

  it('ends what the log left open, children first, wherever the run is cut off', () => {
    for (let cut = 1; cut <= tree.length; cut++) {
      const { seen, view } = watched();
      view(log(...tree.slice(0, cut), cancelled));
      const starts = told(seen.calls).filter((call) => call.startsWith('span+'));
      expect(seen.spans).toHaveLength(starts.length);
      expect(seen.openSpans.size).toBe(0);
      expect(seen.traceEnds).toBe(1);
      expect(told(seen.calls).at(-1)).toBe('trace- Flow');
      const ended = seen.spans.map((span) => span.spanId);
      for (const span of seen.spans) {
        if (span.parentId !== null) expect(ended.indexOf(span.spanId)).toBeLessThan(ended.indexOf(span.parentId));
      }
      expect(seen.spans.every((span) => span.endedAt !== null)).toBe(true);
    }
  });

  it('ends open children before a parent that ends', () => {
    const { seen, view } = watched();
    view(
      log(started(), open('tool'), open('inner', 'tool'), open('innermost', 'inner'), close('tool'), close('inner')),
    );
    expect(seen.spans.map((span) => span.spanId)).toEqual(['innermost', 'inner', 'tool']);
  });

  it('takes nothing after the end', () => {
    const { seen, view } = watched();
    view(log(started(), completed, open('late'), close('late'), failed));
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'trace- Flow']);
  });

  it('is not there when tracing is off', () => {
    const { seen, view } = watched();
    const { traceId: _, ...off } = started() as { traceId?: string } & ReturnType<typeof started>;
    view(log(off, open('a'), close('a'), suspended, resumed, open('b'), completed));
    expect(seen.calls).toEqual([]);
    expect(view.trace).toBeUndefined();
  });

  it('neither begins nor ends a trace that the run joined', () => {
    const trace = new Trace({ traceId: 'trace_1', name: 'Outer' });
    const { seen, view } = watched({ trace });
    view(log(started({ traceJoined: true }), open('a', 'span_outer'), close('a'), completed));
    expect(told(seen.calls)).toEqual(['span+ a', 'span- a']);
    expect(seen.spans[0]?.parentId).toBe('span_outer');
    expect(view.trace).toBe(trace);
  });

  it('has the wire form of the OpenAI traces API', () => {
    const { seen, view } = watched();
    view(
      log(
        started({ groupId: 'g', traceMetadata: { k: 'v' } }),
        open('t', undefined, { type: 'task', name: 'Flow' }),
        open('f', 't', { type: 'function', name: 'add', input: '', output: '' }),
        close('f', { data: { type: 'function', name: 'add', input: '1', output: '2' }, error: { message: 'bad' } }),
        close('t'),
        completed,
      ),
    );
    expect(view.trace?.toJSON()).toEqual({
      object: 'trace',
      id: 'trace_1',
      workflow_name: 'Flow',
      group_id: 'g',
      metadata: { k: 'v' },
    });
    expect(seen.spans.map((span) => span.toJSON())).toEqual([
      {
        object: 'trace.span',
        id: 'f',
        trace_id: 'trace_1',
        parent_id: 't',
        started_at: new Date(EPOCH_MS + 2).toISOString(),
        ended_at: new Date(EPOCH_MS + 3).toISOString(),
        span_data: { type: 'function', name: 'add', input: '1', output: '2' },
        error: { message: 'bad' },
      },
      {
        object: 'trace.span',
        id: 't',
        trace_id: 'trace_1',
        parent_id: null,
        started_at: new Date(EPOCH_MS + 1).toISOString(),
        ended_at: new Date(EPOCH_MS + 4).toISOString(),
        span_data: { type: 'custom', name: 'task', data: { sdk_span_type: 'task', name: 'Flow' } },
        error: null,
      },
    ]);
  });
});

describe('segments', () => {
  const first = [started(), open('a'), close('a'), suspended];
  const second = [resumed, open('b'), close('b'), completed];

  it('end the trace each, and start it once', () => {
    const { seen, view } = watched();
    view(log(...first, ...second));
    expect(told(seen.calls)).toEqual([
      'trace+ Flow',
      'span+ a',
      'span- a',
      'trace- Flow',
      'span+ b',
      'span- b',
      'trace- Flow',
    ]);
  });

  it('go on in another process, which is told nothing twice', () => {
    const events = log(...first, ...second);
    const { seen, view } = watched();
    view.restore(events.slice(0, first.length));
    expect(seen.calls).toEqual([]);
    view(events.slice(first.length));
    expect(told(seen.calls)).toEqual(['span+ b', 'span- b', 'trace- Flow']);
    expect(seen.spans[0]?.traceId).toBe('trace_1');
  });

  it('whose writer crashed are begun again and ended by who takes over', () => {
    const events = log(started(), open('a'), open('b', 'a'), resumed, close('b'), close('a'), completed);
    const { seen, view } = watched();
    view.restore(events.slice(0, 3));
    view(events.slice(3));
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'span+ a', 'span+ b', 'span- b', 'span- a', 'trace- Flow']);
    expect(seen.spans[0]?.startedAt).toBe(new Date(EPOCH_MS + 2).toISOString());
  });

  it('whose writer left them go on without a word twice', () => {
    const events = log(started(), open('a'), open('b', 'a'), close('b'), resumed, close('a'), completed);
    const { seen, view } = watched();
    view.restore(events.slice(0, 4), 4);
    expect(seen.calls).toEqual([]);
    view(events.slice(4));
    expect(told(seen.calls)).toEqual(['span- a', 'trace- Flow']);
  });

  it('whose writer crashed may not have told of them: all of that segment is told again', () => {
    const events = log(...first, resumed, open('b'), open('c', 'b'), close('c'), resumed, close('b'), completed);
    const { seen, view } = watched();
    view.restore(events.slice(0, first.length + 4));
    expect(told(seen.calls)).toEqual(['span+ b', 'span+ c', 'span- c']);
    view(events.slice(first.length + 4));
    const all = ['span+ b', 'span+ c', 'span- c', 'span- b', 'trace- Flow'];
    expect(told(seen.calls)).toEqual(all);
    const after = watched();
    after.view.restore(events);
    expect(told(after.seen.calls)).toEqual(all);
  });
});

describe('a processor', () => {
  const bad = (fail: () => Promise<void> | void): TracingProcessor => ({
    onTraceStart: fail,
    onTraceEnd: fail,
    onSpanStart: fail,
    onSpanEnd: fail,
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  });

  it.each<[string, () => Promise<void> | void]>([
    [
      'throws',
      () => {
        throw new Error('observer');
      },
    ],
    [
      'throws something that has no text',
      () => {
        throw Object.create(null);
      },
    ],
    ['rejects', () => Promise.reject(new Error('observer'))],
    ['never settles', () => new Promise(() => {})],
    [
      'returns a trap',
      () =>
        // oxlint-disable-next-line no-thenable -- a trap is what it is
        Object.defineProperty({}, 'then', {
          get() {
            throw new Error('trap');
          },
        }) as never,
    ],
  ])('that %s changes nothing for the others', async (_name, fail) => {
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    const seen = new InMemoryTraceProcessor();
    const view = traceView(() => [bad(fail), seen]);
    view(log(...tree, completed));
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', onRejection);
    expect(seen.traceEnds).toBe(1);
    expect(seen.spans).toHaveLength(4);
    expect(rejections).toEqual([]);
  });

  it('is told in any async context, and its own is not disturbed', async () => {
    const { seen, view } = watched();
    view(log(...tree).slice(0, 5));
    const elsewhere = new AsyncResource('elsewhere');
    elsewhere.runInAsyncScope(() => {
      traceCarrier.run({ traceId: 'trace_other', spanId: 'span_other' }, () => {
        view(log(...tree, completed).slice(5));
        expect(traceCarrier.current?.traceId).toBe('trace_other');
      });
    });
    expect(seen.traceEnds).toBe(1);
    expect(seen.openSpans.size).toBe(0);
    expect(traceCarrier.current).toBeUndefined();
  });

  it('that came in the middle of a run sees none of it', () => {
    const processors: TracingProcessor[] = [];
    const view = traceView(() => [...processors]);
    view(log(started(), open('a')));
    const late = new InMemoryTraceProcessor();
    processors.push(late);
    view(log(started(), open('a'), close('a'), completed).slice(2));
    expect(late.calls).toEqual([]);
  });
});

describe('user code inside a run', () => {
  /** What the loop does: commits what user code emits and gives it to the view. */
  function loop(): { view: TraceView; seen: InMemoryTraceProcessor; scope: TraceScope; events: RunEvent[] } {
    const { seen, view } = watched();
    const events = log(started(), open('tool', undefined, { type: 'function', name: 'tool', input: '', output: '' }));
    view(events);
    const scope: TraceScope = {
      traceId: 'trace_1',
      spanId: 'tool',
      emit: (body: SpanEventBody) => {
        const event = committed(body, events.length, liveOf(body));
        events.push(event);
        view([event]);
      },
      trace: view.trace!,
      span: () => view.spanOf('tool'),
    };
    return { view, seen, scope, events };
  }

  it('finds its trace and the span of its call', () => {
    const { view, scope } = loop();
    traceCarrier.run(scope, () => {
      expect(getCurrentTrace()).toBe(view.trace);
      expect(getCurrentSpan()?.spanData).toMatchObject({ name: 'tool' });
    });
    expect(getCurrentTrace()).toBeNull();
    expect(getCurrentSpan()).toBeNull();
  });

  it('writes its spans into the log, and processors get the same object', async () => {
    const { seen, scope, events } = loop();
    let mine: unknown;
    await traceCarrier.run(scope, () =>
      withCustomSpan(
        async (outer) => {
          mine = outer;
          await withCustomSpan((inner) => expect(getCurrentSpan()).toBe(inner), { data: { name: 'inner' } });
          expect(getCurrentSpan()).toBe(outer);
        },
        { data: { name: 'outer' } },
      ),
    );
    expect(events.slice(2).map((event) => event.type)).toEqual([
      'span.started',
      'span.started',
      'span.ended',
      'span.ended',
    ]);
    expect(events[2]).toMatchObject({ parent: 'tool', data: { type: 'custom', name: 'outer' } });
    expect(seen.spans.map((span) => span.parentId)).toEqual([(mine as { spanId: string }).spanId, 'tool']);
    expect(seen.spans[1]).toBe(mine);
  });

  it('cannot end the spans and the trace that the run opened', async () => {
    const { scope, seen, view } = loop();
    await traceCarrier.run(scope, async () => {
      getCurrentSpan()?.end();
      await getCurrentTrace()?.end();
    });
    expect(seen.spans).toEqual([]);
    view(log(started(), open('tool'), close('tool'), completed).slice(2));
    expect(told(seen.calls).slice(-2)).toEqual(['span- tool', 'trace- Flow']);
  });

  it('may set an error and data on the current span without touching the log', () => {
    const { scope, seen, view, events } = loop();
    traceCarrier.run(scope, () => {
      getCurrentSpan()?.setError({ message: 'mine' });
      Object.assign(getCurrentSpan()!.spanData, { name: 'renamed' });
    });
    view(log(started(), open('tool'), close('tool'), completed).slice(2));
    expect(seen.spans[0]?.error).toEqual({ message: 'mine' });
    expect(seen.spans[0]?.spanData).toMatchObject({ name: 'renamed' });
    expect(events[1]).toMatchObject({ data: { name: 'tool' } });
  });

  it('that forgets to end a span has it ended with the run, and its own end is then nothing', () => {
    const { scope, seen, view, events } = loop();
    const span = traceCarrier.run(scope, () => createCustomSpan({ data: { name: 'forgotten' } }));
    traceCarrier.run(scope, () => span.start());
    view(log(started(), open('tool'), completed).slice(2));
    expect(told(seen.calls).slice(-3)).toEqual(['span- forgotten', 'span- tool', 'trace- Flow']);
    const before = events.length;
    span.end();
    expect(events).toHaveLength(before);
  });

  it('puts only JSON into the log', async () => {
    const { scope, events } = loop();
    const circle: Record<string, unknown> = { n: 1n, fn: () => 1 };
    circle.self = circle;
    await traceCarrier.run(scope, () =>
      withCustomSpan(() => {}, { data: { name: 'odd', data: { circle, ok: 'yes' } } }),
    );
    expect(() => JSON.stringify(events)).not.toThrow();
    expect(events[2]).toMatchObject({ data: { type: 'custom', name: 'odd', data: { ok: 'yes' } } });
  });

  it('does not fail when the run takes no more events', async () => {
    const { scope } = loop();
    const over: TraceScope = {
      ...scope,
      emit: () => {
        throw new Error('the run is over');
      },
    };
    await expect(traceCarrier.run(over, () => withCustomSpan(() => 'fine', { data: { name: 'late' } }))).resolves.toBe(
      'fine',
    );
  });
});

it('forgets spans as they end', () => {
  const { view } = watched();
  const events = log(started(), open('a'), open('b', 'a'), close('b'), completed);
  view(events.slice(0, 3));
  expect(view.spanOf('b')?.spanId).toBe('b');
  view(events.slice(3, 4));
  expect(view.spanOf('b')).toBeUndefined();
  expect(view.spanOf('a')?.spanId).toBe('a');
  view(events.slice(4));
  expect(view.spanOf('a')).toBeUndefined();
});

it('costs at most 5 µs a span', () => {
  const spans = 20_000;
  const events = log(
    started(),
    open('root'),
    ...Array.from({ length: spans }, (_, n) => [open(`s${n}`, 'root'), close(`s${n}`)]).flat(),
  );
  let count = 0;
  const counting: TracingProcessor = {
    onTraceStart() {},
    onTraceEnd() {},
    onSpanStart() {},
    onSpanEnd: () => void (count += 1),
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  };
  const times = Array.from({ length: 5 }, () => {
    const view = traceView(() => [counting]);
    const began = performance.now();
    view(events);
    return ((performance.now() - began) * 1000) / spans;
  });
  expect(count).toBe(5 * spans);
  // The best of five: other work on the machine is not what is measured.
  expect(Math.min(...times)).toBeLessThan(5);
});
