import type { IncomingMessage } from 'node:http';

/** A web request of node's: the body is read when somebody reads it. */
export function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  const { rawHeaders } = incoming;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string);
  const { method = 'GET' } = incoming;
  const url = new URL(incoming.url ?? '/', `http://${headers.get('host') ?? 'localhost'}`);
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal });
  // Named, because the types of browsers do not know of it.
  const init: RequestInit & { duplex: 'half' } = { method, headers, signal, body: bodyOf(incoming), duplex: 'half' };
  return new Request(url, init);
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
