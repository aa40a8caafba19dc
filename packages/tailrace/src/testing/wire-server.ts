import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { chatBody, chatEvents } from './wire-server-chat.ts';
import { deliver } from './wire-server-delivery.ts';
import { KeptHistory, type KeptItem } from './wire-server-kept.ts';
import { responsesBody, responsesEvents } from './wire-server-responses.ts';
import type { WireAnswer, WireBody, WireRequest, WireScript } from './wire-server-script.ts';

export type * from './wire-server-script.ts';

export interface WireServerOptions {
  /** The answers to the POSTs in order; a request beyond the last is answered with status 500. Default: one text, for ever. */
  readonly script?: WireScript;
  /** What GET /v1/models lists (`['scripted']`). */
  readonly models?: readonly string[];
}

/**
 * A model server on 127.0.0.1 that speaks both OpenAI wire formats from a script. It keeps responses and conversations: `previous_response_id`, `conversation`,
 * /v1/conversations and /v1/responses/compact work, and a request that does not fit what was said before is refused as OpenAI refuses it.
 */
export interface WireServer extends AsyncDisposable {
  /** The base URL with its `/v1`. */
  readonly url: string;
  /** The questions to a model received so far. */
  readonly requests: readonly WireRequest[];
  /** The items of each conversation. */
  readonly conversations: ReadonlyMap<string, readonly KeptItem[]>;
  /** Connections that are open, idle ones included. */
  readonly openConnections: number;
  /** Requests that are being answered. */
  readonly activeRequests: number;
  /** Closes the connections that wait for a next request. */
  closeIdleConnections(): void;
  /** Closes the server and every connection. */
  close(): Promise<void>;
}

const HELLO: WireAnswer = { steps: [{ type: 'text', text: ['Hello', ' there'] }], usage: { input: 3, output: 2 } };

/** Starts a server on a free port; `await using server = await startWireServer({ script })` closes it again. */
export async function startWireServer(options: WireServerOptions = {}): Promise<WireServer> {
  const script: WireScript = options.script ?? (() => HELLO);
  const requests: WireRequest[] = [];
  const kept = new KeptHistory();
  const connections = new Map<Socket, number>();
  let connected = 0;
  let active = 0;

  const answerTo = (request: WireRequest, index: number): WireAnswer | Promise<WireAnswer> =>
    typeof script === 'function'
      ? script(request, index)
      : (script[index] ?? {
          status: 500,
          body: { error: { message: `The script has ${script.length} answers; this is request ${index + 1}` } },
        });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? '/';
    if (incoming.method === 'GET' && path.startsWith('/v1/models')) {
      const data = (options.models ?? ['scripted']).map((id) => ({ id, object: 'model', owned_by: 'tailrace' }));
      sendJson(response, 200, { object: 'list', data });
      return;
    }
    const left = new AbortController();
    response.on('close', () => left.abort());
    let finish: (how: 'answered' | 'left' | 'cut') => void = () => undefined;
    const finished = new Promise<'answered' | 'left' | 'cut'>((resolve) => {
      finish = resolve;
    });
    const text = await readText(incoming);
    const body = parseBody(text);
    const own = kept.answer(incoming.method ?? '', new URL(path, 'http://127.0.0.1'), body);
    if (own) {
      sendJson(response, own.status, own.body);
      return;
    }
    const connection = connections.get(incoming.socket) ?? -1;
    const request: WireRequest = {
      method: incoming.method ?? '',
      path,
      headers: incoming.headers,
      text,
      body,
      connection,
      finished,
    };
    requests.push(request);
    active++;
    try {
      const number = requests.length - 1;
      const refusal = kept.refusal(body);
      const answer = refusal ?? (await answerTo(request, number));
      // Kept before it is sent: a client may go on with it as soon as it has it.
      if (path.startsWith('/v1/responses') && isAnswer(answer))
        kept.keep(body, responsesBody(answer, body?.model ?? 'scripted', number));
      finish(await respond(response, request, answer, number, left.signal));
    } finally {
      active--;
      finish('cut');
    }
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      // A script that throws is the test's mistake; the client must not hang over it.
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: { message: `The script threw: ${String(error)}` } });
    });
  });
  // Long enough that only closeIdleConnections() ends an idle connection.
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket: Socket) => {
    connections.set(socket, connected++);
    socket.on('close', () => connections.delete(socket));
    // A reset by the client is an ordinary end here.
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });

  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    conversations: kept.conversations,
    get openConnections() {
      return connections.size;
    },
    get activeRequests() {
      return active;
    },
    closeIdleConnections: () => server.closeIdleConnections(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function isAnswer(answer: WireAnswer): boolean {
  const { status = 200, end = 'completed', refuse } = answer;
  return status === 200 && end === 'completed' && refuse !== true && answer.body === undefined;
}

async function respond(
  response: ServerResponse,
  request: WireRequest,
  answer: WireAnswer,
  index: number,
  left: AbortSignal,
): Promise<'answered' | 'left' | 'cut'> {
  if (answer.headDelayMs !== undefined)
    await wait(answer.headDelayMs, undefined, { signal: left }).catch(() => undefined);
  if (left.aborted) return 'left';
  if (answer.refuse === true) {
    response.socket?.resetAndDestroy();
    return 'cut';
  }
  response.setHeader('x-request-id', `req_${index}`);
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  const status = answer.status ?? 200;
  const model = request.body?.model ?? 'scripted';
  const chat = request.path.split('?')[0]?.endsWith('/chat/completions') === true;
  if (status === 200 && answer.body === undefined && request.body?.stream === true) {
    const events = chat
      ? chatEvents(answer, model, index, includesUsage(request.body))
      : responsesEvents(answer, model, index);
    if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/event-stream; charset=utf-8');
    if (answer.delivery?.contentLength !== undefined)
      response.setHeader('content-length', answer.delivery.contentLength);
    response.strictContentLength = false;
    response.writeHead(200);
    return deliver(response, events, answer.delivery ?? {}, left);
  }
  const body = answer.body ?? (chat ? chatBody(answer, model, index) : responsesBody(answer, model, index));
  sendBody(response, status, body, answer);
  return 'answered';
}

function includesUsage(body: WireBody): boolean {
  return (body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true;
}

function sendBody(response: ServerResponse, status: number, body: unknown, answer: WireAnswer): void {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  if (!response.hasHeader('content-type')) {
    const text = typeof body === 'string';
    response.setHeader('content-type', text ? 'text/html; charset=utf-8' : 'application/json');
  }
  const announced = answer.delivery?.contentLength;
  response.strictContentLength = false;
  response.writeHead(status, announced === undefined ? {} : { 'content-length': announced });
  response.end(bytes, () => {
    // A client that was promised more than this waits until the connection goes.
    if (announced !== undefined && announced > bytes.length) response.socket?.end();
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): WireBody | undefined {
  try {
    return JSON.parse(text) as WireBody;
  } catch {
    return undefined;
  }
}
