// Runs beside the routes of a Fastify server. The hook comes before Fastify reads a body.
import Fastify from 'fastify';
import { createNodeListener } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistant } from './agents.ts';
import { visit } from './visit.ts';

const store = sqlite('runs.db');
const runs = createNodeListener({ agents: { assistant }, store, basePath: '/ai' });

const app = Fastify();
app.addHook('onRequest', (request, reply, next) =>
  runs.answers(request.raw) ? runs(request.raw, reply.hijack().raw) : next(),
);
app.get('/', () => 'A server of my own.');

const url = await app.listen({ port: 0, host: '127.0.0.1' });
await visit(`${url}/ai`);

await runs.stop();
await app.close();
await store.close();
