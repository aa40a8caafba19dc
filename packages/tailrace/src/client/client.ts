/** Talks to a Tailrace handler: begins runs, reads them to their end whatever the network does, and steers them. */
import { failureOf, TailraceClientError } from './client-failure.ts';
import { EventReader } from './event-reader.ts';

export interface ClientOptions {
  /** Where the handler is: `https://example.com/api`. */
  baseURL: string;
  /** Sent with each request; a function is asked each time, so that a token can be renewed. */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>);
  fetch?: typeof fetch;
  /** Tries in a row without a single event before a reader gives up. 10 by default. */
  maxTries?: number;
  /** Without a sign of life for so long, a reader connects anew, in milliseconds. 45,000 by default. */
  idleMs?: number;
  credentials?: 'include' | 'same-origin' | 'omit';
}

export interface StartOptions {
  agent?: string;
  input: string | { role: 'user'; content: unknown }[];
  sessionId?: string;
  metadata?: unknown;
  maxTurns?: number;
  /** The same key begins the same run again, once. A random one by default, so that a lost answer begins no second run. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface FollowOptions {
  /** The position after which to go on: the `id` of the last event that was seen. From the beginning by default. */
  after?: string;
  signal?: AbortSignal;
}

export interface RunState {
  id: string;
  status: 'submitted' | 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';
  agent: string;
  output?: string;
  [more: string]: unknown;
}

export function createClient(options: ClientOptions): TailraceClient {
  return new TailraceClient(options);
}

export class TailraceClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Begins a run and reads it: `for await (const event of client.run({ agent, input }))`. Connects again after each failure, at the position it had: nothing is repeated or
   * left out. Leaving the loop leaves the run; what becomes of it then is the server's `onDisconnect`.
   */
  run(options: StartOptions): EventReader {
    const { signal, idempotencyKey = crypto.randomUUID(), ...body } = options;
    return this.#reader({ signal }, undefined, (init) =>
      this.request('/runs', {
        ...init,
        method: 'POST',
        headers: { ...init.headers, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify({ ...body, stream: true }),
      }),
    );
  }

  /** Reads a run from the beginning, or from where one was. */
  attach(id: string, { after, signal }: FollowOptions = {}): EventReader {
    return this.#reader({ after, signal }, id, undefined);
  }

  #reader(
    { after, signal }: { after?: string | undefined; signal?: AbortSignal | undefined },
    run: string | undefined,
    start: ((init: { headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>) | undefined,
  ): EventReader {
    const { maxTries = 10, idleMs = 45_000 } = this.#options;
    return new EventReader({ client: this, run, start, after, maxTries, idleMs, ...(signal && { signal }) });
  }

  /** How a run stands. @throws TailraceClientError */
  async get(id: string): Promise<RunState> {
    return (await this.#json(`/runs/${encodeURIComponent(id)}`)) as RunState;
  }

  /** Stops a run. Idempotent. @throws TailraceClientError */
  async cancel(id: string, body: { reason?: string; mode?: 'immediate' | 'after_turn' } = {}): Promise<void> {
    await this.#post(`/runs/${encodeURIComponent(id)}/cancel`, body);
  }

  /** @throws TailraceClientError APPROVAL_DECIDED, APPROVAL_EXPIRED, APPROVAL_UNKNOWN */
  async approve(id: string, callId: string, options: { always?: boolean } = {}): Promise<void> {
    await this.#post(`/runs/${encodeURIComponent(id)}/approvals/${encodeURIComponent(callId)}`, {
      approved: true,
      ...options,
    });
  }

  /** @throws TailraceClientError as `approve` does */
  async reject(id: string, callId: string, options: { message?: string; always?: boolean } = {}): Promise<void> {
    await this.#post(`/runs/${encodeURIComponent(id)}/approvals/${encodeURIComponent(callId)}`, {
      approved: false,
      ...options,
    });
  }

  /** Gives the run more to go on with, or answers what it asks. @throws TailraceClientError RUN_ENDED */
  async input(
    id: string,
    input: StartOptions['input'],
    options: { messageId?: string; callId?: string } = {},
  ): Promise<void> {
    await this.#post(`/runs/${encodeURIComponent(id)}/input`, { input, messageId: crypto.randomUUID(), ...options });
  }

  async #post(path: string, body: object): Promise<void> {
    await this.#json(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async #json(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await this.request(path, init);
    if (!response.ok) throw await failureOf(response);
    return response.json();
  }

  /** One request to the handler, with the client's headers. @throws TailraceClientError UNREACHABLE */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const { baseURL, headers, fetch: send = fetch, credentials } = this.#options;
    const own = typeof headers === 'function' ? await headers() : headers;
    try {
      return await send(`${baseURL.replace(/\/+$/, '')}${path}`, {
        ...init,
        headers: { ...own, ...(init.headers as Record<string, string> | undefined) },
        ...(credentials && { credentials }),
      });
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause;
      throw new TailraceClientError('The server cannot be reached.', { code: 'UNREACHABLE', status: 0, cause });
    }
  }
}
