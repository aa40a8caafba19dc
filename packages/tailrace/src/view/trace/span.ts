import { newSpanId } from '../../base/id.ts';
import type { SpanData, SpanError } from '../../event/span-data.ts';
import type { SpanRecord } from '../../port/tracing.ts';
import { spanDataJson } from './span-json.ts';
import type { SpanSink } from './tell.ts';

export interface SpanOptions<TData extends SpanData = SpanData> {
  traceId: string;
  /** Default: a new one. */
  spanId?: string;
  parentId?: string;
  data: TData;
  /** ISO 8601. A span that has one counts as started. */
  startedAt?: string;
  /** ISO 8601. A span that has one counts as ended. */
  endedAt?: string;
  error?: SpanError;
  traceMetadata?: Record<string, unknown> | undefined;
  tracingApiKey?: string | undefined;
}

/** How the trace view drives spans; not for users, who could end a span that the log says is open. */
export interface SpanLife {
  begin(span: Span, at: number): void;
  /** The first call wins. An error that user code has set stays. */
  finish(span: Span, at: number, data?: SpanData, error?: SpanError): void;
  /** The span or, when it has ended, the nearest one above it that has not. */
  openFrom(span: Span): Span | undefined;
  /** Youngest first. */
  openChildren(span: Span): readonly Span[];
}

let life!: SpanLife;
const NO_SPANS: readonly Span[] = [];

/**
 * One timed operation of a trace.
 * `start` and `end` count once each, and only on spans that user code created: a span that a run opened for itself ends when the run's
 * log says so. Its children end before it does.
 */
export class Span<TData extends SpanData = SpanData> implements SpanRecord<TData> {
  readonly type = 'trace.span';
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly traceMetadata: Record<string, unknown> | undefined;
  readonly #tracingApiKey: string | undefined;
  #data: TData;
  #error: SpanError | null;
  #startedAt: number | undefined;
  #endedAt: number | undefined;
  readonly #sink: SpanSink | undefined;
  readonly #parent: Span | undefined;
  #children: Set<Span> | undefined;

  constructor(options: SpanOptions<TData>, sink?: SpanSink, parent?: Span) {
    this.traceId = options.traceId;
    this.spanId = options.spanId ?? newSpanId();
    this.parentId = options.parentId ?? null;
    this.traceMetadata = options.traceMetadata;
    this.#tracingApiKey = options.tracingApiKey;
    this.#data = options.data;
    this.#error = options.error ?? null;
    this.#startedAt = milliseconds(options.startedAt);
    this.#endedAt = milliseconds(options.endedAt);
    this.#sink = sink;
    this.#parent = parent;
  }

  get tracingApiKey(): string | undefined {
    return this.#tracingApiKey;
  }

  get spanData(): TData {
    return this.#data;
  }

  get error(): SpanError | null {
    return this.#error;
  }

  get startedAt(): string | null {
    return this.#startedAt === undefined ? null : new Date(this.#startedAt).toISOString();
  }

  get endedAt(): string | null {
    return this.#endedAt === undefined ? null : new Date(this.#endedAt).toISOString();
  }

  start(): void {
    if (this.#sink === undefined || this.#startedAt !== undefined) return;
    life.begin(this, Date.now());
    this.#sink.onSpanStart(this);
  }

  end(): void {
    if (this.#sink === undefined || this.#startedAt === undefined || this.#endedAt !== undefined) return;
    for (const child of life.openChildren(this)) child.end();
    life.finish(this, Date.now());
    this.#sink.onSpanEnd(this);
  }

  setError(error: SpanError): void {
    this.#error = error;
  }

  /** The form of the OpenAI traces API. */
  toJSON(): object | null {
    return {
      object: this.type,
      id: this.spanId,
      trace_id: this.traceId,
      parent_id: this.parentId,
      started_at: this.startedAt,
      ended_at: this.endedAt,
      span_data: spanDataJson(this.#data),
      error: this.#error,
    };
  }

  static {
    life = {
      begin(span, at) {
        span.#startedAt = at;
        const parent = span.#parent;
        if (parent !== undefined && parent.#endedAt === undefined) (parent.#children ??= new Set()).add(span);
      },
      finish(span, at, data, error) {
        if (span.#endedAt !== undefined) return;
        span.#endedAt = at;
        if (data !== undefined) span.#data = data;
        if (error !== undefined) span.#error ??= error;
        if (span.#parent !== undefined) span.#parent.#children?.delete(span);
        // An exporter may keep the span; it must not keep what is below.
        span.#children = undefined;
      },
      openFrom(span) {
        let open: Span | undefined = span;
        while (open !== undefined && open.#endedAt !== undefined) open = open.#parent;
        return open;
      },
      openChildren(span) {
        return span.#children === undefined ? NO_SPANS : [...span.#children].reverse();
      },
    };
  }
}

export const spanLife: SpanLife = life;

export function isSpan(value: unknown): value is Span {
  return value instanceof Span;
}

/** A span where tracing is off: it does nothing, and reports to nobody. */
export class NoopSpan<TData extends SpanData = SpanData> extends Span<TData> {
  /** It takes a processor as any span does, and tells it nothing. */
  constructor(data: TData, _processor?: SpanSink) {
    super({ traceId: 'no-op', spanId: 'no-op', data });
  }

  override setError(): void {}

  override toJSON(): null {
    return null;
  }
}

function milliseconds(iso: string | undefined): number | undefined {
  const at = iso === undefined ? Number.NaN : Date.parse(iso);
  return Number.isNaN(at) ? undefined : at;
}
