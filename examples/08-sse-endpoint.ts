// An SSE endpoint on node:http. Each run is started in the async context of its request and read in another one; half of the clients leave
// after the first event. Nothing throws, every trace ends once, and the model's connections are closed.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, InMemoryTraceProcessor, OpenAIProvider, Runner, setTraceProcessors } from 'tailrace';
import { startWireServer } from 'tailrace/testing';
import { sendText } from './sse.ts';

const traces = new InMemoryTraceProcessor();
setTraceProcessors([traces]);
const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));

// A model server on this machine that takes about 200 ms for an answer.
const words = Array.from({ length: 40 }, (_, index) => `word${index} `);
await using provider = await startWireServer({
  script: () => ({ steps: [{ type: 'text', text: words }], delivery: { delayMs: 5 } }),
});
const runner = new Runner({ modelProvider: new OpenAIProvider({ baseURL: provider.url, apiKey: 'local' }) });
const agent = new Agent({ name: 'Writer', model: 'scripted' });

const requests = new AsyncLocalStorage<{ question: string }>();
const outside = AsyncLocalStorage.snapshot();

const server = createServer((request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const question = decodeURIComponent(request.url?.slice(1) ?? '');
  const result = await requests.run({ question }, () => runner.run(agent, question, { stream: true }));
  await outside(sendText, result, response);
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

async function client(number: number): Promise<'left' | 'read to the end'> {
  const response = await fetch(`http://127.0.0.1:${port}/${encodeURIComponent(`Question ${number}?`)}`);
  assert(response.body);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (number % 2 === 0) return 'left';
  }
  assert.equal(text.match(/^data: "word/gm)?.length, words.length);
  assert(text.endsWith('event: completed\ndata: {}\n\n'));
  return 'read to the end';
}

const clients = 40;
const outcomes = await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
// The runs of those who left end by themselves, right away.
for (let round = 0; round < 50 && (traces.openTraces.size > 0 || provider.activeRequests > 0); round += 1)
  await wait(10);
server.close();

console.log(`${outcomes.filter((outcome) => outcome === 'left').length} of ${clients} clients left early`);
console.log(`${traces.traceStarts} traces began, ${traces.traceEnds} ended, ${traces.openSpans.size} spans are open`);
const upstream = await Promise.all(provider.requests.map((request) => request.finished));
const closed = upstream.filter((how) => how === 'left').length;
console.log(`${closed} requests to the model were closed, ${provider.activeRequests} are open`);
console.log(`${rejections.length} rejections were unhandled`);
assert.equal(traces.traceStarts, clients);
assert.equal(traces.traceEnds, clients);
assert.equal(traces.openSpans.size, 0);
assert.equal(closed, clients / 2);
assert.equal(provider.activeRequests, 0);
assert.deepEqual(rejections, []);
