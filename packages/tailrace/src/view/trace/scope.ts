import { tryStringify } from '../../base/json.ts';
import type { TraceScope } from '../../port/trace-scope.ts';
import type { Span } from './span.ts';
import { NoopTrace, traceLife, type Trace } from './trace.ts';

/** Where the callback of `withTrace` stands. */
export function traceScope(trace: Trace): TraceScope {
  if (trace instanceof NoopTrace) return { traceId: undefined, spanId: undefined, trace };
  return {
    traceId: trace.traceId,
    spanId: undefined,
    ...(trace.groupId === null ? {} : { groupId: trace.groupId }),
    metadata: asText(trace.metadata),
    hold: () => traceLife.hold(trace),
    trace,
  };
}

/** Where the callback of a span stands. `hold` keeps the span open beside what `outer` holds. */
export function spanScope(outer: TraceScope, span: Span, hold: () => Disposable): TraceScope {
  return { ...outer, spanId: span.spanId, hold, span: () => span };
}

/** A place where nothing is traced. */
export function silentScope(outer: TraceScope, span: Span): TraceScope {
  return { traceId: undefined, spanId: undefined, span: () => span, ...(outer.trace ? { trace: outer.trace } : {}) };
}

// A run records metadata as text.
function asText(metadata: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).flatMap(([key, value]) => {
      const text = typeof value === 'string' ? value : tryStringify(value);
      return text === undefined ? [] : [[key, text]];
    }),
  );
}
