/** Runs over HTTP, on node:http: what goes out is written to the response directly. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock } from '../base/clock.ts';
import { dispatcher, hasRoute } from './dispatch.ts';
import { isLoopback } from './gate.ts';
import { errorReply, HttpError } from './http-error.ts';
import type { Handler } from './handler.ts';
import type { HandlerOptions } from './options.ts';
import type { Reply } from './reply.ts';
import type { RunBody } from './run-body.ts';
import { reportError } from './run-stream.ts';
import { type Service, serviceOf } from './service.ts';
import { keptRequest, requestOf } from './node-request.ts';

/** Answers requests of node:http. */
export interface NodeListener {
  (request: IncomingMessage, response: ServerResponse): void;
  /** True when there is a route for this path, whatever the method. */
  answers(request: IncomingMessage): boolean;
  stop: Handler['stop'];
}

/**
 * Makes a listener: `createServer(createNodeListener(options))`. Takes and does what `createHandler` does.
 *
 * A client that takes nothing is not written to: its stream goes on from the log when it does, and is closed after `limits.stallMs`.
 *
 * @throws UserError OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE
 */
export function createNodeListener(options: HandlerOptions): NodeListener {
  return listenerOf(serviceOf(options));
}

export function listenerOf(service: Service): NodeListener {
  const { authorize } = service.options;
  const dispatch = dispatcher(service);
  /** Apart, so that nothing of the web's request is held while its stream is open. */
  const asked = async (incoming: IncomingMessage, signal: AbortSignal): Promise<[Reply, () => Request]> => {
    if (!authorize && !isLoopback(incoming.socket.localAddress ?? ''))
      throw new HttpError('FORBIDDEN', 'Without `authorize`, only loopback addresses are served.');
    const request = requestOf(incoming, signal);
    return [await dispatch(request), keptRequest(request)];
  };
  const listen = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const left = new AbortController();
    const leave = (): void => left.abort();
    response.once('close', leave);
    response.on('error', ignore);
    let again: (() => Request) | undefined;
    try {
      const [reply, request] = await asked(incoming, left.signal);
      again = request;
      await answer(reply, incoming, response, leave);
    } catch (error) {
      if (!again) return refuse(error, response);
      reportError(service, error, again());
      response.destroy();
    }
  };
  const answer = async (
    reply: Reply,
    incoming: IncomingMessage,
    response: ServerResponse,
    leave: () => void,
  ): Promise<void> => {
    // Whoever asks again on this connection would ask a server that is gone.
    if (service.stopping.aborted) response.setHeader('connection', 'close');
    response.writeHead(reply.status, reply.headers);
    if (!('stream' in reply)) response.end(reply.body);
    else if (incoming.method === 'HEAD') {
      reply.stream.close();
      response.end();
    } else {
      // The routes are done with the request: only what the user's code was given of it may want to know. The stream has an ear of its own.
      if (!service.options.context) response.off('close', leave);
      return pour(reply.stream, response, service.limits.stallMs);
    }
  };
  return Object.assign((incoming: IncomingMessage, response: ServerResponse) => void listen(incoming, response), {
    answers: (incoming: IncomingMessage) => hasRoute(service, incoming.url ?? '/'),
    stop: service.stop,
  });
}

/** What comes after a request that is none cannot be trusted to begin where it seems to. */
function refuse(error: unknown, response: ServerResponse): void {
  const { status, headers, body } = errorReply(error).reply;
  response.writeHead(status, { ...headers, connection: 'close' }).end(body);
}

/** A client that is gone is no error of anybody's. Out here, where it holds nothing of a request. */
function ignore(): void {
  // Its stream is closed by the response's own end.
}

async function pour(body: RunBody, response: ServerResponse, stallMs: number): Promise<void> {
  const leave = (): void => body.close();
  response.once('close', leave);
  if (response.destroyed) body.close();
  response.flushHeaders();
  for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
    const taken = chunk === '' || response.write(chunk);
    // The next one may be long in coming.
    chunk = '';
    if (!taken) await drained(response, stallMs);
  }
  body.close();
  if (body.broken) breakOff(response);
  else response.end();
}

/** Clients that see the break together with the last words lose those. */
const LAST_WORDS_MS = 50;

/** What was written goes out, and then the connection ends, without the chunk that would say that it is all. */
function breakOff(response: ServerResponse): void {
  const timer = systemClock.timer(LAST_WORDS_MS, () => response.socket?.end());
  response.once('close', () => timer[Symbol.dispose]());
}

/** Resolves when what was written has gone out, or the connection has. One that takes nothing for `stallMs` is closed. */
function drained(response: ServerResponse, stallMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = systemClock.timer(stallMs, () => response.destroy());
    const over = (): void => {
      timer[Symbol.dispose]();
      response.off('drain', over);
      response.off('close', over);
      resolve();
    };
    response.once('drain', over);
    response.once('close', over);
    if (response.destroyed) over();
  });
}
