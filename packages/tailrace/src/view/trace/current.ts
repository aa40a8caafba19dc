import { traceCarrier } from '../../port/trace-scope.ts';
import { isSpan, spanLife, type Span } from './span.ts';
import { Trace } from './trace.ts';

/** The trace that the caller stands in: of `withTrace`, or of the run that called it. Null outside both. */
export function getCurrentTrace(): Trace | null {
  const trace = traceCarrier.current?.trace;
  return trace instanceof Trace ? trace : null;
}

/** The innermost open span around the caller. Null outside of any. */
export function getCurrentSpan(): Span | null {
  const span = traceCarrier.current?.span?.();
  return isSpan(span) ? (spanLife.openFrom(span) ?? null) : null;
}
