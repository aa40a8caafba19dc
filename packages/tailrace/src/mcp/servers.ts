/** Several MCP servers with one life: connected, connected again, closed together. Any server will do. */
import type { MCPServer } from '../agent/mcp/server.ts';
import { asError } from '../base/error-text.ts';
import { UserError } from '../event/errors.ts';

export type MCPServersOptions = {
  /** How long one server may take to connect. 10 s by default; `null`: as long as it likes. */
  connectTimeoutMs?: number | null;
  /** The same for closing. */
  closeTimeoutMs?: number | null;
  /** Leaves servers that failed out of `active`. True by default. */
  dropFailed?: boolean;
  /** One failure closes all of them and is thrown. False by default: it is in `errors`. */
  strict?: boolean;
  /** An abort while connecting is a failure like others. True by default; false throws it. */
  suppressAbortError?: boolean;
  /** All at once, not one after the other. False by default. */
  connectInParallel?: boolean;
};

export type MCPServersReconnectOptions = {
  /** Only those that failed. True by default. */
  failedOnly?: boolean;
};

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Servers that were connected together. Give `active` to an agent; `close()`, or `await using`, ends them in reverse order. It makes no difference which async context closes them.
 */
export class MCPServers implements AsyncDisposable {
  readonly #all: readonly MCPServer[];
  readonly #options: MCPServersOptions;
  readonly #connected = new Set<MCPServer>();
  readonly #errors = new Map<MCPServer, Error>();
  readonly #failed = new Set<MCPServer>();
  /** Connecting and closing follow each other, whoever asks. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(servers: readonly MCPServer[], options: MCPServersOptions) {
    this.#all = [...new Set(servers)];
    this.#options = options;
  }

  /** Connects the servers. @throws with `strict`, the first failure, after closing what was connected */
  static async open(servers: MCPServer[], options: MCPServersOptions = {}): Promise<MCPServers> {
    for (const name of ['connectTimeoutMs', 'closeTimeoutMs'] as const) checkTimeout(name, options[name]);
    const opened = new MCPServers(servers, options);
    await opened.#inTurn(() => opened.#connect(opened.#all));
    return opened;
  }

  get all(): MCPServer[] {
    return [...this.#all];
  }

  /** Those that can be used: connected ones, and with `dropFailed: false` all, until they are closed. */
  get active(): MCPServer[] {
    const keep = this.#options.dropFailed === false;
    return this.#all.filter((server) => this.#connected.has(server) || (keep && this.#failed.has(server)));
  }

  get failed(): MCPServer[] {
    return this.#all.filter((server) => this.#failed.has(server));
  }

  /** Why connecting or closing failed, by server. */
  get errors(): ReadonlyMap<MCPServer, Error> {
    return this.#errors;
  }

  /** Connects those that failed once more, or all of them anew. Gives what is active then. */
  async reconnect({ failedOnly = true }: MCPServersReconnectOptions = {}): Promise<MCPServer[]> {
    await this.#inTurn(async () => {
      if (failedOnly) {
        // What is left of the last attempt must not get into the way of the next one.
        for (const server of this.failed) await this.#closeOne(server, false);
        return this.#connect(this.failed);
      }
      await this.#disconnect([...this.#connected]);
      return this.#connect(this.#all);
    });
    return this.active;
  }

  /** Ends all of them; what a server throws is in `errors`. Doing it twice does nothing. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#disconnect([...this.#connected]);
      this.#failed.clear();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #connect(servers: readonly MCPServer[]): Promise<void> {
    const before = new Set(this.#connected);
    try {
      if (this.#options.connectInParallel === true) {
        const settled = await Promise.allSettled(servers.map((server) => this.#connectOne(server)));
        for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
      } else for (const server of servers) await this.#connectOne(server);
    } catch (error) {
      await this.#disconnect([...this.#connected].filter((server) => !before.has(server)));
      throw error;
    }
  }

  async #connectOne(server: MCPServer): Promise<void> {
    const { connectTimeoutMs, strict, suppressAbortError } = this.#options;
    this.#failed.delete(server);
    this.#errors.delete(server);
    try {
      await limited(server, 'connect', connectTimeoutMs, () => server.connect());
      this.#connected.add(server);
    } catch (thrown) {
      const error = asError(thrown);
      this.#failed.add(server);
      this.#errors.set(server, error);
      const aborted = error.name === 'AbortError';
      // It may still be connecting, and then it must not come up behind our back.
      if (error instanceof McpTimeout || strict === true) await this.#closeOne(server, false);
      if (strict === true || (aborted && suppressAbortError === false)) throw thrown;
    }
  }

  async #disconnect(servers: readonly MCPServer[]): Promise<void> {
    for (const server of this.all.reverse()) {
      if (!servers.includes(server)) continue;
      this.#connected.delete(server);
      await this.#closeOne(server, true);
    }
  }

  async #closeOne(server: MCPServer, tell: boolean): Promise<void> {
    try {
      await limited(server, 'close', this.#options.closeTimeoutMs, () => server.close());
    } catch (error) {
      if (tell) this.#errors.set(server, asError(error));
    }
  }
}

/** Connects the servers; the same as `MCPServers.open`. */
export async function connectMcpServers(servers: MCPServer[], options?: MCPServersOptions): Promise<MCPServers> {
  return MCPServers.open(servers, options);
}

class McpTimeout extends Error {
  override readonly name: string = 'TimeoutError';
}

async function limited(
  { name }: MCPServer,
  what: 'connect' | 'close',
  limit: number | null | undefined,
  work: () => Promise<void>,
): Promise<void> {
  const ms = limit === undefined ? DEFAULT_TIMEOUT_MS : limit;
  if (ms === null) return work();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new McpTimeout(`MCP server '${name}' took longer than ${ms} ms to ${what}. Raise ${what}TimeoutMs.`));
    }, ms);
  });
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function checkTimeout(name: string, value: number | null | undefined): void {
  if (value === undefined || value === null || value > 0) return;
  throw new UserError(`${name} must be a number over 0, or null for no limit, got ${value}.`, { code: 'OPTION_RANGE' });
}
