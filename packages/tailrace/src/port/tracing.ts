import type { SpanData, SpanError } from '../event/span-data.ts';

/** A trace as processors see it. */
export interface TraceRecord {
  readonly type: 'trace';
  readonly traceId: string;
  readonly name: string;
  readonly groupId: string | null;
  readonly metadata?: Record<string, unknown>;
  /** Whom an exporter to OpenAI exports it as, where that is not its own key. Never in a log. */
  readonly tracingApiKey?: string | undefined;
  toJSON(): object | null;
}

/** A span as processors see it. At its end, `endedAt` and `error` are set. */
export interface SpanRecord<TData extends SpanData = SpanData> {
  readonly type: 'trace.span';
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  /** The metadata of its trace. */
  readonly traceMetadata?: Record<string, unknown> | undefined;
  readonly tracingApiKey?: string | undefined;
  readonly spanData: TData;
  readonly error: SpanError | null;
  /** ISO 8601. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  toJSON(): object | null;
}

/**
 * Told of each trace and span as it begins and ends. It is called, not awaited: what it throws, rejects or takes its time over changes no run.
 */
export interface TracingProcessor {
  start?(): void;
  onTraceStart(trace: TraceRecord): Promise<void> | void;
  onTraceEnd(trace: TraceRecord): Promise<void> | void;
  onSpanStart(span: SpanRecord): Promise<void> | void;
  onSpanEnd(span: SpanRecord): Promise<void> | void;
  /** Flushes and stops, within `timeoutMs`. */
  shutdown(timeoutMs?: number): Promise<void>;
  forceFlush(): Promise<void>;
}

/** Sends ended spans and traces somewhere. */
export interface TracingExporter {
  export(items: (TraceRecord | SpanRecord)[], signal?: AbortSignal): Promise<void>;
}
