/**
 * Tells OpenTelemetry of traces and spans as they begin and end.
 *
 * O1 A trace is one span, `invoke_workflow`, below the `traceparent` that the run was given or else the span that is active where it starts; all of its spans are
 *    below that one.
 * O2 Of what was said and done nothing is told but names, counts and times, unless `captureContent` is set.
 * O3 Only open spans are held, and the places of the last traces that ended, for runs that go on.
 */
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanStatusCode,
  trace as otel,
  TraceFlags,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { parseTraceparent, w3cSpanId, w3cTraceId } from '../base/traceparent.ts';
import type { SpanRecord, TraceRecord, TracingProcessor } from '../port/tracing.ts';
import * as name from './attributes.ts';
import { withIds } from './derived-ids.ts';
import { describeSpan, type Description, errorType } from './described-span.ts';

export interface OpenTelemetryProcessorOptions {
  /** Default: the one that is registered globally, as it is when the first span starts. */
  tracerProvider?: TracerProvider;
  /** True tells inputs, outputs and error texts as well. False by default, as the GenAI conventions ask. */
  captureContent?: boolean;
  /** What `gen_ai.provider.name` says, for example 'openai'. Absent by default: a run does not know who serves its model. */
  providerName?: string;
}

/** Ended traces whose place is remembered. */
const MAX_ENDED_TRACES = 1024;

interface OpenSpan {
  readonly span: OtelSpan;
  readonly place: Context;
  /** Milliseconds since the epoch; undefined for a span that was told without its start. */
  readonly startedAt: number | undefined;
}

export class OpenTelemetryTraceProcessor implements TracingProcessor {
  readonly #provider: TracerProvider | undefined;
  readonly #description: Description;
  #tracer: Tracer | undefined;
  readonly #open = new Map<string, OpenSpan>();
  readonly #traces = new Map<string, OpenSpan>();
  readonly #ended = new Map<string, Context>();

  constructor(options: OpenTelemetryProcessorOptions = {}) {
    this.#provider = options.tracerProvider;
    this.#description = { content: options.captureContent === true, provider: options.providerName };
  }

  onTraceStart(trace: TraceRecord): void {
    // Told twice of a trace, after a crash: the first one goes on.
    if (this.#traces.has(trace.traceId)) return;
    const ids = { traceId: w3cTraceId(trace.traceId), spanId: rootId(trace.traceId) };
    const attributes: Attributes = {
      [name.OPERATION]: name.INVOKE_WORKFLOW,
      [name.WORKFLOW_NAME]: trace.name,
      [name.TRACE_ID]: trace.traceId,
      ...(trace.groupId !== null && { [name.CONVERSATION]: trace.groupId }),
      ...metadataOf(trace.metadata),
    };
    const place = parentOf(trace);
    const startedAt = Date.now();
    const span = withIds(ids, () =>
      this.#started().startSpan(
        `${name.INVOKE_WORKFLOW} ${trace.name}`,
        { attributes, startTime: new Date(startedAt) },
        place,
      ),
    );
    this.#traces.set(trace.traceId, { span, place: otel.setSpan(place, span), startedAt });
  }

  onTraceEnd(trace: TraceRecord): void {
    const known = this.#traces.get(trace.traceId);
    if (known === undefined) return;
    known.span.end(new Date());
    this.#traces.delete(trace.traceId);
    this.#ended.set(trace.traceId, known.place);
    if (this.#ended.size <= MAX_ENDED_TRACES) return;
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined) this.#ended.delete(oldest);
  }

  onSpanStart(span: SpanRecord): void {
    if (!this.#open.has(span.spanId)) this.#open.set(span.spanId, this.#start(span, this.#aroundOf(span)?.startedAt));
  }

  onSpanEnd(span: SpanRecord): void {
    // A span whose beginning another process was told of.
    const { span: own, startedAt } = this.#open.get(span.spanId) ?? this.#start(span);
    const endTime = timeOf(span.endedAt, startedAt);
    this.#open.delete(span.spanId);
    const { name: label, attributes } = describeSpan(span.spanData, this.#description);
    own.updateName(label);
    own.setAttributes(attributes);
    const { error } = span;
    if (error !== null) {
      own.setAttribute(name.ERROR_TYPE, errorType(error));
      own.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      const text = error.data?.['error'];
      if (this.#description.content && typeof text === 'string') own.recordException(text, endTime);
    }
    own.end(endTime);
  }

  /**
   * The OpenTelemetry context of an open span: `context.with(processor.contextOf(getCurrentSpan()), fetchSomething)` puts what is instrumented below a tool's span.
   * For null, and for a span that is not open, the active context.
   */
  contextOf(span: { readonly spanId: string } | null): Context {
    return (span && this.#open.get(span.spanId)?.place) ?? context.active();
  }

  /** Flushes the provider, where it can be. */
  async forceFlush(): Promise<void> {
    await flushable(this.#provider ?? otel.getTracerProvider()).forceFlush?.();
  }

  /** Flushes. The provider stays open: it belongs to whoever made it. */
  async shutdown(): Promise<void> {
    await this.forceFlush();
  }

  /** `earliest`: the start of what is around it. Of a span that another process began nobody here knows that. */
  #start(span: SpanRecord, earliest?: number): OpenSpan {
    const { name: label, kind, attributes } = describeSpan(span.spanData, this.#description);
    const place = this.#placeOf(span);
    const ids = { traceId: w3cTraceId(span.traceId), spanId: w3cSpanId(span.spanId) };
    // The log's clock and the one that the trace began by differ by what it took to tell of it.
    const startTime = timeOf(span.startedAt, earliest);
    const options = {
      kind,
      attributes: { ...attributes, [name.TRACE_ID]: span.traceId, [name.SPAN_ID]: span.spanId },
      ...(startTime && { startTime }),
    };
    const own = withIds(ids, () => this.#started().startSpan(label, options, place));
    return { span: own, place: otel.setSpan(place, own), startedAt: startTime?.getTime() };
  }

  /** What the span is in, as long as that is open. */
  #aroundOf({ traceId, parentId }: SpanRecord): OpenSpan | undefined {
    return parentId === null ? this.#traces.get(traceId) : this.#open.get(parentId);
  }

  #placeOf(span: SpanRecord): Context {
    const { traceId, parentId } = span;
    const around = this.#aroundOf(span)?.place ?? (parentId === null ? this.#ended.get(traceId) : undefined);
    if (around !== undefined) return around;
    // Its parent began elsewhere: with derived ids it has this one.
    const spanId = parentId === null ? rootId(traceId) : w3cSpanId(parentId);
    return remote(w3cTraceId(traceId), spanId, TraceFlags.SAMPLED);
  }

  #started(): Tracer {
    return (this.#tracer ??= (this.#provider ?? otel.getTracerProvider()).getTracer('tailrace'));
  }
}

function rootId(traceId: string): string {
  return w3cSpanId(`root of ${traceId}`);
}

function parentOf({ metadata }: TraceRecord): Context {
  const header = metadata?.['traceparent'];
  const given = parseTraceparent(typeof header === 'string' ? header : undefined);
  if (given === undefined) return context.active();
  return remote(given.traceId, given.spanId, given.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE);
}

function remote(traceId: string, spanId: string, traceFlags: TraceFlags): Context {
  return otel.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function metadataOf(metadata: Record<string, unknown> | undefined): Attributes {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).flatMap(([key, value]) =>
      key !== 'traceparent' && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        ? [[`${name.METADATA}${key}`, value]]
        : [],
    ),
  );
}

/** Never before `earliest`, in milliseconds. */
function timeOf(iso: string | null, earliest = -Infinity): Date | undefined {
  return iso === null ? undefined : new Date(Math.max(Date.parse(iso), earliest));
}

function flushable(provider: TracerProvider): { forceFlush?: () => Promise<void> } {
  return provider as { forceFlush?: () => Promise<void> };
}
