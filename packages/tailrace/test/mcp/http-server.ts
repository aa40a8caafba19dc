// The small server's tools over HTTP: stateless, a JSON answer to each request, in an order of its own.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

interface Request {
  id?: number;
  method: string;
  params?: { name?: string; protocolVersion?: string; arguments?: { text?: string }; _meta?: unknown };
}

const schema = { type: 'object', properties: { text: { type: 'string' } } };
const streams = new Set<ServerResponse>();
let session = 1;
let called = 0;
let count = 0;

async function answer({ method, params }: Request): Promise<object | undefined> {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'http', version: '1' },
      };
    case 'tools/list':
      return { tools: ['echo', 'meta'].map((name) => ({ name, description: name, inputSchema: schema })) };
    case 'tools/call': {
      await wait((count += 7) % 11);
      const text = params?.name === 'echo' ? params.arguments?.text : JSON.stringify(params?._meta);
      return { content: [{ type: 'text', text }] };
    }
    default:
      return undefined;
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // What `fetch` keeps for later is its own; here nothing is to be left.
  response.setHeader('connection', 'close');
  if (request.method === 'GET') {
    streams.add(response);
    response.on('close', () => streams.delete(response));
    return void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
  }
  if (request.method !== 'POST') return void response.writeHead(405).end();
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const message = JSON.parse(body) as Request;
  if (message.id === undefined) return void response.writeHead(202).end();
  const given = request.headers['mcp-session-id'];
  if (given !== undefined && given !== `session-${session}`) return void response.writeHead(404).end();
  if (message.method === 'initialize') response.setHeader('mcp-session-id', `session-${session}`);
  if (message.method === 'tools/call') called += 1;
  const result = await answer(message);
  const error = { code: -32601, message: 'Method not found' };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...(result ? { result } : { error }) }));
}

export interface HttpServer {
  url: string;
  /** Streams of events that are open. */
  streams: () => number;
  /** Calls that came through. */
  called: () => number;
  /** Knows no session any more that it gave until now. */
  forget: () => void;
  close: () => Promise<void>;
}

/** Listens on this machine alone. */
export async function httpServer(): Promise<HttpServer> {
  // Longer than a busy machine may let a connection rest: one that is closed as it is used again is a failed call.
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    streams: () => streams.size,
    called: () => called,
    forget: () => void (session += 1),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
