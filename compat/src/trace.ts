import type { Span, SpanData, Trace, TracingProcessor } from '@openai/agents';
import { toJson } from './json.ts';
import type { Json, SdkNamespace } from './program.ts';

interface SeenSpan {
  readonly span: Span<SpanData>;
  ends: number;
}

interface SeenTrace {
  readonly trace: Trace;
  ends: number;
  readonly spans: SeenSpan[];
}

/** Holds every trace and span in the order in which they began. */
export class TraceRecorder implements TracingProcessor {
  readonly #traces: SeenTrace[] = [];

  async onTraceStart(trace: Trace): Promise<void> {
    this.#traces.push({ trace, ends: 0, spans: [] });
  }

  async onTraceEnd(trace: Trace): Promise<void> {
    for (const seen of this.#traces) if (seen.trace.traceId === trace.traceId) seen.ends += 1;
  }

  async onSpanStart(span: Span<SpanData>): Promise<void> {
    this.#traces.find((seen) => seen.trace.traceId === span.traceId)?.spans.push({ span, ends: 0 });
  }

  async onSpanEnd(span: Span<SpanData>): Promise<void> {
    for (const { spans } of this.#traces) {
      const started = spans.find((seen) => seen.span.spanId === span.spanId);
      if (started) started.ends += 1;
    }
  }

  async shutdown(): Promise<void> {}

  async forceFlush(): Promise<void> {}

  /** The traces as nested data: no ids, no times. */
  tree(): Json {
    return this.#traces.map(({ trace, spans }) => ({
      name: trace.name,
      group: toJson(trace.groupId),
      metadata: toJson(trace.metadata),
      spans: childrenOf(null, spans),
    }));
  }

  /** How often each trace and span ended, which a clean run makes 1 everywhere. */
  endings(): Json {
    return this.#traces.map(({ trace, ends, spans }) => ({
      trace: `${trace.name}: ${ends}`,
      spans: spans.map(({ span, ends: count }) => `${path(span, spans)}: ${count}`),
    }));
  }
}

/** Makes a new recorder the only trace processor, and tracing on, whatever the environment says. */
export function recordTraces(sdk: SdkNamespace): TraceRecorder {
  const recorder = new TraceRecorder();
  sdk.setTracingDisabled(false);
  sdk.setTraceProcessors([recorder]);
  return recorder;
}

function label(span: Span<SpanData>): string {
  const data = span.spanData;
  return 'name' in data && typeof data.name === 'string' ? `${data.type} ${data.name}` : data.type;
}

/** The label of a span after the type of its parent's. */
function path(span: Span<SpanData>, spans: SeenSpan[]): string {
  const parent = spans.find((seen) => seen.span.spanId === span.parentId);
  return parent ? `${parent.span.spanData.type} > ${label(span)}` : label(span);
}

function childrenOf(parent: string | null, spans: SeenSpan[]): Json[] {
  const known = new Set(spans.map(({ span }) => span.spanId));
  return spans
    .filter(({ span }) => (parent === null ? !known.has(span.parentId ?? '') : span.parentId === parent))
    .map(({ span }) => {
      const node: Record<string, Json> = { span: label(span), data: toJson(span.spanData) };
      if (span.error) node['error'] = errorFacts(span.error);
      const children = childrenOf(span.spanId, spans);
      if (children.length > 0) node['children'] = children;
      return node;
    });
}

/** A span's error by its message and by its data; an error inside the data by its class alone. */
function errorFacts(error: { message: string; data?: Record<string, unknown> }): Json {
  const data = { ...error.data };
  if (typeof data['error'] === 'string') data['error'] = data['error'].split(':')[0];
  return { message: error.message, data: toJson(data) };
}
