import type { SSEClientTransportOptions } from '@modelcontextprotocol/client';
import type { ClientLibrary } from './client-library.ts';
import { ClientMCPServer } from './client-server.ts';
import { checkServerOptions } from './options.ts';
import type { Link } from './connection.ts';
import { HTTP_OPTIONS, httpOptions, type MCPHttpOptions, shownUrl } from './streamable-http.ts';

export interface MCPServerSSEOptions extends MCPHttpOptions {
  /** For the stream of events, as @modelcontextprotocol/client has it. */
  eventSourceInit?: object;
}

/** An MCP server over HTTP with a stream of events, as the protocol had it until 2025. */
export class MCPServerSSE extends ClientMCPServer {
  readonly #options: MCPServerSSEOptions;

  constructor(options: MCPServerSSEOptions) {
    super(options.name ?? `sse: ${shownUrl(options.url)}`, options);
    checkServerOptions(this.name, options, [...HTTP_OPTIONS, 'eventSourceInit']);
    this.#options = options;
  }

  protected async makeLink(given: unknown): Promise<object> {
    const library = given as typeof ClientLibrary;
    const { url, eventSourceInit } = this.#options;
    // oxlint-disable-next-line no-deprecated -- there are servers that speak nothing newer
    const transport = new library.SSEClientTransport(new URL(url), {
      ...httpOptions(this.name, this.#options),
      ...(eventSourceInit && { eventSourceInit }),
    } as SSEClientTransportOptions);
    const link: Link = { transport };
    return link;
  }
}
