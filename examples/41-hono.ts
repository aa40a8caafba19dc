// Runs beside the routes of a Hono app.
import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createHandler } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistant } from './agents.ts';
import { urlOf, visit } from './visit.ts';

const store = sqlite('runs.db');
const handler = createHandler({ agents: { assistant }, store, basePath: '/ai' });

const app = new Hono();
app.get('/', (context) => context.text('An app of my own.'));
app.all('/ai/*', (context) => handler(context.req.raw));

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
await once(server, 'listening');
await visit(`${urlOf(server)}/ai`);

await handler.stop();
server.close();
await store.close();
