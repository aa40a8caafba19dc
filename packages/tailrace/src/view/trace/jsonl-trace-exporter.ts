import { tryStringify } from '../../base/json.ts';
import type { SpanRecord, TraceRecord, TracingExporter } from '../../port/tracing.ts';
import { printable } from './printable.ts';

/**
 * Appends traces and ended spans to a file, one JSON object a line, in the form of the OpenAI traces API.
 * The file and its folder are made when the first one is written. Rejects when the file cannot be written.
 */
export class JsonlTraceExporter implements TracingExporter {
  readonly path: string;
  // Appends of two exports must not mix.
  #last: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  export(items: (TraceRecord | SpanRecord)[], signal?: AbortSignal): Promise<void> {
    const text = items.map(lineOf).join('');
    const written = this.#last.then(() => this.#append(text, signal));
    this.#last = written.catch(() => {});
    return written;
  }

  async #append(text: string, signal: AbortSignal | undefined): Promise<void> {
    if (text === '') return;
    signal?.throwIfAborted();
    const [{ appendFile, mkdir }, { dirname }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
    await mkdir(dirname(this.path), { recursive: true });
    await appendFile(this.path, text, { encoding: 'utf8', mode: 0o600 });
  }
}

// JSON escapes line feeds; `printable` the rest of what a viewer might obey. Its escapes are JSON's own.
function lineOf(item: TraceRecord | SpanRecord): string {
  const id = item.type === 'trace' ? item.traceId : item.spanId;
  const text = tryStringify(item) ?? tryStringify({ object: item.type, id, problem: 'not JSON' });
  return text === undefined || text === 'null' ? '' : `${printable(text)}\n`;
}
