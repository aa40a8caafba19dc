import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { toJson } from '../json.ts';
import { pause } from '../observe.ts';
import type { Json, Program, SdkNamespace } from '../program.ts';

type SpanTold = SdkNamespace['dispatchSpan'];

interface Posted {
  readonly headers: Record<string, Json>;
  readonly body: Json;
}

/** What exporting `items` posts to an endpoint that answers with `statuses`, then 204. */
async function posted(
  sdk: SdkNamespace,
  items: (endpoint: string) => Promise<unknown>,
  statuses: number[] = [],
): Promise<{ posts: Posted[]; outcome: string }> {
  const posts: Posted[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { authorization, 'openai-beta': beta, 'content-type': type } = request.headers;
      posts.push({
        headers: { authorization: authorization ?? null, beta: beta?.toString() ?? null, type: type ?? null },
        body: JSON.parse(text) as Json,
      });
      response.writeHead(statuses.shift() ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const outcome = await items(`http://127.0.0.1:${port}/ingest`).then(
      () => 'resolved',
      () => 'rejected',
    );
    return { posts, outcome };
  } finally {
    server.closeAllConnections();
    server.close();
    sdk.setTraceProcessors([]);
  }
}

/** A trace and one span with fixed ids, as an exporter gets them. */
function recorded(
  sdk: SdkNamespace,
  tracingApiKey?: string,
): { trace: InstanceType<SdkNamespace['Trace']>; spans: unknown[] } {
  const key = tracingApiKey === undefined ? {} : { tracingApiKey };
  const trace = sdk
    .getGlobalTraceProvider()
    .createTrace({ traceId: `trace_${'1'.repeat(32)}`, name: 'Flow', groupId: 'g', metadata: { a: 1 }, ...key });
  const at = '2026-01-01T00:00:00.000Z';
  const make = (spanId: string, data: { name: string; data: Record<string, unknown> }): unknown =>
    sdk.createCustomSpan({ spanId, startedAt: at, endedAt: at, data }, trace);
  return { trace, spans: [make('span_1', { name: 'one', data: { x: 1 } }), make('span_2', { name: 'two', data: {} })] };
}

/** Tracing that needs no run. */
export const tracingPrograms: Record<string, Program> = {
  'ids of traces, spans and groups': async (sdk) => ({
    trace: /^trace_[0-9a-f]{32}$/.test(sdk.generateTraceId()),
    span: /^span_[0-9a-f]{24}$/.test(sdk.generateSpanId()),
    group: /^group_[0-9a-f]{24}$/.test(sdk.generateGroupId()),
    differ: sdk.generateTraceId() !== sdk.generateTraceId(),
  }),

  'ids of one’s own making': async (sdk, testing) => {
    sdk.setTracingDisabled(false);
    const traces = new Set<string>();
    const spans = new Set<string>();
    const kind = (id: string): string => id.replaceAll(/[0-9a-f]{8,}/g, 'random').replaceAll(/\d+/g, 'n');
    sdk.setTraceProcessors([
      {
        onTraceStart: async ({ traceId }) => void traces.add(kind(traceId)),
        onTraceEnd: async () => {},
        onSpanStart: async ({ spanId }) => void spans.add(kind(spanId)),
        onSpanEnd: async () => {},
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ]);
    let count = 0;
    const seen: Json[] = [];
    const own = {
      generateTraceId: () => `own_trace_${(count += 1)}`,
      generateSpanId: () => `own_span_${(count += 1)}`,
    };
    for (const generator of [own, { generateSpanId: own.generateSpanId }, sdk.defaultTracingIdGenerator, undefined]) {
      sdk.setTracingIdGenerator(generator);
      const look = sdk.tool({
        name: 'look',
        description: 'Looks.',
        parameters: z.object({}),
        execute: async () => sdk.withCustomSpan(async () => 'seen', { data: { name: 'inside', data: {} } }),
      });
      const done = [testing.assistantMessage('Done.')];
      const model = new testing.ScriptedModel([[testing.functionCall('look', {}, { callId: 'call_1' })], done, done]);
      const agent = new sdk.Agent({ name: 'Looker', model, tools: [look] });
      await sdk.run(agent, 'Hi');
      await sdk.withTrace('Around', async () => sdk.run(agent, 'Hi'));
      await pause(15);
      seen.push([[...traces], [...spans], kind(sdk.generateTraceId()), kind(sdk.generateSpanId())]);
      traces.clear();
      spans.clear();
    }
    const provider = new sdk.TraceProvider({ idGenerator: { generateTraceId: () => 'of_the_provider' } });
    provider.setDisabled(false);
    const made = [provider.createTrace({}).traceId, provider.generateTraceId(), kind(provider.generateSpanId())];
    provider.setIdGenerator({ generateSpanId: () => 'span_of_it' });
    made.push(kind(provider.generateTraceId()), provider.generateSpanId());
    sdk.setTraceProcessors([]);
    return { seen, made };
  },

  'a trace and a span that are none': async (sdk) => {
    const trace = new sdk.NoopTrace();
    const span = new sdk.NoopSpan({ type: 'custom', name: 'x', data: {} }, new sdk.MultiTracingProcessor());
    await trace.start();
    span.start();
    span.end();
    await trace.end();
    return {
      trace: toJson(trace.toJSON()),
      span: toJson(span.toJSON()),
      ids: [trace.traceId, span.traceId, span.spanId],
    };
  },

  'several processors as one': async (sdk) => {
    const told: Json[] = [];
    const processor = (name: string): Parameters<SdkNamespace['addTraceProcessor']>[0] => ({
      onTraceStart: async () => void told.push(`${name} trace starts`),
      onTraceEnd: async () => void told.push(`${name} trace ends`),
      onSpanStart: async () => void told.push(`${name} span starts`),
      onSpanEnd: async () => void told.push(`${name} span ends`),
      forceFlush: async () => void told.push(`${name} flushes`),
      shutdown: async () => void told.push(`${name} stops`),
    });
    const all = new sdk.MultiTracingProcessor();
    all.addTraceProcessor(processor('a'));
    all.addTraceProcessor(processor('b'));
    const { trace, spans } = recorded(sdk);
    const [span] = spans as Parameters<typeof all.onSpanStart>;
    if (span === undefined) return { told };
    await all.onTraceStart(trace);
    await all.onSpanStart(span);
    await all.onSpanEnd(span);
    await all.onTraceEnd(trace);
    await all.forceFlush();
    await all.shutdown();
    return { told: told.map(String).toSorted((a, b) => a.localeCompare(b)) };
  },

  'traces exported to OpenAI': async (sdk) => {
    sdk.setTracingDisabled(false);
    const { trace, spans } = recorded(sdk);
    const items = [trace, ...spans] as Parameters<InstanceType<SdkNamespace['OpenAITracingExporter']>['export']>[0];
    const { posts, outcome } = await posted(sdk, (endpoint) =>
      new sdk.OpenAITracingExporter({ apiKey: 'sk-export', endpoint }).export(items),
    );
    return { posts: toJson(posts), outcome };
  },

  'an exporter asks again after a 5xx, not after a 4xx': async (sdk) => {
    sdk.setTracingDisabled(false);
    const { trace } = recorded(sdk);
    const tries = async (...statuses: number[]): Promise<Json> => {
      const { posts } = await posted(
        sdk,
        (endpoint) => new sdk.OpenAITracingExporter({ apiKey: 'k', endpoint, baseDelay: 1 }).export([trace]),
        statuses,
      );
      return posts.length;
    };
    return {
      '400': await tries(400),
      '500': await tries(500),
      '429': await tries(429),
      'three 503s': await tries(503, 503, 503),
    };
  },

  'the key that is set for traces': async (sdk) => {
    sdk.setTracingDisabled(false);
    sdk.setTracingExportApiKey('sk-for-traces');
    const keys: Json[] = [];
    for (const own of [undefined, 'sk-tenant']) {
      const { trace } = recorded(sdk, own);
      const { posts } = await posted(sdk, (endpoint) => new sdk.OpenAITracingExporter({ endpoint }).export([trace]));
      keys.push(posts[0]?.headers['authorization'] ?? null);
    }
    return { keys };
  },

  'a place in a trace, taken elsewhere': async (sdk) => {
    sdk.setTracingDisabled(false);
    const spans: { name: string; parent: string | null; traceId: string; spanId: string }[] = [];
    sdk.setTraceProcessors([
      {
        onTraceStart: async () => {},
        onTraceEnd: async () => {},
        onSpanStart: async (span) => {
          const name = 'name' in span.spanData ? String(span.spanData.name) : span.spanData.type;
          spans.push({ name, parent: span.parentId, traceId: span.traceId, spanId: span.spanId });
        },
        onSpanEnd: async () => {},
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ]);
    const custom = (name: string): Promise<number> => sdk.withCustomSpan(async () => 1, { data: { name } });
    const outside = sdk.getCurrentTraceContext();
    let inner: string | undefined;
    await sdk.withTrace('T', async () => {
      await sdk.withCustomSpan(
        async () => {
          const here = sdk.getCurrentTraceContext();
          await sdk.withTraceContext(null, async () => {
            inner = String(sdk.getCurrentTrace()?.name ?? null);
            await sdk.withTraceContext(here, () => custom('below'));
          });
        },
        { data: { name: 'outer' } },
      );
    });
    sdk.setTraceProcessors([]);
    const outer = spans.find(({ name }) => name === 'outer');
    const below = spans.find(({ name }) => name === 'below');
    return {
      outside: toJson(outside),
      inner: inner ?? null,
      below: below?.parent === outer?.spanId && below?.traceId === outer?.traceId,
    };
  },

  'traces and spans told by hand': async (sdk) => {
    const told: Json[] = [];
    const { trace, spans } = recorded(sdk);
    const [span] = spans as Parameters<SpanTold>;
    if (span === undefined) return { told };
    sdk.setTraceProcessors([
      {
        start: () => void told.push('start'),
        onTraceStart: async () => void told.push('trace starts'),
        onTraceEnd: async () => void told.push('trace ends'),
        onSpanStart: async () => void told.push('span starts'),
        onSpanEnd: async () => void told.push('span ends'),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ]);
    await sdk.dispatchTrace(trace);
    await sdk.dispatchSpan(span);
    await sdk.dispatchSpanStart(span);
    await sdk.dispatchSpanEnd(span);
    sdk.setTraceProcessors([]);
    return { told: told.filter((what) => what !== 'start') };
  },
};
