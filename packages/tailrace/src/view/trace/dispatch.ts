/** Telling the processors of traces and spans that began or ended elsewhere: nothing about these changes. */
import type { SpanRecord, TraceRecord } from '../../port/tracing.ts';
import { getGlobalTraceProvider } from './provider.ts';
import { fanOut, tell } from './tell.ts';

const sink = fanOut(() => getGlobalTraceProvider().processors);

/** Tells the processors that the trace has begun, and that it has ended. */
export function dispatchTrace(trace: TraceRecord): Promise<void> {
  sink.onTraceStart(trace);
  sink.onTraceEnd(trace);
  return Promise.resolve();
}

/** Tells the processors that the span has begun, and that it has ended. */
export function dispatchSpan(span: SpanRecord): Promise<void> {
  sink.onSpanStart(span);
  sink.onSpanEnd(span);
  return Promise.resolve();
}

/** Tells the processors that the span has begun. */
export function dispatchSpanStart(span: SpanRecord): Promise<void> {
  sink.onSpanStart(span);
  return Promise.resolve();
}

/** Tells the processors that the span has ended. */
export function dispatchSpanEnd(span: SpanRecord): Promise<void> {
  sink.onSpanEnd(span);
  return Promise.resolve();
}

/** Starts the processors that have something to start. `BatchTraceProcessor` has not: it keeps a timer only while something waits. */
export function startTraceExportLoop(): void {
  for (const processor of getGlobalTraceProvider().processors) tell(processor, (p) => p.start?.());
}
