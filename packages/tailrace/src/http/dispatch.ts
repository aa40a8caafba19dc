/** From a request to its answer: gate, route, and what becomes of errors. */
import { type Gate, gateOf } from './gate.ts';
import { errorReply, HttpError, shuttingDown } from './http-error.ts';
import { empty, type Reply } from './reply.ts';
import { isOpenAiPath, openAiError } from './responses/openai-error.ts';
import { findRoute, matches } from './route.ts';
import { ROUTES } from './routes.ts';
import { reportError } from './run-stream.ts';
import type { Service } from './service.ts';

/** Answers any request. Never rejects. */
export type Dispatch = (request: Request) => Promise<Reply>;

export function dispatcher(service: Service): Dispatch {
  const gate = gateOf(service.options);
  const basePath = service.options.basePath ?? '';
  return async (request) => {
    try {
      return gate.mark(request, await answer(service, gate, basePath, request));
    } catch (error) {
      const { reply, ours } = errorReply(error);
      if (ours) reportError(service, error, request);
      const { pathname } = new URL(request.url);
      return gate.mark(request, isOpenAiPath(pathname.slice(basePath.length)) ? openAiError(reply) : reply);
    }
  };
}

async function answer(service: Service, gate: Gate, basePath: string, request: Request): Promise<Reply> {
  gate.check(request);
  const preflight = gate.preflight(request);
  if (preflight) return preflight;
  const url = new URL(request.url);
  const path = url.pathname.startsWith(basePath) ? url.pathname.slice(basePath.length) : '';
  if (service.stopping.aborted && path !== '/healthz' && path !== '/readyz') throw shuttingDown();
  const found = routeOf(request.method, path);
  if (!('route' in found)) return found;
  const { route, params } = found;
  // Whoever begins a run says in the body what they want: it is read of those who are known.
  if (route.contract.action === 'run') await service.access.known(request, { action: 'run' });
  return route.answer({ service, request, url, params, contract: route.contract });
}

/** A route, or the answer to whoever asks which methods there are. */
function routeOf(method: string, path: string): ReturnType<typeof findRoute> | Reply {
  try {
    return findRoute(ROUTES, method, path);
  } catch (error) {
    if (method === 'OPTIONS' && error instanceof HttpError && error.code === 'METHOD_NOT_ALLOWED')
      return empty(204, error.headers);
    throw error;
  }
}

/** True when there is a route for this path, whatever the method. */
export function hasRoute({ options: { basePath = '' } }: Service, target: string): boolean {
  const path = target.split('?', 1)[0] ?? '';
  return path.startsWith(basePath) && matches(ROUTES, path.slice(basePath.length));
}
