import { jsonProblem, tryStringify } from '../../base/json.ts';
import { withLive } from '../../event/live.ts';
import type { SpanData } from '../../event/span-data.ts';
import type { SpanRecord } from '../../port/tracing.ts';
import type { SpanEventBody } from '../../port/trace-scope.ts';
import type { SpanSink } from './tell.ts';

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

/** A copy that JSON carries: users go on changing their data, and put things into it that no log can hold. */
function logged<T extends SpanData | { message: string; data?: Record<string, unknown> }>(value: T): T {
  if (jsonProblem(value) === undefined) return structuredCloneOr(value);
  const { data: _, ...rest } = value as T & { data?: unknown };
  const kept = Object.fromEntries(Object.entries(rest).filter(([, field]) => jsonProblem(field) === undefined));
  return { ...kept, data: { problem: `not JSON: ${jsonProblem(value)}` } } as unknown as T;
}

function structuredCloneOr<T>(value: T): T {
  const text = tryStringify(value);
  return text === undefined ? value : (JSON.parse(text) as T);
}
