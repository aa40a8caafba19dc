/**
 * The one connection of one MCP server object: opened, lost, opened again, closed. Owns the client and its transport; knows nothing of runs.
 *
 * C1 Which async context opens, uses or closes it makes no difference: all of it is state here, and the sockets, processes and timers are made outside of every context.
 * C2 After `close()` nothing of it is left, whatever it was doing; calls under way are rejected. Closing twice, or before connecting, does nothing.
 * C3 A connection that the other side ended is opened again by the next request, once. A request that was under way is not repeated by itself.
 */
import type { Client, Transport } from '@modelcontextprotocol/client';
import { outsideOfRuns } from '../base/carrier.ts';
import { SystemError, UserError } from '../event/errors.ts';
import { clientLibrary, type ClientLibrary } from './client-library.ts';
import { printable } from './printable.ts';

/** A way to a server, made anew for each connection. */
export interface Link {
  readonly transport: Transport;
  /** Ends what has to end while the connection is still there: a session at the server. */
  before?(): Promise<void>;
  /** Ends what closing the client does not: a process. */
  finish?(): Promise<void>;
  /** Says why the server did not start, as far as it is known here. */
  explain?(): Promise<string>;
  /** True for a server that went away by itself: some do when they are asked which protocol they speak. */
  left?(): Promise<boolean>;
}

export interface ConnectionParts {
  name: string;
  connectTimeoutMs: number;
  listMaxPages: number;
  makeLink(library: typeof ClientLibrary): Promise<Link>;
  onError(message: string): void;
  /** What is known of the server's tools may not hold any more. */
  onLost(): void;
  onToolsChanged(): void;
  onResourceUpdated(uri: string): void;
}

interface Open {
  client: Client;
  link: Link;
}

type State =
  | { state: 'closed' }
  | { state: 'opening'; opened: Promise<Open>; stop: AbortController }
  | { state: 'open'; open: Open }
  | { state: 'lost' }
  | { state: 'closing'; closed: Promise<void> };

export class Connection {
  readonly #parts: ConnectionParts;
  #state: State = { state: 'closed' };

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** The client, when there is one right now. */
  get client(): Client | undefined {
    return this.#state.state === 'open' ? this.#state.open.client : undefined;
  }

  /** Resolves when the server can be asked. @throws UserError MCP_CLIENT_MISSING, SystemError MCP_START_FAILED */
  async connect(): Promise<Client> {
    const at = this.#state;
    if (at.state === 'closing') {
      await at.closed;
      return this.connect();
    }
    if (at.state === 'open') return at.open.client;
    if (at.state === 'opening') {
      await at.opened;
      return this.connect();
    }
    const stop = new AbortController();
    const opened = outsideOfRuns(() => this.#open(stop.signal));
    const opening: State = { state: 'opening', opened, stop };
    this.#state = opening;
    try {
      const open = await opened;
      // Closed while it was being opened.
      if (this.#state !== opening) throw notConnected(this.#parts.name);
      this.#state = { state: 'open', open };
      return open.client;
    } catch (error) {
      if (this.#state === opening) this.#state = at;
      throw error;
    }
  }

  /** Asks the server. A connection that was lost before the request left is opened again first. */
  async request<T>(ask: (client: Client) => Promise<T>): Promise<T> {
    const { state } = this.#state;
    if (state === 'closed' || state === 'closing') throw notConnected(this.#parts.name);
    const client = await this.connect();
    try {
      return await ask(client);
    } catch (error) {
      if (!sessionGone(error)) throw error;
      // The server does not know the session any more, so it has not looked at the request.
      await this.#lose(client);
      return await ask(await this.connect());
    }
  }

  /** Ends the connection and all that belongs to it. Never rejects for what was lost anyway. */
  async close(): Promise<void> {
    const at = this.#state;
    if (at.state === 'closing') return at.closed;
    if (at.state === 'closed') return;
    const closed = outsideOfRuns(() => this.#end(at)).finally(() => {
      this.#state = { state: 'closed' };
    });
    this.#state = { state: 'closing', closed };
    return closed;
  }

  async #end(at: State): Promise<void> {
    if (at.state === 'open') await shut(at.open);
    if (at.state !== 'opening') return;
    at.stop.abort();
    try {
      await shut(await at.opened);
    } catch {
      // It did not open, and has cleared up behind itself.
    }
  }

  async #open(stop: AbortSignal): Promise<Open> {
    const library = await clientLibrary();
    const first = await this.#attempt(library, 'auto', stop);
    if ('open' in first) return first.open;
    if (first.mayRetry && !stop.aborted) {
      // Servers of an older kind may leave at a question that they do not know.
      const second = await this.#attempt(library, 'legacy', stop);
      if ('open' in second) return second.open;
      throw second.error;
    }
    throw first.error;
  }

  async #attempt(
    library: typeof ClientLibrary,
    mode: 'auto' | 'legacy',
    stop: AbortSignal,
  ): Promise<{ open: Open } | { error: Error; mayRetry: boolean }> {
    const { name, connectTimeoutMs: timeout, listMaxPages } = this.#parts;
    const link = await this.#parts.makeLink(library);
    const client = new library.Client(
      { name: 'tailrace', version: '0.1.0' },
      {
        // No sampling, no elicitation, no roots: a server asks nothing of this process.
        capabilities: {},
        versionNegotiation: { mode, probe: { timeoutMs: Math.min(timeout, PROBE_MS) } },
        listMaxPages,
        listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => this.#parts.onToolsChanged() } },
      },
    );
    client.setNotificationHandler('notifications/resources/updated', ({ params }) =>
      this.#parts.onResourceUpdated(params.uri),
    );
    client.onerror = ({ message }) => this.#parts.onError(printable(message));
    const open: Open = { client, link };
    try {
      await client.connect(link.transport, { timeout, signal: stop });
      client.onclose = () => this.#lost(client);
      return { open };
    } catch (error) {
      const mayRetry = mode === 'auto' && (await link.left?.()) === true;
      const why = (await link.explain?.()) ?? '';
      await shut(open);
      return { error: notStarted(name, why, error), mayRetry };
    }
  }

  #lost(client: Client): void {
    if (this.#state.state === 'open' && this.#state.open.client === client) {
      const { open } = this.#state;
      this.#state = { state: 'lost' };
      void open.link.finish?.().catch(() => undefined);
    }
    this.#parts.onLost();
  }

  async #lose(client: Client): Promise<void> {
    if (this.#state.state !== 'open' || this.#state.open.client !== client) return;
    const { open } = this.#state;
    this.#state = { state: 'lost' };
    await shut(open);
  }
}

/** How long a server is waited for that says nothing when it is asked which protocol it speaks. */
const PROBE_MS = 2_000;

async function shut({ client, link }: Open): Promise<void> {
  delete client.onclose;
  // What cannot be ended any more is gone already.
  for (const end of [() => link.before?.(), () => client.close(), () => link.finish?.()])
    await Promise.resolve(end()).catch(() => undefined);
}

function sessionGone(error: unknown): boolean {
  if (!(error instanceof Error) || !('status' in error)) return false;
  // The protocol says 404; servers that were started anew also say 400, and why.
  return error.status === 404 || (error.status === 400 && /session/i.test(error.message));
}

function notConnected(name: string): UserError {
  return new UserError(`MCP server '${name}' is not connected. Call connect() first, or use connectMcpServers().`, {
    code: 'MCP_NOT_CONNECTED',
  });
}

function notStarted(name: string, why: string, cause: unknown): Error {
  const told = printable(cause instanceof Error ? cause.message : String(cause));
  return new SystemError(`MCP server '${name}' could not be connected to: ${told}${why === '' ? '.' : ` (${why}).`}`, {
    code: 'MCP_START_FAILED',
    cause,
    // What a process or a server says of itself may hold anything.
    publicMessage: `MCP server '${name}' could not be connected to.`,
  });
}
