import { traceCarrier } from '../../port/trace-scope.ts';
import { getCurrentTrace } from './current.ts';
import { getGlobalTraceProvider } from './provider.ts';
import { traceScope } from './scope.ts';
import { NoopTrace, traceLife, Trace, type TraceOptions } from './trace.ts';

export interface WithTraceOptions extends TraceOptions {
  /** Nothing inside is traced. */
  disabled?: boolean;
}

/**
 * Calls `fn` inside a trace that runs started in it join. Resolves or rejects as `fn` does.
 * The trace ends when `fn` has settled and the last run that joined has ended; the promise waits only for `fn`.
 */
export async function withTrace<T>(
  trace: string | Trace,
  fn: (trace: Trace) => Promise<T> | T,
  options: WithTraceOptions = {},
): Promise<T> {
  const opened = openTrace(trace, options);
  try {
    return await traceCarrier.run(traceScope(opened), () => fn(opened));
  } finally {
    void opened.end();
  }
}

/** Calls `fn` inside the current trace, or inside a new one as `withTrace` does. */
export async function getOrCreateTrace<T>(fn: () => Promise<T> | T, options: WithTraceOptions = {}): Promise<T> {
  const current = getCurrentTrace();
  // A trace that ended while code of its callback goes on takes no more.
  if (current !== null && !traceLife.ended(current)) return await fn();
  return await withTrace(options.name ?? 'Agent workflow', fn, options);
}

function openTrace(trace: string | Trace, { disabled = false, ...options }: WithTraceOptions): Trace {
  const provider = getGlobalTraceProvider();
  const around = traceCarrier.current;
  const off = disabled || provider.disabled || (around !== undefined && around.traceId === undefined);
  if (off) return new NoopTrace();
  const opened = trace instanceof Trace ? trace : provider.createTrace({ ...options, name: trace });
  void opened.start();
  return opened;
}
