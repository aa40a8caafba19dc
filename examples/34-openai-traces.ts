// Traces for OpenAI's dashboard, sent in batches, here to a server of our own. Without such a processor nothing is sent anywhere.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Agent,
  BatchTraceProcessor,
  getGlobalTraceProvider,
  OpenAITracingExporter,
  run,
  setTraceProcessors,
} from 'tailrace';
import { assistantMessage, ScriptedModel } from 'tailrace/testing';

interface Posted {
  key: string | undefined;
  data: { object: string; span_data?: { type: string } }[];
}

// It is down for the first request: the exporter asks again.
const posted: Posted[] = [];
let requests = 0;
const dashboard = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk: Buffer) => (text += chunk.toString()));
  request.on('end', () => {
    requests += 1;
    if (requests === 1) return void response.writeHead(503).end();
    const { data } = JSON.parse(text) as Posted;
    posted.push({ key: request.headers.authorization, data });
    response.writeHead(204).end();
  });
});
await new Promise<void>((resolve) => dashboard.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${(dashboard.address() as AddressInfo).port}/v1/traces/ingest`;

// In a program: `setDefaultOpenAITracingExporter()`.
const exporter = new OpenAITracingExporter({ apiKey: 'sk-mine', endpoint, baseDelay: 10 });
setTraceProcessors([new BatchTraceProcessor(exporter)]);

const agent = new Agent({ name: 'Greeter', model: new ScriptedModel([[assistantMessage('Hello')]]) });
await run(agent, 'Hi');
await getGlobalTraceProvider().shutdown();
dashboard.closeAllConnections();
dashboard.close();

console.log(posted[0]?.data.map(({ object, span_data }) => span_data?.type ?? object));
assert.equal(requests, 2);
assert.equal(posted[0]?.key, 'Bearer sk-mine');
assert.equal(posted[0]?.data.filter(({ object }) => object === 'trace').length, 1);
