import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TracingProcessor } from '../../../src/port/tracing.ts';
import { traceCarrier } from '../../../src/port/trace-scope.ts';
import { getCurrentSpan, getCurrentTrace } from '../../../src/view/trace/current.ts';
import { InMemoryTraceProcessor } from '../../../src/view/trace/in-memory-trace-processor.ts';
import {
  addTraceProcessor,
  getGlobalTraceProvider,
  setTraceProcessors,
  setTracingDisabled,
} from '../../../src/view/trace/provider.ts';
import * as kinds from '../../../src/view/trace/span-kinds.ts';
import { NoopSpan, type Span } from '../../../src/view/trace/span.ts';
import { NoopTrace, Trace } from '../../../src/view/trace/trace.ts';
import { traceView } from '../../../src/view/trace/trace-view.ts';
import { getOrCreateTrace, withTrace } from '../../../src/view/trace/with-trace.ts';
import { close, completed, log, open, started, told } from './hand-made-log.ts';

const { createCustomSpan, withAgentSpan, withCustomSpan, withFunctionSpan } = kinds;
const seen = new InMemoryTraceProcessor();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeEach(() => {
  seen.reset();
  setTraceProcessors([seen]);
});
afterEach(() => {
  setTracingDisabled(false);
  setTraceProcessors([]);
});

/** A run as the loop does it: joins the scope it is started in, holds it, and lives for `ms`. */
async function fakeRun(ms: number): Promise<string | undefined> {
  const scope = traceCarrier.current;
  using _held = scope?.hold?.();
  if (scope !== undefined && scope.traceId === undefined) return undefined;
  const traceId = scope?.traceId ?? 'trace_1';
  const view = traceView(() => getGlobalTraceProvider().processors);
  const events = log(
    started({ traceId, ...(scope ? { traceJoined: true } : {}) }),
    open('run', scope?.spanId),
    close('run'),
    completed,
  );
  view(events.slice(0, 2));
  await sleep(ms);
  view(events.slice(2));
  return traceId;
}

describe('withTrace', () => {
  it('opens a trace around its callback and passes the result on', async () => {
    const result = await withTrace(
      'Flow',
      (trace) => {
        expect(getCurrentTrace()).toBe(trace);
        return 42;
      },
      { groupId: 'g', metadata: { k: 'v' } },
    );
    expect(result).toBe(42);
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'trace- Flow']);
    const [first] = seen.calls;
    expect(first && 'trace' in first && first.trace.toJSON()).toMatchObject({ group_id: 'g', metadata: { k: 'v' } });
    expect(getCurrentTrace()).toBeNull();
  });

  it('throws what the callback throws, itself, and ends the trace', async () => {
    const error = new Error('mine');
    await expect(withTrace('Flow', () => Promise.reject(error))).rejects.toBe(error);
    await expect(
      withTrace('Flow', () => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'trace- Flow', 'trace+ Flow', 'trace- Flow']);
  });

  it('takes a trace that was made before, started or not', async () => {
    const trace = getGlobalTraceProvider().createTrace({ name: 'Made' });
    await trace.start();
    await withTrace(trace, (inside) => expect(inside).toBe(trace));
    await trace.end();
    expect(told(seen.calls)).toEqual(['trace+ Made', 'trace- Made']);
  });

  it('is shared by the runs inside, which do not end it', async () => {
    const ids = await withTrace('Flow', async (trace) => [trace.traceId, await fakeRun(0), await fakeRun(0)]);
    expect(new Set(ids).size).toBe(1);
    expect(told(seen.calls)).toEqual([
      'trace+ Flow',
      'span+ run',
      'span- run',
      'span+ run',
      'span- run',
      'trace- Flow',
    ]);
  });

  it('ends after a run that outlives the callback, and does not wait for it', async () => {
    const { running } = await withTrace('Flow', () => ({ running: fakeRun(20) }));
    expect(seen.traceEnds).toBe(0);
    await running;
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'span+ run', 'span- run', 'trace- Flow']);
  });

  it('ends a span after the run that was started in it', async () => {
    const { running } = await withTrace('Flow', () =>
      withCustomSpan(() => ({ running: fakeRun(10) }), { data: { name: 'outer' } }),
    );
    await running;
    expect(told(seen.calls).slice(-3)).toEqual(['span- run', 'span- outer', 'trace- Flow']);
  });

  it('is its own inside another', async () => {
    await withTrace('Outer', async (outer) => {
      await withTrace('Inner', (inner) => expect(inner.traceId).not.toBe(outer.traceId));
      expect(getCurrentTrace()).toBe(outer);
    });
    expect(told(seen.calls)).toEqual(['trace+ Outer', 'trace+ Inner', 'trace- Inner', 'trace- Outer']);
  });

  it('keeps concurrent traces apart', async () => {
    await Promise.all(
      ['A', 'B', 'C'].map((name, index) =>
        withTrace(name, async (trace) => {
          await sleep(3 - index);
          await withCustomSpan(
            async (span) => {
              await sleep(index);
              expect(span.traceId).toBe(trace.traceId);
              expect(getCurrentTrace()).toBe(trace);
            },
            { data: { name } },
          );
        }),
      ),
    );
    expect(seen.traceEnds).toBe(3);
    expect(seen.openTraces.size).toBe(0);
  });

  it('ends from a foreign async context, once, and leaves nothing current', async () => {
    const elsewhere = AsyncLocalStorage.snapshot();
    let finish!: () => void;
    const done = withTrace('Flow', () => new Promise<void>((resolve) => (finish = resolve)));
    elsewhere(() => finish());
    await done;
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'trace- Flow']);
    expect(getCurrentTrace()).toBeNull();
  });

  it('ends spans that were left open, children first', async () => {
    await withTrace('Flow', () => {
      const outer = createCustomSpan({ data: { name: 'outer' } });
      outer.start();
      const inner = createCustomSpan({ data: { name: 'inner' } }, outer);
      inner.start();
    });
    expect(told(seen.calls)).toEqual([
      'trace+ Flow',
      'span+ outer',
      'span+ inner',
      'span- inner',
      'span- outer',
      'trace- Flow',
    ]);
  });

  it('that has ended takes no more spans', async () => {
    let late!: () => Promise<unknown>;
    await withTrace('Flow', () => {
      late = AsyncLocalStorage.bind(() => withCustomSpan((span) => span, { data: { name: 'late' } }));
    });
    expect(await late()).toBeInstanceOf(NoopSpan);
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'trace- Flow']);
  });
});

describe('getOrCreateTrace', () => {
  it('stays in the trace there is', async () => {
    await withTrace('Flow', (trace) => getOrCreateTrace(() => expect(getCurrentTrace()).toBe(trace)));
    expect(seen.traceStarts).toBe(1);
  });

  it('opens one where there is none', async () => {
    await getOrCreateTrace(() => expect(getCurrentTrace()).toBeInstanceOf(Trace), { name: 'New' });
    expect(told(seen.calls)).toEqual(['trace+ New', 'trace- New']);
  });
});

describe('spans of user code', () => {
  it('are a tree', async () => {
    await withTrace('Flow', () =>
      withAgentSpan(
        async () => {
          await withFunctionSpan(() => {}, { data: { name: 'f' } });
          await withCustomSpan(() => {}, { data: { name: 'c' } });
        },
        { data: { name: 'a' } },
      ),
    );
    expect(told(seen.calls)).toEqual([
      'trace+ Flow',
      'span+ a',
      'span+ f',
      'span- f',
      'span+ c',
      'span- c',
      'span- a',
      'trace- Flow',
    ]);
    const [f, c, a] = seen.spans;
    expect([f?.parentId, c?.parentId, a?.parentId]).toEqual([a?.spanId, a?.spanId, null]);
  });

  it('record what was thrown, and throw it on', async () => {
    const error = Object.assign(new Error('boom'), { data: { a: 1 } });
    await withTrace('Flow', async () => {
      await expect(withCustomSpan(() => Promise.reject(error), { data: { name: 'c' } })).rejects.toBe(error);
      const nothing: unknown = Object.create(null);
      await expect(
        withCustomSpan(
          () => {
            throw nothing;
          },
          { data: { name: 'd' } },
        ),
      ).rejects.toBe(nothing);
    });
    expect(seen.spans[0]?.error).toEqual({ message: 'boom', data: { a: 1 } });
    expect(seen.spans[1]?.error).not.toBeNull();
  });

  it('end before their parent even when nobody waits for them, and once', async () => {
    let floating: Promise<void> | undefined;
    await withTrace('Flow', async () => {
      await withCustomSpan(() => void (floating = withCustomSpan(() => sleep(5), { data: { name: 'in' } })), {
        data: { name: 'out' },
      });
    });
    await floating;
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'span+ out', 'span+ in', 'span- in', 'span- out', 'trace- Flow']);
  });

  it('belong to what is still open when their parent has ended', async () => {
    await withTrace('Flow', () =>
      withCustomSpan(
        async (outer) => {
          let after!: () => Span;
          await withCustomSpan(
            () => {
              after = AsyncLocalStorage.bind(() => createCustomSpan({ data: { name: 'after' } }));
            },
            { data: { name: 'ended' } },
          );
          expect(after().parentId).toBe(outer.spanId);
        },
        { data: { name: 'outer' } },
      ),
    );
  });

  it('do nothing outside of any trace, and switch nothing off there', async () => {
    const traceId = await withCustomSpan(
      (span) => {
        expect(span.toJSON()).toBeNull();
        return fakeRun(0);
      },
      { data: { name: 'c' } },
    );
    expect(traceId).toBe('trace_1');
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'span+ run', 'span- run', 'trace- Flow']);
  });

  it('start and end once however often they are told to', async () => {
    await withTrace('Flow', () => {
      const span = createCustomSpan({ data: { name: 'c' } });
      span.end();
      span.start();
      span.start();
      span.end();
      span.end();
    });
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'span+ c', 'span- c', 'trace- Flow']);
  });

  it('take an explicit parent of another trace', async () => {
    const other = getGlobalTraceProvider().createTrace({ name: 'Other' });
    await other.start();
    await withTrace('Flow', () =>
      withCustomSpan(
        async (span) => {
          expect(span.traceId).toBe(other.traceId);
          expect(traceCarrier.current?.traceId).toBe(other.traceId);
          expect(await fakeRun(0)).toBe(other.traceId);
        },
        { data: { name: 'c' } },
        other,
      ),
    );
    expect(seen.spans.map((span) => span.traceId)).toEqual([other.traceId, other.traceId]);
  });

  it.each([
    ['Agent', {}, { type: 'agent', name: 'Agent' }],
    ['Function', { name: 'f' }, { type: 'function', name: 'f', input: '', output: '' }],
    ['Generation', { model: 'm' }, { type: 'generation', model: 'm' }],
    ['Response', { response_id: 'r' }, { type: 'response', response_id: 'r' }],
    ['Handoff', { from_agent: 'a', to_agent: 'b' }, { type: 'handoff', from_agent: 'a', to_agent: 'b' }],
    ['Guardrail', { name: 'g' }, { type: 'guardrail', name: 'g', triggered: false }],
    ['Custom', { name: 'c' }, { type: 'custom', name: 'c', data: {} }],
    ['MCPListTools', { server: 's' }, { type: 'mcp_tools', server: 's' }],
    ['Task', { name: 't' }, { type: 'custom', name: 'task', data: { sdk_span_type: 'task', name: 't' } }],
    [
      'Turn',
      { turn: 2, agent_name: 'a' },
      { type: 'custom', name: 'turn', data: { sdk_span_type: 'turn', turn: 2, agent_name: 'a' } },
    ],
  ])('of kind %s come as a pair', async (kind, data, json) => {
    const all = kinds as unknown as Record<string, (...args: unknown[]) => unknown>;
    await withTrace('Flow', async (trace) => {
      const made = all[`create${kind}Span`]?.({ data }, trace) as Span;
      expect(made.toJSON()).toMatchObject({ trace_id: trace.traceId, parent_id: null, span_data: json });
      await all[`with${kind}Span`]?.((span: Span) => expect(getCurrentSpan()).toBe(span), { data });
    });
    expect(seen.spans.map((span) => span.toJSON())).toMatchObject([{ span_data: json, error: null }]);
  });
});

describe('tracing that is off', () => {
  /** A workflow with a span and a run; what it returns must not depend on tracing. */
  const flow = async (): Promise<unknown[]> => {
    const ran = await withCustomSpan(() => fakeRun(0), { data: { name: 'c' } });
    return [ran, getCurrentTrace()?.toJSON()];
  };

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'for the process',
      () => {
        setTracingDisabled(true);
        return withTrace('Flow', flow);
      },
    ],
    ['for a trace', () => withTrace('Flow', flow, { disabled: true })],
    ['for an outer trace', () => withTrace('Outer', () => withTrace('Flow', flow), { disabled: true })],
    [
      'around it, as in a run without traces,',
      () => traceCarrier.run({ traceId: undefined, spanId: undefined }, () => withTrace('Flow', flow)),
    ],
    ['through a trace that is nothing', () => withTrace(new NoopTrace(), flow)],
  ])('%s has no traces and no spans, and switches the runs inside off', async (_name, go) => {
    expect(await go()).toEqual([undefined, null]);
    expect(seen.calls).toEqual([]);
  });

  it.each(['OPENAI_AGENTS_DISABLE_TRACING', 'TAILRACE_DISABLE_TRACING'])(
    'through %s, read when asked',
    async (name) => {
      const { TraceProvider } = await import('../../../src/view/trace/provider.ts');
      const provider = new TraceProvider();
      expect(provider.disabled).toBe(false);
      vi.stubEnv(name, '1');
      expect(provider.disabled).toBe(true);
      expect(provider.createTrace()).toBeInstanceOf(NoopTrace);
      provider.setDisabled(false);
      expect(provider.disabled).toBe(false);
    },
  );

  it('for one span takes what is inside it along, and nothing else', async () => {
    await withTrace('Flow', async () => {
      await withCustomSpan(
        async () => {
          expect(await withCustomSpan(() => fakeRun(0), { data: { name: 'in' } })).toBeUndefined();
        },
        { data: { name: 'off' }, disabled: true },
      );
      await withCustomSpan(() => {}, { data: { name: 'on' } });
    });
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'span+ on', 'span- on', 'trace- Flow']);
  });
});

describe('the provider', () => {
  const stub = (more: Partial<TracingProcessor>): TracingProcessor => Object.assign(new InMemoryTraceProcessor(), more);

  it('starts processors that come and shuts down those that go', () => {
    const calls: string[] = [];
    const named = (name: string): TracingProcessor =>
      stub({
        start: () => void calls.push(`start ${name}`),
        shutdown: () => {
          calls.push(`stop ${name}`);
          return Promise.resolve();
        },
      });
    const [a, b] = [named('a'), named('b')];
    addTraceProcessor(a);
    setTraceProcessors([a, b]);
    setTraceProcessors([b]);
    expect(calls).toEqual(['start a', 'start b', 'stop a']);
  });

  it('flushes and shuts down within its deadline, whatever processors do', async () => {
    const calls: string[] = [];
    setTraceProcessors([
      stub({
        forceFlush: () => {
          throw new Error('sync');
        },
        shutdown: () => Promise.reject(new Error('async')),
      }),
      stub({ forceFlush: () => new Promise(() => {}), shutdown: () => new Promise(() => {}) }),
      stub({
        forceFlush: () => {
          calls.push('flushed');
          return Promise.resolve();
        },
        shutdown: (ms) => {
          calls.push(`shut down within ${ms}`);
          return Promise.resolve();
        },
      }),
    ]);
    const began = performance.now();
    await getGlobalTraceProvider().forceFlush(20);
    await getGlobalTraceProvider().shutdown(20);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(calls).toEqual(['flushed', 'shut down within 20']);
  });

  it('leaves no timer when processors are done before the deadline', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await getGlobalTraceProvider().forceFlush(60_000);
    await getGlobalTraceProvider().shutdown(60_000);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('never lets a processor into the way of user code', async () => {
    const explode = (): never => {
      throw new Error('observer');
    };
    setTraceProcessors([
      stub({ onTraceStart: explode, onTraceEnd: explode, onSpanStart: explode, onSpanEnd: explode, shutdown: explode }),
      seen,
    ]);
    await expect(withTrace('Flow', () => withCustomSpan(() => 'ok', { data: { name: 'c' } }))).resolves.toBe('ok');
    expect(told(seen.calls)).toEqual(['trace+ Flow', 'span+ c', 'span- c', 'trace- Flow']);
  });
});
