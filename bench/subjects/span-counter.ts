/** One in-memory processor for both SDKs: it keeps the spans, as a test or a small dashboard would. */
export class SpanCounter {
  spans: object[] = [];
  traces: object[] = [];

  async onTraceStart(trace: object): Promise<void> {
    this.traces.push(trace);
  }

  async onTraceEnd(): Promise<void> {}

  async onSpanStart(): Promise<void> {}

  async onSpanEnd(span: object): Promise<void> {
    this.spans.push(span);
  }

  async shutdown(): Promise<void> {}

  async forceFlush(): Promise<void> {}

  take(): number {
    const { length } = this.spans;
    this.spans = [];
    this.traces = [];
    return length;
  }
}
