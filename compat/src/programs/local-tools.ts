import type { AgentOutputItem, Computer, Editor, Shell, ShellAction, Tool } from '@openai/agents';
import { observe } from '../observe.ts';
import { bothWays, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';

interface Cast {
  readonly agent: InstanceType<SdkNamespace['Agent']>;
  readonly models: InstanceType<TestingNamespace['ScriptedModel']>[];
}

function cast(sdk: SdkNamespace, testing: TestingNamespace, tools: Tool[], ...turns: AgentOutputItem[][]): Cast {
  const model = new testing.ScriptedModel([...turns, [testing.assistantMessage('Done.')]]);
  return { agent: new sdk.Agent({ name: 'Worker', model, tools }), models: [model] };
}

const shellCall = (callId: string, command: string): AgentOutputItem => ({
  type: 'shell_call',
  callId,
  id: `sh_${callId}`,
  status: 'completed',
  action: { commands: [command], timeoutMs: 50, maxOutputLength: 100 },
});

function shellOf(ran: string[]): Shell {
  return {
    run: async ({ commands }: ShellAction) => {
      ran.push(...commands);
      return {
        output: [{ stdout: commands.join(), stderr: '', outcome: { type: 'exit', exitCode: 0 } }],
        maxOutputLength: 100,
      };
    },
  };
}

const patchCall = (callId: string, type: 'create_file' | 'update_file'): AgentOutputItem => ({
  type: 'apply_patch_call',
  callId,
  id: `ap_${callId}`,
  status: 'completed',
  operation: { type, path: 'a.txt', diff: '+x' },
});

function editorOf(edits: string[]): Editor {
  return {
    createFile: async ({ path }) => {
      edits.push(path);
      return { output: 'made' };
    },
    updateFile: async () => undefined,
    deleteFile: async () => undefined,
  };
}

const computerCall = (callId: string, checks: boolean): AgentOutputItem => ({
  type: 'computer_call',
  callId,
  id: `cu_${callId}`,
  status: 'completed',
  action: { type: 'click', x: 1, y: 2, button: 'left' },
  ...(checks && { providerData: { pending_safety_checks: [{ id: 's1', code: 'odd', message: 'Look.' }] } }),
});

function computerOf(acts: unknown[][]): Computer {
  const act =
    (name: string) =>
    async (...args: unknown[]): Promise<void> => {
      acts.push([name, ...args.slice(0, -1)]);
    };
  return {
    environment: 'browser',
    dimensions: [640, 480],
    screenshot: async () => 'cGlj',
    click: act('click'),
    doubleClick: act('doubleClick'),
    scroll: act('scroll'),
    type: act('type'),
    wait: act('wait'),
    move: act('move'),
    keypress: act('keypress'),
    drag: act('drag'),
  };
}

const question = (id: string): AgentOutputItem => ({
  type: 'hosted_tool_call',
  id,
  name: 'mcp_approval_request',
  status: 'completed',
  providerData: { type: 'mcp_approval_request', id, name: 'read', arguments: '{"path":"a"}', server_label: 'files' },
});

async function decided(
  sdk: SdkNamespace,
  { agent, models }: Cast,
  stream: boolean,
  approve: boolean,
  message?: string,
): Promise<Awaited<ReturnType<typeof observe>>> {
  const first = await sdk.run(agent, 'Go.');
  for (const item of first.interruptions) {
    if (approve) first.state.approve(item);
    else first.state.reject(item, message === undefined ? {} : { message });
  }
  return observe(sdk, { agent, input: first.state, stream, models });
}

/** Tools that are no functions. */
export const localToolPrograms: Record<string, Program> = {
  ...bothWays('shell', (sdk, testing, stream) => {
    const ran: string[] = [];
    const made = cast(
      sdk,
      testing,
      [sdk.shellTool({ shell: shellOf(ran) })],
      [testing.assistantMessage('Look.'), shellCall('1', 'ls')],
      [shellCall('2', 'pwd')],
    );
    return observe(sdk, { ...made, input: 'Go.', stream, notes: { ran } });
  }),

  ...bothWays('shell that somebody has to approve', async (sdk, testing, stream) => {
    const ran: string[] = [];
    const tools = [sdk.shellTool({ shell: shellOf(ran), needsApproval: true })];
    const made = cast(sdk, testing, tools, [shellCall('1', 'ls')]);
    return { ...(await decided(sdk, made, stream, true)), ran };
  }),

  ...bothWays('shell that somebody rejects', async (sdk, testing, stream) => {
    const ran: string[] = [];
    const tools = [sdk.shellTool({ shell: shellOf(ran), needsApproval: async () => true })];
    const made = cast(sdk, testing, tools, [shellCall('1', 'ls')]);
    return { ...(await decided(sdk, made, stream, false, 'Not now.')), ran };
  }),

  ...bothWays('shell that code decides about', (sdk, testing, stream) => {
    const ran: string[] = [];
    const tool = sdk.shellTool({
      shell: shellOf(ran),
      needsApproval: true,
      onApproval: async (_context, { rawItem }) =>
        rawItem.type === 'shell_call' && rawItem.action.commands[0] === 'ls'
          ? { approve: true }
          : { approve: false, reason: 'Only ls.' },
    });
    const made = cast(sdk, testing, [tool], [shellCall('1', 'ls')], [shellCall('2', 'rm')]);
    return observe(sdk, { ...made, input: 'Go.', stream, notes: { ran } });
  }),

  ...bothWays('shell of the provider', (sdk, testing, stream) => {
    const output: AgentOutputItem = {
      type: 'shell_call_output',
      callId: '1',
      output: [{ stdout: 'theirs', stderr: '', outcome: { type: 'exit', exitCode: 0 } }],
    };
    const tools = [sdk.shellTool({ environment: { type: 'container_auto' } })];
    const made = cast(sdk, testing, tools, [shellCall('1', 'ls'), output]);
    return observe(sdk, { ...made, input: 'Go.', stream });
  }),

  ...bothWays('shell that nobody gave', (sdk, testing, stream) =>
    observe(sdk, { ...cast(sdk, testing, [], [shellCall('1', 'ls')]), input: 'Go.', stream }),
  ),

  ...bothWays('patches', (sdk, testing, stream) => {
    const edits: string[] = [];
    const tools = [sdk.applyPatchTool({ editor: editorOf(edits) })];
    const made = cast(sdk, testing, tools, [patchCall('1', 'create_file')], [patchCall('2', 'update_file')]);
    return observe(sdk, { ...made, input: 'Go.', stream, notes: { edits } });
  }),

  ...bothWays('patch that somebody rejects', async (sdk, testing, stream) => {
    const edits: string[] = [];
    const tools = [sdk.applyPatchTool({ editor: editorOf(edits), needsApproval: true })];
    const made = cast(sdk, testing, tools, [patchCall('1', 'create_file')]);
    return { ...(await decided(sdk, made, stream, false)), edits };
  }),

  ...bothWays('computer', (sdk, testing, stream) => {
    const acts: unknown[][] = [];
    const tools = [sdk.computerTool({ computer: computerOf(acts), onSafetyCheck: async () => true })];
    const made = cast(sdk, testing, tools, [computerCall('1', false)], [computerCall('2', true)]);
    return observe(sdk, { ...made, input: 'Go.', stream, notes: { acts } });
  }),

  ...bothWays('computer call that a safety check rejects', (sdk, testing, stream) => {
    const acts: unknown[][] = [];
    const tools = [sdk.computerTool({ computer: computerOf(acts), onSafetyCheck: async () => false })];
    const made = cast(sdk, testing, tools, [computerCall('1', true)]);
    return observe(sdk, { ...made, input: 'Go.', stream, notes: { acts } });
  }),

  ...bothWays('MCP call of the provider that somebody approves', async (sdk, testing, stream) => {
    const tools = [
      sdk.hostedMcpTool({ serverLabel: 'files', serverUrl: 'http://a.example', requireApproval: 'always' }),
    ];
    return decided(sdk, cast(sdk, testing, tools, [question('q1')]), stream, true);
  }),

  ...bothWays('MCP call of the provider that somebody rejects', async (sdk, testing, stream) => {
    const tools = [
      sdk.hostedMcpTool({ serverLabel: 'files', serverUrl: 'http://a.example', requireApproval: 'always' }),
    ];
    return decided(sdk, cast(sdk, testing, tools, [question('q1')]), stream, false, 'No.');
  }),

  ...bothWays('search for tools by this process', (sdk, testing, stream) => {
    const late = sdk.tool({
      name: 'late',
      description: 'Late.',
      parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
      execute: async () => 'late',
    });
    const tools = [sdk.toolSearchTool({ execution: 'client', execute: async () => late })];
    const call: AgentOutputItem = {
      type: 'tool_search_call',
      id: 'ts_1',
      callId: 't1',
      execution: 'client',
      arguments: { paths: ['late'] },
      status: 'completed',
    };
    const made = cast(sdk, testing, tools, [call], [testing.functionCall('late', {}, { callId: 'c1' })]);
    return observe(sdk, { ...made, input: 'Go.', stream });
  }),

  ...bothWays('hosted tools', (sdk, testing, stream) => {
    const output: AgentOutputItem[] = [
      { type: 'hosted_tool_call', name: 'web_search_call', id: 'ws_1', status: 'completed' },
      { type: 'reasoning', id: 'rs_1', content: [{ type: 'input_text', text: 'Hm.' }] },
      { type: 'program', callId: 'p', code: '1', fingerprint: 'f' },
      { type: 'program_output', callId: 'p', output: '1', status: 'completed' },
      testing.assistantMessage('Found.'),
    ];
    const model = new testing.ScriptedModel([output]);
    const tools = [sdk.webSearchTool(), sdk.programmaticToolCallingTool()];
    const agent = new sdk.Agent({ name: 'Worker', model, tools });
    return observe(sdk, { agent, input: 'Go.', stream, models: [model] });
  }),
};
