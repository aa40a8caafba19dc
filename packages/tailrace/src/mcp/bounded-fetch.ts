/** `fetch` that takes no message beyond a size: the one place that all HTTP to an MCP server goes through. */
import { SystemError } from '../event/errors.ts';

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

export function boundedFetch(fetch: Fetch, server: string, maxBytes: number): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (!response.body) return response;
    const events = response.headers.get('content-type')?.includes('text/event-stream') === true;
    const body = response.body.pipeThrough(counter(server, maxBytes, events));
    const bounded = new Response(body, response);
    // Where the answer came from is not part of what a response can be made of.
    Object.defineProperty(bounded, 'url', { value: response.url });
    return bounded;
  };
}

const NEWLINE = 10;

// A stream of events goes on for as long as it likes; one event does not.
function counter(server: string, maxBytes: number, events: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const line = events ? chunk.lastIndexOf(NEWLINE) : -1;
      if (line >= 0) bytes = chunk.length - line - 1;
      else bytes += chunk.length;
      if (bytes > maxBytes || chunk.length > maxBytes) controller.error(tooLarge(server, maxBytes));
      else controller.enqueue(chunk);
    },
  });
}

function tooLarge(server: string, maxBytes: number): SystemError {
  return new SystemError(
    `MCP server '${server}' sent a message of more than ${maxBytes} bytes. Raise maxMessageBytes, if it may.`,
    { code: 'MCP_MESSAGE_TOO_LARGE' },
  );
}
