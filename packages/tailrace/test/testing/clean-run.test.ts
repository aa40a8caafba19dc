import { AssertionError } from 'node:assert';
import { describe, expect, it } from 'vitest';
import type { RunEvent, RunEventBody } from '../../src/event/run-event.ts';
import type { SpanRecord, TraceRecord } from '../../src/port/tracing.ts';
import { getGlobalTraceProvider } from '../../src/view/trace/provider.ts';
import { assertCleanRun, functionCall, logViolations, startCleanRunProbe } from '../../src/testing/index.ts';

const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const step = { step: '1:model', attempt: 1 };
const started: RunEventBody = {
  type: 'run.started',
  v: 1,
  agent: 'a',
  input: 'hi',
  maxTurns: 10,
  workflowName: 'w',
  traceId: 't',
};
const completed: RunEventBody = { type: 'run.completed', agent: 'a', output: '', usage };
const failed: RunEventBody = {
  type: 'run.failed',
  error: { name: 'E', code: 'UNEXPECTED', message: '', retryable: false },
  usage,
};
const open = (span: string, parent?: string): RunEventBody => ({
  type: 'span.started',
  span,
  ...(parent !== undefined && { parent }),
  data: { type: 'agent', name: span },
});
const close = (span: string): RunEventBody => ({ type: 'span.ended', span });
const call: RunEventBody = {
  type: 'item.added',
  kind: 'tool_call',
  agent: 'a',
  item: functionCall('f', {}, { callId: 'c' }),
};
const output: RunEventBody = {
  type: 'item.added',
  kind: 'tool_output',
  agent: 'a',
  item: { type: 'function_call_result', name: 'f', callId: 'c', status: 'completed', output: 'x' },
};
const called: RunEventBody = { type: 'model.called', agent: 'a', ...step };
const delta: RunEventBody = { type: 'model.delta', text: 'x', ...step };
const returned: RunEventBody = { type: 'model.returned', output: [], usage, streamed: true, ...step };

function log(...bodies: RunEventBody[]): RunEvent[] {
  return bodies.map((body, seq) => ({ run: 'r', seq, epoch: 1, at: 0, ...body }));
}

const whole = log(
  started,
  open('a'),
  open('b', 'a'),
  called,
  delta,
  returned,
  call,
  output,
  close('b'),
  close('a'),
  completed,
);

describe('logViolations', () => {
  it('finds nothing in a log that is right', () => {
    expect(logViolations(whole)).toEqual([]);
    expect(logViolations(log(started, call, failed))).toEqual([]);
  });

  it('finds every single event that is left out, but a delta', () => {
    for (const left of whole.keys()) {
      const bodies = whole.filter((_, index) => index !== left).map((event, seq) => ({ ...event, seq }));
      const wrong = logViolations(bodies);
      if (whole[left]?.type === 'model.delta') expect(wrong).toEqual([]);
      else expect([left, wrong]).not.toEqual([left, []]);
    }
  });

  it('finds every event that comes twice, but a delta', () => {
    for (const [index, event] of whole.entries()) {
      const bodies = [...whole.slice(0, index + 1), event, ...whole.slice(index + 1)].map((each, seq) => ({
        ...each,
        seq,
      }));
      if (event.type === 'model.delta' || event === whole[6]) continue;
      expect([index, logViolations(bodies)]).not.toEqual([index, []]);
    }
  });

  it('finds every gap and every other order of two neighbours that matters', () => {
    for (const index of whole.keys()) {
      if (index === whole.length - 1) continue;
      const gap = whole.map((event) => (event.seq > index ? { ...event, seq: event.seq + 1 } : event));
      expect(logViolations(gap)).toEqual([expect.stringContaining(`expected ${index + 1}`)]);
    }
    const childLast = log(started, open('a'), open('b', 'a'), close('a'), close('b'), completed);
    expect(logViolations(childLast)).toEqual([expect.stringContaining('ends before its child')]);
    expect(logViolations(log(started, completed, delta))).toHaveLength(2);
    expect(logViolations(log(started, output, call, completed))).toHaveLength(2);
    expect(logViolations([])).toEqual(['the log is empty']);
  });

  it('finds two ends', () => {
    expect(logViolations(log(started, failed, completed))).toEqual(['2 terminal events, at seq 1, 2']);
  });
});

describe('assertCleanRun', () => {
  it('reads whatever holds the log, page by page', async () => {
    const many = log(started, called, ...Array.from({ length: 2500 }, () => delta), returned, completed);
    const asked: number[] = [];
    const reader = {
      run: 'r',
      read: (from: number, limit: number) => {
        asked.push(from);
        return Promise.resolve(many.slice(from, from + limit));
      },
    };
    await assertCleanRun(reader);
    await assertCleanRun({ log: reader });
    expect(asked.slice(0, 3)).toEqual([0, 1000, 2000]);
    const broken = { ...reader, read: (from: number) => Promise.resolve(many.slice(from, -1)) };
    await expect(assertCleanRun(broken)).rejects.toThrow(/no terminal event/);
  });

  it('throws one AssertionError with everything', async () => {
    const error: unknown = await assertCleanRun(log(started, open('a'), call, completed)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(AssertionError);
    expect((error as Error).message).toMatch(/span a is open[^]*call c has no output/);
  });

  it('passes when what the run used is gone by then', async () => {
    const { signal } = new AbortController();
    const probe = startCleanRunProbe({ signal });
    const stop = (): void => undefined;
    signal.addEventListener('abort', stop);
    const timer = setTimeout(() => undefined, 10_000);
    setImmediate(() => {
      signal.removeEventListener('abort', stop);
      clearTimeout(timer);
    });
    await assertCleanRun(whole, probe);
  });

  it('finds timers and listeners that are left', async () => {
    const { signal } = new AbortController();
    const probe = startCleanRunProbe({ signal });
    signal.addEventListener('abort', () => undefined);
    const timer = setTimeout(() => undefined, 10_000);
    const error: unknown = await assertCleanRun(whole, probe).catch((thrown: unknown) => thrown);
    clearTimeout(timer);
    expect(String(error)).toMatch(/a timer is left, set at .*clean-run.test[^]*1 abort listeners left/);
  });

  it('finds traces and spans that are open, and ends in the wrong order', async () => {
    const trace = { type: 'trace', traceId: 't', name: 'w', groupId: null } as TraceRecord;
    const span = (spanId: string, parentId: string | null = null): SpanRecord =>
      ({ type: 'trace.span', traceId: 't', spanId, parentId, spanData: { type: 'agent', name: spanId } }) as SpanRecord;
    const clean = startCleanRunProbe();
    clean.traces.onTraceStart(trace);
    clean.traces.onSpanStart(span('a'));
    clean.traces.onSpanEnd(span('a'));
    clean.traces.onTraceEnd(trace);
    await assertCleanRun(whole, clean);

    const probe = startCleanRunProbe();
    probe.traces.onTraceStart({ ...trace, traceId: 'u' });
    probe.traces.onSpanStart(span('a'));
    probe.traces.onSpanStart(span('b', 'a'));
    probe.traces.onSpanEnd(span('a'));
    const error: unknown = await assertCleanRun(whole, probe, { settleMs: 0 }).catch((thrown: unknown) => thrown);
    for (const part of [
      /u 'w' has 1 starts and 0 ends/,
      /trace t of the run was never/,
      /a ended before its child/,
      /b is open/,
    ]) {
      expect(String(error)).toMatch(part);
    }
  });

  it('finds rejections that nobody handled', async () => {
    // The test runner listens too and would fail this test.
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const probe = startCleanRunProbe();
    void Promise.reject(new Error('forgotten'));
    const error: unknown = await assertCleanRun(whole, probe, { settleMs: 0 }).catch((thrown: unknown) => thrown);
    for (const listener of others) process.on('unhandledRejection', listener);
    expect(String(error)).toMatch(/unhandled rejection: Error: forgotten/);
  });

  it('stops listening to the process and to traces', async () => {
    const before = process.listenerCount('unhandledRejection');
    const probe = startCleanRunProbe();
    expect(process.listenerCount('unhandledRejection')).toBe(before + 1);
    expect(getGlobalTraceProvider().processors).toContain(probe.traces);
    await assertCleanRun(whole, probe);
    expect(process.listenerCount('unhandledRejection')).toBe(before);
    expect(getGlobalTraceProvider().processors).not.toContain(probe.traces);
  });
});
