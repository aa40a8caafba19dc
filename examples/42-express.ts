// Runs beside the routes of an Express app: before anything that reads bodies, such as express.json().
import { once } from 'node:events';
import express from 'express';
import { createNodeListener } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistant } from './agents.ts';
import { urlOf, visit } from './visit.ts';

const store = sqlite('runs.db');
const runs = createNodeListener({ agents: { assistant }, store, basePath: '/ai' });

const app = express();
app.use((request, response, next) => (runs.answers(request) ? runs(request, response) : next()));
app.get('/', (_request, response) => {
  response.end('An app of my own.');
});

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
await visit(`${urlOf(server)}/ai`);

await runs.stop();
server.close();
await store.close();
