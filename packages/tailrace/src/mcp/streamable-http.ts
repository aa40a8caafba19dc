import type { StreamableHTTPClientTransport, StreamableHTTPClientTransportOptions } from '@modelcontextprotocol/client';
import { UserError } from '../event/errors.ts';
import { boundedFetch, type Fetch } from './bounded-fetch.ts';
import type { ClientLibrary } from './client-library.ts';
import { ClientMCPServer } from './client-server.ts';
import { checkServerOptions, MAX_MESSAGE_BYTES, type MCPServerOptions } from './options.ts';
import type { Link } from './connection.ts';

/** What both kinds of server over HTTP may be given. */
export interface MCPHttpOptions extends MCPServerOptions {
  url: string;
  /** Headers of each request, and whatever else `fetch` takes. Redirects to other origins are refused. */
  requestInit?: RequestInit;
  /** In place of the platform's: the place for headers that differ from request to request. */
  fetch?: Fetch;
  /** An `AuthProvider` or `OAuthClientProvider` of @modelcontextprotocol/client. Its tokens go to this server only. */
  authProvider?: object;
}

export interface MCPServerStreamableHttpOptions extends MCPHttpOptions {
  /** When a stream that broke is opened again, as @modelcontextprotocol/client has it. */
  reconnectionOptions?: object;
  /** Of a session that the server knows already. */
  sessionId?: string;
}

/** An MCP server over HTTP, as the protocol has it today. `close()` also ends the session at the server. */
export class MCPServerStreamableHttp extends ClientMCPServer {
  readonly #options: MCPServerStreamableHttpOptions;
  #transport: StreamableHTTPClientTransport | undefined;

  constructor(options: MCPServerStreamableHttpOptions) {
    super(options.name ?? `streamable-http: ${shownUrl(options.url)}`, options);
    checkServerOptions(this.name, options, [...HTTP_OPTIONS, 'reconnectionOptions', 'sessionId']);
    this.#options = options;
  }

  /** The session that the server gave, while there is one. */
  get sessionId(): string | undefined {
    return this.#transport?.sessionId;
  }

  protected async makeLink(given: unknown): Promise<object> {
    const library = given as typeof ClientLibrary;
    const { url, sessionId, reconnectionOptions } = this.#options;
    const transport = new library.StreamableHTTPClientTransport(new URL(url), {
      ...httpOptions(this.name, this.#options),
      ...(sessionId !== undefined && { sessionId }),
      ...(reconnectionOptions && { reconnectionOptions }),
    } as StreamableHTTPClientTransportOptions);
    this.#transport = transport;
    const link: Link = {
      transport,
      before: async () => {
        if (this.#transport === transport) this.#transport = undefined;
        if (transport.sessionId !== undefined) await within(END_SESSION_MS, transport.terminateSession());
      },
    };
    return link;
  }
}

const END_SESSION_MS = 1_000;

async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  // A server that is gone has no session left to end.
  await Promise.race([promise.catch(() => undefined), late]);
  clearTimeout(timer);
}

export const HTTP_OPTIONS: readonly string[] = ['url', 'requestInit', 'fetch', 'authProvider'];

/** What the library is given of the options of a server over HTTP. */
export function httpOptions(
  server: string,
  { requestInit, authProvider, fetch, maxMessageBytes = MAX_MESSAGE_BYTES }: MCPHttpOptions,
): { requestInit?: RequestInit; authProvider?: object; fetch: Fetch } {
  return {
    fetch: boundedFetch(fetch ?? globalThis.fetch, server, maxMessageBytes),
    ...(requestInit && { requestInit }),
    ...(authProvider && { authProvider }),
  };
}

/** The address as names and traces may show it: without credentials, and without a query, which may be one. @throws UserError OPTION_TYPE */
export function shownUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    throw new UserError(
      `The url of an MCP server must begin with http:// or https://, got ${JSON.stringify(url.slice(0, 20))}.`,
      {
        code: 'OPTION_TYPE',
      },
    );
  }
  if (parsed.username === '' && parsed.password === '' && parsed.search === '') return url;
  return `${parsed.origin}${parsed.pathname}`;
}
