/** Which function answers which request. */
import type { Contract } from './contract/contract.ts';
import { HttpError } from './http-error.ts';
import type { Reply } from './reply.ts';
import type { Service } from './service.ts';

/** A request on its way: `params` are the path's variable parts, decoded. */
export interface Call {
  service: Service;
  request: Request;
  url: URL;
  params: Readonly<Record<string, string>>;
  contract: Contract;
}

export type Method = 'GET' | 'POST' | 'DELETE';

export interface Route {
  method: Method;
  /** Segments; one that begins with ':' matches any text. */
  path: string;
  contract: Contract;
  answer: (call: Call) => Promise<Reply> | Reply;
}

/** @throws HttpError NOT_FOUND, METHOD_NOT_ALLOWED */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } {
  const segments = path.split('/');
  const methods: string[] = [];
  for (const route of routes) {
    const params = match(route.path.split('/'), segments);
    if (!params) continue;
    if (route.method === method || (method === 'HEAD' && route.method === 'GET')) return { route, params };
    methods.push(route.method);
  }
  if (methods.length === 0) throw new HttpError('NOT_FOUND', 'There is nothing here.');
  const allow = [...(methods.includes('GET') ? ['HEAD'] : []), ...methods, 'OPTIONS'].join(', ');
  throw new HttpError('METHOD_NOT_ALLOWED', `Only ${allow} can be asked here.`, { headers: { allow } });
}

/** True when some route has this path. */
export function matches(routes: readonly Route[], path: string): boolean {
  const segments = path.split('/');
  return routes.some((route) => match(route.path.split('/'), segments) !== undefined);
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] as string;
    if (!part.startsWith(':')) {
      if (part !== segment) return undefined;
      continue;
    }
    const value = decoded(segment);
    if (value === undefined || value === '') return undefined;
    params[part.slice(1)] = value;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
