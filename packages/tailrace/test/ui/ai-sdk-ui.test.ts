// The UI message stream, read back by the real client of the `ai` package.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type ObservedStreamEvent,
  run,
  type RunEvent,
  type RunEventBody,
  RunItemStreamEvent,
  RunToolProgressStreamEvent,
  RunToolSearchCallItem,
  RunToolSearchOutputItem,
  type StreamedRunResult,
  tool,
  waitForInput,
} from '../../src/index.ts';
import {
  assertCleanRun,
  assistantMessage,
  functionCall,
  modelError,
  ScriptedModel,
  startCleanRunProbe,
} from '../../src/testing/index.ts';
import {
  createAiSdkTextStreamResponse,
  createAiSdkUiMessageStream,
  createAiSdkUiMessageStreamResponse,
  type UiFrame,
  type UiMessageChunk,
  uiMessageView,
} from '../../src/ui/index.ts';

const weather = tool({
  name: 'weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, sky: 'rain' }),
});

const talker = (): Agent =>
  new Agent({
    name: 'Talker',
    tools: [weather],
    model: new ScriptedModel([
      [assistantMessage('Let me look.'), functionCall('weather', { city: 'Oslo' }, { callId: 'call_1' })],
      [assistantMessage('Rain.')],
    ]),
  });

const streamed = (agent: Agent, input = 'Weather?'): Promise<StreamedRunResult> =>
  run(agent, input, { stream: true, runId: 'run_1' });

/** The last message that the real client makes of the chunks. */
async function messageOf(
  chunks: ReadableStream<UiMessageChunk>,
  message?: UIMessage,
): Promise<{ message: UIMessage | undefined; errors: string[] }> {
  const errors: string[] = [];
  let last: UIMessage | undefined;
  const stream = chunks as ReadableStream<UIMessageChunk>;
  const onError = (error: unknown): void => void errors.push((error as Error).message);
  for await (const next of readUIMessageStream({ stream, onError, ...(message && { message }) })) last = next;
  return { message: last, errors };
}

function streamOf(frames: readonly UiFrame[]): ReadableStream<UiMessageChunk> {
  return new ReadableStream({
    start(controller) {
      for (const { chunk } of frames) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function logOf(result: StreamedRunResult): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of result.events()) {
    events.push(event);
    if (event.type === 'run.suspended' && result.status === 'suspended') break;
  }
  return events;
}

/** A log by hand. */
function log(...bodies: RunEventBody[]): RunEvent[] {
  return bodies.map((body, seq) => ({ run: 'run_1', seq, epoch: 1, at: 0, ...body }));
}
const STARTED: RunEventBody = {
  type: 'run.started',
  v: 1,
  agent: 'A',
  input: 'x',
  maxTurns: 10,
  workflowName: 'W',
};
const at = { step: '1:model:0', attempt: 1 };
const types = (frames: readonly UiFrame[]): string[] => frames.map(({ chunk }) => chunk.type);

const shown = { role: 'assistant', id: 'run_1' };
const PARTS = [
  { type: 'step-start' },
  { type: 'text', text: 'Let me look.', state: 'done' },
  {
    type: 'dynamic-tool',
    toolName: 'weather',
    toolCallId: 'call_1',
    state: 'output-available',
    input: { city: 'Oslo' },
    output: { city: 'Oslo', sky: 'rain' },
  },
  { type: 'step-start' },
  { type: 'text', text: 'Rain.', state: 'done' },
];

describe('a streamed run', () => {
  test('is one message: texts, calls and what came of them, in steps', async () => {
    using probe = startCleanRunProbe();
    const result = await streamed(talker());
    const { message, errors } = await messageOf(createAiSdkUiMessageStream(result));
    expect(errors).toEqual([]);
    expect(message).toMatchObject({ ...shown, parts: PARTS });
    await assertCleanRun(await logOf(result), probe);
  });

  test('reaches useChat’s transport over HTTP, as does its text', async () => {
    const server = createServer((request, response) => {
      void (async () => {
        for await (const _chunk of request) void _chunk;
        const result = await streamed(talker());
        const answer =
          request.url === '/text'
            ? createAiSdkTextStreamResponse(result, { headers: { 'x-own': '1' } })
            : createAiSdkUiMessageStreamResponse(result, { messageId: 'msg_own' });
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        Readable.fromWeb(answer.body as never).pipe(response);
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const transport = new DefaultChatTransport({ api: `${url}/chat` });
      const chunks = await transport.sendMessages({
        trigger: 'submit-message',
        chatId: 'chat_1',
        messageId: undefined,
        messages: [{ id: 'u', role: 'user', parts: [{ type: 'text', text: 'Weather?' }] }],
        abortSignal: undefined,
      });
      const { message, errors } = await messageOf(chunks as ReadableStream<UiMessageChunk>);
      expect(errors).toEqual([]);
      expect(message).toMatchObject({ id: 'msg_own', parts: PARTS });

      const raw = await fetch(`${url}/chat`, { method: 'POST', body: '{}' });
      expect(raw.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
      expect(raw.headers.get('content-type')).toContain('text/event-stream');
      expect((await raw.text()).endsWith('data: {"type":"finish","finishReason":"stop"}\n\ndata: [DONE]\n\n')).toBe(
        true,
      );

      const text = await fetch(`${url}/text`, { method: 'POST', body: '{}' });
      expect(text.headers.get('x-own')).toBe('1');
      expect(await text.text()).toBe('Let me look.Rain.');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('that waits for approval asks, and goes on in the same message', async () => {
    for (const approved of [true, false]) {
      const remove = tool({
        name: 'remove',
        description: 'Removes it.',
        parameters: z.object({}),
        needsApproval: true,
        execute: () => 'removed',
      });
      const model = new ScriptedModel([
        [functionCall('remove', {}, { callId: 'call_1' })],
        [assistantMessage('Fine.')],
      ]);
      const agent = new Agent({ name: 'A', tools: [remove], model });
      const first = await streamed(agent);
      const asked = await messageOf(createAiSdkUiMessageStream(first));
      expect(asked.message?.parts).toMatchObject([
        { type: 'step-start' },
        { type: 'dynamic-tool', state: 'approval-requested', approval: { id: 'call_1' }, toolCallId: 'call_1' },
      ]);
      const [call] = first.interruptions;
      if (call === undefined) throw new Error('nothing to decide');
      if (approved) await first.state.approve(call);
      else await first.state.reject(call, { message: 'Keep it.' });
      const second = await run(agent, first.state, { stream: true });
      const gone = await messageOf(createAiSdkUiMessageStream(second), asked.message);
      expect(gone.errors).toEqual([]);
      expect(gone.message?.id).toBe('run_1');
      expect(gone.message?.parts).toMatchObject([
        { type: 'step-start' },
        {
          type: 'dynamic-tool',
          ...(approved
            ? { state: 'output-available', output: 'removed', approval: { approved: true } }
            : { state: 'output-denied', approval: { approved: false, reason: 'Keep it.' } }),
        },
        { type: 'step-start' },
        { type: 'text', text: 'Fine.' },
      ]);
    }
  });

  test('that waits for an answer shows its question, the same by itself and by its events', async () => {
    const ask = tool({
      name: 'ask',
      description: 'Asks.',
      parameters: z.object({}),
      execute: () => waitForInput({ prompt: { which: 'colour' } }),
    });
    const agent = (): Agent =>
      new Agent({
        name: 'A',
        tools: [ask],
        model: new ScriptedModel([[functionCall('ask', {}, { callId: 'call_1' })]]),
      });
    const plain = await messageOf(createAiSdkUiMessageStream(await streamed(agent())));
    const events = await messageOf(streamOf(uiMessageView()(await logOf(await streamed(agent())))));
    for (const { message, errors } of [plain, events]) {
      expect(errors).toEqual([]);
      expect(message?.parts.filter(({ type }) => type === 'data-question')).toMatchObject([
        { id: 'call_1', data: { toolCallId: 'call_1', toolName: 'ask', prompt: { which: 'colour' } } },
      ]);
    }
  });

  test('that fails says so in a chunk, and so does a stream that breaks', async () => {
    const failing = await streamed(
      new Agent({ name: 'A', model: new ScriptedModel([modelError(new Error('no model today'))]) }),
    );
    const { errors } = await messageOf(createAiSdkUiMessageStream(failing));
    // Words of the provider’s stay in this process.
    expect(errors).toEqual([expect.stringContaining('outside of Tailrace')]);
    await expect(failing.completed).rejects.toThrow('no model today');

    const broken = new ReadableStream<never>({ start: (controller) => controller.error(new Error('cut off')) });
    const chunks: UiMessageChunk[] = [];
    for await (const chunk of createAiSdkUiMessageStream(broken)) chunks.push(chunk);
    expect(chunks).toEqual([
      { type: 'error', errorText: expect.stringContaining('outside of Tailrace') },
      { type: 'finish', finishReason: 'error' },
    ]);
  });

  test('is cancelled when the only client leaves', async () => {
    const result = await streamed(talker());
    const reader = createAiSdkUiMessageStream(result).getReader();
    await reader.read();
    await reader.cancel();
    await result.completed;
    expect(result.cancelled).toBe(true);
  });

  test('as a stream of its events shows progress and searches for tools, too', async () => {
    const agent = new Agent({ name: 'A' });
    const search = { type: 'tool_search_call', id: 'ts_1', call_id: 's', arguments: { q: 'w' } } as const;
    const found = { type: 'tool_search_output' as const, id: 'ts_2', call_id: 's', tools: [] };
    const event = { type: 'tool.progress', step: '1:tool:c', attempt: 1, callId: 'c', tool: 'f', data: 1 } as const;
    async function* events(): AsyncGenerator<ObservedStreamEvent> {
      yield new RunItemStreamEvent('tool_search_called', new RunToolSearchCallItem(search, agent));
      yield new RunItemStreamEvent('tool_search_output_created', new RunToolSearchOutputItem(found, agent));
      yield new RunToolProgressStreamEvent(event, agent);
    }
    const { message, errors } = await messageOf(createAiSdkUiMessageStream(events()));
    expect(errors).toEqual([]);
    expect(message?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'dynamic-tool', toolName: 'tool_search', state: 'output-available', input: { q: 'w' }, output: [] },
      { type: 'data-tool-progress', id: 'c', data: { toolCallId: 'c', toolName: 'f', data: 1 } },
    ]);
  });

  test('as a stream of its events makes the same message', async () => {
    const result = await streamed(talker());
    for (const source of [result.toStream(), result.streamEvents(), { toStream: () => result.toStream() }]) {
      const { message, errors } = await messageOf(createAiSdkUiMessageStream(source, { messageId: 'run_1' }));
      expect(errors).toEqual([]);
      expect(message?.parts).toMatchObject(
        PARTS.map((part) => ('output' in part ? { ...part, output: { city: 'Oslo', sky: 'rain' } } : part)),
      );
    }
  });
});

describe('the fold', () => {
  test('gives the same frames in any batches; each event’s last frame carries its position, no other', async () => {
    const events = await logOf(
      await (async () => {
        const result = await streamed(talker());
        await result.completed;
        return result;
      })(),
    );
    const whole = uiMessageView()(events);
    for (let cut = 0; cut <= events.length; cut++) {
      const view = uiMessageView();
      expect([...view(events.slice(0, cut)), ...view(events.slice(cut))]).toEqual(whole);
    }
    const positions = whole.flatMap(({ position }) => position ?? []);
    expect(new Set(positions).size).toBe(positions.length);
    expect(whole.at(-1)?.position).toBe(`${events.length - 1}.1`);
  });

  test('from any position gives just what comes after it', async () => {
    const result = await streamed(talker());
    await result.completed;
    const events = await logOf(result);
    const whole = uiMessageView()(events);
    for (const [index, { position }] of whole.entries()) {
      if (position === undefined) continue;
      const from = Number(position.split('.')[0]) + 1;
      expect(uiMessageView({ from })(events)).toEqual(whole.slice(index + 1));
    }
  });

  test('takes back what a superseded attempt has shown', async () => {
    const events = log(
      STARTED,
      { type: 'model.called', ...at, agent: 'A' },
      { type: 'model.delta', ...at, raw: { type: 'response.reasoning_text.delta', delta: 'hm', item_id: 'r' } },
      { type: 'model.delta', ...at, text: 'Half an ans' },
      { type: 'step.attempt', of: 'model', step: at.step, attempt: 2, supersedes: 1, delayMs: 0 },
      { type: 'model.called', step: at.step, attempt: 2, agent: 'A' },
      { type: 'model.delta', step: at.step, attempt: 2, text: 'A whole answer.' },
    );
    const frames = uiMessageView()(events);
    expect(types(frames)).toEqual([
      ...['start', 'start-step', 'reasoning-start', 'reasoning-delta', 'reasoning-end', 'text-start', 'text-delta'],
      ...['reset-step', 'text-start', 'text-delta'],
    ]);
    const { message, errors } = await messageOf(streamOf(frames));
    expect(errors).toEqual([]);
    expect(message?.parts).toMatchObject([{ type: 'step-start' }, { type: 'text', text: 'A whole answer.' }]);
  });

  test('shows reasoning as it comes, and only then; whole where it did not', async () => {
    const item = { type: 'reasoning', id: 'r', content: [{ type: 'input_text', text: 'I think' }] } as const;
    const returned: RunEventBody = {
      type: 'model.returned',
      ...at,
      output: [],
      usage: { requests: 1, inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      streamed: true,
    };
    const added: RunEventBody = {
      type: 'item.added',
      kind: 'reasoning',
      agent: 'A',
      item: { ...item, content: [...item.content] },
    };
    const called: RunEventBody = { type: 'model.called', ...at, agent: 'A' };
    const pieces = ['I ', 'think'].map((delta): RunEventBody => ({
      type: 'model.delta',
      ...at,
      raw: { choices: [{ delta: { reasoning_content: delta } }] },
    }));
    for (const events of [log(STARTED, called, ...pieces, returned, added), log(STARTED, called, returned, added)]) {
      const { message } = await messageOf(streamOf(uiMessageView()(events)));
      expect(message?.parts).toMatchObject([
        { type: 'step-start' },
        { type: 'reasoning', text: 'I think', state: 'done' },
      ]);
    }
  });

  test('shows progress as data, errors as errors, hosted tools with their output, images as files', async () => {
    const call = { type: 'function_call', callId: 'c', name: 'f', arguments: 'not json' } as const;
    const tool = { step: '1:tool:c', attempt: 1, callId: 'c', tool: 'f' };
    const error = { name: 'Error', code: 'TOOL_FAILED', message: 'secret', retryable: false } as const;
    const frames = uiMessageView()(
      log(
        STARTED,
        { type: 'model.called', ...at, agent: 'A' },
        {
          type: 'item.added',
          kind: 'tool_call',
          agent: 'A',
          item: { type: 'hosted_tool_call', id: 'h', name: 'web_search_call', status: 'completed', output: 'found' },
        },
        { type: 'item.added', kind: 'tool_call', agent: 'A', item: call },
        { type: 'tool.progress', ...tool, data: { done: 1 } },
        { type: 'tool.progress', ...tool, data: { done: 2 } },
        { type: 'tool.returned', ...tool, output: 'It failed.', error },
        {
          type: 'item.added',
          kind: 'tool_output',
          agent: 'A',
          item: { type: 'function_call_result', callId: 'c', name: 'f', status: 'completed', output: 'It failed.' },
        },
        {
          type: 'item.added',
          kind: 'message',
          agent: 'A',
          item: {
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [
              { type: 'image', image: 'iVBORw0' },
              { type: 'refusal', refusal: 'No more.' },
            ],
          },
        },
        {
          type: 'run.cancelled',
          reason: 'enough',
          mode: 'immediate',
          usage: { requests: 0, inputTokens: 0, outputTokens: 0, totalTokens: 0 },
        },
      ),
    );
    expect(frames.at(-1)?.chunk).toEqual({ type: 'abort', reason: 'enough' });
    const { message, errors } = await messageOf(streamOf(frames));
    expect(errors).toEqual([]);
    expect(message?.parts).toMatchObject([
      { type: 'step-start' },
      {
        type: 'dynamic-tool',
        toolName: 'web_search_call',
        state: 'output-available',
        output: 'found',
        providerExecuted: true,
      },
      { type: 'dynamic-tool', state: 'output-error', input: { raw: 'not json' }, errorText: 'It failed.' },
      { type: 'data-tool-progress', id: 'c', data: { toolCallId: 'c', toolName: 'f', data: { done: 2 } } },
      { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,iVBORw0' },
      { type: 'text', text: 'No more.' },
    ]);
  });

  test('shows nothing of nested agents, and approvals of one call id apart', () => {
    const asked = (step: string): RunEventBody => ({
      type: 'approval.requested',
      step,
      callId: 'c',
      tool: 'f',
      agent: 'A',
      arguments: '{}',
      argumentsHash: '',
    });
    const frames = uiMessageView()(
      log(
        STARTED,
        { type: 'model.delta', ...at, text: 'inner', scope: ['1:tool:x'] },
        {
          type: 'item.added',
          kind: 'tool_call',
          agent: 'A',
          item: { type: 'function_call', callId: 'c', name: 'f', arguments: '{}' },
        },
        asked('1:tool:c'),
        { type: 'approval.decided', callId: 'c', step: '1:tool:c', approved: true },
        asked('2:tool:c'),
        { type: 'approval.decided', callId: 'c', approved: false },
      ),
    );
    expect(JSON.stringify(frames)).not.toContain('inner');
    expect(frames.flatMap(({ chunk }) => ('approvalId' in chunk ? [chunk.approvalId] : []))).toEqual([
      'c',
      'c',
      '2:tool:c',
      '2:tool:c',
    ]);
  });
});
