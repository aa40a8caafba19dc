/**
 * The trace as a view of a run's log: spans opened and closed by events. There is no context to be in and no token to reset, so it is
 * right on every way a run can end.
 *
 * Holds the open spans, and nothing once the segment has ended.
 * 1. `onTraceStart` once per run, `onTraceEnd` once per segment; neither when the run joined a trace of its caller.
 * 2. Every span that was told as started is told as ended, once, after its children and before the trace. After a crash: at least once, each beginning and each end,
 *    under the same id.
 * 3. No processor is awaited, and nothing that one does comes back.
 */
import { liveOf } from '../../event/live.ts';
import {
  isTerminal,
  type EventEnvelope,
  type RunEvent,
  type RunStarted,
  type SpanEnded,
  type SpanStarted,
} from '../../event/run-event.ts';
import type { TracingProcessor } from '../../port/tracing.ts';
import { isSpan, Span, spanLife } from './span.ts';
import { fanOut } from './tell.ts';
import { Trace } from './trace.ts';

export interface TraceViewOptions {
  /** The trace that the run joined, when its object is known here. */
  trace?: Trace;
  /** For a trace of the run's own. */
  tracingApiKey?: string | undefined;
}

/** Takes the committed events of one run, in order. */
export interface TraceView {
  (events: readonly RunEvent[]): void;
  /**
   * Takes events that were told before, by this process or another: what is open is known. Of a segment whose process died nobody knows how far it was told:
   * what it began and ended is told again, all of the events from index `untold` on. By default that is the segment that has not ended.
   */
  restore(events: readonly RunEvent[], untold?: number): void;
  /** An open span, for `getCurrentSpan`. */
  spanOf(id: string): Span | undefined;
  /** The run's trace, once started, for `getCurrentTrace`. */
  readonly trace: Trace | undefined;
}

/** A view that tells `processors`, read once per segment, of the run's trace. */
export function traceView(processors: () => readonly TracingProcessor[], options: TraceViewOptions = {}): TraceView {
  const state = new TraceFold(processors, options);
  const view = (events: readonly RunEvent[]): void => {
    for (const event of events) state.take(event, true);
  };
  return Object.defineProperties(view, {
    restore: {
      value: (events: readonly RunEvent[], untold = afterSuspension(events)) => {
        for (const [index, event] of events.entries()) state.take(event, index >= untold);
      },
    },
    spanOf: { value: (id: string) => state.spanOf(id) },
    trace: { get: () => state.trace },
  }) as TraceView;
}

/** The index after the last suspension. */
export function afterSuspension(events: readonly RunEvent[]): number {
  return events.findLastIndex(({ type }) => type === 'run.suspended') + 1;
}

class TraceFold {
  readonly #read: () => readonly TracingProcessor[];
  #processors: readonly TracingProcessor[] | undefined;
  readonly #sink = fanOut(() => (this.#processors ??= this.#read()));
  readonly #open = new Map<string, Span>();
  #joined = false;
  #tracing = false;
  readonly #tracingApiKey: string | undefined;
  trace: Trace | undefined;

  constructor(processors: () => readonly TracingProcessor[], options: TraceViewOptions) {
    this.#read = processors;
    this.#tracingApiKey = options.tracingApiKey;
    this.trace = options.trace;
  }

  spanOf(id: string): Span | undefined {
    return this.#open.get(id);
  }

  take(event: RunEvent, tell: boolean): void {
    switch (event.type) {
      // First: nearly every event is one.
      case 'model.delta':
        break;
      case 'span.started':
        this.#spanStarted(event, tell);
        break;
      case 'span.ended':
        this.#spanEnded(event, tell);
        break;
      case 'run.started':
        this.#runStarted(event, tell);
        break;
      case 'run.resumed':
        this.#tracing = this.trace !== undefined;
        break;
      case 'run.suspended':
        this.#segmentEnded(event.at, tell);
        break;
      default:
        if (isTerminal(event)) this.#segmentEnded(event.at, tell);
    }
  }

  #runStarted(event: RunStarted, tell: boolean): void {
    if (event.traceId === undefined) return;
    this.#joined = event.traceJoined === true;
    if (this.trace?.traceId !== event.traceId) this.trace = traceOf(event, event.traceId, this.#tracingApiKey);
    this.#tracing = true;
    if (tell && !this.#joined) this.#sink.onTraceStart(this.trace);
  }

  #spanStarted(event: SpanStarted & EventEnvelope, tell: boolean): void {
    if (!this.#tracing || this.trace === undefined || this.#open.has(event.span)) return;
    const span = this.#spanFor(event, this.trace);
    this.#open.set(event.span, span);
    if (tell) this.#sink.onSpanStart(span);
  }

  #spanFor(event: SpanStarted & EventEnvelope, trace: Trace): Span {
    const parent = event.parent === undefined ? undefined : this.#open.get(event.parent);
    const live = liveOf(event);
    if (isSpan(live)) return live;
    // The copy keeps what user code does to the current span's data out of the log.
    const { traceId, metadata: traceMetadata, tracingApiKey } = trace;
    const options = { traceId, traceMetadata, tracingApiKey, spanId: event.span, data: { ...event.data } };
    const span = new Span(
      event.parent === undefined ? options : { ...options, parentId: event.parent },
      undefined,
      parent,
    );
    spanLife.begin(span, event.at);
    return span;
  }

  #spanEnded(event: SpanEnded & EventEnvelope, tell: boolean): void {
    const span = this.#open.get(event.span);
    if (span !== undefined) this.#end(span, event.at, tell, event);
  }

  #end(span: Span, at: number, tell: boolean, ended?: SpanEnded): void {
    for (const child of spanLife.openChildren(span)) if (this.#open.has(child.spanId)) this.#end(child, at, tell);
    this.#open.delete(span.spanId);
    spanLife.finish(span, at, ended?.data, ended?.error);
    if (tell) this.#sink.onSpanEnd(span);
  }

  #segmentEnded(at: number, tell: boolean): void {
    if (!this.#tracing || this.trace === undefined) return;
    // The log ends its spans itself; whatever it forgot ends here, the youngest first.
    for (const span of [...this.#open.values()].reverse()) if (this.#open.has(span.spanId)) this.#end(span, at, tell);
    this.#tracing = false;
    if (tell && !this.#joined) this.#sink.onTraceEnd(this.trace);
    this.#processors = undefined;
  }
}

function traceOf(event: RunStarted, traceId: string, tracingApiKey: string | undefined): Trace {
  return new Trace({
    traceId,
    tracingApiKey,
    name: event.workflowName,
    groupId: event.groupId ?? null,
    metadata: event.traceMetadata ?? {},
  });
}
