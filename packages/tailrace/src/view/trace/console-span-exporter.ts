import { tryStringify } from '../../base/json.ts';
import type { SpanRecord, TraceRecord, TracingExporter } from '../../port/tracing.ts';
import { printable } from './printable.ts';
import { spanLabel } from './span-label.ts';

/** Writes one line per trace and per ended span to the console, control characters escaped. */
export class ConsoleSpanExporter implements TracingExporter {
  readonly #write: (line: string) => void;

  /** `write` takes a line without its end; default: `console.log`. */
  // oxlint-disable-next-line no-console -- the console is what it is for
  constructor(write: (line: string) => void = (line) => console.log(line)) {
    this.#write = write;
  }

  export(items: (TraceRecord | SpanRecord)[]): Promise<void> {
    for (const item of items) this.#write(item.type === 'trace' ? traceLine(item) : spanLine(item));
    return Promise.resolve();
  }
}

function traceLine(trace: TraceRecord): string {
  const group = trace.groupId === null ? '' : ` group=${printable(trace.groupId)}`;
  return `[trace] ${printable(trace.name)} id=${printable(trace.traceId)}${group}`;
}

function spanLine(span: SpanRecord): string {
  const took = span.startedAt && span.endedAt ? `${Date.parse(span.endedAt) - Date.parse(span.startedAt)} ms` : 'open';
  const parent = span.parentId === null ? '' : ` parent=${printable(span.parentId)}`;
  const error = span.error === null ? '' : ` error=${printable(tryStringify(span.error.message) ?? '')}`;
  return `[span] ${spanLabel(span.spanData)} ${took} id=${printable(span.spanId)}${parent} trace=${printable(span.traceId)}${error}`;
}
