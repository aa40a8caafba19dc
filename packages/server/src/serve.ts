/** A server of its own: runs, and beside them whatever a Hono app answers. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { UserError } from 'tailrace';
import { createNodeListener, type HandlerOptions, type NodeListener } from 'tailrace/http';

export interface ServerLimits {
  /** How long a request's head may take, in milliseconds. 15,000 by default. */
  headersMs?: number;
  /** How long a whole request may take to arrive, in milliseconds. 60,000 by default. */
  requestMs?: number;
  /** Open connections. 10,000 by default. */
  connections?: number;
}

export type ServeOptions = HandlerOptions & {
  /** 4111 by default; 0 takes any that is free. */
  port?: number;
  /** 127.0.0.1 by default. Any address that others can reach needs `authorize`. */
  hostname?: string;
  /** Answers what the handler has no route for. */
  app?: Hono;
  server?: ServerLimits;
};

export interface RunningServer extends AsyncDisposable {
  url: string;
  port: number;
  server: Server;
  /**
   * Accepts nothing more, ends the streams so that their readers come back, leaves the runs at their next step boundary or after `graceMs` (10,000 by default), and
   * closes. Idempotent.
   */
  stop(options?: { graceMs?: number }): Promise<void>;
}

const FLUSH_MS = 1_000;
const FLUSH_LOOK_MS = 10;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

/** @throws UserError AUTHORIZE_REQUIRED when others than this machine could reach `hostname`, and nothing says who may do what */
export function checkReach(hostname: string, authorize: HandlerOptions['authorize']): void {
  if (authorize || LOOPBACK.test(hostname)) return;
  throw new UserError(
    `Refusing to listen on ${hostname}: anybody who reaches it could run the agents. Give it an authorize function, or listen on 127.0.0.1.`,
    { code: 'AUTHORIZE_REQUIRED' },
  );
}

/**
 * Serves runs on node:http until it is stopped.
 *
 * @throws UserError AUTHORIZE_REQUIRED when it would listen beyond this machine without `authorize`; and what `createNodeListener` throws
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { port = 4111, hostname = '127.0.0.1', app, server: limits = {}, ...handlerOptions } = options;
  checkReach(hostname, options.authorize);
  const listener = createNodeListener(handlerOptions);
  const { headersMs = 15_000, requestMs = 60_000, connections = 10_000 } = limits;
  const times = {
    headersTimeout: headersMs,
    requestTimeout: Math.max(headersMs, requestMs),
    // Node looks every 30 s by itself.
    connectionsCheckingInterval: Math.min(5_000, headersMs, requestMs),
  };
  const server = createServer(times, requestListener(listener, app));
  server.maxConnections = connections;
  try {
    server.listen(port, hostname);
    await once(server, 'listening');
  } catch (error) {
    await listener.stop({ graceMs: 0 });
    throw error;
  }
  const { port: taken } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  const stop: RunningServer['stop'] = (how) => (stopped ??= close(server, listener, how));
  return {
    url: `http://${hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname}:${taken}`,
    port: taken,
    server,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

type Listen = (request: IncomingMessage, response: ServerResponse) => void;

function requestListener(listener: NodeListener, app: Hono | undefined): Listen {
  if (!app) return listener;
  const own = getRequestListener(app.fetch);
  return (request, response) => {
    if (listener.answers(request)) listener(request, response);
    else void own(request, response);
  };
}

async function close(server: Server, listener: NodeListener, how?: { graceMs?: number }): Promise<void> {
  let open = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve())).then(() => (open = false));
  await listener.stop(how);
  // What was answered last may not have gone out. A connection is closed as soon as it has nothing to say.
  for (const until = performance.now() + FLUSH_MS; open && performance.now() < until;) {
    server.closeIdleConnections();
    await Promise.race([closed, sleep(FLUSH_LOOK_MS)]);
  }
  server.closeAllConnections();
  await closed;
}
