import { type TracingIdGenerator, TracingIds, tracingIds } from '../../base/tracing-ids.ts';
import type { SpanData } from '../../event/span-data.ts';
import type { SpanRecord, TracingProcessor } from '../../port/tracing.ts';
import { traceCarrier } from '../../port/trace-scope.ts';
import { getCurrentSpan, getCurrentTrace } from './current.ts';
import { logSink } from './log-sink.ts';
import { isSpan, NoopSpan, Span, spanLife, type SpanOptions } from './span.ts';
import { fanOut, tell, type SpanSink, type TraceSink } from './tell.ts';
import { NoopTrace, Trace, traceLife, type TraceOptions } from './trace.ts';

export type CreateSpanOptions<TData extends SpanData = SpanData> = Omit<SpanOptions<TData>, 'traceId'> & {
  /** Default: that of the parent. */
  traceId?: string;
  /** The span, and what happens inside it, is not traced. */
  disabled?: boolean;
};

export type TraceProviderOptions = {
  idGenerator?: Partial<TracingIdGenerator>;
};

/**
 * Who is told of traces and spans, and whether there are any. It starts with no processor: nothing leaves the process unless asked.
 */
export class TraceProvider {
  #processors: readonly TracingProcessor[] = [];
  #disabled: boolean | undefined;
  readonly #sink: TraceSink & SpanSink = fanOut(() => this.#processors);
  readonly #ids: TracingIds;

  constructor(options: TraceProviderOptions = {}) {
    const { idGenerator } = options;
    this.#ids = idGenerator instanceof TracingIds ? idGenerator : new TracingIds(idGenerator);
  }

  get processors(): readonly TracingProcessor[] {
    return this.#processors;
  }

  /** Without a `setDisabled`, the environment decides: `OPENAI_AGENTS_DISABLE_TRACING` or `TAILRACE_DISABLE_TRACING` set to `1` or `true`. */
  get disabled(): boolean {
    return this.#disabled ?? (isSet('OPENAI_AGENTS_DISABLE_TRACING') || isSet('TAILRACE_DISABLE_TRACING'));
  }

  setDisabled(disabled: boolean): void {
    this.#disabled = disabled;
  }

  registerProcessor(processor: TracingProcessor): void {
    this.#processors = [...this.#processors, processor];
    tell(processor, (p) => p.start?.());
  }

  /** Replaces all processors. Those that go are shut down, in the background. */
  setProcessors(processors: readonly TracingProcessor[]): void {
    const before = this.#processors;
    this.#processors = [...processors];
    for (const old of before) if (!processors.includes(old)) tell(old, (p) => p.shutdown(SHUTDOWN_MS));
    for (const added of processors) if (!before.includes(added)) tell(added, (p) => p.start?.());
  }

  getCurrentTrace(): Trace | null {
    return getCurrentTrace();
  }

  getCurrentSpan(): Span | null {
    return getCurrentSpan();
  }

  /** Ids by a generator of one's own from now on; without one, random ids again. */
  setIdGenerator(idGenerator?: Partial<TracingIdGenerator>): void {
    this.#ids.set(idGenerator);
  }

  generateTraceId(): string {
    return this.#ids.generateTraceId();
  }

  generateSpanId(): string {
    return this.#ids.generateSpanId();
  }

  /** A trace that its creator starts and ends. */
  createTrace(options: TraceOptions = {}): Trace {
    if (this.disabled) return new NoopTrace();
    return new Trace({ ...options, traceId: options.traceId ?? this.generateTraceId() }, this.#sink);
  }

  /** A span that its creator starts and ends; child of `parent`, else of the current span, else of the current trace. Outside all of them it does nothing. */
  createSpan<TData extends SpanData>(options: CreateSpanOptions<TData>, parent?: Span | Trace): Span<TData> {
    const { disabled, traceId: ownTraceId, parentId: ownParentId, ...rest } = options;
    const scope = traceCarrier.current;
    const above = parent ?? scope?.span?.() ?? scope?.trace;
    const traceId = ownTraceId ?? parent?.traceId ?? scope?.traceId;
    const trace = [parent, scope?.trace].find((each) => each instanceof Trace && each.traceId === traceId) as
      | Trace
      | undefined;
    const off = disabled === true || this.disabled || above instanceof NoopSpan || above instanceof NoopTrace;
    if (off || traceId === undefined || (trace && traceLife.ended(trace))) return new NoopSpan<TData>(options.data);

    // Code that goes on after its span has ended: its spans belong to what is still open above.
    const open = isSpan(above) ? spanLife.openFrom(above) : undefined;
    const parentId = ownParentId ?? (isSpan(above) || parent ? open?.spanId : scope?.spanId);
    const inRun = scope?.emit !== undefined && scope.traceId === traceId;
    const sink = inRun ? logSink(scope.emit) : this.#direct(trace);
    const place = {
      traceId,
      traceMetadata: trace?.metadata,
      tracingApiKey: trace?.tracingApiKey,
      ...(parentId !== undefined && { parentId }),
    };
    const spanId = rest.spanId ?? this.generateSpanId();
    return new Span<TData>({ ...rest, ...place, spanId }, sink, open?.spanId === parentId ? open : undefined);
  }

  /** Resolves when every processor has flushed, or after `timeoutMs`. Never rejects. */
  async forceFlush(timeoutMs: number = FLUSH_MS): Promise<void> {
    await this.#all(timeoutMs, (processor) => processor.forceFlush());
  }

  /** Resolves when every processor has stopped, or after `timeoutMs`. Never rejects. */
  async shutdown(timeoutMs: number = SHUTDOWN_MS): Promise<void> {
    await this.#all(timeoutMs, (processor) => processor.shutdown(timeoutMs));
  }

  async #all(timeoutMs: number, call: (processor: TracingProcessor) => Promise<void>): Promise<void> {
    const calls = this.#processors.map(async (processor) => {
      try {
        await call(processor);
      } catch {
        // What it could not send is lost, and its own concern.
      }
    });
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(deadline.resolve, timeoutMs);
    await Promise.race([Promise.all(calls), deadline.promise]);
    clearTimeout(timer);
  }

  #direct(trace: Trace | undefined): SpanSink {
    const sink = this.#sink;
    if (trace === undefined) return sink;
    return {
      onSpanStart(span: SpanRecord) {
        if (isSpan(span)) traceLife.spanStarted(trace, span);
        sink.onSpanStart(span);
      },
      onSpanEnd(span: SpanRecord) {
        if (isSpan(span)) traceLife.spanEnded(trace, span);
        sink.onSpanEnd(span);
      },
    };
  }
}

const FLUSH_MS = 30_000;
const SHUTDOWN_MS = 5_000;

function isSet(name: string): boolean {
  const value = globalThis.process?.env[name];
  return value === '1' || value === 'true';
}

const globalProvider = new TraceProvider({ idGenerator: tracingIds });

/** The provider of this process. */
export function getGlobalTraceProvider(): TraceProvider {
  return globalProvider;
}

/** Adds a processor to those that are told of all traces and spans. */
export function addTraceProcessor(processor: TracingProcessor): void {
  globalProvider.registerProcessor(processor);
}

/** Replaces all trace processors. Those that go are shut down, in the background. */
export function setTraceProcessors(processors: TracingProcessor[]): void {
  globalProvider.setProcessors(processors);
}

/** Turns tracing off or on for the process, whatever the environment says. Runs that have begun are not changed. */
export function setTracingDisabled(disabled: boolean): void {
  globalProvider.setDisabled(disabled);
}

/**
 * Ids of traces and spans by a generator of one's own, for runs and for `withTrace` and `create…Span`; without one, random ids again. Ids that are there already are
 * kept: a run that goes on, wherever, goes on in its trace.
 */
export function setTracingIdGenerator(idGenerator?: Partial<TracingIdGenerator>): void {
  globalProvider.setIdGenerator(idGenerator);
}
