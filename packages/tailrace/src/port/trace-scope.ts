/**
 * Where user code stands in a trace. The loop enters one around each call of user code; `withTrace` around its callback. A run reads it once,
 * when it starts, to join the trace it was started in; nothing else depends on it.
 */
import { Carrier } from '../base/carrier.ts';
import type { SpanEnded, SpanStarted } from '../event/run-event.ts';

export type SpanEventBody = SpanStarted | SpanEnded;

export interface TraceScope {
  /** Undefined where tracing is off: code below writes no spans. */
  readonly traceId: string | undefined;
  /** The span that new ones are children of. */
  readonly spanId: string | undefined;
  readonly groupId?: string;
  readonly metadata?: Record<string, string>;
  /** Inside a run: spans of user code go into the run's log. Outside, spans have no log and go to the processors directly. */
  readonly emit?: (event: SpanEventBody) => void;
  /** Keeps the trace open until disposed: a run that outlives the callback of `withTrace` ends before its trace does. */
  readonly hold?: () => Disposable;
  /** The trace as an object, for `getCurrentTrace`. */
  readonly trace?: object;
  /** The current span as an object, for `getCurrentSpan`. */
  readonly span?: () => object | undefined;
}

export const traceCarrier: Carrier<TraceScope> = new Carrier<TraceScope>();
