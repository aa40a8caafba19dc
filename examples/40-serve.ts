// Agents over HTTP on node:http. A client begins a run, loses its connection in the middle, and comes back to the rest of it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createNodeListener } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistant } from './agents.ts';
import { urlOf, visit } from './visit.ts';

const store = sqlite('runs.db');
const listener = createNodeListener({ agents: { assistant }, store });
const server = createServer(listener).listen(0, '127.0.0.1');
await once(server, 'listening');

await visit(urlOf(server));

await listener.stop();
server.close();
await store.close();
