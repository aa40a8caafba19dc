// Behaviours 101 to 103 for OpenAI's exporter, over real HTTP.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OpenAITracingExporter, setTracingExportApiKey } from '../../src/model/index.ts';
import { MAX_FIELD_BYTES } from '../../src/model/openai-traces-payload.ts';
import { BatchTraceProcessor } from '../../src/view/trace/batch-trace-processor.ts';
import { Span } from '../../src/view/trace/span.ts';
import { NoopTrace, Trace } from '../../src/view/trace/trace.ts';
import type { SpanData } from '../../src/event/span-data.ts';

interface Seen {
  headers: IncomingHttpHeaders;
  body: { data: Record<string, unknown>[] };
}

let server: Server;
let endpoint: string;
let seen: Seen[];
let answers: ((response: ServerResponse) => void)[];

const status =
  (code: number, headers: Record<string, string> = {}, text = '{}') =>
  (response: ServerResponse): void =>
    void response.writeHead(code, headers).end(text);
const broken = (response: ServerResponse): void => void response.socket?.destroy();

beforeEach(async () => {
  seen = [];
  answers = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      seen.push({ headers: request.headers, body: JSON.parse(text) as Seen['body'] });
      (answers.shift() ?? status(204, {}, ''))(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces/ingest`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function span(data: SpanData, tracingApiKey?: string): Span {
  const at = '2026-01-01T00:00:00.000Z';
  return new Span({ traceId: 'trace_1', spanId: 'span_1', data, startedAt: at, endedAt: at, tracingApiKey });
}
const custom = (name: string, key?: string): Span => span({ type: 'custom', name, data: {} }, key);
const exporter = (options = {}): OpenAITracingExporter =>
  new OpenAITracingExporter({ apiKey: 'sk-exporter-key', endpoint, baseDelay: 1, ...options });
const sentData = (at = 0): Record<string, unknown> => seen[at]?.body.data[0]?.['span_data'] as Record<string, unknown>;

describe('OpenAITracingExporter', () => {
  it('posts traces and spans, the spans of tasks and turns as custom ones', async () => {
    const trace = new Trace({ traceId: 'trace_1', name: 'Flow', groupId: 'g', metadata: { a: 1 } });
    const task = span({ type: 'task', name: 'Flow' });
    await exporter({ organization: 'org', project: 'proj' }).export([trace, task, new NoopTrace()]);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer sk-exporter-key',
      'openai-beta': 'traces=v1',
      'openai-organization': 'org',
      'openai-project': 'proj',
    });
    expect(seen[0]?.body.data).toEqual([
      { object: 'trace', id: 'trace_1', workflow_name: 'Flow', group_id: 'g', metadata: { a: 1 } },
      expect.objectContaining({
        object: 'trace.span',
        span_data: { type: 'custom', name: 'task', data: { sdk_span_type: 'task', name: 'Flow' } },
      }),
    ]);
  });

  it('sends what a trace with a key of its own has under that key', async () => {
    await exporter().export([custom('a'), custom('b', 'sk-tenant'), custom('c')]);
    const byKey = seen.map(({ headers, body }) => [headers.authorization, body.data.length]);
    expect(byKey.sort((a, b) => Number(b[1]) - Number(a[1]))).toEqual([
      ['Bearer sk-exporter-key', 2],
      ['Bearer sk-tenant', 1],
    ]);
  });

  it('takes the key that was set for traces, as it is at the export', async () => {
    const late = new OpenAITracingExporter({ endpoint });
    setTracingExportApiKey('sk-for-traces');
    await late.export([custom('a')]);
    expect(seen[0]?.headers.authorization).toBe('Bearer sk-for-traces');
  });

  it.each([400, 401, 403, 413, 422])('[E103] does not try a %d again', async (code) => {
    answers = [status(code, {}, '{"error":{"message":"no, sk-exporter-key"}}')];
    const error: unknown = await exporter()
      .export([custom('a')])
      .catch((thrown: unknown) => thrown);
    expect((error as Error).message).toContain(`answered ${code}`);
    expect((error as Error).message).not.toContain('sk-exporter-key');
    expect(seen).toHaveLength(1);
  });

  it.each([408, 409, 429, 500, 502, 503, 529])('[E103] tries a %d again', async (code) => {
    answers = [status(code)];
    await exporter().export([custom('a')]);
    expect(seen).toHaveLength(2);
    expect(seen[1]?.body).toEqual(seen[0]?.body);
  });

  it('tries a broken connection again, and gives up after its attempts', async () => {
    answers = [broken, broken, broken, broken, broken, broken];
    await expect(exporter({ maxRetries: 2 }).export([custom('a')])).rejects.toThrow('Traces were not sent');
    // A pooled connection that died may be replaced once within an attempt.
    expect(seen.length).toBeGreaterThanOrEqual(2);
  });

  it('obeys the server: whether to try again, and when', async () => {
    answers = [status(503, { 'x-should-retry': 'false' })];
    await expect(exporter().export([custom('a')])).rejects.toThrow('503');
    expect(seen).toHaveLength(1);
    answers = [status(400, { 'x-should-retry': 'true', 'retry-after-ms': '60' })];
    const before = performance.now();
    await exporter().export([custom('a')]);
    expect(performance.now() - before).toBeGreaterThan(50);
    answers = [status(503, { 'retry-after': '3600' })];
    await exporter({ maxDelay: 5 }).export([custom('a')]);
    expect(seen).toHaveLength(5);
  });

  it('leaves a delay and a request as soon as it is aborted', async () => {
    answers = [status(500)];
    const abort = new AbortController();
    const waiting = exporter({ baseDelay: 60_000, maxDelay: 60_000 }).export([custom('a')], abort.signal);
    setTimeout(() => abort.abort(new Error('enough')), 30);
    await expect(waiting).rejects.toThrow('enough');
    expect(seen).toHaveLength(1);
    answers = [() => {}];
    const hanging = exporter().export([custom('a')], AbortSignal.timeout(30));
    await expect(hanging).rejects.toThrow(/aborted/);
    expect(seen).toHaveLength(2);
  });

  it('[E102] is cut short in its delay by the shutdown of the processor', async () => {
    answers = [status(500), status(500), status(500)];
    const batch = new BatchTraceProcessor(exporter({ baseDelay: 60_000, maxDelay: 60_000 }));
    batch.onSpanEnd(custom('a'));
    const before = performance.now();
    await batch.shutdown(50);
    expect(performance.now() - before).toBeLessThan(10_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(batch.dropped).toBe(1);
    expect(seen).toHaveLength(1);
  });

  it('[E103] cuts what is too long, and leaves the span as it was', async () => {
    const long = `${'"é😀'.repeat(60_000)}`;
    const data: SpanData = { type: 'function', name: 'f', input: long, output: 'short' };
    await exporter().export([span(data)]);
    const { input, output } = sentData() as { input: string; output: string };
    expect(output).toBe('short');
    expect(Buffer.byteLength(JSON.stringify(input))).toBeLessThanOrEqual(MAX_FIELD_BYTES);
    expect(Buffer.byteLength(JSON.stringify(input))).toBeGreaterThan(MAX_FIELD_BYTES - 100);
    expect(input.isWellFormed()).toBe(true);
    expect(input).toMatch(/… \[cut: \d+ bytes\]$/);
    expect(data.input).toBe(long);

    await exporter().export([span({ type: 'generation', output: [{ text: long }] })]);
    expect(sentData(1)['output']).toEqual([
      { truncated: true, original_type: 'array', length: 1, bytes: expect.any(Number), preview: expect.any(String) },
    ]);
  });

  it('keeps what usage the endpoint knows, and the rest below details', async () => {
    await exporter().export([
      span({ type: 'generation', usage: { input_tokens: 3, output_tokens: 2, total: 5, details: { cached: 1 } } }),
    ]);
    expect(sentData()['usage']).toEqual({ input_tokens: 3, output_tokens: 2, details: { total: 5, cached: 1 } });
  });

  it('loses only what no JSON can hold', async () => {
    const round: Record<string, unknown> = {};
    round['self'] = round;
    await exporter().export([span({ type: 'custom', name: 'round', data: round }), custom('plain')]);
    expect(seen[0]?.body.data).toHaveLength(1);
  });
});
