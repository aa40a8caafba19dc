import { withLive } from '../../event/live.ts';
import type { SpanRecord } from '../../port/tracing.ts';
import type { SpanEventBody } from '../../port/trace-scope.ts';
import type { SpanSink } from './tell.ts';

const NOT_JSON = '[not JSON]';

/** A sink for spans of user code inside a run: they go into the run's log, where the trace view finds them. */
export function logSink(emit: (event: SpanEventBody) => void): SpanSink {
  const write = (event: SpanEventBody, span: SpanRecord): void => {
    try {
      emit(withLive(event, span));
    } catch {
      // The run is over and takes no more events. The span was ended with it.
    }
  };
  return {
    onSpanStart(span) {
      const parent = span.parentId === null ? {} : { parent: span.parentId };
      write({ type: 'span.started', span: span.spanId, ...parent, data: logged(span.spanData) }, span);
    },
    onSpanEnd(span) {
      const error = span.error === null ? {} : { error: logged(span.error) };
      write({ type: 'span.ended', span: span.spanId, data: logged(span.spanData), ...error }, span);
    },
  };
}

// Users go on changing their data, and put things into it that no log can hold.
function logged<T>(value: T, depth = 3): T {
  try {
    const text = JSON.stringify(value, (_key, field: unknown) => (typeof field === 'bigint' ? `${field}` : field));
    return JSON.parse(text) as T;
  } catch {
    if (typeof value !== 'object' || value === null || depth === 0) return NOT_JSON as T;
    return Object.fromEntries(Object.keys(value).map((key) => [key, loggedField(value, key, depth - 1)])) as T;
  }
}

function loggedField(object: object, key: string, depth: number): unknown {
  try {
    return logged((object as Record<string, unknown>)[key], depth);
  } catch {
    return NOT_JSON;
  }
}
