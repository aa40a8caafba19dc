import type { SpanRecord, TraceRecord, TracingProcessor } from '../port/tracing.ts';

/** A trace processor that remembers, of each trace and span, how often it began and ended. */
export class TraceWitness implements TracingProcessor {
  readonly #traces = new Map<string, { name: string; starts: number; ends: number; over: boolean }>();
  readonly #open = new Map<string, SpanRecord>();
  readonly #wrong: string[] = [];

  onTraceStart(trace: TraceRecord): void {
    const known = this.#traces.get(trace.traceId);
    if (known) known.starts += 1;
    else this.#traces.set(trace.traceId, { name: trace.name, starts: 1, ends: 0, over: false });
  }

  onTraceEnd(trace: TraceRecord): void {
    const known = this.#traces.get(trace.traceId);
    if (known) {
      // The trace of a run that was suspended ends once a segment; a segment has spans.
      if (known.over) this.#wrong.push(`trace ${trace.traceId} ended again, with nothing in between`);
      known.ends += 1;
      known.over = true;
    } else this.#wrong.push(`trace ${trace.traceId} ended without having started`);
    for (const span of this.#open.values()) {
      if (span.traceId === trace.traceId) this.#wrong.push(`${label(span)} was open when its trace ended`);
    }
  }

  onSpanStart(span: SpanRecord): void {
    const { traceId, spanId } = span;
    const trace = this.#traces.get(traceId);
    if (trace) trace.over = false;
    else this.#wrong.push(`${label(span)} started outside of a known trace`);
    if (this.#open.has(spanId)) this.#wrong.push(`${label(span)} started twice`);
    this.#open.set(spanId, span);
  }

  onSpanEnd(span: SpanRecord): void {
    if (!this.#open.delete(span.spanId)) this.#wrong.push(`${label(span)} ended without being open`);
    for (const child of this.#open.values()) {
      if (child.parentId === span.spanId) this.#wrong.push(`${label(span)} ended before its child, ${label(child)}`);
    }
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  /** How many traces it was told of. */
  get traceCount(): number {
    return this.#traces.size;
  }

  knows(traceId: string): boolean {
    return this.#traces.has(traceId);
  }

  /** How many spans have begun and not ended. */
  get openSpans(): number {
    return this.#open.size;
  }

  /** What is wrong so far. A trace that was suspended has one start and one end a segment; every other one exactly one of each. */
  violations(): string[] {
    const wrong = [...this.#wrong];
    for (const [traceId, { name, starts, ends }] of this.#traces) {
      if (starts !== 1 || ends < 1) wrong.push(`trace ${traceId} '${name}' has ${starts} starts and ${ends} ends`);
    }
    for (const span of this.#open.values()) wrong.push(`${label(span)} is open`);
    return wrong;
  }
}

function label(span: SpanRecord): string {
  return `${span.spanData.type} span ${span.spanId}`;
}
