import { newItemId, newSpanId, newTraceId } from '../../base/id.ts';
import type { TracingIdGenerator } from '../../base/tracing-ids.ts';

/** A new trace id: `trace_` and 32 hexadecimal digits. */
export function generateTraceId(): string {
  return newTraceId();
}

/** A new span id: `span_` and 24 hexadecimal digits. */
export function generateSpanId(): string {
  return newSpanId();
}

/** A new group id: `group_` and 24 hexadecimal digits. */
export function generateGroupId(): string {
  return newItemId('group');
}

/** What makes ids where nobody said otherwise. */
export const defaultTracingIdGenerator: TracingIdGenerator = Object.freeze({ generateTraceId, generateSpanId });
