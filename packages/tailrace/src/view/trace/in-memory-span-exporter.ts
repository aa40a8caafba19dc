import type { SpanRecord, TraceRecord, TracingExporter } from '../../port/tracing.ts';

/** Keeps what it is given, in order. For tests: it never forgets. */
export class InMemorySpanExporter implements TracingExporter {
  readonly traces: TraceRecord[] = [];
  readonly spans: SpanRecord[] = [];

  export(items: (TraceRecord | SpanRecord)[]): Promise<void> {
    for (const item of items) {
      if (item.type === 'trace') this.traces.push(item);
      else this.spans.push(item);
    }
    return Promise.resolve();
  }

  reset(): void {
    this.traces.length = 0;
    this.spans.length = 0;
  }
}
