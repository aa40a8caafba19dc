import type { RunEvent, RunEventBody, RunStarted } from '../../../src/event/run-event.ts';
import type { SpanData } from '../../../src/event/span-data.ts';
import { withLive } from '../../../src/event/live.ts';
import type { SpanEventBody } from '../../../src/port/trace-scope.ts';
import type { TraceCall } from '../../../src/view/trace/in-memory-trace-processor.ts';

/** 2026-01-01, and then a millisecond an event. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

export const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

export function started(more: Partial<RunStarted> = {}): RunEventBody {
  return {
    type: 'run.started',
    v: 1,
    agent: 'a',
    input: 'hi',
    maxTurns: 10,
    workflowName: 'Flow',
    traceId: 'trace_1',
    ...more,
  };
}

export function open(span: string, parent?: string, data: SpanData = { type: 'agent', name: span }): RunEventBody {
  return { type: 'span.started', span, ...(parent === undefined ? {} : { parent }), data };
}

export function close(span: string, more: { data?: SpanData; error?: { message: string } } = {}): RunEventBody {
  return { type: 'span.ended', span, ...more };
}

export const completed: RunEventBody = { type: 'run.completed', agent: 'a', output: 'ok', usage };
export const failed: RunEventBody = {
  type: 'run.failed',
  error: { name: 'E', code: 'UNEXPECTED', message: 'no', retryable: false },
  usage,
};
export const cancelled: RunEventBody = { type: 'run.cancelled', reason: 'enough', mode: 'immediate', usage };
export const suspended: RunEventBody = { type: 'run.suspended', waitsFor: 'approval' };
export const resumed: RunEventBody = { type: 'run.resumed', by: 'approval' };

export function log(...bodies: RunEventBody[]): RunEvent[] {
  return bodies.map((body, seq) => ({ run: 'run_1', seq, epoch: 1, at: EPOCH_MS + seq, ...body }));
}

/** A span of user code as the log commits it: with its object beside it. */
export function committed(body: SpanEventBody, seq: number, live: unknown): RunEvent {
  return withLive({ run: 'run_1', seq, epoch: 1, at: EPOCH_MS + seq, ...body }, live);
}

/** Calls as text: `trace+ Flow`, `span- a`. */
export function told(calls: readonly TraceCall[]): string[] {
  return calls.map((each) => {
    const mark = each.call.endsWith('Start') ? '+' : '-';
    return 'trace' in each ? `trace${mark} ${each.trace.name}` : `span${mark} ${nameOf(each.span.spanData)}`;
  });
}

function nameOf(data: SpanData): string {
  return 'name' in data ? data.name : data.type;
}
