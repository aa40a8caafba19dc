import type { IncomingMessage } from 'node:http';
import { hostname } from './gate.ts';
import { HttpError } from './http-error.ts';

const made = new WeakMap<Request, IncomingMessage>();
/** Methods that no web request can have. */
const NEVER: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/**
 * A web request of node's: the body is read when somebody reads it.
 *
 * @throws HttpError REQUEST_INVALID, METHOD_NOT_ALLOWED, for what node takes and the web does not
 */
export function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const [url, init] = headOf(incoming);
  const { method } = init;
  if (NEVER.has(method))
    throw new HttpError('METHOD_NOT_ALLOWED', `${method} is answered nowhere.`, {
      headers: { allow: 'GET, HEAD, POST, DELETE, OPTIONS' },
    });
  // Named, because the types of browsers do not know of it.
  const body: RequestInit & { duplex?: 'half' } =
    method === 'GET' || method === 'HEAD' ? {} : { body: bodyOf(incoming), duplex: 'half' };
  const request = new Request(url, { ...init, ...body, signal });
  made.set(request, incoming);
  return request;
}

/**
 * Gives the request again, for whoever has to ask of it as long as a stream is open. One of node's is made anew, without its body: node holds what it is made of,
 * and the web's objects around it would cost more than all else that is ours.
 */
export function keptRequest(request: Request): () => Request {
  const incoming = made.get(request);
  return incoming ? madeAnew(incoming) : () => request;
}

// Apart: closures of one function hold what any of them needs.
function madeAnew(incoming: IncomingMessage): () => Request {
  return () => new Request(...headOf(incoming));
}

function headOf(incoming: IncomingMessage): [URL, { method: string; headers: Headers }] {
  const headers = new Headers();
  const { rawHeaders } = incoming;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string);
  const { method = 'GET' } = incoming;
  return [urlOf(incoming.url ?? '/', headers.get('host') ?? 'localhost'), { method, headers }];
}

/**
 * What stands in the request line is a path, or a whole URL when a proxy is asked (RFC 9112, 3.2): of that, the path alone counts, as the Host header is what is
 * checked. `//name/path` is a path like any other.
 */
function urlOf(target: string, host: string): URL {
  if (hostname(host) === '') throw new HttpError('REQUEST_INVALID', 'The Host header names no host.');
  const whole = /^https?:/i.test(target) && URL.canParse(target) ? new URL(target) : undefined;
  const path = whole ? whole.pathname + whole.search : target === '*' ? '/*' : target;
  if (!path.startsWith('/')) throw new HttpError('REQUEST_INVALID', 'The request line has no path.');
  return new URL(`http://${host}${path}`);
}

function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = incoming[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await chunks.next();
        if (chunk.done === true) controller.close();
        else controller.enqueue(chunk.value);
      },
      cancel() {
        // Read on and thrown away by node, so that the answer can go out on the same connection.
        incoming.resume();
      },
    },
    { highWaterMark: 0 },
  );
}
