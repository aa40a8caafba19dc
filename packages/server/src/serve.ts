/** A server of its own: runs, and beside them whatever a Hono app answers. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
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

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

/**
 * Serves runs on node:http until it is stopped.
 *
 * @throws UserError AUTHORIZE_REQUIRED when it would listen beyond this machine without `authorize`; and what `createNodeListener` throws
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { port = 4111, hostname = '127.0.0.1', app, server: limits = {}, ...handlerOptions } = options;
  if (!options.authorize && !LOOPBACK.test(hostname)) {
    throw new UserError(
      `Refusing to listen on ${hostname}: anybody who reaches it could run the agents. Give serve() an authorize function, or listen on 127.0.0.1.`,
      { code: 'AUTHORIZE_REQUIRED' },
    );
  }
  const listener = createNodeListener(handlerOptions);
  const server = createServer(requestListener(listener, app));
  const { headersMs = 15_000, requestMs = 60_000, connections = 10_000 } = limits;
  server.headersTimeout = headersMs;
  server.requestTimeout = requestMs;
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
  const closed = new Promise((resolve) => server.close(resolve));
  await listener.stop(how);
  server.closeIdleConnections();
  // Whoever is still being answered has had its time.
  server.closeAllConnections();
  await closed;
}
