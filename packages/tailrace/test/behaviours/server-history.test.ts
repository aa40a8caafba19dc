// A conversation that the provider keeps: the model is told what is new, and nothing twice.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type AgentInputItem,
  createRuntime,
  handoff,
  type IndividualRunOptions,
  MemoryLogStore,
  MemorySession,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  startOpenAIConversationsSession,
  run,
  Runner,
  tool,
} from '../../src/index.ts';
import {
  assertCleanRun,
  assistantMessage,
  functionCall,
  ScriptedModel,
  type ScriptedModelInput,
  startWireServer,
} from '../../src/testing/index.ts';
import { weather } from './cast.ts';

const KINDS = [{ conversationId: 'conv_1' }, { previousResponseId: 'resp_0' }];
const both = KINDS.flatMap((kind) => [false, true].map((stream) => ({ kind, stream })));

function short(items: string | AgentInputItem[]): string[] {
  if (typeof items === 'string') return [items];
  return items.map((item) =>
    'callId' in item ? `${item.type} ${String(item.callId)}` : 'role' in item ? item.role : String(item.type),
  );
}

/** What each call of the model was told. */
function asked(model: ScriptedModel): unknown[] {
  return model.calls.map(({ request: { input, conversationId, previousResponseId } }) => ({
    input: short(input),
    ...(conversationId !== undefined && { conversationId }),
    ...(previousResponseId !== undefined && { previousResponseId }),
  }));
}

/** The ids that each call goes under. */
function ids(kind: (typeof KINDS)[number], calls: number): object[] {
  return Array.from({ length: calls }, (_, index) => {
    if ('conversationId' in kind) return kind;
    return { previousResponseId: index === 0 ? 'resp_0' : `scripted-response-${index}` };
  });
}

async function finished(agent: Agent, options: IndividualRunOptions): Promise<{ lastResponseId: string | undefined }> {
  const result = await run(agent, 'Hi', options as never);
  if ('completed' in result) await (result.completed as Promise<void>);
  expect(result.finalOutput).toBe('Done.');
  await assertCleanRun(result);
  return result;
}

describe.each(both)('$kind, streamed: $stream', ({ kind, stream }) => {
  const options = { ...kind, stream } as IndividualRunOptions;

  test('after tools the model is sent their outputs alone', async () => {
    const model = new ScriptedModel([
      [
        functionCall('weather', { city: 'Oslo' }, { callId: 'c1' }),
        functionCall('weather', { city: 'Rome' }, { callId: 'c2' }),
      ],
      [functionCall('weather', { city: 'Bonn' }, { callId: 'c3' })],
      [assistantMessage('Done.')],
    ]);
    const result = await finished(new Agent({ name: 'A', model, tools: [weather()] }), options);
    const inputs = [['user'], ['function_call_result c1', 'function_call_result c2'], ['function_call_result c3']];
    expect(asked(model)).toEqual(ids(kind, 3).map((id, index) => ({ input: inputs[index], ...id })));
    expect(result.lastResponseId).toBe('scripted-response-3');
  });

  test('a handoff goes on in the same conversation, and every call of the response gets an output', async () => {
    const model = new ScriptedModel([
      [functionCall('transfer_to_B', {}, { callId: 'c1' }), functionCall('transfer_to_C', {}, { callId: 'c2' })],
      [assistantMessage('Done.')],
    ]);
    const [second, third] = ['B', 'C'].map((name) => new Agent({ name, model })) as [Agent, Agent];
    await finished(new Agent({ name: 'A', model, handoffs: [second, third] }), options);
    expect(asked(model)).toEqual([
      { input: ['user'], ...ids(kind, 2)[0] },
      { input: ['function_call_result c1', 'function_call_result c2'], ...ids(kind, 2)[1] },
    ]);
  });

  test('an approved call goes on in the conversation', async () => {
    const risky = tool({
      name: 'risky',
      description: 'Needs a person.',
      parameters: z.object({}),
      needsApproval: true,
      execute: () => 'made',
    });
    const script: ScriptedModelInput[] = [[functionCall('risky', {}, { callId: 'c1' })], [assistantMessage('Done.')]];
    const model = new ScriptedModel(script);
    const agent = new Agent({ name: 'A', model, tools: [risky] });
    const first = await run(agent, 'Hi', options as never);
    if ('completed' in first) await (first.completed as Promise<void>);
    await first.state.approve(first.interruptions[0]!);
    await expect(run(agent, first.state, { conversationId: 'other' })).rejects.toMatchObject({
      code: 'OPTION_CONFLICT',
    });
    const result = await run(agent, first.state);
    await assertCleanRun(result);
    expect(asked(model)).toEqual([
      { input: ['user'], ...ids(kind, 2)[0] },
      { input: ['function_call_result c1'], ...ids(kind, 2)[1] },
    ]);
  });

  test('a filter sees what is sent, and history is whole all the same', async () => {
    const seen: number[] = [];
    const model = new ScriptedModel([
      [functionCall('weather', { city: 'Oslo' }, { callId: 'c1' })],
      [assistantMessage('Done.')],
    ]);
    const result = await run(new Agent({ name: 'A', model, tools: [weather()] }), 'Hi', {
      ...kind,
      callModelInputFilter: ({ modelData }) => (seen.push(modelData.input.length), modelData),
    });
    expect(seen).toEqual([1, 1]);
    expect(short(result.history)).toEqual(['user', 'function_call c1', 'function_call_result c1', 'assistant']);
    await assertCleanRun(result);
  });

  test('[D78] output guardrails are refused before any model call', async () => {
    const guardrail = { name: 'tone', execute: async () => ({ tripwireTriggered: false, outputInfo: {} }) };
    const model = new ScriptedModel([]);
    const guarded = new Agent({ name: 'B', model, outputGuardrails: [guardrail] });
    const tries = [
      () => run(guarded, 'Hi', options as never),
      () => run(new Agent({ name: 'A', model, handoffs: [guarded] }), 'Hi', options as never),
      () => new Runner({ outputGuardrails: [guardrail] }).run(new Agent({ name: 'A', model }), 'Hi', options as never),
    ];
    for (const attempt of tries) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'OPTION_CONFLICT',
        message: expect.stringContaining('output guardrails') as string,
      });
    }
    expect(model.calls).toHaveLength(0);
  });

  test('a handoff filter is refused before any model call', async () => {
    const model = new ScriptedModel([]);
    const second = new Agent({ name: 'B', model });
    const filtered = new Agent({ name: 'A', model, handoffs: [handoff(second, { inputFilter: (data) => data })] });
    await expect(run(filtered, 'Hi', options as never)).rejects.toMatchObject({ code: 'OPTION_CONFLICT' });
    const plain = new Agent({ name: 'A', model, handoffs: [second] });
    const runner = new Runner({ handoffInputFilter: (data) => data });
    await expect(runner.run(plain, 'Hi', options as never)).rejects.toMatchObject({ code: 'OPTION_CONFLICT' });
    expect(model.calls).toHaveLength(0);
  });

  test('an output whose call the server has may be the input', async () => {
    const model = new ScriptedModel([[assistantMessage('Done.')]]);
    const input: AgentInputItem[] = [
      { type: 'function_call_result', callId: 'c9', name: 'x', status: 'completed', output: 'r' },
    ];
    const result = await run(new Agent({ name: 'A', model }), input, kind);
    expect(asked(model)).toEqual([{ input: ['function_call_result c9'], ...ids(kind, 1)[0] }]);
    await assertCleanRun(result);
  });

  test('a session keeps a history, too: refused', async () => {
    const session = new MemorySession();
    const model = new ScriptedModel([]);
    await expect(run(new Agent({ name: 'A', model }), 'Hi', { ...options, session } as never)).rejects.toMatchObject({
      code: 'OPTION_CONFLICT',
    });
    expect(await session.getItems()).toEqual([]);
  });

  test('Chat Completions keeps no conversation: refused, not left out', async () => {
    const model = new OpenAIChatCompletionsModel({ baseURL: 'http://127.0.0.1:9/v1' }, 'm');
    const started = run(new Agent({ name: 'A', model }), 'Hi', kind);
    await expect(started).rejects.toThrow(/needs the Responses API/);
  });
});

test('a chain cannot go on from a response without an id', async () => {
  const model = new ScriptedModel([
    [functionCall('weather', { city: 'Oslo' }, { callId: 'c1' })],
    [assistantMessage('Done.')],
  ]);
  const nameless = {
    getStreamedResponse: (request: Parameters<ScriptedModel['getStreamedResponse']>[0]) =>
      model.getStreamedResponse(request),
    getResponse: async (request: Parameters<ScriptedModel['getResponse']>[0]) => {
      const { responseId: _id, ...response } = await model.getResponse(request);
      return response;
    },
  };
  const agent = new Agent({ name: 'A', model: nameless, tools: [weather()] });
  await expect(run(agent, 'Hi', { previousResponseId: 'resp_0' })).rejects.toMatchObject({ code: 'MODEL_BEHAVIOR' });
});

// The server refuses a call without its output, an output without its call, and an id that it does not know.
describe.each([false, true])('over HTTP, with a server that keeps the history (streamed: %s)', (stream) => {
  const script = [
    {
      steps: [
        { type: 'tool_call', name: 'weather', arguments: { city: 'Oslo' }, id: 'c1' },
        { type: 'tool_call', name: 'weather', arguments: { city: 'Rome' }, id: 'c2' },
      ],
    },
    {
      steps: [
        { type: 'tool_call', name: 'transfer_to_B', arguments: {}, id: 'c3' },
        { type: 'tool_call', name: 'transfer_to_C', arguments: {}, id: 'c4' },
      ],
    },
    { steps: [{ type: 'text', text: 'Done.' }] },
    { steps: [{ type: 'text', text: 'Done.' }] },
  ] as const;

  function agentAt(url: string): Agent {
    const model = new OpenAIResponsesModel({ baseURL: url, apiKey: 'k' }, 'm');
    const [second, third] = ['B', 'C'].map((name) => new Agent({ name, model })) as [Agent, Agent];
    return new Agent({ name: 'A', model, tools: [weather()], handoffs: [second, third] });
  }

  test('as a conversation', async () => {
    await using server = await startWireServer({ script });
    const agent = agentAt(server.url);
    const conversationId = await startOpenAIConversationsSession({ baseURL: server.url, apiKey: 'k' });
    await finished(agent, { conversationId, stream });
    await finished(agent, { conversationId, stream });
    const sent = server.requests.map(({ body }) => (body?.['input'] as unknown[] | undefined)?.length);
    expect(sent).toEqual([1, 2, 2, 1]);
    expect(server.conversations.get(conversationId)).toHaveLength(1 + 2 + 2 + 2 + 2 + 1 + 2);
  });

  test('as a chain of responses', async () => {
    await using server = await startWireServer({ script: [{ steps: [{ type: 'text', text: 'Done.' }] }, ...script] });
    const agent = agentAt(server.url);
    const first = await run(agent, 'Hi');
    const options = { previousResponseId: first.lastResponseId!, stream } as IndividualRunOptions;
    const result = await finished(agent, options);
    await finished(agent, { previousResponseId: result.lastResponseId!, stream });
    const sent = server.requests.map(({ body }) => [
      body?.['previous_response_id'],
      (body?.['input'] as unknown[] | undefined)?.length,
    ]);
    expect(sent).toEqual([
      [undefined, 1],
      ['resp_0', 1],
      ['resp_1', 2],
      ['resp_2', 2],
      ['resp_3', 1],
    ]);
  });

  test('an id that the server does not know fails the run', async () => {
    await using server = await startWireServer({ script });
    const gone = finished(agentAt(server.url), { previousResponseId: 'resp_gone', stream });
    await expect(gone).rejects.toThrow(/resp_gone/);
  });
});

test.each(KINDS)('a submitted run goes on in %o', async (kind) => {
  const model = new ScriptedModel([
    [functionCall('weather', { city: 'Oslo' }, { callId: 'c1' })],
    [assistantMessage('Done.')],
  ]);
  const store = new MemoryLogStore();
  const agents = { main: new Agent({ name: 'A', model, tools: [weather()] }) };
  await using runtime = createRuntime({ store, agents });
  await expect(runtime.submit('main', 'Hi', { ...kind, sessionId: 's' })).rejects.toMatchObject({
    code: 'OPTION_CONFLICT',
  });
  await runtime.submit('main', 'Hi', { ...kind, runId: 'run_1' });
  await expect(runtime.submit('main', 'Hi', { runId: 'run_1' })).rejects.toMatchObject({ code: 'RUN_EXISTS' });
  await runtime.start();
  for await (const event of runtime.attach('run_1')) if (event.type === 'run.completed') break;
  expect(asked(model)).toEqual([
    { input: ['user'], ...ids(kind, 2)[0] },
    { input: ['function_call_result c1'], ...ids(kind, 2)[1] },
  ]);
});
