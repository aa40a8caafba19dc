import { join } from 'node:path';
import type { MCPServer } from '@openai/agents';
import { noParameters } from '../fixtures.ts';
import { toJson } from '../json.ts';
import { observe } from '../observe.ts';
import { bothWays, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';

type Tools = Awaited<ReturnType<MCPServer['listTools']>>;
type Content = Awaited<ReturnType<MCPServer['callTool']>>;

function described(...names: string[]): Tools {
  return names.map((name) => ({ name, description: `Does ${name}.`, inputSchema: noParameters }));
}

/** A server of this process. */
function server(name: string, tools: Tools, more: Partial<MCPServer> = {}): MCPServer & { listings: number } {
  return {
    name,
    cacheToolsList: false,
    listings: 0,
    connect: async () => undefined,
    close: async () => undefined,
    async listTools() {
      this.listings += 1;
      return tools;
    },
    callTool: async (tool, args, meta) =>
      [{ type: 'text', text: `${name} ${tool} ${JSON.stringify(args)} ${JSON.stringify(meta ?? null)}` }] as Content,
    invalidateToolsCache: async () => undefined,
    ...more,
  };
}

function answering(content: object[], result: object = {}, more: Partial<MCPServer> = {}): MCPServer {
  return server('answers', described('ask'), {
    callTool: async () => Object.assign(structuredClone(content), result) as Content,
    ...more,
  });
}

const everything = join(
  import.meta.dirname,
  '../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
);

function scripted(
  testing: TestingNamespace,
  calls: Record<string, object>,
): InstanceType<typeof testing.ScriptedModel> {
  const asked = Object.entries(calls).map(([name, args], index) =>
    testing.functionCall(name, args as Record<string, unknown>, { callId: `call_${index + 1}` }),
  );
  return new testing.ScriptedModel([asked, [testing.assistantMessage('Done.')]]);
}

/** One run of an agent with these servers. */
function withServers(
  name: string,
  calls: Record<string, object>,
  servers: (sdk: SdkNamespace) => MCPServer[],
  more: (sdk: SdkNamespace) => object = () => ({}),
): Record<string, Program> {
  return bothWays(name, (sdk, testing, stream) => {
    const model = scripted(testing, calls);
    const agent = new sdk.Agent({ name: 'A', model, mcpServers: servers(sdk), ...more(sdk) });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  });
}

const lifeOf = (sdk: SdkNamespace, told: string[], name: string, more: Partial<MCPServer> = {}): MCPServer =>
  server(name, described(`${name}_tool`), {
    connect: async () => void told.push(`connect ${name}`),
    close: async () => void told.push(`close ${name}`),
    ...more,
  });

/** Agents with MCP servers: objects of this process, and a process of its own. */
export const mcpPrograms: Record<string, Program> = {
  ...withServers('mcp: one tool', { look: {} }, () => [server('one', described('look', 'other'))]),
  ...withServers('mcp: two servers', { look: {}, find: {} }, () => [
    server('one', described('look')),
    server('two', described('find')),
  ]),
  ...withServers(
    'mcp: beside a tool of its own',
    { look: {}, own: {} },
    () => [server('one', described('look'))],
    (sdk) => ({
      tools: [sdk.tool({ name: 'own', description: 'Own.', parameters: noParameters, execute: async () => 'own' })],
    }),
  ),
  ...withServers('mcp: a name with other letters', { my_look_: {} }, () => [server('one', described('my-look!'))]),
  ...withServers(
    'mcp: names with the server in them',
    { mcp_My_Server__look: {} },
    () => [server('My Server!', described('look')), server('two', described('look'))],
    () => ({ mcpConfig: { includeServerInToolNames: true } }),
  ),
  ...withServers('mcp: several contents', { ask: {} }, () => [
    answering([
      { type: 'text', text: 'a' },
      { type: 'image', data: 'AAA=', mimeType: 'image/png' },
    ]),
  ]),
  ...withServers('mcp: an image', { ask: {} }, () => [
    answering([{ type: 'image', data: 'AAA=', mimeType: 'image/png' }]),
  ]),
  ...withServers('mcp: audio', { ask: {} }, () => [
    answering([{ type: 'audio', data: 'AAA=', mimeType: 'audio/wav' }]),
  ]),
  ...withServers('mcp: a resource', { ask: {} }, () => [
    answering([{ type: 'resource', resource: { uri: 'note://1', text: 'a note' } }]),
  ]),
  ...withServers('mcp: no content', { ask: {} }, () => [answering([])]),
  ...withServers('mcp: a result that is an error', { ask: {} }, () => [
    answering([{ type: 'text', text: 'bad' }], { isError: true }),
  ]),
  ...withServers('mcp: structured content', { ask: {} }, () => [
    answering([{ type: 'text', text: 'a' }], { structuredContent: { x: 1 } }, { useStructuredContent: true }),
  ]),
  ...withServers('mcp: custom data', { ask: {} }, () => [
    answering(
      [{ type: 'text', text: 'a' }],
      { structuredContent: { x: 1 }, _meta: { q: 2 } },
      {
        customDataExtractor: ({ toolName, serverName, structuredContent }) => ({
          toolName,
          serverName,
          structuredContent,
        }),
      },
    ),
  ]),
  ...withServers('mcp: meta of a call', { look: {} }, () => [
    server('one', described('look'), { toolMetaResolver: ({ toolName }) => ({ about: toolName }) }),
  ]),
  ...withServers('mcp: a call that fails', { look: {} }, () => [
    server('one', described('look'), { callTool: () => Promise.reject(new Error('boom')) }),
  ]),
  ...withServers('mcp: a call that fails, told by the server', { look: {} }, () => [
    server('one', described('look'), {
      callTool: () => Promise.reject(new Error('boom')),
      errorFunction: ({ error }) => `told: ${(error as Error).message}`,
    }),
  ]),
  ...withServers(
    'mcp: a call that fails, told by the agent',
    { look: {} },
    () => [server('one', described('look'), { callTool: () => Promise.reject(new Error('boom')) })],
    () => ({ mcpConfig: { errorFunction: () => 'told by the agent' } }),
  ),
  ...withServers('mcp: a filter of lists', { look: {} }, (sdk) => {
    const toolFilter = sdk.createMCPToolStaticFilter({ allowed: ['look', 'find'], blocked: ['find'] });
    return [server('one', described('look', 'find', 'other'), toolFilter && { toolFilter })];
  }),
  ...withServers('mcp: a filter that is a function', { look: {} }, () => [
    server('one', described('look', 'find'), {
      toolFilter: async ({ serverName, agent }, { name }) =>
        serverName === 'one' && agent.name === 'A' && name === 'look',
    }),
  ]),
  ...withServers(
    'mcp: strict schemas',
    { ask: { a: 'x', b: null } },
    () => [
      answering(
        [{ type: 'text', text: 'a' }],
        {},
        {
          listTools: async () =>
            [
              {
                name: 'ask',
                description: 'Asks.',
                inputSchema: {
                  type: 'object',
                  properties: { a: { type: 'string' }, b: { type: 'number' } },
                  required: ['a'],
                  additionalProperties: false,
                },
              },
            ] as Tools,
        },
      ),
    ],
    () => ({ mcpConfig: { convertSchemasToStrict: true } }),
  ),

  'mcp: tool lists that are kept, and forgotten': async (sdk) => {
    const kept = server('kept', described('look'), { cacheToolsList: true });
    const listings: number[] = [];
    const look = async (): Promise<void> => {
      await sdk.getAllMcpTools([kept]);
      listings.push(kept.listings);
    };
    await look();
    await look();
    await sdk.invalidateServerToolsCache('kept');
    await look();
    return { listings: toJson(listings) };
  },

  'mcp: a kept list and a filter that looks at the run': async (sdk) => {
    const kept = server('kept for all', described('a', 'b'), {
      cacheToolsList: true,
      toolFilter: async ({ runContext }, { name }) => runContext.context === name,
    });
    const agent = new sdk.Agent<unknown>({ name: 'A', mcpServers: [kept] });
    const names = async (context: string) =>
      (await agent.getAllTools(new sdk.RunContext<unknown>(context))).map(({ name }) => name);
    return { ofA: toJson(await names('a')), ofB: toJson(await names('b')), listings: kept.listings };
  },

  'mcp: names that are taken': async (sdk, testing) => {
    const other = new sdk.Agent({ name: 'Other', model: new testing.ScriptedModel([[testing.assistantMessage('x')]]) });
    const own = sdk.tool({ name: 'look', description: 'Own.', parameters: noParameters, execute: async () => 'own' });
    const model = scripted(testing, { look: {} });
    const agent = new sdk.Agent({
      name: 'A',
      model,
      tools: [own],
      handoffs: [other],
      mcpServers: [server('one', described('look', 'transfer_to_Other', 'free'))],
    });
    const result = await sdk.run(agent, 'Go');
    const outputs = result.newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item.output] : []));
    const offered = model.calls[0]?.request.tools.map(({ name }) => name).sort() ?? [];
    return toJson({ offered, outputs }) as Record<string, never>;
  },

  'mcp: a tool made by hand': async (sdk) => {
    const [tool] = described('do-it');
    if (!tool) throw new Error('no tool');
    const made = sdk.mcpToFunctionTool(tool, server('one', []), false, { toolNameOverride: 'mine' });
    const { name, description, parameters, strict, type } = made;
    const output = await made.invoke(new sdk.RunContext(), '{}');
    return toJson({ name, description, parameters, strict, type, output }) as Record<string, never>;
  },

  'mcp: two servers with one tool': async (sdk) => {
    const servers = [server('one', described('same')), server('two', described('same'))];
    const error = await sdk.getAllMcpTools(servers).catch((thrown: Error) => thrown);
    return { error: (error as Error).constructor.name };
  },

  'mcp: servers with one life': async (sdk) => {
    const told: string[] = [];
    let works = false;
    const bad = lifeOf(sdk, told, 'bad', {
      connect: async () => {
        if (!works) throw new Error('cannot');
      },
    });
    const servers = await sdk.connectMcpServers([lifeOf(sdk, told, 'a'), bad, lifeOf(sdk, told, 'b')]);
    const names = (some: MCPServer[]) => some.map(({ name }) => name);
    const first = { active: names(servers.active), failed: names(servers.failed), all: names(servers.all) };
    const errors = [...servers.errors].map(([{ name }, { message }]) => `${name}: ${message}`);
    works = true;
    const again = names(await servers.reconnect());
    await servers.close();
    return toJson({ first, errors, again, told, left: names(servers.active) }) as Record<string, never>;
  },

  'mcp: strict servers': async (sdk) => {
    const told: string[] = [];
    const bad = lifeOf(sdk, told, 'bad', { connect: () => Promise.reject(new Error('cannot')) });
    const error = await sdk.MCPServers.open([lifeOf(sdk, told, 'a'), bad], { strict: true }).catch(
      (thrown: Error) => thrown.message,
    );
    return toJson({ error, told }) as Record<string, never>;
  },

  'mcp: kinds of server': async (sdk) => {
    const kinds = [
      new sdk.MCPServerStdio({ command: 'tool', args: ['x'] }),
      new sdk.MCPServerStdio({ fullCommand: 'tool x', name: 'named' }),
      new sdk.MCPServerStreamableHttp({ url: 'http://127.0.0.1:9/mcp' }),
      new sdk.MCPServerSSE({ url: 'http://127.0.0.1:9/sse', cacheToolsList: true }),
    ];
    return { kinds: toJson(kinds.map(({ name, cacheToolsList }) => ({ name, cacheToolsList }))) };
  },

  'mcp: a server of its own process': async (sdk, testing) => {
    const one = new sdk.MCPServerStdio({ name: 'everything', command: process.execPath, args: [everything, 'stdio'] });
    await one.connect();
    try {
      const model = scripted(testing, {
        echo: { message: 'hi' },
        get_sum: { a: 1, b: 2 },
        get_structured_content: { location: 'Chicago' },
        get_tiny_image: {},
      });
      const agent = new sdk.Agent({ name: 'A', model, mcpServers: [one] });
      const seen = await observe(sdk, { agent, input: 'Go', stream: false, models: [model] });
      const templates = (await one.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate);
      const [first] = (await one.listResources()).resources;
      const read = first && (await one.readResource(first.uri)).contents.map(({ uri }) => uri);
      return { ...seen, resources: toJson({ templates, read }) };
    } finally {
      await one.close();
    }
  },
};
