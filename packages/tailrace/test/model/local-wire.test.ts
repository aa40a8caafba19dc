/** Tools that are no functions, over the Responses API: what is sent, and what comes of what is said. */
import { describe, expect, test } from 'vitest';
import {
  Agent,
  applyPatchTool,
  type Computer,
  computerTool,
  codeInterpreterTool,
  fileSearchTool,
  hostedMcpTool,
  imageGenerationTool,
  OpenAIResponsesModel,
  programmaticToolCallingTool,
  run,
  shellTool,
  toolSearchTool,
  webSearchTool,
} from '../../src/index.ts';
import { responsesItem } from '../../src/model/responses-input.ts';
import { outputItems } from '../../src/model/responses-output.ts';
import { assertCleanRun, startWireServer, type WireStep } from '../../src/testing/index.ts';

const shell = {
  run: async () => ({
    output: [{ stdout: 'a.txt', stderr: '', outcome: { type: 'exit' as const, exitCode: 0 } }],
    maxOutputLength: 9,
  }),
};
const editor = { createFile: async () => ({ output: 'made' }), updateFile: async () => {}, deleteFile: async () => {} };
const computer = { screenshot: async () => 'cGlj', click: async () => {} } as unknown as Computer;

const item = (fields: Record<string, unknown>): WireStep => ({ type: 'item', item: fields });

/** One item of each kind, as the API says it. */
const ITEMS: Record<string, Record<string, unknown>> = {
  shell_call: {
    type: 'shell_call',
    id: 'sh',
    call_id: 'c',
    status: 'completed',
    action: { commands: ['ls'], timeout_ms: 5, max_output_length: 9 },
  },
  shell_call_output: {
    type: 'shell_call_output',
    id: 'so',
    call_id: 'c',
    status: 'completed',
    max_output_length: 9,
    output: [
      { stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } },
      { stdout: '', stderr: 'b', outcome: { type: 'timeout' } },
    ],
  },
  apply_patch_call: {
    type: 'apply_patch_call',
    id: 'ap',
    call_id: 'c2',
    status: 'completed',
    operation: { type: 'update_file', path: 'p', diff: 'd', move_to: 'q' },
  },
  apply_patch_call_output: { type: 'apply_patch_call_output', id: 'ao', call_id: 'c2', status: 'failed', output: 'x' },
  computer_call: {
    type: 'computer_call',
    id: 'cu',
    call_id: 'c3',
    status: 'completed',
    action: { type: 'click', x: 1, y: 2, button: 'left' },
    pending_safety_checks: [{ id: 's', code: 'c', message: 'm' }],
  },
  computer_call_output: {
    type: 'computer_call_output',
    id: 'co',
    call_id: 'c3',
    output: { type: 'computer_screenshot', image_url: 'data:x' },
    acknowledged_safety_checks: [{ id: 's' }],
  },
  mcp_approval_response: { type: 'mcp_approval_response', id: 'mr', approve: true, approval_request_id: 'q' },
  tool_search_call: {
    type: 'tool_search_call',
    id: 'ts',
    call_id: 'k',
    execution: 'client',
    arguments: { paths: ['a'] },
    status: 'completed',
  },
  tool_search_output: {
    type: 'tool_search_output',
    id: 'to',
    call_id: null,
    execution: 'server',
    tools: [{ type: 'function', name: 'f' }],
    status: 'completed',
  },
  mcp_approval_request: { type: 'mcp_approval_request', id: 'q', name: 'n', arguments: '{}', server_label: 'l' },
  mcp_call: {
    type: 'mcp_call',
    id: 'mc',
    name: 'n',
    arguments: '{}',
    server_label: 'l',
    output: 'o',
    error: null,
    approval_request_id: 'q',
  },
  web_search_call: { type: 'web_search_call', id: 'ws', status: 'completed', action: { type: 'search', query: 'q' } },
  file_search_call: {
    type: 'file_search_call',
    id: 'fs',
    status: 'completed',
    queries: ['q'],
    results: [{ text: 't' }],
  },
  code_interpreter_call: {
    type: 'code_interpreter_call',
    id: 'ci',
    status: 'completed',
    code: '1',
    container_id: 'c',
    outputs: [{ type: 'logs', logs: 'l' }],
  },
  image_generation_call: { type: 'image_generation_call', id: 'ig', status: 'completed', result: 'b64' },
  program: { type: 'program', id: 'pg', call_id: 'p', code: 'x', fingerprint: 'f' },
  program_output: { type: 'program_output', id: 'po', call_id: 'p', result: 'r', status: 'completed' },
  function_call: {
    type: 'function_call',
    id: 'fc',
    call_id: 'q',
    name: 'n',
    arguments: '{}',
    status: 'completed',
    caller: { type: 'program', caller_id: 'p' },
  },
  reasoning: {
    type: 'reasoning',
    id: 'rs',
    summary: [{ type: 'summary_text', text: 's' }],
    encrypted_content: 'e',
    content: [{ type: 'reasoning_text', text: 'raw' }],
  },
};

describe('an item of the API', () => {
  test.each(Object.entries(ITEMS))('%s goes back as it came', (_, said) => {
    const [read] = outputItems([said]);
    expect(read?.type).not.toBe('unknown');
    expect(responsesItem(JSON.parse(JSON.stringify(read)))).toEqual(said);
  });

  test('that nothing is known of goes back as it came, too', () => {
    const said = { type: 'from_the_future', id: 'x', deep: { er: [1] } };
    expect(responsesItem(outputItems([said])[0]!)).toEqual(said);
  });
});

describe.each([false, true])('a run over the wire (streamed: %s)', (stream) => {
  test('makes the calls, and sends their outputs', async () => {
    await using server = await startWireServer({
      script: [
        {
          steps: [
            item(ITEMS['shell_call']!),
            item(ITEMS['apply_patch_call']!),
            item(ITEMS['computer_call']!),
            item({ ...ITEMS['mcp_approval_request'], server_label: 'files' }),
          ],
        },
        { steps: [{ type: 'text', text: 'Done.' }] },
      ],
    });
    const agent = new Agent({
      name: 'Worker',
      model: new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'k' }, 'test-model'),
      tools: [
        shellTool({ shell }),
        applyPatchTool({ editor }),
        computerTool({ computer, onSafetyCheck: async () => true }),
        hostedMcpTool({
          serverLabel: 'files',
          serverUrl: 'http://mcp.example',
          authorization: 'token',
          requireApproval: { never: { toolNames: ['list'] } },
          onApproval: async () => ({ approve: true, reason: 'Fine.' }),
        }),
        webSearchTool({ searchContextSize: 'low' }),
        fileSearchTool('vs_1', { includeSearchResults: true }),
        codeInterpreterTool({ includeOutputs: true }),
        imageGenerationTool({ size: 'auto' }),
        programmaticToolCallingTool(),
        toolSearchTool(),
      ],
    });
    const result = stream ? await run(agent, 'Go', { stream: true }) : await run(agent, 'Go');
    if ('completed' in result) await result.completed;
    expect(result.finalOutput).toBe('Done.');
    const [first, second] = server.requests.map(({ body }) => body as Record<string, unknown>);
    expect(first?.['tools']).toEqual([
      { type: 'shell', environment: { type: 'local' } },
      { type: 'apply_patch' },
      { type: 'computer' },
      {
        type: 'mcp',
        server_label: 'files',
        server_url: 'http://mcp.example',
        authorization: 'token',
        require_approval: { never: { tool_names: ['list'] } },
      },
      { type: 'web_search', search_context_size: 'low' },
      { type: 'file_search', vector_store_ids: ['vs_1'] },
      { type: 'code_interpreter', container: { type: 'auto' } },
      { type: 'image_generation', size: 'auto' },
      { type: 'programmatic_tool_calling' },
      { type: 'tool_search' },
    ]);
    expect(first?.['include']).toEqual(['file_search_call.results', 'code_interpreter_call.outputs']);
    expect((second as { input: unknown[] }).input.slice(1)).toEqual([
      ITEMS['shell_call'],
      ITEMS['apply_patch_call'],
      ITEMS['computer_call'],
      { ...ITEMS['mcp_approval_request'], server_label: 'files' },
      {
        type: 'shell_call_output',
        call_id: 'c',
        output: [{ stdout: 'a.txt', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
        max_output_length: 9,
      },
      { type: 'apply_patch_call_output', call_id: 'c2', status: 'completed' },
      {
        type: 'computer_call_output',
        call_id: 'c3',
        output: { type: 'computer_screenshot', image_url: 'data:image/png;base64,cGlj' },
        acknowledged_safety_checks: [{ id: 's', code: 'c', message: 'm' }],
      },
      { type: 'mcp_approval_response', approve: true, approval_request_id: 'q', reason: 'Fine.' },
    ]);
    await assertCleanRun(result);
  });

  test('spells a hosted shell, and chooses tools that have no name', async () => {
    await using server = await startWireServer({ script: [{ steps: [{ type: 'text', text: 'Done.' }] }] });
    const agent = new Agent({
      name: 'Worker',
      model: new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'k' }, 'test-model'),
      modelSettings: { toolChoice: 'shell' },
      tools: [
        shellTool({
          environment: {
            type: 'container_auto',
            fileIds: ['f'],
            memoryLimit: '1g',
            networkPolicy: {
              type: 'allowlist',
              allowedDomains: ['a'],
              domainSecrets: [{ domain: 'a', name: 'n', value: 'v' }],
            },
            skills: [
              { type: 'skill_reference', skillId: 's', version: '1' },
              {
                type: 'inline',
                name: 'n',
                description: 'd',
                source: { type: 'base64', mediaType: 'application/zip', data: 'x' },
              },
            ],
          },
        }),
      ],
    });
    const result = stream ? await run(agent, 'Go', { stream: true }) : await run(agent, 'Go');
    if ('completed' in result) await result.completed;
    const sent = server.requests[0]?.body as Record<string, unknown>;
    expect(sent['tool_choice']).toEqual({ type: 'shell' });
    expect(sent['tools']).toEqual([
      {
        type: 'shell',
        environment: {
          type: 'container_auto',
          file_ids: ['f'],
          memory_limit: '1g',
          network_policy: {
            type: 'allowlist',
            allowed_domains: ['a'],
            domain_secrets: [{ domain: 'a', name: 'n', value: 'v' }],
          },
          skills: [
            { type: 'skill_reference', skill_id: 's', version: '1' },
            {
              type: 'inline',
              name: 'n',
              description: 'd',
              source: { type: 'base64', media_type: 'application/zip', data: 'x' },
            },
          ],
        },
      },
    ]);
    await assertCleanRun(result);
  });
});
