import type { SpanRecord, TraceRecord, TracingProcessor } from '../../port/tracing.ts';
import { fanOut, tell } from './tell.ts';

/** Several processors as one. None of them hears of another's failure, and none is waited for but to flush and to stop. */
export class MultiTracingProcessor implements TracingProcessor {
  #processors: readonly TracingProcessor[] = [];
  readonly #sink: ReturnType<typeof fanOut> = fanOut(() => this.#processors);

  start(): void {
    for (const processor of this.#processors) tell(processor, (p) => p.start?.());
  }

  addTraceProcessor(processor: TracingProcessor): void {
    this.#processors = [...this.#processors, processor];
  }

  /** Replaces all of them. Those that go are shut down, in the background. */
  setProcessors(processors: readonly TracingProcessor[]): void {
    const before = this.#processors;
    this.#processors = [...processors];
    for (const old of before) if (!processors.includes(old)) tell(old, (p) => p.shutdown());
  }

  onTraceStart(trace: TraceRecord): void {
    this.#sink.onTraceStart(trace);
  }

  onTraceEnd(trace: TraceRecord): void {
    this.#sink.onTraceEnd(trace);
  }

  onSpanStart(span: SpanRecord): void {
    this.#sink.onSpanStart(span);
  }

  onSpanEnd(span: SpanRecord): void {
    this.#sink.onSpanEnd(span);
  }

  /** Never rejects: what a processor could not send is its own concern. */
  async shutdown(timeoutMs?: number): Promise<void> {
    await Promise.allSettled(this.#processors.map(async (processor) => processor.shutdown(timeoutMs)));
  }

  /** Never rejects. */
  async forceFlush(): Promise<void> {
    await Promise.allSettled(this.#processors.map(async (processor) => processor.forceFlush()));
  }
}
