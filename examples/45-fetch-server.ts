// The server of fetch-server.ts, on Node.
import { once } from 'node:events';
import { serve } from '@hono/node-server';
import served from './fetch-server.ts';
import { urlOf, visit } from './visit.ts';

const server = serve({ fetch: served.fetch, port: 0, hostname: '127.0.0.1' });
await once(server, 'listening');
await visit(urlOf(server));

await served.stop();
server.close();
