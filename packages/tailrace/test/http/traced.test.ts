// W3C trace context: taken in with the request, passed on to the model and to MCP servers, and the same for OpenTelemetry.
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Agent, type MCPServer, OpenAIResponsesModel, setTraceProcessors } from 'tailrace';
import { createHandler } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { startWireServer } from 'tailrace/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { DerivedIdGenerator, OpenTelemetryTraceProcessor } from '../../src/otel/index.ts';
import { createRuntime } from '../../src/runtime/runtime.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

afterEach(() => setTraceProcessors([]));

/** A server with one tool, which keeps the `_meta` of each call. */
function server(metas: unknown[]): MCPServer {
  return {
    name: 'box',
    cacheToolsList: false,
    connect: async () => undefined,
    close: async () => undefined,
    invalidateToolsCache: async () => undefined,
    listTools: async () => [
      {
        name: 'look',
        description: 'Looks.',
        inputSchema: { type: 'object', properties: {}, required: [], additionalProperties: false },
      },
    ],
    callTool: async (_name: string, _args: unknown, meta: unknown) => {
      metas.push(meta);
      return [{ type: 'text', text: 'seen' }];
    },
  } as unknown as MCPServer;
}

async function asked(
  propagate: boolean,
  header: string | undefined,
  whose: 'own' | 'given' = 'given',
): Promise<{
  traces: string[];
  roots: (string | undefined)[];
  wire: unknown[];
  metas: unknown[];
  status: string;
  traceId: string;
}> {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    idGenerator: new DerivedIdGenerator(),
  });
  setTraceProcessors([new OpenTelemetryTraceProcessor({ tracerProvider: provider })]);
  await using wire = await startWireServer({
    script: [
      { steps: [{ type: 'tool_call', name: 'look', arguments: {} }] },
      { steps: [{ type: 'text', text: 'Done.' }] },
    ],
  });
  const model = new OpenAIResponsesModel({ baseURL: wire.url, apiKey: 'sk-test' }, 'gpt-test');
  const metas: unknown[] = [];
  const options = {
    agents: { one: new Agent({ name: 'One', model, mcpServers: [server(metas)] }) },
    store: sqlite(':memory:'),
    runConfig: { tracing: { propagate } },
  };
  const runtime = whose === 'given' ? createRuntime(options) : undefined;
  await runtime?.start();
  const handler = createHandler(runtime ? { runtime } : options);
  const headers = { 'content-type': 'application/json', ...(header !== undefined && { traceparent: header }) };
  const posted = await handler(
    new Request('http://localhost/runs', { method: 'POST', headers, body: JSON.stringify({ input: 'Hi' }) }),
  );
  const { id, status } = (await posted.json()) as { id: string; status: string };
  const trace = (await (await handler(new Request(`http://localhost/runs/${id}/trace`))).json()) as { traceId: string };
  await handler.stop({ graceMs: 0 });
  await runtime?.stop();
  const spans = exporter.getFinishedSpans();
  return {
    status,
    traceId: trace.traceId,
    traces: [...new Set(spans.map((span) => span.spanContext().traceId))],
    roots: spans
      .filter(({ parentSpanContext }) => parentSpanContext?.isRemote === true)
      .map((span) => span.parentSpanContext?.spanId),
    wire: wire.requests.map((request) => request.headers['traceparent']),
    metas,
  };
}

describe('traceparent', () => {
  it('of the request that begins a run: the run is in that trace, and so is what it asks of others', async () => {
    const seen = await asked(true, PARENT);
    expect(seen.status).toBe('completed');
    expect(seen.traceId).toBe(`trace_${TRACE}`);
    expect(seen.traces).toEqual([TRACE]);
    expect(seen.roots).toEqual(['b7ad6b7169203331']);
    expect(seen.wire).toHaveLength(2);
    for (const header of seen.wire) expect(header).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(seen.metas).toEqual([{ traceparent: expect.stringMatching(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`)) }]);
    expect(new Set([...seen.wire, PARENT]).size).toBe(3);
  });

  it('is passed on by a runtime of the handler’s own, where its runConfig says so', async () => {
    const seen = await asked(true, PARENT, 'own');
    expect([seen.status, seen.traceId, seen.wire.length]).toEqual(['completed', `trace_${TRACE}`, 2]);
    for (const header of seen.wire) expect(header).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect((await asked(false, PARENT, 'own')).wire).toEqual([undefined, undefined]);
  });

  it('is passed on only where the runtime says so', async () => {
    const seen = await asked(false, PARENT);
    expect([seen.status, seen.traces]).toEqual(['completed', [TRACE]]);
    expect(seen.wire).toEqual([undefined, undefined]);
    expect(seen.metas).toEqual([undefined]);
  });

  it.each(['nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `${PARENT}-more`, 'x'.repeat(8_000)])(
    'that is none begins a trace of its own: %s',
    async (header) => {
      const seen = await asked(true, header);
      expect(seen.status).toBe('completed');
      expect(seen.traces).toHaveLength(1);
      expect(seen.traces).not.toEqual([TRACE]);
    },
  );
});
