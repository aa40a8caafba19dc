import { traceCarrier, type TraceScope } from '../../port/trace-scope.ts';
import { getCurrentSpan, getCurrentTrace } from './current.ts';
import { spanScope, traceScope } from './scope.ts';
import type { Span } from './span.ts';
import type { Trace } from './trace.ts';

/** A place in a trace, to go back to from somewhere else. */
export interface TraceContextSnapshot {
  readonly trace: Trace;
  readonly span?: Span | null;
}

// What a snapshot does not show: inside a run, spans go into the run's log.
const scopes = new WeakMap<object, TraceScope>();
const held: Disposable = { [Symbol.dispose]() {} };

/** Where the caller stands, or null outside of any trace. For callbacks that lose their place: those of queues, pools and emitters. */
export function getCurrentTraceContext(): TraceContextSnapshot | null {
  const scope = traceCarrier.current;
  const trace = getCurrentTrace();
  if (scope === undefined || trace === null) return null;
  const snapshot: TraceContextSnapshot = Object.freeze({ trace, span: getCurrentSpan() });
  scopes.set(snapshot, scope);
  return snapshot;
}

/** Calls `fn` where the snapshot was taken; with null, outside of any trace. It does not keep the trace open. */
export function withTraceContext<T>(context: TraceContextSnapshot | null | undefined, fn: () => T): T {
  if (context === null || context === undefined) return traceCarrier.outside(fn);
  const { trace, span } = context;
  const around = traceScope(trace);
  const scope = scopes.get(context) ?? (span ? spanScope(around, span, () => around.hold?.() ?? held) : around);
  return traceCarrier.run(scope, fn);
}
