import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpAnswer, HttpBody, HttpRequest, Transport } from './transport.ts';
import { MAX_REDIRECTS } from './transport.ts';
import {
  abortReason,
  describeNetworkError,
  httpUrl,
  isRedirect,
  plainUrl,
  redirectTarget,
  TransportFault,
} from './transport-fault.ts';

/** A connection that has not been made after this long is given up. */
const CONNECT_TIMEOUT_MS = 15_000;
/** Bytes held for a reader that is behind; beyond it the socket is paused. */
const HIGH_WATER_BYTES = 1024 * 1024;

interface Client {
  readonly request: (url: URL, options: RequestOptions) => ClientRequest;
  readonly agent: Agent;
  /** Gives connections that are certainly new, and keeps none. */
  readonly fresh: Agent;
}

/** The transport over node:http(s), one pool for the process; undefined where there is no Node. */
export function nodeTransport(): Transport | undefined {
  return isNode() ? send : undefined;
}

function isNode(): boolean {
  return (
    typeof process === 'object' &&
    process.release?.name === 'node' &&
    typeof process.getBuiltinModule === 'function' &&
    !('Bun' in globalThis) &&
    !('Deno' in globalThis) &&
    globalThis.navigator?.userAgent !== 'Cloudflare-Workers'
  );
}

const clients = new Map<string, Client>();

/** Loaded at the first request: node:http alone costs tens of milliseconds at start. */
function clientFor(protocol: string): Client {
  let client = clients.get(protocol);
  if (client === undefined) {
    const module = process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http');
    // The agent unrefs idle sockets, so a pool never keeps the process alive.
    const proxy = process.env['NODE_USE_ENV_PROXY'] === '1' ? { proxyEnv: process.env } : {};
    client = {
      request: module.request,
      agent: new module.Agent({ keepAlive: true, scheduling: 'lifo', ...proxy }),
      fresh: new module.Agent({ keepAlive: false, ...proxy }),
    };
    clients.set(protocol, client);
  }
  return client;
}

async function send(request: HttpRequest): Promise<HttpAnswer> {
  let url = httpUrl(request.url);
  for (let redirects = 0; ; redirects++) {
    const answer = await exchange(url.href, request, request.once !== true);
    if (!isRedirect(answer.status)) {
      const encoding = answer.header('content-encoding');
      if (encoding === undefined || encoding === '' || encoding.toLowerCase() === 'identity') return answer;
      answer.body.close();
      throw new TransportFault(
        'encoding',
        `${plainUrl(url.href)} answered with content-encoding ${encoding} although identity was asked for; a proxy in between may be at fault`,
      );
    }
    answer.body.close();
    const target = redirectTarget(url, answer.header('location'), answer.status);
    if (redirects >= MAX_REDIRECTS) {
      throw new TransportFault(
        'redirect',
        `${plainUrl(request.url)} redirected more than ${MAX_REDIRECTS} times, last to ${plainUrl(target.href)}`,
      );
    }
    url = target;
  }
}

/** One request and the head of its answer. */
function exchange(href: string, request: HttpRequest, mayReconnect: boolean): Promise<HttpAnswer> {
  const where = plainUrl(href);
  const secure = href.startsWith('https:');
  // Let go of with the answer's head: an answer may take long, and what was asked may be long.
  let asked: HttpRequest | undefined = request;
  const { signal } = request;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal));
      return;
    }
    const outgoing = begin(href, asked as HttpRequest, mayReconnect);
    let body: NodeBody | undefined;
    let socket: Socket | undefined;
    let bytesBefore = 0;
    let connectTimer: NodeJS.Timeout | undefined;

    const stopWaiting = (): void => {
      clearTimeout(connectTimer);
      connectTimer = undefined;
    };
    const onAbort = (): void => {
      stopWaiting();
      const reason = abortReason(signal as AbortSignal);
      body?.fail(reason);
      outgoing.destroy();
      reject(reason);
    };
    const release = (): void => signal?.removeEventListener('abort', onAbort);
    signal?.addEventListener('abort', onAbort, { once: true });

    outgoing.on('socket', (given) => {
      socket = given;
      bytesBefore = given.bytesRead;
      if (!given.connecting) return;
      connectTimer = setTimeout(() => {
        const what = `${where} did not accept a connection within ${CONNECT_TIMEOUT_MS} ms`;
        outgoing.destroy(new TransportFault('connect', what, { code: 'ETIMEDOUT', syscall: 'connect' }));
      }, CONNECT_TIMEOUT_MS);
      given.once(secure ? 'secureConnect' : 'connect', stopWaiting);
    });
    outgoing.on('response', (incoming) => {
      stopWaiting();
      asked = undefined;
      body = new NodeBody(incoming, release, where);
      resolve({
        status: incoming.statusCode ?? 0,
        header: (name) => {
          const value = incoming.headers[name];
          return Array.isArray(value) ? value[0] : value;
        },
        body,
      });
    });
    outgoing.on('error', (error) => {
      stopWaiting();
      // After the head the body reports what happens to the connection.
      if (body !== undefined) return;
      release();
      if (signal?.aborted) return;
      const untouched = socket !== undefined && socket.bytesRead === bytesBefore;
      if (asked && mayReconnect && outgoing.reusedSocket && untouched && isDeadSocket(error)) {
        resolve(exchange(href, asked, false));
        return;
      }
      reject(
        error instanceof TransportFault
          ? error
          : new TransportFault('connect', `No answer from ${where}: ${describeNetworkError(error)}`, error),
      );
    });
  });
}

/** Sends it. Apart from what waits for the answer, so that that holds none of it. */
function begin(href: string, request: HttpRequest, mayReconnect: boolean): ClientRequest {
  const url = new URL(href);
  const client = clientFor(url.protocol);
  // Once: a text would be laid out anew for its length, behind the head, and for the socket.
  const bytes = Buffer.from(request.body);
  const outgoing = client.request(url, {
    method: request.method ?? 'POST',
    headers: { ...request.headers, 'accept-encoding': 'identity', 'content-length': bytes.length },
    agent: mayReconnect ? client.agent : client.fresh,
  });
  outgoing.end(bytes);
  return outgoing;
}

/** How a pooled connection that the server had closed shows itself. */
function isDeadSocket(error: Error & { code?: string }): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ECONNABORTED';
}

class NodeBody implements HttpBody {
  #incoming: IncomingMessage;
  #release: () => void;
  #url: string;
  #chunks: Uint8Array[] = [];
  #held = 0;
  #settling = false;
  #end: { error?: Error } | undefined;
  #wake: ((chunks: Uint8Array[] | undefined) => void) | undefined;
  #refuse: ((error: Error) => void) | undefined;

  constructor(incoming: IncomingMessage, release: () => void, url: string) {
    this.#incoming = incoming;
    this.#release = release;
    this.#url = url;
    incoming.on('data', (chunk: Uint8Array) => this.#take(chunk));
    incoming.on('end', () => this.#finish({}));
    incoming.on('error', (error) => this.#finish({ error: this.#cut(error) }));
    // 'end' precedes 'close' on every whole body; alone it means the connection went away.
    incoming.on('close', () => {
      if (this.#end === undefined) this.#finish({ error: this.#cut(undefined) });
    });
  }

  pull(): Promise<Uint8Array[] | undefined> {
    if (this.#held > 0) {
      const chunks = this.#chunks;
      this.#chunks = [];
      this.#held = 0;
      if (this.#incoming.isPaused()) this.#incoming.resume();
      return Promise.resolve(chunks);
    }
    if (this.#end !== undefined) {
      return 'error' in this.#end ? Promise.reject(this.#end.error) : Promise.resolve(undefined);
    }
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      this.#refuse = reject;
    });
  }

  settle(graceMs: number): Promise<void> {
    this.#drop();
    this.#settling = true;
    if (this.#end !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#finish({}), graceMs);
      this.#wake = this.#refuse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.#drop();
    if (this.#end === undefined)
      this.#finish({ error: new TransportFault('cut', 'The body was closed by its reader') });
    // A body that the parser has seen whole is left to the pool, even if its 'end' is still on the way.
    if (this.#incoming.complete) this.#incoming.resume();
    else this.#incoming.destroy();
  }

  /** Ends the body from outside: what waits rejects with `reason`, and unread bytes are dropped. */
  fail(reason: Error): void {
    this.#drop();
    if (this.#end !== undefined && 'error' in this.#end) return;
    this.#end = undefined;
    this.#finish({ error: reason });
  }

  #drop(): void {
    this.#chunks = [];
    this.#held = 0;
    if (this.#incoming.isPaused()) this.#incoming.resume();
  }

  #take(chunk: Uint8Array): void {
    if (this.#end !== undefined || chunk.length === 0) return;
    if (this.#settling) return;
    const wake = this.#wake;
    if (wake !== undefined) {
      this.#wake = undefined;
      this.#refuse = undefined;
      wake([chunk]);
      return;
    }
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held > HIGH_WATER_BYTES) this.#incoming.pause();
  }

  #finish(end: { error?: Error }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#release();
    const wake = this.#wake;
    const refuse = this.#refuse;
    this.#wake = undefined;
    this.#refuse = undefined;
    if ('error' in end) refuse?.(end.error);
    else wake?.(undefined);
  }

  #cut(error: unknown): TransportFault {
    const why = error === undefined ? 'the connection was closed' : describeNetworkError(error);
    return new TransportFault('cut', `The answer of ${this.#url} was cut off: ${why}`, error);
  }
}
