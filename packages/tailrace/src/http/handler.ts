/** Runs over HTTP, for whatever speaks web requests. */
import { dispatcher } from './dispatch.ts';
import type { HandlerOptions } from './options.ts';
import type { Reply } from './reply.ts';
import type { RunBody } from './run-body.ts';
import { type Service, serviceOf } from './service.ts';

/** Answers requests. Also holds what is open, and closes it. */
export interface Handler {
  (request: Request): Promise<Response>;
  /**
   * Takes no more runs, ends the streams so that their readers come back elsewhere, and lets go of the runs, if the runtime is the handler's own: at their next step
   * boundary, or after `graceMs` (10,000 by default). Idempotent.
   */
  stop(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Makes a handler: `(Request) => Promise<Response>`, to mount in any server that speaks web requests. On node:http, `createNodeListener` costs less.
 *
 * Streams end when their run does; whoever leaves can come back with the position that they had. Without `authorize` it
 * serves requests to a loopback name only; a web request says no more than that, so listen on 127.0.0.1 then: only `createNodeListener` and `serve` see the address itself.
 *
 * @throws UserError OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE, OPTION_CONFLICT
 */
export function createHandler(options: HandlerOptions): Handler {
  return handlerOf(serviceOf(options));
}

export function handlerOf(service: Service): Handler {
  const dispatch = dispatcher(service);
  const handle = async (request: Request): Promise<Response> => responseOf(await dispatch(request), request);
  return Object.assign(handle, { stop: service.stop });
}

function responseOf(reply: Reply, request: Request): Response {
  const { status, headers } = reply;
  if (!('stream' in reply))
    return new Response(request.method === 'HEAD' ? null : (reply.body ?? null), { status, headers });
  if (request.method === 'HEAD') {
    reply.stream.close();
    return new Response(null, { status, headers });
  }
  return new Response(streamOf(reply.stream, request.signal), { status, headers });
}

/** Some servers cancel the body when the client leaves, some abort the request: either closes. */
function streamOf(body: RunBody, signal: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const leave = (): void => body.close();
  const over = (): void => {
    signal.removeEventListener('abort', leave);
    body.close();
  };
  signal.addEventListener('abort', leave);
  if (signal.aborted) body.close();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Nobody asks again after a pull that gave nothing.
        let chunk = await body.next();
        while (chunk === '') chunk = await body.next();
        if (chunk !== undefined) return controller.enqueue(encoder.encode(chunk));
        over();
        if (body.broken) controller.error(new Error('The stream broke off.'));
        else controller.close();
      },
      cancel: over,
    },
    { highWaterMark: 0 },
  );
}
