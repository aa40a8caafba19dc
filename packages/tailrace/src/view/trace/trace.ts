import { newTraceId } from '../../base/id.ts';
import type { TraceRecord } from '../../port/tracing.ts';
import { Latch } from './latch.ts';
import type { Span } from './span.ts';
import type { TraceSink } from './tell.ts';

export interface TraceOptions {
  /** Default: a new one. */
  traceId?: string;
  /** Default: 'Agent workflow'. */
  name?: string;
  /** Joins traces of one conversation. */
  groupId?: string | null;
  metadata?: Record<string, unknown>;
  /** Whom an exporter to OpenAI exports the trace and its spans as. Never in a log, nor in `toJSON`. */
  tracingApiKey?: string | undefined;
}

/** What code of ours may do with a trace and users may not. */
export interface TraceLife {
  /** Keeps the trace open until disposed. */
  hold(trace: Trace): Disposable;
  ended(trace: Trace): boolean;
  /** A span that goes to the processors directly; the trace ends it if nobody else does. */
  spanStarted(trace: Trace, span: Span): void;
  spanEnded(trace: Trace, span: Span): void;
}

let life!: TraceLife;

/**
 * The trace of one workflow.
 * `start` and `end` count once each, and only on traces that user code opened: a run that opened its own ends it itself. `end` waits for
 * the runs that joined the trace, and ends spans that were left open.
 */
export class Trace implements TraceRecord {
  readonly type = 'trace';
  readonly traceId: string;
  readonly name: string;
  readonly groupId: string | null;
  readonly metadata: Record<string, unknown>;
  readonly #tracingApiKey: string | undefined;
  readonly #sink: TraceSink | undefined;
  #started = false;
  #open: Set<Span> | undefined;
  readonly #latch: Latch = new Latch(() => {
    this.#close();
  });

  constructor(options: TraceOptions = {}, sink?: TraceSink) {
    this.traceId = options.traceId ?? newTraceId();
    this.name = options.name ?? 'Agent workflow';
    this.groupId = options.groupId ?? null;
    this.metadata = options.metadata ?? {};
    this.#tracingApiKey = options.tracingApiKey;
    this.#sink = sink;
  }

  get tracingApiKey(): string | undefined {
    return this.#tracingApiKey;
  }

  /** Resolves at once; processors are not awaited. */
  start(): Promise<void> {
    if (this.#sink !== undefined && !this.#started) {
      this.#started = true;
      this.#sink.onTraceStart(this);
    }
    return Promise.resolve();
  }

  /** Resolves at once: neither processors nor joined runs are awaited. */
  end(): Promise<void> {
    if (this.#started) this.#latch.close();
    return Promise.resolve();
  }

  /** The form of the OpenAI traces API. The key is in it only when it is asked for. */
  toJSON(options: { includeTracingApiKey?: boolean } = {}): object | null {
    return {
      object: this.type,
      id: this.traceId,
      workflow_name: this.name,
      group_id: this.groupId,
      metadata: this.metadata,
      ...(options.includeTracingApiKey === true &&
        this.#tracingApiKey !== undefined && { tracing_api_key: this.#tracingApiKey }),
    };
  }

  #close(): void {
    // Youngest first: a child began after its parent.
    for (const span of [...(this.#open ?? [])].reverse()) span.end();
    this.#open = undefined;
    this.#sink?.onTraceEnd(this);
  }

  static {
    life = {
      hold: (trace) => trace.#latch.hold(),
      ended: (trace) => trace.#latch.released,
      spanStarted(trace, span) {
        if (trace.#sink !== undefined && !trace.#latch.released) (trace.#open ??= new Set()).add(span);
      },
      spanEnded(trace, span) {
        trace.#open?.delete(span);
      },
    };
  }
}

export const traceLife: TraceLife = life;

/** The trace where tracing is off. */
export class NoopTrace extends Trace {
  constructor() {
    super({ traceId: 'no-op', name: 'no-op' });
  }

  override toJSON(): null {
    return null;
  }
}
