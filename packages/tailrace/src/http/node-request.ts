import type { IncomingMessage } from 'node:http';

const made = new WeakMap<Request, IncomingMessage>();

/** A web request of node's: the body is read when somebody reads it. */
export function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const [url, init] = headOf(incoming);
  const { method } = init;
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
  const url = new URL(incoming.url ?? '/', `http://${headers.get('host') ?? 'localhost'}`);
  return [url, { method, headers }];
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
