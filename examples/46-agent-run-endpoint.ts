// 200 clients of the endpoint in agent-run.ts at once: some read to the end, some leave at the first word, some ask for JSON, for a mode that is not there, in no JSON at
// all, or for an agent whose model refuses. Everybody gets a clear answer, and every run, trace and request to the model has ended.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { InMemoryTraceProcessor, OpenAIProvider, Runner, setTraceProcessors } from 'tailrace';
import { startWireServer } from 'tailrace/testing';
import { agentRun } from './agent-run.ts';
import { urlOf } from './visit.ts';

const traces = new InMemoryTraceProcessor();
setTraceProcessors([traces]);
const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));

// A model server on this machine that takes about 100 ms for an answer.
const words = Array.from({ length: 20 }, (_, index) => `word${index} `);
await using provider = await startWireServer({
  script: ({ body }) =>
    body?.model === 'refuses'
      ? { status: 400, body: { error: { message: 'sk-secret is not allowed to do that' } } }
      : { steps: [{ type: 'text', text: words }], delivery: { delayMs: 5 } },
});
const runner = new Runner({ modelProvider: new OpenAIProvider({ baseURL: provider.url, apiKey: 'local' }) });
const server = serve({ fetch: agentRun(runner).fetch, port: 0, hostname: '127.0.0.1' });
await once(server, 'listening');

async function ask(body: unknown): Promise<Response> {
  return fetch(`${urlOf(server)}/agent/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const clients: Readonly<Record<string, () => Promise<void>>> = {
  'read a stream to its end': async () => {
    const text = await (await ask({ mode: 'summarize', query: 'Short.', content: 'Long.', stream: true })).text();
    const said = text.match(/^data: \{.*$/gm)?.map((line) => (JSON.parse(line.slice(6)) as { text: string }).text);
    assert.equal(said?.join(''), words.join(''));
    assert(text.endsWith('data: [DONE]\n\n'));
  },
  'left in mid-stream': async () => {
    const response = await ask({ mode: 'translate', query: 'To French.', content: 'Hello', stream: true });
    for await (const _chunk of response.body ?? []) break;
  },
  'read JSON': async () => {
    const response = await ask({ mode: 'summarize', query: 'Short.' });
    assert.equal(response.status, 200);
    assert.equal(((await response.json()) as { data: string }).data, words.join(''));
  },
  'had a run that failed': async () => {
    const json = await ask({ mode: 'audit', query: 'Is it right?' });
    const told = { code: 'MODEL_BAD_REQUEST', message: 'The agent could not answer.' };
    assert.deepEqual([json.status, await json.json()], [502, told]);
    const stream = await ask({ mode: 'audit', query: 'Is it right?', stream: true });
    assert.equal(await stream.text(), `event: error\ndata: ${JSON.stringify(told)}\n\ndata: [DONE]\n\n`);
  },
  'asked for a mode that is not there': async () => {
    for (const mode of ['sing', '__proto__', 'constructor']) {
      const response = await ask(`{"mode":"${mode}","query":"La","stream":true}`);
      assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [400, 'MODE_UNKNOWN']);
    }
  },
  'sent a body that is none': async () => {
    for (const body of ['', '{', 'null', '[]', '{"mode":1}', '{"mode":"audit","query":"a","stream":"yes"}']) {
      const response = await ask(body);
      assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [400, 'BODY_INVALID']);
    }
  },
};

const kinds = Object.entries(clients);
const counts = new Map<string, number>();
await Promise.all(
  Array.from({ length: 200 }, async (_, number) => {
    const [kind, client] = kinds[number % kinds.length] ?? [];
    assert(kind !== undefined && client);
    await client();
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }),
);
// The runs of those who left end by themselves, right away.
for (let round = 0; round < 100 && (traces.openTraces.size > 0 || provider.activeRequests > 0); round += 1)
  await wait(10);
server.close();

for (const [kind, count] of counts) console.log(`${count} clients ${kind}`);
console.log(`${traces.traceStarts} traces began, ${traces.traceEnds} ended, ${traces.openSpans.size} spans are open`);
console.log(
  `${provider.activeRequests} requests to the model are open, ${rejections.length} rejections were unhandled`,
);
assert.equal(traces.traceEnds, traces.traceStarts);
assert.equal(traces.openSpans.size, 0);
assert.equal(provider.activeRequests, 0);
assert.deepEqual(rejections, []);
