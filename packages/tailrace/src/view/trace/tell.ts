import type { SpanRecord, TraceRecord, TracingProcessor } from '../../port/tracing.ts';
import { reasonOf } from './reason.ts';
import { warnOnce } from './warn-once.ts';

/** What a trace reports to. */
export interface TraceSink {
  onTraceStart(trace: TraceRecord): void;
  onTraceEnd(trace: TraceRecord): void;
}

/** What a span reports to. */
export interface SpanSink {
  onSpanStart(span: SpanRecord): void;
  onSpanEnd(span: SpanRecord): void;
}

/** Calls a processor and forgets it: what it throws, rejects or waits for reaches nobody but a warning. */
export function tell(processor: TracingProcessor, call: (processor: TracingProcessor) => unknown): void {
  try {
    const answer = call(processor);
    if (answer !== undefined) swallow(answer);
  } catch (error) {
    complain(error);
  }
}

function swallow(answer: unknown): void {
  if (typeof answer !== 'object' || answer === null) return;
  const { then } = answer as { then?: unknown };
  // The promise is nobody's: an observer may take as long as it likes.
  if (typeof then === 'function') then.call(answer, undefined, complain);
}

function complain(error: unknown): void {
  warnOnce(
    'TRACE_PROCESSOR_FAILED',
    `A trace processor failed: ${reasonOf(error)}. The runs go on; this is said once.`,
  );
}

/** A sink that tells every processor of the list, as it is at the time. */
export function fanOut(processors: () => readonly TracingProcessor[]): TraceSink & SpanSink {
  return new FanOut(processors);
}

// A class, not a literal with closures: each run that waits holds one.
class FanOut implements TraceSink, SpanSink {
  readonly #processors: () => readonly TracingProcessor[];

  constructor(processors: () => readonly TracingProcessor[]) {
    this.#processors = processors;
  }

  onTraceStart(trace: TraceRecord): void {
    for (const processor of this.#processors()) tell(processor, (p) => p.onTraceStart(trace));
  }

  onTraceEnd(trace: TraceRecord): void {
    for (const processor of this.#processors()) tell(processor, (p) => p.onTraceEnd(trace));
  }

  onSpanStart(span: SpanRecord): void {
    for (const processor of this.#processors()) tell(processor, (p) => p.onSpanStart(span));
  }

  onSpanEnd(span: SpanRecord): void {
    for (const processor of this.#processors()) tell(processor, (p) => p.onSpanEnd(span));
  }
}
