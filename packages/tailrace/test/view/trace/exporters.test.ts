import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SpanRecord } from '../../../src/port/tracing.ts';
import { ConsoleSpanExporter } from '../../../src/view/trace/console-span-exporter.ts';
import { InMemorySpanExporter } from '../../../src/view/trace/in-memory-span-exporter.ts';
import { JsonlTraceExporter } from '../../../src/view/trace/jsonl-trace-exporter.ts';
import { Span } from '../../../src/view/trace/span.ts';
import { Trace } from '../../../src/view/trace/trace.ts';

const HOSTILE = 'a\n{"object":"trace"}\r\u001b[2J\u2028\u202e\u0085\ud800';
const trace = new Trace({ name: HOSTILE, traceId: 'trace_1' });

function span(name: string, data: Record<string, unknown> = {}): SpanRecord {
  return new Span({
    traceId: 'trace_1',
    spanId: 'span_1',
    parentId: 'span_0',
    data: { type: 'custom', name, data },
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:00.012Z',
    error: { message: HOSTILE },
  });
}

describe('ConsoleSpanExporter', () => {
  it('writes one line each, and nothing that a terminal obeys', async () => {
    const lines: string[] = [];
    await new ConsoleSpanExporter((line) => lines.push(line)).export([trace, span(HOSTILE), span('plain')]);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u);
    expect(lines[2]).toContain('plain 12 ms id=span_1 parent=span_0 trace=trace_1 error=');
  });
});

describe('InMemorySpanExporter', () => {
  it('keeps traces and spans apart until it is reset', async () => {
    const exporter = new InMemorySpanExporter();
    await exporter.export([trace, span('a')]);
    expect([exporter.traces.length, exporter.spans.length]).toEqual([1, 1]);
    exporter.reset();
    expect([exporter.traces.length, exporter.spans.length]).toEqual([0, 0]);
  });
});

describe('JsonlTraceExporter', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trace-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const lines = async (path: string): Promise<unknown[]> =>
    (await readFile(path, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  it('appends one JSON object a line, whatever the names hold', async () => {
    const path = join(folder, 'deep', 'traces.jsonl');
    const exporter = new JsonlTraceExporter(path);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    await exporter.export([trace]);
    await exporter.export([span(HOSTILE)]);
    expect(await lines(path)).toMatchObject([
      { object: 'trace', id: 'trace_1', workflow_name: HOSTILE },
      { object: 'trace.span', id: 'span_1', span_data: { name: HOSTILE } },
    ]);
    expect(await readFile(path, 'utf8')).not.toMatch(/[\u2028\u202e\u0085\u001b]/);
  });

  it('keeps concurrent exports whole and in order', async () => {
    const path = join(folder, 'traces.jsonl');
    const exporter = new JsonlTraceExporter(path);
    const big = 'x'.repeat(50_000);
    await Promise.all(Array.from({ length: 20 }, (_, n) => exporter.export([span(`${n}`, { big })])));
    const written = (await lines(path)) as { span_data: { name: string } }[];
    expect(written.map((line) => line.span_data.name)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
  });

  it('says of a span that is no JSON that it is none', async () => {
    const path = join(folder, 'traces.jsonl');
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    await new JsonlTraceExporter(path).export([span('circle', circle), span('fine')]);
    expect(await lines(path)).toMatchObject([{ id: 'span_1', problem: 'not JSON' }, { span_data: { name: 'fine' } }]);
  });

  it('rejects when it cannot write, and writes again when it can', async () => {
    const exporter = new JsonlTraceExporter(folder);
    await expect(exporter.export([trace])).rejects.toThrow('EISDIR');
    await expect(exporter.export([trace])).rejects.toThrow('EISDIR');
    await expect(exporter.export([trace], AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
    await exporter.export([]);
  });
});
