// I12, with everything shared that can be: agents, a model, tools, a store, and one MCP client.
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Agent,
  handoff,
  InMemoryTraceProcessor,
  type MCPServer,
  MCPServerStreamableHttp,
  MemoryLogStore,
  type RunContext,
  Runner,
  setTraceProcessors,
  tool,
} from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  modelResponder,
  ScriptedModel,
  startCleanRunProbe,
} from '../../src/testing/index.ts';
import { httpServer } from './http-server.ts';
import { children, tiny } from './tiny.ts';

afterEach(() => setTraceProcessors([]));

const RUNS = process.env['TAILRACE_ROUNDS'] === 'long' ? 1_000 : 200;
const CANARY = /CANARY-\d+-/g;

/** One model for all runs: what it says, it takes from what it is asked. */
function sharedModel(): ScriptedModel {
  const respond = modelResponder(async ({ request }) => {
    const asked = JSON.stringify(request.input);
    const own = asked.match(CANARY)?.[0] ?? 'nobody';
    const call = (name: string, id: string) => functionCall(name, { text: own }, { callId: `${own}${id}` });
    if (request.handoffs.length > 0) return [functionCall('transfer_to_second', {}, { callId: `${own}t` })];
    if (!asked.includes('"name":"echo"'))
      return [call('echo', 'a'), call('local', 'b'), call('meta', 'c'), call('echo', 'd')];
    return [assistantMessage(`Good-bye, ${own}`)];
  });
  return new ScriptedModel(Array.from({ length: RUNS * 3 }, () => respond));
}

async function storm(server: MCPServer): Promise<void> {
  const lines: string[] = [];
  const consoles = (['log', 'warn', 'error', 'info', 'debug'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...args: unknown[]) => void lines.push(args.map(String).join(' '))),
  );
  const strangers: string[] = [];
  const local = tool({
    name: 'local',
    description: 'Says what it is told.',
    parameters: {
      type: 'object',
      properties: { text: { type: 'string' } },
      required: ['text'],
      additionalProperties: false,
    },
    execute: (input: unknown, context?: RunContext<{ own: string }>) => {
      const { text } = input as { text: string };
      if (text !== context?.context.own) strangers.push(`${text} in ${context?.context.own}`);
      return text;
    },
  });
  const model = sharedModel();
  const parts = { model, tools: [local], mcpServers: [server] };
  const second = new Agent<{ own: string }>({ name: 'second', ...parts });
  const first = new Agent<{ own: string }>({ name: 'first', ...parts, handoffs: [handoff(second)] });
  const store = new MemoryLogStore();
  const trace = new InMemoryTraceProcessor();
  const probe = startCleanRunProbe();
  setTraceProcessors([trace, probe.traces]);
  const runner = new Runner({ store });
  const finished = await Promise.all(
    Array.from({ length: RUNS }, async (_, index) => {
      const own = `CANARY-${index}-`;
      const result = await runner.run(first, `I am ${own}`, { runId: `run-${index}`, context: { own } });
      return { own, result };
    }),
  );
  for (const one of consoles) one.mockRestore();
  expect(strangers).toEqual([]);
  expect(lines.join('\n').match(CANARY)).toBeNull();
  const ownerOf = new Map<string, string>();
  for (const [index, { own, result }] of finished.entries()) {
    const events = store.read(`run-${index}`, 0, 10_000);
    expect(logViolations(events)).toEqual([]);
    for (const text of [events, result.history, result.rawResponses, result.newItems])
      expect(new Set(JSON.stringify(text).match(CANARY))).toEqual(new Set([own]));
    expect(result.finalOutput).toBe(`Good-bye, ${own}`);
    // Both echoes, the local tool and the `_meta` that the resolver made of this run.
    const outputs = result.newItems.filter(({ type }) => type === 'tool_call_output_item');
    expect(outputs.filter((item) => JSON.stringify(item.rawItem).includes(own))).toHaveLength(4);
    const [started] = events;
    if (started?.type === 'run.started' && started.traceId !== undefined) ownerOf.set(started.traceId, own);
  }
  expect(ownerOf.size).toBe(RUNS);
  let listings = 0;
  for (const span of trace.spans) {
    for (const name of JSON.stringify(span.spanData).match(CANARY) ?? []) expect(name).toBe(ownerOf.get(span.traceId));
    if (span.spanData.type === 'mcp_tools') listings += 1;
  }
  expect(listings).toBe(RUNS * 3);
  expect([trace.traceStarts, trace.traceEnds, trace.openSpans.size]).toEqual([RUNS, RUNS, 0]);
  await expect.poll(() => probe.violations()).toEqual([]);
  probe[Symbol.dispose]();
}

describe('[I12] [S19] 200 runs at once', () => {
  const toolMetaResolver: NonNullable<MCPServer['toolMetaResolver']> = ({ runContext }) => ({
    user: (runContext.context as { own: string }).own,
  });

  it('share one MCP client over one pair of streams, and nothing that they say', async () => {
    const before = children().length;
    const server = tiny({ toolMetaResolver });
    await server.connect();
    await storm(server);
    expect(children()).toHaveLength(before + 1);
    await server.close();
    expect(children()).toHaveLength(before);
  }, 60_000);

  it('share one MCP client over HTTP, and nothing that they say', async () => {
    const { url, close } = await httpServer();
    try {
      await using server = new MCPServerStreamableHttp({ name: 'http', url, toolMetaResolver });
      await server.connect();
      await storm(server);
    } finally {
      await close();
    }
  }, 60_000);
});
