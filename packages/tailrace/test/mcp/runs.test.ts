// What an agent makes of its servers: their tools in a run, filtered, kept, named, approved, traced.
import { afterEach, describe, expect, it } from 'vitest';
import {
  Agent,
  type AgentOptions,
  type CallToolResultContent,
  createMCPToolStaticFilter,
  getAllMcpTools,
  InMemoryTraceProcessor,
  invalidateServerToolsCache,
  type MCPServer,
  type MCPToolFilterContext,
  mcpToFunctionTool,
  MemoryLogStore,
  RunContext,
  Runner,
  run,
  setTraceProcessors,
  tool,
} from '../../src/index.ts';
import { assertCleanRun, assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';
import { fake, mcpTool, tiny } from './tiny.ts';

afterEach(() => setTraceProcessors([]));

const script = (...names: string[]): ScriptedModel =>
  new ScriptedModel([
    names.map((name, index) => functionCall(name, {}, { callId: `c${index}` })),
    [assistantMessage('Done.')],
  ]);

/** Runs once with a script that calls the tools of these names. Gives what the model was told. */
async function told(names: string[], mcpServers: MCPServer[], more: Partial<AgentOptions> = {}) {
  const store = new MemoryLogStore();
  const agent = new Agent({ name: 'A', model: script(...names), mcpServers, ...more });
  const result = await new Runner({ store }).run(agent, 'Go', { runId: 'r' });
  await assertCleanRun(store.read('r', 0, 1_000));
  const outputs = result.newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item] : []));
  return { outputs: outputs.map(({ rawItem }) => rawItem.output), items: outputs, events: store.read('r', 0, 1_000) };
}

const answering = (content: CallToolResultContent | object[], more: object = {}): MCPServer =>
  fake('s', [mcpTool('t')], { callTool: async () => Object.assign(content, more) as CallToolResultContent });

describe('a result', () => {
  it.each([
    ['one text', [{ type: 'text', text: 'a' }], [{ type: 'input_text', text: 'a' }]],
    [
      'an image',
      [{ type: 'image', data: 'AAA=', mimeType: 'image/png' }],
      [{ type: 'input_image', image: 'data:image/png;base64,AAA=' }],
    ],
    [
      'text and image',
      [
        { type: 'text', text: 'a' },
        { type: 'image', data: 'AAA=', mimeType: 'image/gif' },
      ],
      [
        { type: 'input_text', text: 'a' },
        { type: 'input_image', image: 'data:image/gif;base64,AAA=' },
      ],
    ],
    [
      'audio',
      [{ type: 'audio', data: 'AAA=', mimeType: 'audio/wav' }],
      { type: 'text', text: '{"type":"audio","data":"AAA=","mimeType":"audio/wav"}' },
    ],
    [
      'a resource',
      [{ type: 'resource', resource: { uri: 'a:b', text: 'x' } }],
      { type: 'text', text: '{"type":"resource","resource":{"uri":"a:b","text":"x"}}' },
    ],
    ['nothing', [], { type: 'text', text: '[]' }],
  ])('of %s is told as such', async (_what, content, expected) => {
    expect((await told(['t'], [answering(content)])).outputs).toEqual([expected]);
  });

  it('that says it is an error is told as it is', async () => {
    const { outputs } = await told(['t'], [answering([{ type: 'text', text: 'bad' }], { isError: true })]);
    expect(outputs).toEqual([[{ type: 'input_text', text: 'bad' }]]);
  });

  it('is told as its structured content, where the server is to be used so', async () => {
    const server = answering([{ type: 'text', text: 'a' }], { structuredContent: { x: 1 } });
    expect((await told(['t'], [server])).outputs).toEqual([[{ type: 'input_text', text: 'a' }]]);
    server.useStructuredContent = true;
    expect((await told(['t'], [server])).outputs).toEqual([{ type: 'text', text: '{"x":1}' }]);
  });

  it('has custom data for the application, and none for the model', async () => {
    const server = answering([{ type: 'text', text: 'a' }], { structuredContent: { x: 1 }, _meta: { q: 2 } });
    server.customDataExtractor = ({ serverName, toolName, structuredContent, resultMeta, arguments: args }) => ({
      ...{ serverName, toolName, structuredContent, resultMeta, args },
    });
    const { items, outputs } = await told(['t'], [server]);
    expect(items[0]?.customData).toEqual({
      ...{ serverName: 's', toolName: 't', structuredContent: { x: 1 }, resultMeta: { q: 2 }, args: {} },
    });
    expect(JSON.stringify(outputs)).not.toContain('resultMeta');
  });
});

describe('a call', () => {
  it('that fails is told in general terms; by the server’s function, or the agent’s', async () => {
    const failing = (more: Partial<MCPServer> = {}) =>
      fake('s', [mcpTool('t')], { callTool: () => Promise.reject(new Error('boom')), ...more });
    const text = (outputs: unknown[]) => (outputs[0] as { text: string }).text;
    expect(text((await told(['t'], [failing()])).outputs)).toMatch(/error occurred/);
    expect(text((await told(['t'], [failing({ errorFunction: () => 'of the server' })])).outputs)).toBe(
      'of the server',
    );
    const mcpConfig = { errorFunction: ({ error }: { error: unknown }) => `agent: ${(error as Error).message}` };
    expect(text((await told(['t'], [failing()], { mcpConfig })).outputs)).toBe('agent: boom');
    const strict = new Agent({ name: 'A', model: script('t'), mcpServers: [failing({ errorFunction: null })] });
    await expect(run(strict, 'x')).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });

  it('whose server dies is that call’s error; the others go on', async () => {
    await using server = tiny({ errorFunction: ({ error }) => `failed: ${(error as Error).name}` });
    await server.connect();
    const { outputs } = await told(['die'], [server]);
    expect(outputs).toEqual([{ type: 'text', text: expect.stringMatching(/^failed: /) }]);
    expect((await told(['read'], [server])).outputs).toEqual([[{ type: 'input_text', text: 'read done' }]]);
  });

  it('carries what the resolver makes of the run, and nothing else of it', async () => {
    await using server = tiny({
      toolMetaResolver: ({ runContext }) => ({ user: (runContext.context as { id: string }).id }),
    });
    await server.connect();
    const agent = new Agent({ name: 'A', model: script('meta'), mcpServers: [server] });
    const { newItems } = await run(agent, 'x', { context: { id: 'u1', secret: 'CANARY' } });
    const output = JSON.stringify(newItems.map(({ rawItem }) => rawItem));
    expect(output).toContain(String.raw`{\"user\":\"u1\"`);
    expect(output).not.toContain('CANARY');
  });

  it('in strict mode leaves out what the server takes as optional', async () => {
    await using server = tiny();
    await server.connect();
    const [echo] = await getAllMcpTools({ mcpServers: [server], convertSchemasToStrict: true });
    expect(echo).toMatchObject({ name: 'echo', strict: true, parameters: { required: ['text', 'note'] } });
    const keys: unknown[] = [];
    const inner = fake('s', [], { callTool: async (_name, args) => void keys.push(Object.keys(args ?? {})) as never });
    const listed = (await server.listTools())[0];
    if (!listed) throw new Error('no tool');
    await mcpToFunctionTool(listed, inner, true)
      .invoke(new RunContext(), '{"text":"a","note":null}')
      .catch(() => '');
    expect(keys).toEqual([['text']]);
  });

  it.each([
    ['default', undefined, 'once', 'once'],
    ['one answer', 'idempotent', 'idempotent', 'idempotent'],
    ['from annotations', 'from_annotations', 'pure', 'idempotent'],
  ] as const)('is a step with effects: %s', async (_name, effects, ofRead, ofWrite) => {
    await using server = tiny(effects ? { effects } : {});
    await server.connect();
    const { events } = await told(['read', 'write', 'echo'], [server]);
    const recorded = events.flatMap((event) => (event.type === 'tool.called' ? [event.effects] : []));
    expect(recorded.slice(0, 2)).toEqual([ofRead, ofWrite]);
  });
});

describe('a tool list', () => {
  it('is asked for at each turn, or kept until somebody says otherwise', async () => {
    const fresh = fake('fresh', [mcpTool('t')]);
    await told(['t'], [fresh]);
    expect(fresh.listings).toBe(2);
    const kept = fake('kept', [mcpTool('t')], { cacheToolsList: true });
    await told(['t'], [kept]);
    await told(['t'], [kept]);
    expect(kept.listings).toBe(1);
    await invalidateServerToolsCache('kept');
    await told(['t'], [kept]);
    expect(kept.listings).toBe(2);
  });

  it('is not shared by two servers of one name', async () => {
    const one = fake('same', [mcpTool('a')], { cacheToolsList: true });
    const two = fake('same', [mcpTool('b')], { cacheToolsList: true });
    await getAllMcpTools([one]);
    expect((await getAllMcpTools([two])).map(({ name }) => name)).toEqual(['b']);
  });

  it('is kept by the key that is asked for', async () => {
    const server = fake('keyed', [mcpTool('t')], { cacheToolsList: true });
    const generateMCPToolCacheKey = ({ runContext }: { runContext?: RunContext }) => String(runContext?.context);
    for (const tenant of ['a', 'b', 'a'])
      await getAllMcpTools({ mcpServers: [server], runContext: new RunContext(tenant), generateMCPToolCacheKey });
    expect(server.listings).toBe(2);
  });

  it('is filtered by lists, or by a function, at each turn and for each run', async () => {
    const tools = [mcpTool('a'), mcpTool('b'), mcpTool('c')];
    const names = async (server: MCPServer, context?: unknown) => {
      const agent = new Agent({ name: 'A', mcpServers: [server] });
      return (await agent.getAllTools(new RunContext(context))).map(({ name }) => name);
    };
    const lists = createMCPToolStaticFilter({ allowed: ['a', 'b'], blocked: ['b'] });
    expect(await names(fake('s', tools, lists && { toolFilter: lists }))).toEqual(['a']);
    expect(createMCPToolStaticFilter()).toBeUndefined();
    const seen: MCPToolFilterContext[] = [];
    const asked = fake('s', tools, {
      cacheToolsList: true,
      toolFilter: async (context, { name }) => {
        seen.push(context);
        return name === context.runContext.context;
      },
    });
    expect(await names(asked, 'b')).toEqual(['b']);
    // Kept, and still each run's own answer.
    expect(await names(asked, 'c')).toEqual(['c']);
    expect(asked.listings).toBe(1);
    expect(seen[0]).toMatchObject({ serverName: 's', agent: { name: 'A' } });
  });

  it('that cannot be had fails the run', async () => {
    const server = fake('s', [], { listTools: () => Promise.reject(new Error('no list')) });
    await expect(run(new Agent({ name: 'A', model: script(), mcpServers: [server] }), 'x')).rejects.toThrow('no list');
  });

  it('comes before the agent’s own tools, and goes over into a clone', async () => {
    const own = tool({ name: 'own', description: 'Own.', parameters: undefined, execute: () => '' });
    const agent = new Agent({ name: 'A', tools: [own], mcpServers: [fake('s', [mcpTool('t')])] });
    for (const one of [agent, agent.clone({ name: 'B' })])
      expect((await one.getAllTools(new RunContext())).map(({ name }) => name)).toEqual(['t', 'own']);
  });
});

describe('approval', () => {
  const reads = mcpTool('reads', { annotations: { readOnlyHint: true } });
  const writes = mcpTool('writes');
  it.each([
    ['nothing said', undefined, [false, false]],
    ['never', 'never', [false, false]],
    ['always', 'always', [true, true]],
    ['by name', { always: { toolNames: ['writes'] } }, [false, true]],
    ['all but some', { never: { toolNames: ['reads'] } }, [false, true]],
    ['by what only reads', { never: { readOnly: true } }, [false, true]],
    ['always wins', { always: { toolNames: ['reads'] }, never: { readOnly: true } }, [true, false]],
    ['a function', async ({ toolName }: { toolName: string }) => toolName === 'reads', [true, false]],
  ] as const)('%s', async (_name, requireApproval, expected) => {
    const policy =
      requireApproval === undefined ? {} : { requireApproval: requireApproval as MCPServer['requireApproval'] };
    const tools = await getAllMcpTools([fake('s', [reads, writes], policy as Partial<MCPServer>)]);
    const asks = await Promise.all(tools.map((one) => one.needsApproval(new RunContext(), {}, 'c')));
    if (_name === 'always wins') expect(asks[0]).toBe(true);
    else expect(asks).toEqual(expected);
  });

  it('is asked for as soon as somebody decides that it is, kept list or not', async () => {
    const server = fake('s', [writes], { cacheToolsList: true, requireApproval: { always: { toolNames: [] } } });
    const agent = new Agent({ name: 'A', mcpServers: [server] });
    const asks = async () => {
      const [one] = await agent.getAllTools(new RunContext());
      return one?.type === 'function' && one.needsApproval(new RunContext(), {}, 'c');
    };
    expect(await asks()).toBe(false);
    server.requireApproval = { always: { toolNames: ['writes'] } };
    expect(await asks()).toBe(true);
  });

  it('is waited for, and the call is made when it has come', async () => {
    const server = fake('s', [writes], { requireApproval: 'always' });
    const agent = new Agent({ name: 'A', model: script('writes'), mcpServers: [server] });
    const first = await run(agent, 'Go');
    expect(first.interruptions).toHaveLength(1);
    expect(server.calls).toHaveLength(0);
    const [interruption] = first.interruptions;
    if (interruption) await first.state.approve(interruption);
    const second = await run(agent, first.state);
    expect(second.finalOutput).toBe('Done.');
    expect(server.calls).toHaveLength(1);
  });
});

describe('the trace', () => {
  it('has a span for each listing, below the agent, and the server’s name on each call', async () => {
    const trace = new InMemoryTraceProcessor();
    setTraceProcessors([trace]);
    await told(['t'], [fake('s', [mcpTool('t')])]);
    const listings = trace.spans.filter(({ spanData }) => spanData.type === 'mcp_tools');
    expect(listings.map(({ spanData }) => spanData)).toEqual([
      { type: 'mcp_tools', server: 's', result: ['t'] },
      { type: 'mcp_tools', server: 's', result: ['t'] },
    ]);
    const agent = trace.spans.find(({ spanData }) => spanData.type === 'agent');
    expect(listings[0]?.parentId).toBe(agent?.spanId);
    const call = trace.spans.find(({ spanData }) => spanData.type === 'function');
    expect(call?.spanData).toMatchObject({ name: 't', mcp_data: { server: 's' } });
  });

  it('says that a listing failed, and not what the server said of itself', async () => {
    const trace = new InMemoryTraceProcessor();
    setTraceProcessors([trace]);
    const server = fake('s', [], { listTools: () => Promise.reject(new Error('http://user:CANARY@host')) });
    await run(new Agent({ name: 'A', model: script(), mcpServers: [server] }), 'x').catch(() => undefined);
    const span = trace.spans.find(({ spanData }) => spanData.type === 'mcp_tools');
    expect(span?.error?.message).toMatch(/listing/);
    expect(JSON.stringify(span)).not.toContain('CANARY');
  });
});
