// A run as its words alone: `curl -N -H 'accept: text/plain' …` prints them as they come.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent } from 'tailrace';
import { createNodeListener } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { modelError, ScriptedModel, textStream } from 'tailrace/testing';
import { urlOf } from './visit.ts';

const store = sqlite(':memory:');
const model = new ScriptedModel([textStream('Rain until noon, then sun.'), modelError('out of order')]);
const listener = createNodeListener({ agents: { forecaster: new Agent({ name: 'Forecaster', model }) }, store });
const server = createServer(listener).listen(0, '127.0.0.1');
await once(server, 'listening');

const ask = async (): Promise<Response> =>
  fetch(`${urlOf(server)}/runs`, {
    method: 'POST',
    headers: { accept: 'text/plain', 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'Umbrella?' }),
  });
const text = await (await ask()).text();
console.log(text);
assert.equal(text, 'Rain until noon, then sun.');

// What is not the whole breaks off: reading it fails, and nobody takes it for an answer.
await assert.rejects(async () => (await ask()).text());

await listener.stop();
server.close();
await store.close();
