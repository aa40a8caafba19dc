/** A proxy on real HTTP that does to each request what it is told to. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fate =
  | 'pass'
  /** The connection is closed before the server hears of it. */
  | 'refuse'
  /** Nothing is ever answered. */
  | 'silent'
  /** The server does what is asked, and the answer is lost. */
  | 'lose'
  /** So many bytes of the answer's body come through, and then the connection breaks, ends as if it were whole, or says no more. */
  | { bytes: number; how: 'break' | 'end' | 'silence' }
  | { status: number; headers?: Record<string, string>; body?: string };

/** `count`: 1 for the first request. */
export type FateOf = (count: number, headers: IncomingHttpHeaders) => Fate;

export interface TearingProxy extends AsyncDisposable {
  url: string;
  /** All requests that came, `GET /runs/x`. */
  asked: string[];
  /** Where requests are passed on to, from now on. */
  target: string;
}

export async function tearingProxy(target: string, fateOf: FateOf): Promise<TearingProxy> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const what = `${incoming.method} ${incoming.url}`;
    asked.push(what);
    meet(fateOf(asked.length, incoming.headers), proxy.target, incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: TearingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    target,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function meet(fate: Fate, target: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (fate === 'refuse') return void incoming.socket.destroy();
  if (fate === 'silent') return;
  if (typeof fate === 'object' && 'status' in fate) {
    outgoing.writeHead(fate.status, fate.headers);
    return void outgoing.end(fate.body);
  }
  const url = new URL(incoming.url ?? '/', target);
  const { host: _, ...headers } = incoming.headers;
  const onward = request(url, { method: incoming.method, headers, agent: false }, (answer) => {
    if (fate === 'lose') return answer.on('data', () => undefined).on('end', () => incoming.socket.destroy());
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.flushHeaders();
    if (fate === 'pass') return answer.pipe(outgoing);
    tear(fate, answer, outgoing);
    return undefined;
  });
  onward.on('error', () => incoming.socket.destroy());
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
}

function tear(
  { bytes, how }: { bytes: number; how: 'break' | 'end' | 'silence' },
  answer: IncomingMessage,
  outgoing: ServerResponse,
): void {
  let left = bytes;
  const over = (): void => {
    answer.destroy();
    if (how === 'end') outgoing.end();
    // What was written before gets through.
    else if (how === 'break') outgoing.socket?.end();
  };
  answer.on('data', (chunk: Buffer) => {
    if (left < 0) return;
    const part = chunk.subarray(0, left);
    left -= part.length;
    outgoing.write(part);
    if (left > 0) return;
    left = -1;
    over();
  });
  answer.on('end', () => left > 0 && outgoing.end());
  if (left === 0) {
    left = -1;
    over();
  }
}
