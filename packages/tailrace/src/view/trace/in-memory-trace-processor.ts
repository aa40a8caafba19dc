import type { SpanRecord, TraceRecord, TracingProcessor } from '../../port/tracing.ts';

/** One call of a processor. */
export type TraceCall =
  | { call: 'traceStart' | 'traceEnd'; trace: TraceRecord }
  | { call: 'spanStart' | 'spanEnd'; span: SpanRecord };

/** Keeps every call it gets, in order. For tests: it never forgets. */
export class InMemoryTraceProcessor implements TracingProcessor {
  readonly calls: TraceCall[] = [];
  /** Ended spans, in the order of their ends. */
  readonly spans: SpanRecord[] = [];
  readonly openSpans: Set<SpanRecord> = new Set();
  readonly openTraces: Set<TraceRecord> = new Set();
  traceStarts = 0;
  traceEnds = 0;
  spanStarts = 0;

  onTraceStart(trace: TraceRecord): void {
    this.traceStarts += 1;
    this.openTraces.add(trace);
    this.calls.push({ call: 'traceStart', trace });
  }

  onTraceEnd(trace: TraceRecord): void {
    this.traceEnds += 1;
    this.openTraces.delete(trace);
    this.calls.push({ call: 'traceEnd', trace });
  }

  onSpanStart(span: SpanRecord): void {
    this.spanStarts += 1;
    this.openSpans.add(span);
    this.calls.push({ call: 'spanStart', span });
  }

  onSpanEnd(span: SpanRecord): void {
    this.openSpans.delete(span);
    this.spans.push(span);
    this.calls.push({ call: 'spanEnd', span });
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  reset(): void {
    this.calls.length = 0;
    this.spans.length = 0;
    this.openSpans.clear();
    this.openTraces.clear();
    this.traceStarts = 0;
    this.traceEnds = 0;
    this.spanStarts = 0;
  }
}
