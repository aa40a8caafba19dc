import type { RetryPolicy, RetryPolicyContext } from '@openai/agents';
import { toJson } from '../json.ts';
import type { Json, JsonObjectSchemaStrict, Program } from '../program.ts';

const parameters: JsonObjectSchemaStrict = {
  type: 'object',
  properties: {},
  required: [],
  additionalProperties: false,
};
const models = ['gpt-5', 'gpt-5.1', 'gpt-5-mini', 'gpt-5-chat-latest', 'gpt-4.1', 'gpt-5.2-pro', 'o3', 'gpt-5.6-luna'];

function failureOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return (error as Error).name;
  }
}

/** Hosted and local tools, diffs, retry policies and defaults, without a run. */
export const localValuePrograms: Record<string, Program> = {
  'hosted tools as data': async (sdk) => ({
    web: toJson(sdk.webSearchTool()),
    webWith: toJson(
      sdk.webSearchTool({
        userLocation: { type: 'approximate', city: 'Oslo' },
        filters: { allowedDomains: ['a.example'] },
        searchContextSize: 'low',
        externalWebAccess: false,
        searchContentTypes: ['text'],
        imageSettings: { maxResults: 2, caption: true },
      }),
    ),
    file: toJson(sdk.fileSearchTool('vs_1')),
    fileWith: toJson(
      sdk.fileSearchTool(['vs_1', 'vs_2'], {
        maxNumResults: 3,
        includeSearchResults: true,
        rankingOptions: { ranker: 'auto' },
        filters: { type: 'eq', key: 'a', value: 'b' },
      }),
    ),
    code: toJson(sdk.codeInterpreterTool()),
    codeWith: toJson(sdk.codeInterpreterTool({ container: 'c1', includeOutputs: true, allowedCallers: ['direct'] })),
    image: toJson(sdk.imageGenerationTool()),
    imageWith: toJson(
      sdk.imageGenerationTool({ action: 'edit', inputFidelity: 'high', outputFormat: 'png', size: 'auto' }),
    ),
    search: toJson(sdk.toolSearchTool()),
    searchHere: toJson(sdk.toolSearchTool({ execution: 'client', description: 'Finds.', execute: () => null })),
    programs: toJson(sdk.programmaticToolCallingTool()),
    mcp: toJson(sdk.hostedMcpTool({ serverLabel: 'files', serverUrl: 'http://a.example' })),
    mcpWith: toJson(
      sdk.hostedMcpTool({
        serverLabel: 'files',
        connectorId: 'c1',
        authorization: 'token',
        headers: { a: 'b' },
        allowedTools: ['read'],
        allowedCallers: ['direct'],
        deferLoading: true,
        serverDescription: 'Files.',
        requireApproval: { never: { toolNames: ['list'] }, always: { toolNames: ['write'], readOnly: false } },
      }),
    ),
  }),

  'local tools as data': async (sdk) => {
    const shell = { run: async () => ({ output: [] }) };
    const editor = {
      createFile: async () => undefined,
      updateFile: async () => undefined,
      deleteFile: async () => undefined,
    };
    const shown = ({ type, name }: { type: string; name: string }): Json => [type, name];
    const local = sdk.shellTool({ shell, needsApproval: true });
    const hosted = { type: 'container_auto' } as const;
    return {
      shell: [...(shown(local) as Json[]), toJson(local.environment)],
      asks: await local.needsApproval(new sdk.RunContext({}), { commands: [] }),
      named: shown(sdk.shellTool({ shell, name: 'sh' })),
      hosted: toJson(sdk.shellTool({ environment: hosted }).environment),
      patch: shown(sdk.applyPatchTool({ editor })),
      computer: shown(sdk.computerTool({ computer: {} as never })),
      refused: [
        failureOf(() => sdk.shellTool({} as never)),
        failureOf(() => sdk.shellTool({ environment: hosted, shell } as never)),
        failureOf(() => sdk.shellTool({ environment: { type: 'local' } } as never)),
        failureOf(() => sdk.shellTool({ environment: { type: 'container_reference' } } as never)),
        failureOf(() => sdk.shellTool({ environment: hosted, needsApproval: true } as never)),
        failureOf(() => sdk.toolSearchTool({ execute: () => null })),
      ],
    };
  },

  'searches of this process': async (sdk) => {
    const execute = (): null => null;
    const attached = sdk.attachClientToolSearchExecutor(sdk.toolSearchTool({ execution: 'client' }), execute);
    const late = sdk.tool({ name: 'late', description: 'Late.', parameters, execute: async () => 'late' });
    const [inSpace] = sdk.toolNamespace({ name: 'crm', description: 'Customers.', tools: [late] });
    return {
      attached: sdk.getClientToolSearchExecutor(attached) === execute,
      none: sdk.getClientToolSearchExecutor(sdk.webSearchTool()) === undefined,
      keys: [
        sdk.getToolSearchRuntimeToolKey(late) ?? null,
        sdk.getToolSearchRuntimeToolKey(inSpace) ?? null,
        sdk.getToolSearchRuntimeToolKey(sdk.hostedMcpTool({ serverLabel: 'files', serverUrl: 'u' })) ?? null,
        sdk.getToolSearchRuntimeToolKey(sdk.webSearchTool()) ?? null,
      ],
    };
  },

  'diffs that fit': async (sdk) => ({
    changed: sdk.applyDiff('a\nb\nc\n', '@@\n a\n-b\n+B\n c\n'),
    anchored: sdk.applyDiff('l1\nfoo()\nx\nl2\nfoo()\nx\n', '@@ l2\n foo()\n-x\n+y\n'),
    twice: sdk.applyDiff('a\nb\nc\nd\ne\n', '@@\n-a\n+1\n b\n@@\n d\n-e\n+5\n'),
    atEnd: sdk.applyDiff('a\nb\na\nb\n', '@@\n a\n-b\n+x\n*** End of File'),
    blanks: sdk.applyDiff('  a \nb\n', '@@\n a\n-b\n+B\n'),
    returns: sdk.applyDiff('a\r\nb\r\n', '@@\n a\n-b\n+c\n'),
    inserted: sdk.applyDiff('a\n', '@@\n+b\n'),
    created: sdk.applyDiff('', '+x\n+y\n', 'create'),
    nothing: sdk.applyDiff('a\nb\n', ''),
  }),

  'diffs that do not fit': async (sdk) => ({
    refused: [
      failureOf(() => sdk.applyDiff('a\nb\n', '@@\n-zz\n+q\n')) !== 'none',
      failureOf(() => sdk.applyDiff('', 'x', 'create')) !== 'none',
      failureOf(() => sdk.applyDiff('a\n', 'junk\n')) !== 'none',
    ],
  }),

  'retry policies': async (sdk) => {
    const facts = { isNetworkError: false, isAbort: false };
    const base: Omit<RetryPolicyContext, 'normalized'> = {
      error: new Error('x'),
      attempt: 1,
      maxRetries: 2,
      stream: false,
    };
    const contexts: RetryPolicyContext[] = [
      { ...base, normalized: { ...facts, statusCode: 500 } },
      { ...base, normalized: { ...facts, isNetworkError: true } },
      { ...base, normalized: { ...facts, retryAfterMs: 7 }, providerAdvice: { suggested: true, retryAfterMs: 7 } },
    ];
    const { never, providerSuggested, networkError, httpStatus, retryAfter, any, all } = sdk.retryPolicies;
    const policies: Record<string, RetryPolicy> = {
      never: never(),
      providerSuggested: providerSuggested(),
      networkError: networkError(),
      httpStatus: httpStatus([500]),
      retryAfter: retryAfter(),
      any: any(never(), httpStatus([500]), retryAfter()),
      anyOfNone: any(),
      all: all(httpStatus([500])),
      allOfTwo: all(httpStatus([500]), networkError()),
      allOfNone: all(),
    };
    const said: Record<string, Json> = {};
    for (const [name, policy] of Object.entries(policies)) {
      said[name] = toJson(await Promise.all(contexts.map(async (context) => policy(context))));
    }
    return said;
  },

  'defaults of models': async (sdk) => ({
    variable: sdk.OPENAI_DEFAULT_MODEL_ENV_VARIABLE_NAME,
    model: sdk.getDefaultModel(),
    isGpt5: sdk.isGpt5Default(),
    settings: toJson(sdk.getDefaultModelSettings()),
    required: models.map((model) => sdk.gpt5ReasoningSettingsRequired(model)),
    each: toJson(models.map((model) => sdk.getDefaultModelSettings(model))),
    sources: [sdk.OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE, sdk.OPENAI_CHAT_COMPLETIONS_RAW_MODEL_EVENT_SOURCE],
  }),

  'raw events by their wire': async (sdk) => {
    const event = (source?: string) => new sdk.RunRawModelStreamEvent({ type: 'model', event: {} } as never, source);
    const events = ['openai-responses', 'openai-chat-completions', undefined].map(event);
    return {
      responses: events.map((one) => sdk.isOpenAIResponsesRawModelStreamEvent(one)),
      chat: events.map((one) => sdk.isOpenAIChatCompletionsRawModelStreamEvent(one)),
    };
  },

  'loggers and the default client': async (sdk) => {
    const before = sdk.getDefaultOpenAIClient() === undefined;
    sdk.setSensitiveDataLoggingEnabled(true);
    const on = sdk.getLogger('mine');
    const open = [on.namespace, on.dontLogModelData, on.dontLogToolData];
    sdk.setSensitiveDataLoggingEnabled(false);
    return { before, open, closed: sdk.getLogger('mine').dontLogModelData, protocol: typeof sdk.protocol };
  },

  'schemas of items': async (sdk) => ({ some: 'AssistantMessageItem' in sdk.protocol }),

  'items of searches as data': async (sdk) => {
    const agent = new sdk.Agent({ name: 'Worker' });
    return {
      call: toJson(new sdk.RunToolSearchCallItem({ type: 'tool_search_call', arguments: {} }, agent).toJSON()),
      output: toJson(new sdk.RunToolSearchOutputItem({ type: 'tool_search_output', tools: [] }, agent).toJSON()),
    };
  },
};
