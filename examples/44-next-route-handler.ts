// A route handler of Next.js, called as Next.js calls it: with web requests.
import { once } from 'node:events';
import { serve } from '@hono/node-server';
import * as route from './next/route.ts';
import { urlOf, visit } from './visit.ts';

const methods: Readonly<Record<string, (request: Request) => Promise<Response>>> = { GET: route.GET, POST: route.POST };
const server = serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request: Request) => methods[request.method]?.(request) ?? new Response(null, { status: 405 }),
});
await once(server, 'listening');
await visit(`${urlOf(server)}/ai`);

await route.GET.stop();
server.close();
