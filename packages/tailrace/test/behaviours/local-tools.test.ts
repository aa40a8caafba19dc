import { describe, expect } from 'vitest';
import {
  type Agent,
  applyPatchTool,
  type Computer,
  computerTool,
  type ComputerAction,
  type Editor,
  hostedMcpTool,
  MemorySession,
  programmaticToolCallingTool,
  type RunResult,
  run,
  Runner,
  type Shell,
  shellTool,
  type StreamedRunResult,
  tool,
  toolSearchTool,
  webSearchTool,
} from '../../src/index.ts';
import type { AgentOutputItem } from '../../src/event/item.ts';
import { assistantMessage, functionCall } from '../../src/testing/index.ts';
import { modelOf, scripted } from './cast.ts';
import { on, read, type Stage } from './stage.ts';

type Result = RunResult | StreamedRunResult;

const both = [false, true];
const done = [assistantMessage('Done.')];

const shellCall = (callId: string, command = 'ls'): AgentOutputItem => ({
  type: 'shell_call',
  callId,
  id: `sh_${callId}`,
  status: 'completed',
  action: { commands: [command], maxOutputLength: 100 },
});
const patchCall = (callId: string, type: 'create_file' | 'update_file' = 'create_file'): AgentOutputItem => ({
  type: 'apply_patch_call',
  callId,
  status: 'completed',
  operation: { type, path: 'a.txt', diff: '+x' },
});
const computerCall = (callId: string, action: ComputerAction, checks?: object[]): AgentOutputItem => ({
  type: 'computer_call',
  callId,
  status: 'completed',
  action,
  ...(checks && { providerData: { pending_safety_checks: checks } }),
});
const mcpRequest = (id: string, label = 'files'): AgentOutputItem => ({
  type: 'hosted_tool_call',
  id,
  name: 'mcp_approval_request',
  status: 'completed',
  providerData: { type: 'mcp_approval_request', id, name: 'read', arguments: '{"path":"a"}', server_label: label },
});

/** A shell that says what it runs, and how many commands at a time. */
class EchoShell implements Shell {
  readonly ran: string[] = [];
  most = 0;
  #now = 0;

  async run({ commands }: { commands: string[] }): Promise<Awaited<ReturnType<Shell['run']>>> {
    this.most = Math.max(this.most, (this.#now += 1));
    this.ran.push(...commands);
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.#now -= 1;
    if (commands[0] === 'fail') throw new Error('no such command');
    return {
      output: [{ stdout: commands.join(), stderr: '', outcome: { type: 'exit', exitCode: 0 } }],
      maxOutputLength: 100,
    };
  }
}

function computer(log: string[]): Computer {
  const note =
    (name: string) =>
    async (...args: unknown[]): Promise<void> => {
      log.push(`${name} ${JSON.stringify(args.slice(0, -1))}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    };
  return {
    environment: 'browser',
    dimensions: [640, 480],
    screenshot: async () => 'cGlj',
    click: note('click'),
    doubleClick: note('doubleClick'),
    scroll: note('scroll'),
    type: note('type'),
    wait: note('wait'),
    move: note('move'),
    keypress: note('keypress'),
    drag: note('drag'),
  };
}

async function begin(stage: Stage, agent: Agent, stream: boolean, options: object = {}): Promise<Result> {
  if (stream) return (await stage.seen(agent, 'Hi', options)).result;
  const { result, error } = await stage.whole(agent, 'Hi', options);
  if (!result) throw error;
  return result;
}

async function failing(stage: Stage, agent: Agent, stream: boolean): Promise<void> {
  const result = await begin(stage, agent, stream);
  if ('completed' in result) await result.completed;
}

async function goOn(agent: Agent, result: Result, stream: boolean): Promise<Result> {
  if (!stream) return run(agent, result.state);
  const next = await run(agent, result.state, { stream: true });
  await next.completed;
  return next;
}

const outputs = ({ newItems }: Result): unknown[] =>
  newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item.output] : []));
const types = ({ history }: Result): unknown[] => history.map(({ type }) => type);

describe.each(both)('a shell (streamed: %s)', (stream) => {
  on('[I14] runs the commands of its calls one after the other, and the model is told', async ({ stage }) => {
    const shell = new EchoShell();
    const agent = scripted([[shellCall('1', 'a'), shellCall('2', 'fail'), shellCall('3', 'b')], done], {
      tools: [shellTool({ shell })],
    });
    const hooks: string[] = [];
    agent.on('agent_tool_start', (_context, { name }, { toolCall }) => hooks.push(`${name} ${toolCall.type}`));
    agent.on('agent_tool_end', (_context, _tool, said) => hooks.push(said));
    const session = new MemorySession();
    const result = await begin(stage, agent, stream, { session });
    expect(shell.ran).toEqual(['a', 'fail', 'b']);
    expect(shell.most).toBe(1);
    const exit = (stdout: string, stderr: string, exitCode: number | null) => [
      { stdout, stderr, outcome: { type: 'exit', exitCode } },
    ];
    expect(outputs(result)).toEqual([exit('a', '', 0), exit('', 'no such command', null), exit('b', '', 0)]);
    expect(modelOf(agent).lastCall?.request.input.slice(-3)).toEqual([
      { type: 'shell_call_output', callId: '1', output: exit('a', '', 0), maxOutputLength: 100 },
      { type: 'shell_call_output', callId: '2', output: exit('', 'no such command', null) },
      { type: 'shell_call_output', callId: '3', output: exit('b', '', 0), maxOutputLength: 100 },
    ]);
    expect(hooks.slice(0, 2)).toEqual(['shell shell_call', JSON.stringify(exit('a', '', 0))]);
    expect((await session.getItems()).map(({ type }) => type)).toEqual(types(result));
    expect(stage.spans('function')).toHaveLength(3);
  });

  on('is told of a rejection in its words, and not run', async ({ stage }) => {
    const shell = new EchoShell();
    const agent = scripted([[shellCall('1', 'a'), shellCall('2', 'b')], done], {
      tools: [shellTool({ shell, needsApproval: async (_context, { commands }) => commands[0] === 'b' })],
    });
    const first = await begin(stage, agent, stream);
    expect(shell.ran).toEqual(['a']);
    expect(first.interruptions.map(({ name, callId, rawItem }) => [name, callId, rawItem.type])).toEqual([
      ['shell', '2', 'shell_call'],
    ]);
    // A call without its output must not be sent to a model.
    expect(types(first)).toEqual(['message', 'shell_call', 'shell_call_output']);
    await first.state.reject(first.interruptions[0]!, { message: 'Not that one.' });
    const result = await goOn(agent, first, stream);
    expect(result.finalOutput).toBe('Done.');
    expect(shell.ran).toEqual(['a']);
    expect(outputs(result)[1]).toBe('Not that one.');
    expect(modelOf(agent).lastCall?.request.input.at(-1)).toEqual({
      type: 'shell_call_output',
      callId: '2',
      output: [{ stdout: '', stderr: 'Not that one.', outcome: { type: 'exit', exitCode: null } }],
    });
  });

  on('is asked about once where the decision is for always', async ({ stage }) => {
    const shell = new EchoShell();
    const agent = scripted([[shellCall('1', 'a')], [shellCall('2', 'b')], done], {
      tools: [shellTool({ shell, needsApproval: true })],
    });
    const first = await begin(stage, agent, stream);
    await first.state.approve(first.interruptions[0]!, { alwaysApprove: true });
    const result = await goOn(agent, first, stream);
    expect([result.finalOutput, shell.ran]).toEqual(['Done.', ['a', 'b']]);
  });

  on('is rejected for good where the decision is for always', async ({ stage }) => {
    const shell = new EchoShell();
    const agent = scripted([[shellCall('1', 'a')], [shellCall('2', 'b')], done], {
      tools: [shellTool({ shell, needsApproval: true })],
    });
    const first = await begin(stage, agent, stream);
    await first.state.reject(first.interruptions[0]!, { alwaysReject: true, message: 'Never.' });
    const result = await goOn(agent, first, stream);
    expect([result.finalOutput, shell.ran, outputs(result)]).toEqual(['Done.', [], ['Never.', 'Never.']]);
  });

  on('may be decided about by code, and the log says so', async ({ stage }) => {
    const shell = new EchoShell();
    const agent = scripted([[shellCall('1', 'a'), shellCall('2', 'b')], done], {
      tools: [
        shellTool({
          shell,
          needsApproval: true,
          onApproval: async (_context, { rawItem }) =>
            rawItem.type === 'shell_call' && rawItem.action.commands[0] === 'a'
              ? { approve: true }
              : { approve: false, reason: 'Only a.' },
        }),
      ],
    });
    const result = await begin(stage, agent, stream);
    expect(result.interruptions).toEqual([]);
    expect(shell.ran).toEqual(['a']);
    expect(outputs(result)[1]).toBe('Only a.');
    const decided = stage.log().filter(({ type }) => type === 'approval.decided');
    expect(decided.map((event) => 'approved' in event && event.approved)).toEqual([true, false]);
  });

  on('that nobody gave fails the run', async ({ stage }) => {
    const agent = scripted([[shellCall('1')]]);
    await expect(failing(stage, agent, stream)).rejects.toMatchObject({
      code: 'TOOL_UNKNOWN',
    });
  });

  on('of the provider is left to the provider', async ({ stage }) => {
    const output: AgentOutputItem = {
      type: 'shell_call_output',
      callId: '1',
      output: [{ stdout: 'theirs', stderr: '', outcome: { type: 'exit', exitCode: 0 } }],
    };
    const agent = scripted([[shellCall('1'), output, assistantMessage('Done.')]], {
      tools: [shellTool({ environment: { type: 'container_auto' } })],
    });
    const result = await begin(stage, agent, stream);
    expect(types(result)).toEqual(['message', 'shell_call', 'shell_call_output', 'message']);
    expect(stage.log().some(({ type }) => type === 'tool.called')).toBe(false);
  });
});

describe('a stop', () => {
  on('aborts the signal of a shell, and starts no further command', async ({ stage }) => {
    const ran: string[] = [];
    const shell: Shell = {
      run: async ({ commands }, details) => {
        ran.push(commands.join());
        queueMicrotask(() => stage.caller.abort(new Error('enough')));
        await new Promise<void>((resolve) =>
          details?.signal?.addEventListener('abort', () => resolve(), { once: true }),
        );
        throw new Error('aborted');
      },
    };
    const agent = scripted([[shellCall('1', 'a'), shellCall('2', 'b')], done], { tools: [shellTool({ shell })] });
    const { error } = await stage.whole(agent, 'Hi', { signal: stage.caller.signal });
    expect(error).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(ran).toEqual(['a']);
  });
});

describe.each(both)('an editor (streamed: %s)', (stream) => {
  on('makes its operations in order, and says what came of them', async ({ stage }) => {
    const edits: string[] = [];
    const editor: Editor = {
      createFile: async ({ path }) => {
        edits.push(`create ${path}`);
        return { output: 'made' };
      },
      updateFile: async () => {
        throw new Error('The diff does not fit.');
      },
      deleteFile: async () => undefined,
    };
    const agent = scripted([[patchCall('1'), patchCall('2', 'update_file')], done], {
      tools: [applyPatchTool({ editor })],
    });
    const result = await begin(stage, agent, stream);
    expect(edits).toEqual(['create a.txt']);
    expect(modelOf(agent).lastCall?.request.input.slice(-2)).toEqual([
      { type: 'apply_patch_call_output', callId: '1', status: 'completed', output: 'made' },
      { type: 'apply_patch_call_output', callId: '2', status: 'failed', output: 'The diff does not fit.' },
    ]);
    expect(outputs(result)).toEqual(['made', 'The diff does not fit.']);
  });
});

describe.each(both)('a computer (streamed: %s)', (stream) => {
  on('is made for the run, used action by action, and closed', async ({ stage }) => {
    const log: string[] = [];
    const agent = scripted(
      [
        [
          computerCall('1', { type: 'click', x: 1, y: 2, button: 'left' }),
          computerCall('2', {
            type: 'drag',
            path: [
              { x: 1, y: 2 },
              { x: 3, y: 4 },
            ],
          }),
        ],
        done,
      ],
      {
        tools: [
          computerTool({
            computer: {
              create: async () => {
                log.push('create');
                return computer(log);
              },
              dispose: async () => void log.push('dispose'),
            },
          }),
        ],
      },
    );
    const result = await begin(stage, agent, stream);
    expect(log).toEqual(['create', 'click [1,2,"left"]', 'drag [[[1,2],[3,4]]]', 'dispose']);
    expect(outputs(result)).toEqual(['data:image/png;base64,cGlj', 'data:image/png;base64,cGlj']);
  });

  on('acknowledges what somebody looked at, and tells the model of what was rejected', async ({ stage }) => {
    const log: string[] = [];
    const check = { id: 's1', code: 'odd', message: 'Look.' };
    const agent = scripted(
      [[computerCall('1', { type: 'wait' }, [check]), computerCall('2', { type: 'move', x: 1, y: 1 }, [check])], done],
      {
        tools: [
          computerTool({
            computer: computer(log),
            onSafetyCheck: async ({ toolCall, pendingSafetyChecks }) =>
              toolCall.callId === '1' ? { acknowledgedSafetyChecks: pendingSafetyChecks } : false,
          }),
        ],
      },
    );
    const result = await begin(stage, agent, stream);
    expect(log).toEqual(['wait []']);
    const input = modelOf(agent).lastCall?.request.input.slice(-3) as AgentOutputItem[];
    expect(input[0]?.providerData).toEqual({ acknowledgedSafetyChecks: [check] });
    expect(input.map(({ type }) => type)).toEqual(['computer_call_result', 'computer_call_result', 'message']);
    expect(result.newItems.map(({ type }) => type).slice(-3)).toEqual([
      'tool_call_output_item',
      'message_output_item',
      'message_output_item',
    ]);
  });
});

describe.each(both)('an MCP server of the provider (streamed: %s)', (stream) => {
  const files = (onApproval?: () => Promise<{ approve: boolean; reason?: string }>) =>
    hostedMcpTool({
      serverLabel: 'files',
      serverUrl: 'http://mcp.example',
      requireApproval: 'always',
      ...(onApproval && { onApproval }),
    });
  const answer = (approve: boolean, id: string, reason?: string) => ({
    type: 'hosted_tool_call',
    name: 'mcp_approval_response',
    providerData: { approve, approval_request_id: id, ...(reason !== undefined && { reason }) },
  });

  on('asks, waits, and is told what was decided', async ({ stage }) => {
    const agent = scripted([[mcpRequest('q1'), mcpRequest('q2')], done], { tools: [files()] });
    const first = await begin(stage, agent, stream);
    expect(first.interruptions.map(({ name, arguments: args, callId }) => [name, args, callId])).toEqual([
      ['read', undefined, 'q1'],
      ['read', undefined, 'q2'],
    ]);
    expect(types(first)).toEqual(['message']);
    await first.state.approve(first.interruptions[0]!);
    await first.state.reject(first.interruptions[1]!, { message: 'No.' });
    const result = await goOn(agent, first, stream);
    expect(result.finalOutput).toBe('Done.');
    expect(modelOf(agent).lastCall?.request.input.slice(-2)).toEqual([answer(true, 'q1'), answer(false, 'q2', 'No.')]);
  });

  on('may be decided about by code', async ({ stage }) => {
    const agent = scripted([[mcpRequest('q1')], done], {
      tools: [files(async () => ({ approve: true, reason: 'Fine.' }))],
    });
    const result = await begin(stage, agent, stream);
    expect(result.finalOutput).toBe('Done.');
    expect(modelOf(agent).lastCall?.request.input.at(-1)).toEqual(answer(true, 'q1', 'Fine.'));
  });

  on('keeps to itself what was decided for always', async ({ stage }) => {
    const read = tool({
      name: 'read',
      description: 'Reads.',
      parameters: { type: 'object', properties: {} },
      needsApproval: true,
      strict: false,
      execute: () => 'r',
    });
    const agent = scripted(
      [[mcpRequest('q1')], [mcpRequest('q2')], [functionCall('read', {}, { callId: 'c1' })], done],
      {
        tools: [files(), read],
      },
    );
    const first = await begin(stage, agent, stream);
    await first.state.approve(first.interruptions[0]!, { alwaysApprove: true });
    const second = await goOn(agent, first, stream);
    expect(second.interruptions.map(({ callId }) => callId)).toEqual(['c1']);
    await second.state.approve(second.interruptions[0]!);
    expect((await goOn(agent, second, stream)).finalOutput).toBe('Done.');
  });

  on('that the agent does not have fails the run', async ({ stage }) => {
    const agent = scripted([[mcpRequest('q1', 'other')]], { tools: [files()] });
    await expect(failing(stage, agent, stream)).rejects.toMatchObject({
      code: 'TOOL_UNKNOWN',
    });
  });
});

describe.each(both)('a search for tools (streamed: %s)', (stream) => {
  const late = tool({
    name: 'late',
    description: 'Late.',
    parameters: { type: 'object', properties: {} },
    strict: false,
    execute: () => 'late',
  });
  const call: AgentOutputItem = {
    type: 'tool_search_call',
    id: 'ts',
    callId: 't1',
    execution: 'client',
    arguments: { paths: ['late'] },
  };

  on('by this process finds tools that the model may call from then on', async ({ stage }) => {
    const asked: unknown[] = [];
    const search = toolSearchTool({
      execution: 'client',
      execute: async ({ toolCall, availableTools }) => {
        asked.push([toolCall.arguments, availableTools.map(({ name }) => name)]);
        return late;
      },
    });
    const agent = scripted([[call], [functionCall('late', {}, { callId: 'c1' })], done], { tools: [search] });
    const result = await begin(stage, agent, stream);
    expect(result.finalOutput).toBe('Done.');
    expect(asked).toEqual([[{ paths: ['late'] }, ['tool_search']]]);
    expect(outputs(result)).toEqual(['late']);
    expect(modelOf(agent).calls.map(({ request }) => request.tools.map(({ name }) => name))).toEqual([
      ['tool_search'],
      ['tool_search', 'late'],
      ['tool_search', 'late'],
    ]);
    expect(result.newItems.slice(0, 2).map(({ type }) => type)).toEqual([
      'tool_search_call_item',
      'tool_search_output_item',
    ]);
    // Another run that goes on with the conversation has them, too.
    const again = scripted([[functionCall('late', {}, { callId: 'c2' })], done], { tools: [search] });
    const next = await run(again, [...result.history, { role: 'user', content: 'Again.' }]);
    expect(outputs(next)).toEqual(['late']);
  });

  on('by the provider is passed on', async ({ stage }) => {
    const agent = scripted(
      [
        [
          { type: 'tool_search_call', id: 'ts', execution: 'server', arguments: { paths: ['late'] } },
          { type: 'tool_search_output', id: 'to', execution: 'server', tools: [{ type: 'function', name: 'late' }] },
          functionCall('late', {}, { callId: 'c1' }),
        ],
        done,
      ],
      { tools: [toolSearchTool(), late] },
    );
    const result = await begin(stage, agent, stream);
    expect(outputs(result)).toEqual(['late']);
    expect(types(result).slice(1, 3)).toEqual(['tool_search_call', 'tool_search_output']);
  });
});

describe.each(both)('in an agent that is a tool (streamed: %s)', (stream) => {
  on('a shell and an MCP server ask as they do at the top', async ({ stage }) => {
    const shell = new EchoShell();
    const inner = scripted([[shellCall('1', 'a'), mcpRequest('q1')], [assistantMessage('Inner.')]], {
      name: 'Inner',
      tools: [
        shellTool({ shell, needsApproval: true }),
        hostedMcpTool({ serverLabel: 'files', serverUrl: 'http://mcp.example', requireApproval: 'always' }),
      ],
    });
    const agent = scripted([[functionCall('ask', { input: 'Go.' }, { callId: 'o1' })], done], {
      tools: [inner.asTool({ toolName: 'ask', toolDescription: 'Asks.' })],
    });
    const first = await begin(stage, agent, stream);
    expect(first.interruptions.map(({ name, agent: { name: of } }) => [name, of])).toEqual([
      ['shell', 'Inner'],
      ['read', 'Inner'],
    ]);
    for (const item of first.interruptions) await first.state.approve(item);
    const result = await goOn(agent, first, stream);
    expect([result.finalOutput, shell.ran, outputs(result)]).toEqual(['Done.', ['a'], ['Inner.']]);
  });
});

describe('an agent without the tool that a call waits for', () => {
  on('does not take the run up, and the run is as it was', async ({ stage }) => {
    const tools = [shellTool({ shell: new EchoShell(), needsApproval: true })];
    const { result } = await stage.whole(scripted([[shellCall('1')]], { tools }));
    expect(result?.interruptions).toHaveLength(1);
    const log = stage.log();
    const runId = log[0]?.run ?? '';
    await expect(new Runner({ store: stage.store }).resume(scripted([done]), runId)).rejects.toMatchObject({
      code: 'RESUME_INCOMPATIBLE',
      data: { differences: [{ what: 'tool_missing', tool: 'shell()' }] },
    });
    expect(stage.log()).toEqual(log);
  });
});

describe('hosted tools', () => {
  on('leave items in the conversation, in the order of the model', async ({ stage }) => {
    const output: AgentOutputItem[] = [
      { type: 'hosted_tool_call', name: 'web_search_call', id: 'ws', status: 'completed' },
      { type: 'program', callId: 'p', code: '1', fingerprint: 'f' },
      { type: 'program_output', callId: 'p', output: '1', status: 'completed' },
      { type: 'reasoning', id: 'r', content: [{ type: 'input_text', text: 'hm' }] },
      assistantMessage('Found.'),
    ];
    const agent = scripted([output], { tools: [webSearchTool(), programmaticToolCallingTool()] });
    const { events } = await read(await stage.stream(agent));
    expect(events.flatMap((event) => (event.type === 'run_item_stream_event' ? [event.name] : []))).toEqual([
      'tool_called',
      'tool_called',
      'tool_output',
      'reasoning_item_created',
      'message_output_created',
    ]);
  });
});
