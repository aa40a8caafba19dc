// An endpoint for `useChat`: a streamed run as a UI message stream, read back over HTTP by the AI SDK's own client.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeWebStream } from 'node:stream/web';
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { Agent, run, tool } from 'tailrace';
import { createAiSdkUiMessageStreamResponse } from 'tailrace/ai-sdk-ui';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, sky: 'rain' }),
});
const agent = new Agent({
  name: 'Forecaster',
  tools: [weather],
  model: new ScriptedModel([
    [assistantMessage('Let me look.'), functionCall('weather', { city: 'Oslo' }, { callId: 'call_1' })],
    [assistantMessage('Take an umbrella.')],
  ]),
});

// In a framework with web requests and responses this is all: `return createAiSdkUiMessageStreamResponse(result)`.
async function answer(request: Request): Promise<Response> {
  const { messages } = (await request.json()) as { messages: UIMessage[] };
  const last = messages.at(-1)?.parts.find((part) => part.type === 'text');
  return createAiSdkUiMessageStreamResponse(await run(agent, last?.text ?? '', { stream: true }));
}

const server = createServer((request, response) => {
  void (async () => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { status, headers, body } = await answer(new Request('http://localhost/', { method: 'POST', body: text }));
    response.writeHead(status, Object.fromEntries(headers));
    Readable.fromWeb(body as NodeWebStream).pipe(response);
  })();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`;
const stream = await new DefaultChatTransport({ api }).sendMessages({
  trigger: 'submit-message',
  chatId: 'chat_1',
  messageId: undefined,
  messages: [{ id: 'user_1', role: 'user', parts: [{ type: 'text', text: 'Umbrella?' }] }],
  abortSignal: undefined,
});
let message: UIMessage | undefined;
for await (const next of readUIMessageStream({ stream })) message = next;
server.closeAllConnections();
server.close();

console.log(message?.parts);
assert.deepEqual(
  message?.parts.map((part) => (part.type === 'text' ? part.text : part.type)),
  ['step-start', 'Let me look.', 'dynamic-tool', 'step-start', 'Take an umbrella.'],
);
