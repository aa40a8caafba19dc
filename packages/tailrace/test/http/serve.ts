/** A handler on a real node:http server. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNodeListener, type HandlerOptions } from 'tailrace/http';

export interface Served extends AsyncDisposable {
  url: string;
  ask(path: string, init?: RequestInit): Promise<Response>;
}

export async function serve(options: HandlerOptions): Promise<Served> {
  const listener = createNodeListener(options);
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    ask: async (path, init) => fetch(`${url}${path}`, init),
    [Symbol.asyncDispose]: async () => {
      await listener.stop({ graceMs: 100 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
