/** What is looked at before anything else: where the request was sent to, and from which site. */
import { HttpError } from './http-error.ts';
import type { HandlerOptions } from './options.ts';
import { empty, type Reply, type WholeReply } from './reply.ts';

export interface Gate {
  /** @throws HttpError HOST_REFUSED, ORIGIN_REFUSED */
  check(request: Request): void;
  /** The answer to a browser that asks whether it may ask. Undefined for other requests. */
  preflight(request: Request): WholeReply | undefined;
  /** Adds what the browser needs to hand an answer to a page of another origin. */
  mark(request: Request, reply: Reply): Reply;
}

// What clients need to read, beside what a browser shows anyway.
const EXPOSED = 'location, retry-after, allow, x-vercel-ai-ui-message-stream';

const HEADERS = ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'traceparent'];

/** What OpenAI's own client says of itself. */
function toldByOpenAi(request: Request): string[] {
  const asked = request.headers.get('access-control-request-headers')?.toLowerCase().split(',') ?? [];
  return asked.map((name) => name.trim()).filter((name) => /^(x-stainless|openai)-[a-z-]{1,40}$/.test(name));
}

export function gateOf({ authorize, hosts, cors }: Pick<HandlerOptions, 'authorize' | 'hosts' | 'cors'>): Gate {
  const origins = new Set(cors?.origins);
  const allowing = (origin: string): Record<string, string> => ({
    'access-control-allow-origin': origin,
    ...(cors?.credentials === true && { 'access-control-allow-credentials': 'true' }),
    vary: 'origin',
  });
  const names = hosts && new Set(hosts.map((host) => host.toLowerCase()));
  const hostAllowed = (host: string): boolean => {
    const name = hostname(host);
    if (isLoopback(name)) return true;
    // Without `authorize` a page of another site could reach this server by a name of its own that leads here.
    return names ? names.has(name) || names.has(host.toLowerCase()) : authorize !== undefined;
  };
  const allowed = (request: Request): string | undefined => {
    const origin = request.headers.get('origin');
    return origin !== null && origins.has(origin) ? origin : undefined;
  };
  return {
    check(request) {
      const host = hostOf(request);
      if (!hostAllowed(host)) {
        throw new HttpError(
          'HOST_REFUSED',
          authorize
            ? 'This server does not go by that name.'
            : 'Without `authorize`, only loopback addresses are served.',
        );
      }
      const origin = request.headers.get('origin');
      const ownOrigin = origin !== null && originHost(origin) === host.toLowerCase();
      const crossSite = request.headers.get('sec-fetch-site') === 'cross-site';
      if ((origin !== null && !ownOrigin && !origins.has(origin)) || (origin === null && crossSite))
        throw new HttpError('ORIGIN_REFUSED', 'Pages of that origin may not call this server.');
    },
    preflight(request) {
      if (request.method !== 'OPTIONS' || !request.headers.has('access-control-request-method')) return undefined;
      const origin = allowed(request);
      if (origin === undefined) throw new HttpError('ORIGIN_REFUSED', 'Pages of that origin may not call this server.');
      return empty(204, {
        ...allowing(origin),
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': [...HEADERS, ...toldByOpenAi(request)].join(', '),
        'access-control-max-age': '600',
      });
    },
    mark(request, reply) {
      const origin = allowed(request);
      if (origin === undefined) return reply;
      return {
        ...reply,
        headers: {
          ...reply.headers,
          ...allowing(origin),
          'access-control-expose-headers': EXPOSED,
        },
      };
    },
  };
}

function hostOf(request: Request): string {
  return request.headers.get('host') ?? new URL(request.url).host;
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** The name in a Host header, as a URL gives it; empty when that is none. */
export function hostname(host: string): string {
  const url = `http://${host}`;
  // What a URL takes for a user's name, or a path, is no part of a host.
  return !/[@/\\?#]/.test(host) && URL.canParse(url) ? new URL(url).hostname.toLowerCase() : '';
}

/** A name or address of this machine alone, in the form that a URL gives it. */
export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || name === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(name);
}
