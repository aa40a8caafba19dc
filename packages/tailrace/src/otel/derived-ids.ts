/** The ids that the span which is being started is to have; only while `tracer.startSpan` runs, which does not wait for anything. */
let wanted: { readonly traceId: string; readonly spanId: string } | undefined;

/** Calls `start` with the ids that a `DerivedIdGenerator` gives meanwhile. */
export function withIds<T>(ids: { readonly traceId: string; readonly spanId: string }, start: () => T): T {
  wanted = ids;
  try {
    return start();
  } finally {
    wanted = undefined;
  }
}

/**
 * An id generator for a tracer provider: `new BasicTracerProvider({ idGenerator: new DerivedIdGenerator() })`. Spans of runs have ids made from their own, so that
 * any process derives the same ones: what a run tells after a crash, or in a later segment elsewhere, joins what it told before, and the `traceparent` that model
 * calls carry names the span that is exported. All other spans get random ids.
 */
export class DerivedIdGenerator {
  /** 32 hexadecimal digits. */
  generateTraceId(): string {
    return wanted?.traceId ?? random(16);
  }

  /** 16 hexadecimal digits. */
  generateSpanId(): string {
    return wanted?.spanId ?? random(8);
  }
}

function random(bytes: number): string {
  const digits = [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0'));
  return digits.join('');
}
